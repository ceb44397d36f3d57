/**
 * When outcomes say that two problems which were held to be one are two. An outcome does not say under which fingerprint it was
 * made; what can be known of that:
 *
 * - Recall offers entries of the very fingerprint first, so outcomes of an entry come from reporters of its own fingerprint as a
 *   rule. Two entries with one remedy, one on each side, of which one holds and the other fails, are two problems.
 * - Who proposed an entry had its problem. Where a remedy of one side holds for everybody else and fails for those who proposed the
 *   remedies of the other side, their problem is another one.
 */
import { countVotes, type Entry, type View, type Votes } from "@herdmind/experience";
import type { WriterId } from "@herdmind/protocol";

/** Groups on a side: one may have made a mistake, two that do not know each other rarely make the same (as in `status.ts`). */
const FROM = 2;
const holds = ({ worked, failed }: Votes): boolean => worked >= FROM && worked > 2 * failed;
const fails = ({ worked, failed }: Votes): boolean => failed >= FROM && failed > 2 * worked;

/** Why the problems of two lists of entries are not one; `undefined` when nothing speaks against it. */
export const contradiction = (view: View, one: readonly Entry[], other: readonly Entry[]): string | undefined =>
  twins(view, one, other) ?? foreign(view, one, other) ?? foreign(view, other, one);

const twins = (view: View, one: readonly Entry[], other: readonly Entry[]): string | undefined => {
  const byRemedy = Map.groupBy(other, ({ immunization }) => immunization.remedyId);
  for (const a of one) {
    for (const b of byRemedy.get(a.immunization.remedyId) ?? []) {
      const [ofA, ofB] = [votesOf(view, a), votesOf(view, b)];
      if (holds(ofA) && fails(ofB)) return said(a, ofA, ofB);
      if (holds(ofB) && fails(ofA)) return said(b, ofB, ofA);
    }
  }
  return undefined;
};

const foreign = (view: View, one: readonly Entry[], other: readonly Entry[]): string | undefined => {
  const reporters = new Set(other.map(({ immunization }) => groupOf(view, immunization.author)));
  if (reporters.size < FROM) return undefined;
  for (const entry of one) {
    const here = votesOf(view, entry, (group) => !reporters.has(group));
    const there = votesOf(view, entry, (group) => reporters.has(group));
    if (holds(here) && fails(there)) return said(entry, here, there);
  }
  return undefined;
};

const said = ({ immunization }: Entry, here: Votes, there: Votes): string =>
  `the remedy of ${immunization.id} worked for ${here.worked} groups with the one problem and failed for ${there.failed} with the other`;

const groupOf = (view: View, writer: WriterId): WriterId => view.members.get(writer)?.group ?? writer;

const votesOf = (view: View, entry: Entry, counts: (group: WriterId) => boolean = () => true): Votes => {
  const author = groupOf(view, entry.immunization.author);
  return countVotes(entry.evidence, (writer) => {
    const member = view.members.get(writer);
    return member?.status === "admitted" && member.group !== author && counts(member.group) ? member.group : undefined;
  });
};
