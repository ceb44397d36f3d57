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
import type { EntryId } from "@herdmind/protocol";
import { type Confidence, confidenceIn } from "./confidence.js";
import type { Status } from "./view.js";
import { confirms, QUORUM, refutes, type Votes } from "./votes.js";

export const CONTESTED_FROM = 2;
export const REVOKED_FROM = 3;

/** A remedy as canon has it, and the votes on it now. */
export interface Remedy {
  readonly id: EntryId;
  readonly votes: Votes;
  readonly status: Status;
  readonly by: EntryId | undefined;
}

export interface Judged {
  readonly status: Status;
  /** The remedy that supersedes this one. */
  readonly by: EntryId | undefined;
}

interface Better extends Confidence {
  readonly id: EntryId;
}

const isFailing = ({ worked, failed }: Votes): boolean => failed >= CONTESTED_FROM && failed >= worked;

const isRevoked = (votes: Votes, reporters: number): boolean =>
  reporters < QUORUM ? votes.failed >= REVOKED_FROM && votes.failed > 2 * votes.worked : refutes(votes, reporters);

/** The confirmed remedies of a problem, best first. */
const confirmedOf = (remedies: readonly Remedy[], reporters: number): readonly Better[] =>
  remedies
    .filter(({ votes }) => confirms(votes, reporters))
    .map(({ id, votes }) => ({ id, ...confidenceIn(votes) }))
    .sort((a, b) => b.lower - a.lower || (a.id < b.id ? -1 : 1));

const supersederOf = ({ id, votes, status, by }: Remedy, confirmed: readonly Better[]): EntryId | undefined => {
  const own = confidenceIn(votes);
  const others = confirmed.filter((one) => one.id !== id);
  if (status !== "superseded") return others.find(({ lower }) => lower > own.upper)?.id;
  const still = others.filter(({ lower }) => lower > own.mean);
  return (still.find((one) => one.id === by) ?? still[0])?.id;
};

/** What the votes make of each remedy. `reporters`: groups with a vote on any of them. */
export const judgeRemedies = (remedies: readonly Remedy[], reporters: number): readonly Judged[] => {
  const confirmed = confirmedOf(remedies, reporters);
  return remedies.map((remedy) => {
    const { votes } = remedy;
    if (isRevoked(votes, reporters)) return { status: "revoked", by: undefined };
    if (!isFailing(votes)) return { status: "active", by: undefined };
    const by = supersederOf(remedy, confirmed);
    return by === undefined ? { status: "contested", by } : { status: "superseded", by };
  });
};
