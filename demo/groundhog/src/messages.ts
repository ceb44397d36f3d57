/** What the coordinator and an agent process say to each other over Node's IPC channel. All of it is JSON. */
import type { EntryId, RecordRef } from "@herdmind/protocol";
import type { AgentDeal } from "./deal.js";

/** Milliseconds of the machine's monotonic clock: comparable between processes of one machine. */
export type Instant = number;
export const instant = (): Instant => Number(process.hrtime.bigint()) / 1e6;

/** First message to an agent process. */
export interface Assignment {
  readonly type: "assignment";
  readonly deal: AgentDeal;
  /** Folder for this agent's data and its workshop. */
  readonly dir: string;
  /** The swarm's ticket; without one the agent remembers only its own past. */
  readonly ticket: string | undefined;
}

export type ToAgent = Assignment | { readonly type: "start" } | { readonly type: "stop" };

/** One finished task. Times in milliseconds. */
export interface TaskDone {
  readonly type: "task";
  readonly task: string;
  readonly cause: string;
  /** Runs of the program, the first failing one included. */
  readonly attempts: number;
  /** `recalled`: a known remedy worked. `solved`: found by trying. */
  readonly by: "recalled" | "solved";
  /** Remedy that worked. */
  readonly remedy: string;
  readonly failedMs: number;
  readonly solvedMs: number;
  readonly fixedMs: number;
  /** Recalled remedies that were applied, and did not help. */
  readonly recallsThatFailed: number;
  /** When the agent began to try remedies of its own. */
  readonly searchedFrom: Instant | undefined;
  readonly reportedAt: Instant | undefined;
}

export type FromAgent =
  | { readonly type: "ready" }
  | { readonly type: "begin"; readonly task: string; readonly cause: string }
  | { readonly type: "try"; readonly task: string; readonly remedy: string; readonly from: "recall" | "toolbox" }
  /** Another agent searches this problem already. */
  | { readonly type: "wait"; readonly task: string }
  | TaskDone
  /** A record was acknowledged: durable at the agent. */
  | {
      readonly type: "acknowledged";
      readonly ref: RecordRef;
      readonly id: EntryId;
      readonly kind: "signal" | "outcome";
      readonly calledAt: Instant;
    }
  /** An entry of canon became recallable at this agent. */
  | { readonly type: "immunized"; readonly id: EntryId; readonly at: Instant }
  | { readonly type: "finished"; readonly recalls: number }
  | { readonly type: "failed"; readonly message: string };
