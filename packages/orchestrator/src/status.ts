/**
 * When outcomes change the status of an entry (E1). One vote a group of writers that are not independent; the author's group has
 * none. The same votes give the same status, whatever the order.
 *
 * - `contested`: at least 2 groups say it failed, and not fewer than say it worked. One failure may be a mistake of the one who
 *   applied it; two groups that do not know each other rarely make the same.
 * - `revoked`: at least 3 groups say it failed, and more than twice as many as say it worked. Then even with the author's own
 *   claim fewer than half of all groups stand behind it, and a swarm of five can still reach it.
 * - `active` otherwise; so later successes lift an entry back.
 */
import type { Status } from "@herdmind/experience";
import type { WriterId } from "@herdmind/protocol";

export interface Votes {
  readonly worked: number;
  readonly failed: number;
  /** Groups whose writers are divided equally; they count for neither side. */
  readonly divided: number;
}

export const CONTESTED_FROM = 2;
export const REVOKED_FROM = 3;

/** Counts groups. `groupOf` gives `undefined` for a writer without a vote. */
export const countVotes = (
  evidence: Iterable<readonly [WriterId, boolean]>,
  groupOf: (writer: WriterId) => WriterId | undefined,
): Votes => {
  const balance = new Map<WriterId, number>();
  for (const [writer, success] of evidence) {
    const group = groupOf(writer);
    if (group !== undefined) balance.set(group, (balance.get(group) ?? 0) + (success ? 1 : -1));
  }
  let worked = 0;
  let failed = 0;
  let divided = 0;
  for (const sum of balance.values()) {
    if (sum > 0) worked += 1;
    else if (sum < 0) failed += 1;
    else divided += 1;
  }
  return { worked, failed, divided };
};

export const statusByVotes = ({ worked, failed }: Votes): Status => {
  if (failed >= REVOKED_FROM && failed > 2 * worked) return "revoked";
  if (failed >= CONTESTED_FROM && failed >= worked) return "contested";
  return "active";
};

export const reasonOf = (votes: Votes): string =>
  `${votes.failed} of ${votes.failed + votes.worked + votes.divided} independent groups report that it failed, ${votes.worked} that it worked.`;
