/**
 * Writes down what outcomes make of the remedies of a problem (E1; the rules are in @herdmind/experience, `life-cycle.ts`): a status
 * record each time that the status of one changes, with how many independent groups said what, and the first of them by name.
 */
import { type Ballots, countVotes, judgeRemedies, type Remedy } from "@herdmind/experience";
import type { EntryId, Immunization, WriterId } from "@herdmind/protocol";
import { type Draft, knownOf, type Standing } from "./draft.js";

/** Groups of each side that are named in a reason, by the beginning of their id: a reason is not a list of all. */
const NAMED = 5;
const NAME_CHARS = 8;
/** At least the bytes of a status record: ids, and a reason of two lists. */
const STATUS_BYTES = 512;

const groupOf = (standing: Standing, writer: WriterId): WriterId => standing.member(writer)?.group ?? writer;

const remedyOf = (draft: Draft, { id, remedyId, author }: Immunization): Remedy => {
  const authors = groupOf(draft, author);
  const ballots = countVotes(draft.outcomes(id), (writer) => {
    const member = draft.member(writer);
    return member?.status === "admitted" && member.group !== authors ? member.group : undefined;
  });
  const { status, by } = draft.status(id);
  return { id, remedyId, authors, ballots, status, by };
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
  const remedies = same.map((one) => remedyOf(draft, one));
  const { reporters, entries } = judgeRemedies(remedies);
  for (const [i, { status, by, votes }] of entries.entries()) {
    const held = remedies[i] as Remedy;
    if (status === held.status && by === held.by) continue;
    if (draft.bytes() + STATUS_BYTES > room) return;
    draft.setStatus(held.id, { status, by }, reasonOf(votes, reporters));
  }
};

/** Judges problems that a draft merges or parts: they have other reporters now, and other remedies beside them. */
export const judgeAliased = (draft: Draft, room: number): void => {
  const judged = new Set<EntryId>();
  for (const { from, to } of draft.effects.aliases) {
    for (const one of [from, to]) {
      const [some] = knownOf(draft, one);
      if (some !== undefined) judgeProblem(draft, some.id, judged, room);
    }
  }
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
