/**
 * The status that outcomes give the remedies of one problem. A proposal becomes `active` by its `immunization` record; each later
 * step is a `status` record. All remedies of a problem are judged together, because who reports on one of them changes what a third
 * of all reporters is (`votes.ts`), and because a remedy is superseded by a better one.
 *
 * | status | when | why |
 * |---|---|---|
 * | revoked | refuted; below the quorum: 3 groups failed, and more than twice as many as worked | no liars can do this to a right remedy; below the quorum, half of all must not stand behind it, the author's own claim included |
 * | superseded | failing, and a confirmed remedy is clearly better: its confidence less a deviation exceeds this one's plus one | what fails more often than it works is not worth a try beside one that works |
 * | contested | failing: 2 groups failed, and not fewer than worked | one failure may be a mistake in applying it, two groups rarely make the same |
 * | active | otherwise | later successes lift an entry back |
 *
 * A superseded entry stays so while a confirmed remedy's lower bound exceeds its mean, so that one vote does not turn it back and
 * forth. A confirmed remedy is always active: what hides others cannot be hidden itself.
 */
import type { EntryId, RemedyId, WriterId } from "@herdmind/protocol";
import { type Confidence, confidenceIn } from "./confidence.js";
import type { Status } from "./view.js";
import { type Ballots, confirms, countReporters, joinBallots, QUORUM, refutes, type Votes } from "./votes.js";

const CONTESTED_FROM = 2;
const REVOKED_FROM = 3;

/** An entry as canon has it, and the votes on it now. Several entries of a problem have one remedy where problems were merged. */
export interface Remedy {
  readonly id: EntryId;
  readonly remedyId: RemedyId;
  /** The group of its author. */
  readonly authors: WriterId;
  readonly ballots: Ballots;
  readonly status: Status;
  readonly by: EntryId | undefined;
}

export interface Judged {
  readonly status: Status;
  /** The entry that supersedes this one. */
  readonly by: EntryId | undefined;
}

export interface Judgement {
  /** Groups with a vote on any of the entries. */
  readonly reporters: number;
  /** What the votes make of each entry, and the votes on its remedy wherever it stands. */
  readonly entries: readonly (Judged & { readonly votes: Ballots })[];
}

interface Counted extends Remedy {
  readonly votes: Ballots;
}

interface Better extends Confidence {
  readonly id: EntryId;
}

const isFailing = ({ worked, failed }: Votes): boolean => failed >= CONTESTED_FROM && failed >= worked;

const isRevoked = (votes: Votes, reporters: number): boolean =>
  reporters < QUORUM ? votes.failed >= REVOKED_FROM && votes.failed > 2 * votes.worked : refutes(votes, reporters);

/** The confirmed remedies of a problem, best first. */
const confirmedOf = (remedies: readonly Counted[], reporters: number): readonly Better[] =>
  remedies
    .filter(({ votes }) => confirms(votes, reporters))
    .map(({ id, votes }) => ({ id, ...confidenceIn(votes) }))
    .sort((a, b) => b.lower - a.lower || (a.id < b.id ? -1 : 1));

const supersederOf = ({ id, votes, status, by }: Counted, confirmed: readonly Better[]): EntryId | undefined => {
  const own = confidenceIn(votes);
  const others = confirmed.filter((one) => one.id !== id);
  if (status !== "superseded") return others.find(({ lower }) => lower > own.upper)?.id;
  const still = others.filter(({ lower }) => lower > own.mean);
  return (still.find((one) => one.id === by) ?? still[0])?.id;
};

/** The votes on each remedy, in all entries in which it stands. */
const countByRemedy = (remedies: readonly Remedy[]): readonly Counted[] => {
  const votes = new Map<RemedyId, Ballots>();
  for (const [remedyId, places] of Map.groupBy(remedies, (one) => one.remedyId)) {
    const all = places.map(({ ballots }) => ballots);
    const joined = all.length === 1 ? all[0] : joinBallots(all, new Set(places.map(({ authors }) => authors)));
    votes.set(remedyId, joined as Ballots);
  }
  return remedies.map((one) => ({ ...one, votes: votes.get(one.remedyId) as Ballots }));
};

/** Judges all entries of a problem. */
export const judgeRemedies = (remedies: readonly Remedy[]): Judgement => {
  const reporters = countReporters(remedies.map(({ ballots }) => ballots));
  const counted = countByRemedy(remedies);
  const confirmed = confirmedOf(counted, reporters);
  const judge = (remedy: Counted): Judged => {
    const { votes } = remedy;
    if (isRevoked(votes, reporters)) return { status: "revoked", by: undefined };
    if (!isFailing(votes)) return { status: "active", by: undefined };
    const by = supersederOf(remedy, confirmed);
    return { status: by === undefined ? "contested" : "superseded", by };
  };
  return { reporters, entries: counted.map((one) => ({ ...judge(one), votes: one.votes })) };
};
