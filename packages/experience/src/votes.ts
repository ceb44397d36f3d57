/**
 * Counting outcomes (E1), and what a minority of liars can do with them.
 *
 * One vote a group of writers that are not independent (`member.group`): what most of its writers say; divided equally it counts for
 * neither side. The author's group has no vote on its own entry, nor has a writer that is not an admitted member.
 *
 * A *reporter* of a problem is a group with a vote on any of its entries. Where a problem has n reporters of which fewer than n / 3
 * lie, at most as many votes on any one entry are false. So n / 3 votes that say the same have an honest one among them:
 *
 * - `confirms`: at least n / 3 say that it worked, and fewer say that it failed. Liars cannot bring a wrong remedy there.
 * - `refutes`: at least n / 3 say that it failed, and fewer say that it worked. Liars cannot bring a right remedy there.
 *
 * Both ask for `QUORUM` reporters: below 5 a third is one or two writers, and their mistakes would pass for lies. That a third is
 * all that can be had: with n / 3 liars and as many honest votes on each of two remedies nothing tells the two worlds apart.
 * The bound is that of Pease, Shostak and Lamport, "Reaching agreement in the presence of faults" (1980).
 */
import type { WriterId } from "@herdmind/protocol";

/** Independent reporters of a problem below which nothing is confirmed. */
export const QUORUM = 5;

/** Groups by what they say. */
export interface Votes {
  readonly worked: number;
  readonly failed: number;
  /** Groups whose writers are divided equally. */
  readonly divided: number;
}

/** The votes on one entry, and whose they are. */
export interface Ballots extends Votes {
  /** Of each group with a vote: writers for whom it worked, less those for whom it failed. */
  readonly balanceByGroup: ReadonlyMap<WriterId, number>;
  /** Writers, those without a vote included. */
  readonly writersWorked: number;
  readonly writersFailed: number;
}

interface MutableBallots extends Ballots {
  worked: number;
  failed: number;
  divided: number;
  writersWorked: number;
  writersFailed: number;
  readonly balanceByGroup: Map<WriterId, number>;
}

const emptyBallots = (): MutableBallots => ({
  worked: 0,
  failed: 0,
  divided: 0,
  writersWorked: 0,
  writersFailed: 0,
  balanceByGroup: new Map(),
});

const sideOf = (balance: number): keyof Votes => (balance > 0 ? "worked" : balance < 0 ? "failed" : "divided");

/** Takes a writer's outcome into ballots that were counted without it. `group`: `undefined` for a writer without a vote. */
export const castVote = (
  ballots: Ballots,
  group: WriterId | undefined,
  before: boolean | undefined,
  now: boolean,
): void => {
  const counted = ballots as MutableBallots;
  if (before === now) return;
  if (before === true) counted.writersWorked -= 1;
  if (before === false) counted.writersFailed -= 1;
  if (now) counted.writersWorked += 1;
  else counted.writersFailed += 1;
  if (group === undefined) return;
  const held = counted.balanceByGroup.get(group);
  if (held !== undefined) counted[sideOf(held)] -= 1;
  const balance = (held ?? 0) + (now ? 1 : -1) - (before === undefined ? 0 : before ? 1 : -1);
  counted.balanceByGroup.set(group, balance);
  counted[sideOf(balance)] += 1;
};

/** Counts from the start. `groupOf` gives `undefined` for a writer without a vote. */
export const countVotes = (
  evidence: Iterable<readonly [WriterId, boolean]>,
  groupOf: (writer: WriterId) => WriterId | undefined,
): Ballots => {
  const ballots = emptyBallots();
  for (const [writer, success] of evidence) castVote(ballots, groupOf(writer), undefined, success);
  return ballots;
};

/**
 * The votes on one remedy that stands in several entries, because problems were merged. Who proposed it in any of them (`authors`) has
 * none: that would be a vote on an own remedy.
 */
export const joinBallots = (all: readonly Ballots[], authors: ReadonlySet<WriterId>): Ballots => {
  const joined: MutableBallots = emptyBallots();
  for (const { balanceByGroup, writersWorked, writersFailed } of all) {
    joined.writersWorked += writersWorked;
    joined.writersFailed += writersFailed;
    for (const [group, balance] of balanceByGroup)
      if (!authors.has(group)) joined.balanceByGroup.set(group, (joined.balanceByGroup.get(group) ?? 0) + balance);
  }
  for (const balance of joined.balanceByGroup.values()) joined[sideOf(balance)] += 1;
  return joined;
};

/** Groups with a vote on any of these. */
export const countReporters = (all: readonly Ballots[]): number => {
  const [first, ...others] = all.toSorted((a, b) => b.balanceByGroup.size - a.balanceByGroup.size);
  if (first === undefined) return 0;
  // Most problems have one entry, and most votes are on one of several: only the others are gone through.
  const more = new Set<WriterId>();
  for (const { balanceByGroup } of others)
    for (const group of balanceByGroup.keys()) if (!first.balanceByGroup.has(group)) more.add(group);
  return first.balanceByGroup.size + more.size;
};

export const confirms = ({ worked, failed }: Votes, reporters: number): boolean =>
  reporters >= QUORUM && 3 * worked >= reporters && 3 * failed < reporters;

export const refutes = ({ worked, failed }: Votes, reporters: number): boolean =>
  reporters >= QUORUM && 3 * failed >= reporters && 3 * worked < reporters;
