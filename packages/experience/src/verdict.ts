/**
 * The default verdict. Below a watermark canon says nothing about most proposals: they corroborate the entry of their problem
 * and remedy, or they are the one that an entry was made from. Exceptions were announced as `verdict` records when they passed.
 */
import { type EntryId, logKey, type Outcome, type RecordRef, type Signal } from "@herdmind/protocol";
import { remedyIdOf } from "./fingerprint.js";
import { nameProblem } from "./identity.js";
import { countedLength, type Entry, sameProblem, type View } from "./view.js";

export type DefaultVerdict =
  /** An entry was made from this proposal. */
  | { readonly verdict: "admitted"; readonly entry: EntryId }
  /** An entry with its problem and remedy was there. */
  | { readonly verdict: "corroborates"; readonly entry: EntryId }
  /** An outcome, counted for or against its entry. */
  | { readonly verdict: "counted"; readonly entry: EntryId }
  /** Not judged yet: beyond the watermark of its log. */
  | { readonly verdict: "pending" }
  /** Beyond the revocation of its log: it never counts (rule A3). */
  | { readonly verdict: "revoked" }
  /** Judged, and not by default: a `verdict` record of canon says how. */
  | { readonly verdict: "exception" };

/** Whether canon has judged the record at `ref`, or never will. */
export const placeOf = (view: View, ref: RecordRef): "pending" | "revoked" | "judged" => {
  if (ref.sequence >= countedLength(view, ref)) return "revoked";
  const watermark = view.watermarks.get(logKey(ref));
  return watermark === undefined || ref.sequence >= watermark.length ? "pending" : "judged";
};

const isFrom = (entry: Entry, ref: RecordRef): boolean => {
  const { of } = entry.immunization;
  return (
    of.sequence === ref.sequence &&
    of.index === ref.index &&
    of.writer === ref.writer &&
    of.generation === ref.generation
  );
};

/** The default verdict on the signal that stands at `ref`. */
export const verdictOf = (view: View, signal: Signal, ref: RecordRef): DefaultVerdict => {
  const where = placeOf(view, ref);
  if (where !== "judged") return { verdict: where };
  // A writer asks this of each of its signals, so texts that only a new entry needs are not made.
  const named = nameProblem(signal.type, signal.problem, view.signalTypes);
  if (!named.ok) return { verdict: "exception" };
  const remedyId = remedyIdOf(signal.mitigation);
  let same: EntryId | undefined;
  for (const fingerprint of sameProblem(view, named.value.fingerprint)) {
    for (const id of view.problems.get(fingerprint) ?? []) {
      const entry = view.entries.get(id) as Entry;
      if (isFrom(entry, ref)) return { verdict: "admitted", entry: id };
      if (same === undefined && entry.immunization.remedyId === remedyId) same = id;
    }
  }
  return same === undefined ? { verdict: "exception" } : { verdict: "corroborates", entry: same };
};

/** The default verdict on the outcome that stands at `ref`. */
export const outcomeVerdictOf = (view: View, outcome: Outcome, ref: RecordRef): DefaultVerdict => {
  const where = placeOf(view, ref);
  if (where !== "judged") return { verdict: where };
  return view.entries.has(outcome.entry) ? { verdict: "counted", entry: outcome.entry } : { verdict: "exception" };
};
