/** The mesh's own libp2p: a private network of this swarm, under the peer's own key. */
import { noise } from "@chainsafe/libp2p-noise";
import { yamux } from "@chainsafe/libp2p-yamux";
import type { KeyPair } from "@herdmind/protocol";
import { identify } from "@libp2p/identify";
import type { Libp2p } from "@libp2p/interface";
import { preSharedKey } from "@libp2p/pnet";
import { webSockets } from "@libp2p/websockets";
import { createLibp2p } from "libp2p";
import { libp2pIdentity } from "./identity.js";
import type { MeshLimits } from "./limits.js";
import type { MeshOptions } from "./options.js";
import { type MeshSecrets, networkKeyFile } from "./secrets.js";

/** Throws when an address to listen on is taken or is none. */
export const createOwnLibp2p = async (
  key: KeyPair,
  secrets: MeshSecrets,
  limits: MeshLimits,
  {
    listen = [],
    announce,
    transports = [webSockets()],
    moreTransports = [],
    moreServices = {},
    discovery = [],
  }: MeshOptions,
): Promise<Libp2p> => {
  const libp2p = await createLibp2p({
    privateKey: libp2pIdentity(key),
    addresses: {
      listen: [...listen],
      ...(announce === undefined ? {} : { announce: [...announce] }),
      // libp2p takes an empty list for none given.
      ...(announce?.length === 0 ? { announceFilter: () => [] } : {}),
    },
    transports: [...transports, ...moreTransports],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionProtector: preSharedKey({ psk: networkKeyFile(secrets.networkKey) }),
    peerDiscovery: discovery.map((make) => make(secrets.serviceTag) as never),
    services: { ...moreServices, identify: identify() },
    connectionGater: {
      // The mesh dials what the ticket names and what members told; a browser's libp2p would refuse this machine's addresses.
      denyDialMultiaddr: () => false,
    },
    connectionManager: {
      maxConnections: limits.connections,
      // Many peers on one machine, and all of them back after a restart: the default of 5 a second would refuse them.
      inboundConnectionThreshold: limits.strangers,
      maxIncomingPendingConnections: limits.strangers,
      // With another pre-shared key both sides wait for bytes that make sense, and none come.
      inboundUpgradeTimeout: limits.introductionMs,
      // The mesh redials by itself.
      reconnectRetries: 0,
    },
    // A burst delays the answer to a ping, and a healthy connection would be ended for it. Exchanges find the dead ones.
    connectionMonitor: { enabled: false },
    nodeInfo: { name: "herdmind", version: "1", userAgent: "herdmind/1" },
    start: false,
  });
  try {
    await libp2p.start();
  } catch (error) {
    await libp2p.stop();
    throw new Error(
      `The mesh cannot listen on ${listen.join(", ")}: ${reasonOf(error)}. Choose another address, or none.`,
      { cause: error },
    );
  }
  return libp2p;
};

const reasonOf = (error: unknown): string => {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  const message = error instanceof Error ? error.message : String(error);
  // libp2p puts the stack of each address into its message; people need the lines that name a cause.
  const causes = message.split("\n").flatMap((line) => /\bError: (.*)$/.exec(line.trim())?.[1] ?? []);
  return causes.length === 0 ? (message.split("\n")[0] ?? "") : [...new Set(causes)].join("; ");
};
