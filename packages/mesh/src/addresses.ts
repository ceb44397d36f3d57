/** Addresses of peers: those of the ticket, those that neighbours told, those that a local network showed. Bounded and remembered. */

import type { Logs } from "@herdmind/log";
import { decodeCbor, encodeCbor } from "@herdmind/protocol";
import { isMultiaddr, type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { MAX_ADDRESS_CHARS } from "./mesh-frames.js";

/** A text as a multiaddr; `undefined` when it is none. */
export const readAddress = (text: string): Multiaddr | undefined => {
  if (!text.startsWith("/") || text.length > MAX_ADDRESS_CHARS) return undefined;
  try {
    return multiaddr(text);
  } catch {
    return undefined;
  }
};

/** The peer id at the end of an address. */
export const peerIn = (address: Multiaddr): string | undefined =>
  address.getComponents().findLast(({ name }) => name === "p2p")?.value;

/** Whether an address leads to this machine or the network around it, by its first part. */
export const isPrivate = (address: Multiaddr): boolean => {
  const [first] = address.getComponents();
  if (first?.value === undefined) return false;
  switch (first.name) {
    case "ip4":
      return /^(10|127|0|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./.test(
        first.value,
      );
    case "ip6":
      return /^(::|f[cd]|fe[89ab])/i.test(first.value);
    case "ip6zone":
      return true;
    default:
      return /(^|\.)(localhost|local|internal|lan)$/i.test(first.value);
  }
};

/** Whether an address only leads through a circuit relay, which ends what takes long or is large: good for a handshake, not for a swarm. */
export const isDetour = (address: Multiaddr): boolean => {
  const names = address.getComponents().map(({ name }) => name);
  return names.includes("p2p-circuit") && !names.includes("webrtc");
};

/** Somebody to dial: one peer where its id is known, else one address. */
export interface Target {
  readonly id: string;
  readonly peer: string | undefined;
  /** Of the ticket: always dialled. Others are dialled while neighbours are wanted. */
  readonly configured: boolean;
  readonly addresses: Set<string>;
  /** Who told it first; `undefined` for those of the ticket and of the last run. */
  readonly bringer: string | undefined;
}

export interface AddressBook {
  targets(): Iterable<Target>;
  /**
   * Takes an address that somebody told. False when it is none, this peer's own, or no room is left: whoever told most of those that
   * were never reached makes room for others.
   */
  learn(text: string, bringer?: string): boolean;
  /** The address worked, or its peer, a neighbour, says that it is its own: it is remembered, and told to others. */
  worked(text: string): void;
  /** A target that was never reached makes room for others. */
  forget(target: Target): void;
  /** What others are told. */
  told(limit: number): readonly string[];
}

const META_KEY = "mesh/addresses";
/** Addresses of one peer: a laptop has a handful of networks. */
const PER_PEER = 8;

export const createAddressBook = async (options: {
  readonly logs: Logs;
  readonly configured: readonly string[];
  readonly self: string;
  readonly limit: number;
}): Promise<AddressBook> => {
  const { logs, self, limit } = options;
  const targetById = new Map<string, Target>();
  const good = new Set<string>();

  /** A place for what `bringer` tells: of whoever has more than that one would have, the oldest target that was never reached goes. */
  const makeRoom = (bringer: string | undefined): boolean => {
    const learned = [...targetById.values()].filter((target) => !target.configured);
    if (learned.length < limit) return true;
    const told = learned.filter(({ addresses }) => ![...addresses].some((text) => good.has(text)));
    const countOf = (who: string | undefined): number => told.filter((target) => target.bringer === who).length;
    const most = told.reduce<Target | undefined>(
      (so, target) => (so === undefined || countOf(target.bringer) > countOf(so.bringer) ? target : so),
      undefined,
    );
    if (most === undefined || countOf(most.bringer) <= countOf(bringer) + 1) return false;
    targetById.delete(most.id);
    return true;
  };

  const add = (text: string, configured: boolean, bringer?: string): boolean => {
    const address = readAddress(text);
    if (address === undefined || !isMultiaddr(address) || isDetour(address)) return false;
    const peer = peerIn(address);
    if (peer === self) return false;
    // Whom it leads to must be known before it is dialled, unless somebody who is trusted wrote it down.
    if (peer === undefined && !configured) return false;
    const id = peer ?? text;
    const known = targetById.get(id);
    if (known !== undefined) {
      if (known.addresses.size < PER_PEER) known.addresses.add(text);
      return true;
    }
    if (!configured && !makeRoom(bringer)) return false;
    targetById.set(id, { id, peer, configured, addresses: new Set([text]), bringer });
    return true;
  };

  for (const text of options.configured) add(text, true);
  const stored = await logs.meta.get(META_KEY);
  const decoded =
    stored === undefined
      ? undefined
      : decodeCbor(stored, { nesting: 2, stringBytes: MAX_ADDRESS_CHARS, allowBytes: false });
  if (decoded?.ok === true && Array.isArray(decoded.value)) {
    for (const text of decoded.value.slice(0, limit)) {
      if (typeof text === "string" && add(text, false)) good.add(text);
    }
  }

  return {
    targets: () => targetById.values(),
    learn: (text, bringer) => add(text, false, bringer),
    worked(text) {
      const address = readAddress(text);
      const peer = address === undefined ? undefined : peerIn(address);
      if (good.has(text) || peer === undefined) return;
      // One that says ever new addresses of itself must not push out all others.
      const known = [...good].filter((each) => peerIn(multiaddr(each)) === peer);
      if (known.length >= PER_PEER) good.delete(known[0] as string);
      good.add(text);
      // The oldest ones go first.
      for (const old of good) {
        if (good.size <= limit) break;
        good.delete(old);
      }
      void logs.meta.set(META_KEY, encodeCbor([...good]));
    },
    forget(target) {
      if (target.configured) return;
      targetById.delete(target.id);
      let changed = false;
      for (const text of target.addresses) changed = good.delete(text) || changed;
      if (changed) void logs.meta.set(META_KEY, encodeCbor([...good]));
    },
    told: (count) => [...good].slice(-count),
  };
};
