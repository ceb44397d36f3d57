/** What a peer remembers of itself, as text: the same in a directory and in a browser's database (format 1). */
import { readProfile } from "@herdmind/experience";
import { fromBase64url, type Result, readGenesis, refuse, toBase64url } from "@herdmind/protocol";
import type { PeerFile } from "./vault.js";

const FORMAT = 1;

export const peerFileText = (peer: PeerFile): string =>
  `${JSON.stringify(
    {
      format: FORMAT,
      name: peer.name,
      swarm: peer.genesis.swarm,
      genesis: toBase64url(peer.genesis.bytes),
      chain: peer.chain,
      addresses: peer.addresses,
      invitation: peer.invitation,
      profile: peer.profile,
    },
    null,
    2,
  )}\n`;

/** `place`: where the text was, for messages. */
export const readPeerFile = (place: string, text: string): Result<PeerFile> => {
  const bad = (why: string) => refuse("S1", "none", `${place} ${why}`);
  let value: { readonly [key: string]: unknown };
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return bad("is not JSON: restore it from a backup, or join again in a new directory.");
  }
  if (typeof value["format"] === "number" && value["format"] > FORMAT) {
    return refuse(
      "S3",
      "none",
      `${place} is of format ${value["format"]}, this version knows ${FORMAT}: update herdmind. Nothing was changed.`,
    );
  }
  const { genesis, chain, addresses, name, invitation, profile } = value;
  const texts = (list: unknown): list is readonly string[] =>
    Array.isArray(list) && list.every((item) => typeof item === "string");
  const bytes = typeof genesis === "string" ? fromBase64url(genesis) : undefined;
  const read = bytes === undefined ? undefined : readGenesis(bytes);
  if (read?.ok !== true || !texts(chain) || !texts(addresses) || typeof name !== "string") {
    return bad("does not describe a peer: restore it from a backup, or join again in a new directory.");
  }
  const asked = profile === undefined ? undefined : readProfile(profile);
  // It decides only what is shown unasked: one that somebody edited by hand must not keep the peer from opening.
  const shown = asked?.ok === true ? asked.value : undefined;
  return {
    ok: true,
    value: {
      genesis: read.value,
      chain,
      addresses,
      name,
      invitation: typeof invitation === "string" ? invitation : undefined,
      profile: shown,
    },
  };
};
