/** What a node tells of its own work, for whoever watches it. */
import type { EntryId, LogId, RecordRef } from "@herdmind/protocol";
import type { Known } from "./report.js";

/** What an agent of this node said is durable here. */
export interface ReportedNews {
  readonly type: "signal" | "outcome";
  readonly ref: RecordRef;
  /** As in the receipt: id of the entry that is made of it, if it is the first of its kind. */
  readonly id: EntryId;
  /** Milliseconds from the call until it was durable, and those of them that signing and storing took. */
  readonly ms: number;
  readonly appendMs: number;
}

/** Emitted where the work is done, in the caller's asynchronous context. */
export interface WorkEvents {
  readonly reported: ReportedNews;
  /** A recall was answered, after so many milliseconds. */
  readonly recalled: { readonly known: Known; readonly ms: number };
  /** Another peer, in most cases the relay, holds `length` blocks of a log of this node, durably. */
  readonly delivered: { readonly transport: string; readonly log: LogId; readonly length: number };
}
