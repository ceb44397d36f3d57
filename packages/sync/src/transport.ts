/** What every transport looks like to the node above it. `transportContract` of `@herdmind/testing` proves one. */
import type { Logs } from "@herdmind/log";
import type { KeyPair, LogId, Refusal } from "@herdmind/protocol";
import type { Carrying } from "./carrying.js";
import type { Ephemerals } from "./ephemerals.js";
import type { Interest } from "./interest.js";

/**
 * `connecting`: an attempt is under way. `connected`: the other side has said hello. `offline`: waiting for the next
 * attempt; everything local goes on. `closed`: for good.
 */
export type TransportState = "connecting" | "connected" | "offline" | "closed";

export type TransportEvent =
  | { readonly type: "state"; readonly state: TransportState; readonly why: string }
  /** A refusal, said by the other side (`peer`) or by this one (`us`). */
  | { readonly type: "refusal"; readonly refusal: Refusal; readonly by: "peer" | "us" }
  /** All that either side had when they met, and that the other wants, is durable at both. */
  | { readonly type: "synced" }
  /** The other side holds `length` blocks of this log, durably. */
  | { readonly type: "peer"; readonly log: LogId; readonly length: number };

export interface Transport extends AsyncDisposable {
  /** What it goes through, for people: `relay`, `mesh`. */
  readonly name: string;
  /** Where others reach this peer through it, for tickets. Empty where nothing listens. */
  readonly addresses: readonly string[];
  readonly state: TransportState;
  on(listener: (event: TransportEvent) => void): () => void;
  /** Replaces what this peer wants, now and for later connections: for example when a writer was added. */
  setInterest(interest: Interest): void;
  /**
   * Resolves when everybody that it is connected to has answered now; at once where nobody is. Never rejects: race it with a
   * timeout. Where it is missing, a round trip is taken to be long.
   */
  ping?(): Promise<void>;
  /** Sends what is under way, then closes. Safe to call twice. */
  close(): Promise<void>;
}

/** What a node gives the transports that it starts. The genesis stands in `logs`. */
export interface TransportContext {
  readonly logs: Logs;
  /** This peer's own key and its credential chain, root's first: who it is to others. */
  readonly key: KeyPair;
  readonly chain: readonly string[];
  readonly ephemerals: Ephemerals;
  /** What this peer keeps for others; sessions ask it. Default: its interest says. */
  readonly carrying?: Carrying | undefined;
  readonly interest: Interest;
  /** Where the swarm is found: `ws://`, `wss://`, or multiaddrs; each transport takes those that are its own. */
  readonly addresses: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Makes one transport of a node, or none where no address is its own. A network that is away is no failure but a state; what
 * cannot be begun at all (a taken port) throws, with what to do next.
 */
export type TransportFactory = (context: TransportContext) => Transport | undefined | Promise<Transport | undefined>;
