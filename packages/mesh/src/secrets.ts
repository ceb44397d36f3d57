/**
 * What a swarm's mesh derives from its genesis record, which stands only in tickets and in data directories: the key of
 * the private network, the names of the topics, the tag on a local network. Who does not hold the record learns none of them.
 */
import { type Genesis, toBase64url } from "@herdmind/protocol";

export interface MeshSecrets {
  /** 32 bytes: the pre-shared key of the private network. */
  readonly networkKey: Uint8Array;
  readonly topics: { readonly [plane in Plane]: string };
  /** For multicast DNS. */
  readonly serviceTag: string;
}

/** `canon`: the orchestrator's logs, and what everybody must hear (ephemeral messages, proofs). `proposals`: all others. */
export type Plane = "canon" | "proposals";

/** HKDF-SHA-256 without salt over the genesis record; each purpose is an `info` of its own. */
export const deriveSecrets = async (genesis: Genesis): Promise<MeshSecrets> => {
  const key = await crypto.subtle.importKey("raw", genesis.bytes as Uint8Array<ArrayBuffer>, "HKDF", false, [
    "deriveBits",
  ]);
  const derive = async (purpose: string, bytes: number): Promise<Uint8Array> => {
    const info = new TextEncoder().encode(`herdmind/1/mesh/${purpose}`);
    const bits = await crypto.subtle.deriveBits(
      { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info },
      key,
      bytes * 8,
    );
    return new Uint8Array(bits);
  };
  const [networkKey, canon, proposals, service] = await Promise.all([
    derive("network", 32),
    derive("topic/canon", 32),
    derive("topic/proposals", 32),
    derive("service", 8),
  ]);
  return {
    networkKey,
    topics: { canon: toBase64url(canon), proposals: toBase64url(proposals) },
    // A DNS label: letters and digits only.
    serviceTag: `_h${hex(service)}._udp.local`,
  };
};

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** The text form of a pre-shared key that libp2p's private networks read. */
export const networkKeyFile = (networkKey: Uint8Array): Uint8Array =>
  new TextEncoder().encode(`/key/swarm/psk/1.0.0/\n/base16/\n${hex(networkKey)}\n`);
