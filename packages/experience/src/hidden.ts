/** What a recall left out, and why (E3). */
export interface Hidden {
  readonly revoked: number;
  /** Replaced by a better remedy. */
  readonly superseded: number;
  /** Similar texts under the threshold. */
  readonly belowThreshold: number;
  /** Similar texts of problems with other facts. */
  readonly factsDiffer: number;
  /**
   * Their remedy is about a version of a package; the query is long output that does not name the package, or in other versions, and
   * nobody independent has found that it works nevertheless.
   */
  readonly otherVersion: number;
  /** Exact, but the cause is a guess from long output, and nobody independent has found that the remedy works. */
  readonly guessed: number;
  /** The same facts under another symptom, where facts of this kind are not known to define a problem. */
  readonly unprovenFacts: number;
  readonly excluded: number;
  /** Not of concern for the profile (see `relevance.ts`); `concern: "all"` shows them. */
  readonly notRelevant: number;
  readonly overLimit: number;
}

export const NOTHING_HIDDEN: Hidden = {
  revoked: 0,
  superseded: 0,
  belowThreshold: 0,
  factsDiffer: 0,
  otherVersion: 0,
  guessed: 0,
  unprovenFacts: 0,
  excluded: 0,
  notRelevant: 0,
  overLimit: 0,
};
