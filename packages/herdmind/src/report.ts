/** What agents say and hear: reports, receipts, queries and their answers. */
import type { Freshness } from "@herdmind/canon";
import type { Query, Recall } from "@herdmind/experience";
import type { EntryId, JsonObject, Problem, RecordRef, Refused } from "@herdmind/protocol";
import type { Facts, MitigationInput, ProblemInput } from "./problem.js";
import type { ProvisionalCounts } from "./proposals.js";
import type { Redaction } from "./redact.js";
import type { Verdict } from "./verdicts.js";

export interface Report {
  /** One of the four standard types, or a custom one that is registered in canon. Default: `ERROR_RESOLVED`. */
  readonly type?: string;
  readonly problem: ProblemInput;
  readonly facts?: Facts;
  /** What was learnt about the cause. */
  readonly discovery?: string;
  readonly mitigation: MitigationInput;
  /**
   * Whom it concerns: a query about an agent's profile, in MongoDB's syntax. Default: errors concern everybody, workarounds the users
   * of their API, validations their domain.
   */
  readonly appliesTo?: JsonObject;
  readonly tags?: readonly string[];
  readonly context?: JsonObject;
}

/** Answer to `report` and `outcome`: durable on this node, or refused with nothing written. */
export type Receipt =
  | {
      readonly ok: true;
      readonly ref: RecordRef;
      /** Id of the entry that is made of this report if it is the first of its kind. */
      readonly id: EntryId;
      /** What was replaced before signing (rule E2). */
      readonly redactions: readonly Redaction[];
      /** Canon's verdict; never rejects. Stays open while no orchestrator can be reached. */
      readonly verdict: Promise<Verdict>;
    }
  | Refused;

/**
 * `provisional`: only where the query asked for proposals that canon has not judged. `embedderFailed`: only where the embedder was
 * asked and gave nothing, so that the answer is what was found by words.
 */
export type Known = Recall<Freshness> & { readonly provisional?: ProvisionalCounts; readonly embedderFailed?: string };

export interface RecallQuery extends Omit<Query, "error" | "problem"> {
  /** Anything that was thrown, or the message of an error. */
  readonly error?: unknown;
  readonly problem?: Problem;
  /**
   * Also answer, below canonical entries, from what others proposed and canon has not judged, while no heartbeat of the orchestrator
   * is younger than 10 s. Exact problems only. Default: what the node was opened with, `false`.
   */
  readonly provisional?: boolean;
}
