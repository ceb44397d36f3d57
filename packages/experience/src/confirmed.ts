/** Whether a remedy is confirmed for its problem, by all of canon: see `votes.ts` for what that means. */
import type { Fingerprint, WriterId } from "@herdmind/protocol";
import { ballotsOf, type Entry, entriesByRemedy, reportersOf, sameProblem, type View } from "./view.js";
import { type Ballots, confirms, joinBallots, QUORUM, type Votes } from "./votes.js";

/** The votes on one remedy of a problem, in whichever of its entries it stands: several have it where problems were merged. */
const votesOnRemedy = (view: View, entry: Entry, names: readonly Fingerprint[]): Votes => {
  const own = ballotsOf(view, entry);
  if (names.length === 1) return own;
  const all: Ballots[] = [own];
  const groupOf = (writer: WriterId): WriterId => view.members.get(writer)?.group ?? writer;
  const authors = new Set([groupOf(entry.immunization.author)]);
  for (const other of entriesByRemedy(view, names).get(entry.immunization.remedyId) ?? []) {
    if (other === entry) continue;
    all.push(ballotsOf(view, other));
    authors.add(groupOf(other.immunization.author));
  }
  return all.length === 1 ? own : joinBallots(all, authors);
};

export const isConfirmed = (view: View, entry: Entry): boolean => {
  const { fingerprint } = entry.immunization;
  const names = sameProblem(view, fingerprint);
  if (names.length === 1 && entry.evidence.size === 0) return false;
  const votes = votesOnRemedy(view, entry, names);
  // Who has reported is counted only where that can matter.
  return 3 * votes.worked >= QUORUM && confirms(votes, reportersOf(view, fingerprint));
};
