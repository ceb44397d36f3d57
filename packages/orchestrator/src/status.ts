/**
 * Writes down what outcomes make of the remedies of a problem (E1; the rules are in @herdmind/experience, `life-cycle.ts`): a status
 * record each time that the status of one changes, with how many independent groups said what, and the first of them by name.
 */
import {
  type Ballots,
  countReporters,
  countVotes,
  type Judged,
  judgeRemedies,
  type Remedy,
} from "@herdmind/experience";
import type { EntryId, Immunization, WriterId } from "@herdmind/protocol";
import { type Draft, knownOf, type Standing } from "./draft.js";

/** Groups of each side that are named in a reason, by the beginning of their id: a reason is not a list of all. */
const NAMED = 5;
const NAME_CHARS = 8;
/** At least the bytes of a status record: ids, and a reason of two lists. */
const STATUS_BYTES = 512;

interface Counted extends Remedy {
  readonly votes: Ballots;
}

const groupOf = (standing: Standing, writer: WriterId): WriterId => standing.member(writer)?.group ?? writer;

const votesOn = (draft: Draft, { id, author }: Immunization): Ballots => {
  const authors = groupOf(draft, author);
  return countVotes(draft.outcomes(id), (writer) => {
    const member = draft.member(writer);
    return member?.status === "admitted" && member.group !== authors ? member.group : undefined;
  });
};

/**
 * Judges every remedy of the problem of an entry on which somebody reported. `judged`: entries of problems that were judged already;
 * this one's are added. What does not fit into `room` bytes of the draft is judged with the next outcome on the problem: only a
 * block with a thousand proposals and outcomes leaves so little.
 */
export const judgeProblem = (draft: Draft, id: EntryId, judged: Set<EntryId>, room: number): void => {
  if (judged.has(id)) return;
  const same = [...knownOf(draft, (draft.immunization(id) as Immunization).fingerprint)];
  for (const one of same) judged.add(one.id);
  // A status follows from failures, or from what failed before.
  if (!same.some((one) => draft.hasFailed(one.id) || draft.status(one.id).status !== "active")) return;
  const remedies: readonly Counted[] = same.map((one) => ({
    id: one.id,
    votes: votesOn(draft, one),
    ...statusIn(draft, one.id),
  }));
  const reporters = countReporters(remedies.map(({ votes }) => votes));
  for (const [i, now] of judgeRemedies(remedies, reporters).entries()) {
    const { id: of, votes, status, by } = remedies[i] as Counted;
    if (now.status === status && now.by === by) continue;
    if (draft.bytes() + STATUS_BYTES > room) return;
    draft.setStatus(of, now, reasonOf(votes, reporters));
  }
};

const statusIn = (draft: Draft, id: EntryId): Judged => {
  const { status, by } = draft.status(id);
  return { status, by };
};

const reasonOf = ({ worked, failed, balanceByGroup }: Ballots, reporters: number): string => {
  const said = (side: number): string => {
    const groups = [...balanceByGroup].filter(([, balance]) => Math.sign(balance) === side).map(([group]) => group);
    if (groups.length === 0) return "";
    const named = groups
      .sort()
      .slice(0, NAMED)
      .map((group) => group.slice(0, NAME_CHARS));
    return ` (${named.join(", ")}${groups.length > NAMED ? ", ..." : ""})`;
  };
  return `Of ${reporters} independent ${reporters === 1 ? "group that reports" : "groups that report"} on the problem, ${failed}${said(-1)} ${failed === 1 ? "says" : "say"} that it failed, ${worked}${said(1)} that it worked.`;
};
