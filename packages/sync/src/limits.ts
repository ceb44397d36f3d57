/** Bounds of one session. They are local: they delay or disconnect, they never judge a block (A3). Each names its attack. */
import { MAX_BLOCK_BYTES, MAX_UPDATE_BYTES } from "@herdmind/protocol";

export interface SessionLimits {
  /** Bytes of blocks sent and not yet receipted, per log: a reader that takes and never confirms. */
  readonly logWindowBytes: number;
  /** The same over all logs of a session. */
  readonly windowBytes: number;
  /** Frames of blocks under way per log. Few, so that under load what accumulates meanwhile travels in one frame. */
  readonly logWindowFrames: number;
  /** Frames of blocks under way per session. */
  readonly windowFrames: number;
  /** Bytes of an update before it is cut into another frame. One larger block still travels alone. */
  readonly updateBytes: number;
  /** Bytes that may wait in the channel before nothing more is sent: a reader that stopped reading. */
  readonly bufferedBytes: number;
  /** Bytes that wait before the connection ends: answers to one who asks and never reads. */
  readonly unreadBytes: number;
  /** Frames and bytes received and not yet handled; above half of it reading pauses, above it the sender broke the window. */
  readonly queuedFrames: number;
  readonly queuedBytes: number;
  /** Work per second, in the units of `COST`. More than this is delayed: cheap requests, or few bytes that inflate to much work. */
  readonly workPerSecond: number;
  /** Heartbeats per second; more are dropped and counted: each costs a signature check. */
  readonly heartbeatsPerSecond: number;
  /** The same for presence and claims, which come from every member; and at once, when the other side tells what it holds. */
  readonly ephemeralsPerSecond: number;
  readonly ephemeralsAtOnce: number;
  /** Logs that the other side may speak of: each costs a few hundred bytes here. */
  readonly logs: number;
  /** Logs outside this side's interest that the other may push into it: a relay that fills a small peer's disk. */
  readonly strangeLogs: number;
  /** Fork proofs a minute, and at once, that are taken from the other side; more are dropped: proofs of keys that are made up. */
  readonly proofs: number;
}

/**
 * What work costs, in units of about 50 us on a slow core, so that a session takes at most a core, and less where the other
 * side spends few bytes on much work.
 */
export const COST = {
  /** Of any frame: decoding it, and an answer. */
  frame: 1,
  /** A signature to check: of a head, a block, a `need`. */
  signature: 2,
  proof: 10,
  /** A head that a hello makes us read from the disk. */
  listedLog: 1,
  /** Of a record: it is decoded and its shape is checked. */
  record: 0.2,
  /**
   * Of an inflated byte. 4 MiB of blocks inflate to 3 GB at most, 15 s of work: whoever sends that waits 75 s for the next. Honest
   * signals, 20,000 of 400 bytes a second, cost a fifth of the rate.
   */
  inflatedByte: 1 / 2048,
  /** Of a byte of an update, whatever is in it: blocks that are held are read and compared. */
  updateByte: 1 / 16_384,
} as const;

export const SESSION_LIMITS: SessionLimits = {
  logWindowBytes: 1024 * 1024,
  windowBytes: 4 * 1024 * 1024,
  logWindowFrames: 4,
  windowFrames: 1024,
  updateBytes: 256 * 1024,
  bufferedBytes: 1024 * 1024,
  unreadBytes: 8 * 1024 * 1024,
  queuedFrames: 8192,
  // The window, and one update of the largest size above it.
  queuedBytes: 2 * (4 * 1024 * 1024 + MAX_UPDATE_BYTES + MAX_BLOCK_BYTES),
  workPerSecond: 20_000,
  heartbeatsPerSecond: 20,
  // 50 agents that claim, renew and release come to about 30; a check takes 0.1 ms, so this is 2 % of a core.
  ephemeralsPerSecond: 200,
  ephemeralsAtOnce: 600,
  logs: 65_536,
  strangeLogs: 16,
  proofs: 1024,
};
