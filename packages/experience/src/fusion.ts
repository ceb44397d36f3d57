/**
 * Several rankings of the same things made one, by rank only: Reciprocal Rank Fusion (Cormack, Clarke and Büttcher, SIGIR 2009).
 * A share of common words and a cosine are not on one scale, and no factor between them holds for the next model; ranks are.
 */

/** How little the first ranks differ: what two rankings have in the middle beats what one has at its top. 60 is the authors' value. */
const K = 60;

/** Sum of 1 / (60 + rank) over all rankings that have it, the rank counted from 1. What is equal in a ranking has one rank. */
export const fuse = <Id>(rankings: readonly ReadonlyMap<Id, number>[]): ReadonlyMap<Id, number> => {
  const fused = new Map<Id, number>();
  for (const worthById of rankings) {
    let rank = 0;
    let seen = 0;
    let last = Number.NaN;
    for (const [id, worth] of [...worthById].sort(([, a], [, b]) => b - a)) {
      seen++;
      if (worth !== last) rank = seen;
      last = worth;
      fused.set(id, (fused.get(id) ?? 0) + 1 / (K + rank));
    }
  }
  return fused;
};
