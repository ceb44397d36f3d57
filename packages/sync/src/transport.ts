/** What every transport looks like to the node above it. `transportContract` of `@herdmind/testing` proves one. */
import type { LogId, Refusal } from "@herdmind/protocol";
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
  readonly state: TransportState;
  on(listener: (event: TransportEvent) => void): () => void;
  /** Replaces what this peer wants, now and for later connections: for example when a writer was added. */
  setInterest(interest: Interest): void;
  /** Sends what is under way, then closes. Safe to call twice. */
  close(): Promise<void>;
}
