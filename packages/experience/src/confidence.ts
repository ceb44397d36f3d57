/**
 * How far an entry can be trusted, from outcomes alone (rule E1).
 *
 * With n votes (`votes.ts`), w of them that it worked and d divided, s = w + d / 2 and the chance that the remedy works next time has
 * the posterior Beta(1 + s, 1 + n - s) under a uniform prior; its mean (1 + s) / (2 + n) is Laplace's rule of succession (Essai
 * philosophique sur les probabilites, 1814), so an entry without outcomes stands at 0.5: unknown is not success. Ranking uses the
 * mean minus one standard deviation, so that one lucky outcome does not outrank a long record. Time moves nothing: only new
 * outcomes do.
 *
 * Only + - * / and square root, which IEEE 754 rounds exactly: the same numbers on every platform (rule A4).
 */
import { ballotsOf, type Entry, type View } from "./view.js";
import type { Votes } from "./votes.js";

export interface Confidence {
  /** Chance that the remedy works next time, 0 to 1. */
  readonly mean: number;
  /** Mean minus one standard deviation: what entries are ranked by. */
  readonly lower: number;
  /** Mean plus one standard deviation. */
  readonly upper: number;
}

/** What is known of one entry. */
export interface Standing extends Confidence {
  /** Writers, the author's group included. */
  readonly worked: number;
  readonly failed: number;
  /** Independent groups with a vote. */
  readonly independent: number;
  readonly votes: Votes;
}

export const betaMean = (votes: number, sum: number): number => (1 + sum) / (2 + votes);

export const betaDeviation = (votes: number, sum: number): number => {
  const a = 1 + sum;
  const b = 1 + votes - sum;
  const n = a + b;
  return Math.sqrt((a * b) / (n * n * (n + 1)));
};

export const confidenceIn = ({ worked, failed, divided }: Votes): Confidence => {
  const votes = worked + failed + divided;
  const sum = worked + divided / 2;
  const mean = betaMean(votes, sum);
  const deviation = betaDeviation(votes, sum);
  return { mean, lower: mean - deviation, upper: mean + deviation };
};

const NO_VOTES: Votes = { worked: 0, failed: 0, divided: 0 };
const UNTRIED: Standing = { ...confidenceIn(NO_VOTES), worked: 0, failed: 0, independent: 0, votes: NO_VOTES };

export const confidenceOf = (view: View, entry: Entry): Standing => {
  if (entry.evidence.size === 0) return UNTRIED;
  const ballots = ballotsOf(view, entry);
  return {
    ...confidenceIn(ballots),
    worked: ballots.writersWorked,
    failed: ballots.writersFailed,
    independent: ballots.balanceByGroup.size,
    votes: ballots,
  };
};
