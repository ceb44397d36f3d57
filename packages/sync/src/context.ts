/** What the two halves of a session share. */
import type { LogState, Logs } from "@herdmind/log";
import type { LogId, LogKey, Refusal } from "@herdmind/protocol";
import type { Carrying } from "./carrying.js";
import type { Channel } from "./channel.js";
import type { Ephemerals } from "./ephemerals.js";
import type { Frame } from "./frames.js";
import type { SessionLimits } from "./limits.js";
import type { PeerLog, PeerLogs } from "./peer-log.js";
import type { Schedule } from "./schedule.js";

export interface SessionContext {
  readonly logs: Logs;
  readonly channel: Channel;
  readonly limits: SessionLimits;
  readonly peerLogs: PeerLogs;
  readonly ephemerals: Ephemerals | undefined;
  readonly schedule: Schedule;
  readonly now: () => number;
  /** Passed to `ingest`: blocks with this origin are never sent back. */
  readonly origin: unknown;
  readonly isOpen: () => boolean;
  /** Whether this session is about this log at all (a room is about one). */
  readonly concerns: (log: LogId) => boolean;
  /** Whether blocks travel here (not on a control channel). */
  readonly carriesBlocks: boolean;
  readonly mayWrite: boolean;
  readonly accepts: (log: LogId) => boolean;
  readonly carrying: Carrying | undefined;
  /** Logs that nobody here asked for, which the other side brought in this session or in others. */
  readonly strangeLogs: Set<LogKey>;
  /** Whether this side wants a log that it holds. */
  readonly wants: (state: LogState) => boolean;
  /** Whether a log that is not held here is surely wanted. */
  readonly wantsUnknown: (log: LogId) => boolean;
  /** Whether the other side keeps logs for others. */
  readonly peerCarries: () => boolean;
  /** Whether the other side wants a log. */
  readonly peerWants: (state: LogState) => boolean;
  send(frame: Frame): void;
  /** Says a refusal; closes the connection when its sender is at fault. */
  refuse(refusal: Refusal): undefined;
  /** Says that the other side speaks of more logs than are remembered here, and closes. */
  tooManyLogs(): undefined;
  emit(event: SessionEvent): void;
  /** Whether the first exchange of heads is still under way: what either side has now, `synced` waits for. */
  readonly exchanging: () => boolean;
  /** Runs work that reads from storage; if that throws, the connection ends with a reason instead of the process. */
  attempt(work: () => Promise<unknown>): void;
  /** Looks again whether the first exchange is complete. */
  settle(peerLog: PeerLog): void;
  count(what: keyof SessionCounts, by?: number): undefined;
}

export type SessionEvent =
  /** The other side said hello. */
  | { readonly type: "open" }
  /** All that either side had when they met, and that the other wants, is durable at both. */
  | { readonly type: "synced" }
  | { readonly type: "refusal"; readonly refusal: Refusal; readonly by: "peer" | "us" }
  /** The other side holds `length` blocks of this log: proved by a head, or acknowledged by a receipt. */
  | { readonly type: "peer"; readonly log: LogId; readonly length: number }
  | { readonly type: "closed"; readonly code: number; readonly reason: string };

export interface SessionCounts {
  framesIn: number;
  framesOut: number;
  bytesIn: number;
  bytesOut: number;
  blocksOut: number;
  /** Frames of kinds that this version does not know. */
  unknownFrames: number;
  /** Ephemeral messages over the rate. */
  droppedEphemerals: number;
  /** Times that the rate limit delayed reading. */
  delays: number;
}
