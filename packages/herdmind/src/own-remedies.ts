/**
 * What an agent found itself and canon has not judged yet. While no orchestrator can be reached that may be everything it learnt since:
 * without it an agent that is cut off would search again for what it has solved. Kept in memory, until the verdict.
 */
import type { RecalledEntry } from "@herdmind/experience";
import type { EntryId, Fingerprint, Problem, WriterId } from "@herdmind/protocol";
import { type MitigationInput, mitigationOf } from "./problem.js";

export interface Found {
  /** Of the entry that canon makes of it if it is the first of its kind. */
  readonly id: EntryId;
  readonly author: WriterId;
  readonly problem: Problem;
  readonly mitigation: MitigationInput;
  readonly discovery?: string;
}

export interface OwnRemedies {
  /** Newest first, as a recall will show them. */
  of(fingerprint: Fingerprint): readonly RecalledEntry[];
  /** `judged`: settles with canon's verdict; then canon is what is recalled. */
  keep(fingerprint: Fingerprint, found: Found, judged: Promise<unknown>): void;
}

/** Remedies kept: more than a week without a network at one an hour. The oldest are forgotten, not lost: they stand in the log. */
const MAX_KEPT = 256;

export const createOwnRemedies = (now: () => number): OwnRemedies => {
  const kept = new Map<RecalledEntry, Fingerprint>();
  return {
    of: (fingerprint) => [...kept].flatMap(([entry, of]) => (of === fingerprint ? [entry] : [])).reverse(),
    keep(fingerprint, { id, author, problem, mitigation, discovery }, judged) {
      const entry: RecalledEntry = {
        id,
        match: "exact",
        score: 1,
        confidence: 0.5,
        evidence: { worked: 0, failed: 0, independent: 0 },
        type: "ERROR_RESOLVED",
        title: problem.error?.message ?? problem.text ?? "",
        discovery,
        mitigation: mitigationOf(mitigation),
        author,
        at: now(),
        status: "provisional",
        provisional: true,
        unconfirmed: true,
        why: "the same problem; found by this agent itself, and not judged yet",
      };
      kept.set(entry, fingerprint);
      if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value as RecalledEntry);
      const forget = (): void => void kept.delete(entry);
      judged.then(forget, forget);
    },
  };
};
