/**
 * How far an entry can be trusted, from outcomes alone (rule E1).
 *
 * Each group of writers that are not independent (`member.group`) has one vote: the share of its writers for whom the remedy
 * worked. The author's group has none, and neither has a writer that is not an admitted member. With n votes of sum s the
 * chance that the remedy works next time has the posterior Beta(1 + s, 1 + n - s) under a uniform prior; its mean
 * (1 + s) / (2 + n) is Laplace's rule of succession (Essai philosophique sur les probabilites, 1814), so an entry without
 * outcomes stands at 0.5: unknown is not success. Ranking uses the mean minus one standard deviation, so that one lucky
 * outcome does not outrank a long record.
 *
 * Only + - * / and square root, which IEEE 754 rounds exactly: the same numbers on every platform (rule A4).
 */
import type { WriterId } from "@herdmind/protocol";
import type { Entry, View } from "./view.js";

export interface Confidence {
  /** Chance that the remedy works next time, 0 to 1. */
  readonly mean: number;
  /** Mean minus one standard deviation: what entries are ranked by. */
  readonly lower: number;
  /** Writers, the author's group included. */
  readonly worked: number;
  readonly failed: number;
  /** Independent groups with a vote. */
  readonly independent: number;
}

export const betaMean = (votes: number, sum: number): number => (1 + sum) / (2 + votes);

export const betaDeviation = (votes: number, sum: number): number => {
  const a = 1 + sum;
  const b = 1 + votes - sum;
  const n = a + b;
  return Math.sqrt((a * b) / (n * n * (n + 1)));
};

const UNTRIED: Confidence = {
  mean: betaMean(0, 0),
  lower: betaMean(0, 0) - betaDeviation(0, 0),
  worked: 0,
  failed: 0,
  independent: 0,
};

export const confidenceOf = (view: View, entry: Entry): Confidence => {
  if (entry.evidence.size === 0) return UNTRIED;
  const groupOf = (writer: WriterId): WriterId => view.members.get(writer)?.group ?? writer;
  const authors = groupOf(entry.immunization.author);
  const votes = new Map<WriterId, { worked: number; all: number }>();
  let worked = 0;
  let failed = 0;
  for (const [writer, success] of entry.evidence) {
    if (success) worked++;
    else failed++;
    const group = groupOf(writer);
    if (group === authors || view.members.get(writer)?.status !== "admitted") continue;
    const vote = votes.get(group);
    if (vote === undefined) votes.set(group, { worked: success ? 1 : 0, all: 1 });
    else {
      vote.worked += success ? 1 : 0;
      vote.all++;
    }
  }
  // Shares are summed in the order of the groups' names: floating point addition depends on order, a view must not.
  let sum = 0;
  for (const group of [...votes.keys()].sort()) {
    const vote = votes.get(group) as { worked: number; all: number };
    sum += vote.worked / vote.all;
  }
  const mean = betaMean(votes.size, sum);
  return { mean, lower: mean - betaDeviation(votes.size, sum), worked, failed, independent: votes.size };
};
