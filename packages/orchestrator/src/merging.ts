/**
 * Which problems are one (DESIGN, section 6): entries of two fingerprints whose evidence says so are joined by an `alias` record, and
 * parted again when outcomes contradict. Decided on folded canon alone, an entry at a time and in slices, so that a restart
 * comes to the same and admission never waits for it.
 *
 * Only failures are merged: their identity is found in texts. That of the other types is said by their authors, field by field.
 */
import {
  alike,
  createTemplates,
  type Entry,
  factsKey,
  normaliseLine,
  problemKind,
  type View,
  type ViewEvent,
} from "@herdmind/experience";
import type { EntryId, Fingerprint, RemedyId, WriterId } from "@herdmind/protocol";
import { branchOf, clusterOf, isApart, rootOf } from "./cluster.js";
import { contradiction } from "./contradiction.js";
import type { Draft } from "./draft.js";

/** A remedy that is known for more problems than this ("restart it") does not tell one from another. */
export const REMEDY_PROBLEMS = 4;
/** Facts that more problems share than this (an operating system) do not define one. */
export const FACTS_PROBLEMS = 8;
/** Fingerprints of one problem: recall walks all of them. */
const MERGED_FINGERPRINTS = 64;
/** Remedies of one problem that is merged: recall counts the votes on each in all of its entries. */
export const MERGED_REMEDIES = 512;
/** Least share of common words of two texts; see `alike`. */
const LEAST_ALIKE = 0.7;
/** Entries with one remedy, or fingerprints with the same facts, that are compared: what has more is generic anyway. */
const MAX_COMPARED = 256;

export interface Merging {
  /** Entries that were not looked at yet. */
  pending(): number;
  /** To be called with each event of canon, after the view has it. */
  take(event: ViewEvent): void;
  /** Looks at up to `max` entries, and drafts the aliases that they ask for. */
  decide(draft: Draft, max: number): void;
}

/** What an alias made here begins its reason with. */
type Basis = "facts" | "text";
const reasonOf = (basis: Basis, remedy: RemedyId, why: string): string => `${basis} ${remedy}: ${why}`;
/** Aliases of operators and of upgrades rest on something else, and outcomes do not part them. */
const basisOf = (reason: string): { readonly basis: Basis; readonly remedy: string } | undefined => {
  const [, basis, remedy] = /^(facts|text) (m\d+_[\w-]{32}): /.exec(reason) ?? [];
  return basis === undefined || remedy === undefined ? undefined : { basis: basis as Basis, remedy };
};

export const createMerging = (view: View): Merging => {
  // A Map's iterator is live: entries added later come when the earlier ones are done.
  const unseen = view.entries.values();
  let seen = 0;
  const again = new Set<EntryId>();
  const byRemedy = new Map<RemedyId, Entry | Entry[]>();
  const byFacts = new Map<string, Set<Fingerprint>>();
  /** Learns from all problems which words are values: two short texts may share one sentence and too few words. */
  const templates = createTemplates();
  const templateOf = (search: string): string => templates.templateOf(normaliseLine(search));

  const keyOf = ({ immunization: { type, facts } }: Entry): string => {
    const key = factsKey(facts);
    return key === "" || problemKind(type) !== "error" ? "" : key;
  };
  const add = (entry: Entry): void => {
    const { remedyId, fingerprint, type, search } = entry.immunization;
    if (problemKind(type) === "error") templates.add(normaliseLine(search));
    const same = byRemedy.get(remedyId);
    if (same === undefined) byRemedy.set(remedyId, entry);
    else if (!Array.isArray(same)) byRemedy.set(remedyId, [same, entry]);
    else if (same.length <= MAX_COMPARED) same.push(entry);
    const key = keyOf(entry);
    if (key === "") return;
    const problems = byFacts.get(key);
    if (problems === undefined) byFacts.set(key, new Set([fingerprint]));
    else if (problems.size <= MAX_COMPARED) problems.add(fingerprint);
  };

  const entriesOf = (fingerprints: Iterable<Fingerprint>): Entry[] => {
    const entries: Entry[] = [];
    for (const one of fingerprints)
      for (const id of view.problems.get(one) ?? []) entries.push(view.entries.get(id) as Entry);
    return entries;
  };

  /** Whether these are more different problems than `most`. */
  const areMoreThan = (draft: Draft, fingerprints: Iterable<Fingerprint>, most: number): boolean => {
    const roots = new Set<Fingerprint>();
    for (const one of fingerprints) if (roots.add(rootOf(draft, one)).size > most) return true;
    return false;
  };

  /** Takes back what was merged on a basis that proved to be none. */
  const partAll = (
    draft: Draft,
    fingerprints: Iterable<Fingerprint>,
    isBasis: (basis: Basis, remedy: string) => boolean,
    why: string,
  ): void => {
    for (const from of fingerprints) {
      const alias = draft.aliasOf(from);
      const held = alias === undefined ? undefined : basisOf(alias.reason);
      if (alias === undefined || held === undefined || !isBasis(held.basis, held.remedy)) continue;
      draft.addAlias({ from, to: alias.to, reason: why, undo: true });
    }
  };

  const groupsOf = (...entries: readonly Entry[]): number => {
    const groups = new Set<WriterId>();
    const groupOf = (writer: WriterId): WriterId => view.members.get(writer)?.group ?? writer;
    for (const { immunization, evidence } of entries) {
      groups.add(groupOf(immunization.author));
      for (const [writer, worked] of evidence) {
        if (worked) groups.add(groupOf(writer));
        if (groups.size > 1) return groups.size;
      }
    }
    return groups.size;
  };

  /** Why two entries with one remedy are about one problem. */
  const reasonFor = (one: Entry, other: Entry, areDefining: boolean): string | undefined => {
    const { remedyId, search } = one.immunization;
    if (areDefining)
      return reasonOf("facts", remedyId, "another symptom of one cause, with the same facts and the same remedy");
    const share = alike(search, other.immunization.search);
    const template = templateOf(search);
    // 0: another code, another quoted name, or hardly a word in common. Then no template counts.
    const areOneSentence = share > 0 && template === templateOf(other.immunization.search);
    if ((share < LEAST_ALIKE && !areOneSentence) || groupsOf(one, other) < 2) return undefined;
    const why = share < LEAST_ALIKE ? "of one template" : `that are ${Math.round(share * 100)} % alike`;
    return reasonOf("text", remedyId, `the same remedy for texts ${why}`);
  };

  const merge = (draft: Draft, entry: Entry, isNew: boolean): void => {
    const { remedyId, fingerprint, type } = entry.immunization;
    if (problemKind(type) !== "error") return;
    const key = keyOf(entry);
    const siblings = byFacts.get(key);
    const areGeneric = siblings !== undefined && areMoreThan(draft, siblings, FACTS_PROBLEMS);
    if (areGeneric && isNew) {
      const why = `apart: more than ${FACTS_PROBLEMS} problems have these facts, so they define none`;
      partAll(draft, siblings, (basis) => basis === "facts", why);
    }
    const same = byRemedy.get(remedyId);
    if (!Array.isArray(same)) return;
    const remedied = same.map(({ immunization }) => immunization.fingerprint);
    if (same.length > MAX_COMPARED || areMoreThan(draft, remedied, REMEDY_PROBLEMS)) {
      const why = `apart: this remedy is known for more than ${REMEDY_PROBLEMS} problems, so it tells nothing`;
      if (isNew) partAll(draft, remedied, (_, remedy) => remedy === remedyId, why);
      return;
    }
    const at = same.indexOf(entry);
    // One that was not compared yet has its turn later.
    if (at < 0 || entry.status !== "active") return;
    for (const [i, other] of same.entries()) {
      const [mine, theirs] = [fingerprint, other.immunization.fingerprint].map((one) => rootOf(draft, one)) as [
        Fingerprint,
        Fingerprint,
      ];
      if (mine === theirs || other.status !== "active") continue;
      if (isApart(draft, mine) || isApart(draft, theirs)) continue;
      if (problemKind(other.immunization.type) !== "error" || keyOf(other) !== key) continue;
      const reason = reasonFor(entry, other, key !== "" && !areGeneric);
      if (reason === undefined) continue;
      const [ours, others] = [clusterOf(draft, mine), clusterOf(draft, theirs)];
      if (ours.length + others.length > MERGED_FINGERPRINTS) continue;
      const [one, two] = [entriesOf(ours), entriesOf(others)];
      if (one.length + two.length > MERGED_REMEDIES || contradiction(view, one, two) !== undefined) continue;
      // The newer problem is merged into the older one, whose name more peers know.
      draft.addAlias(i < at ? { from: mine, to: theirs, reason } : { from: theirs, to: mine, reason });
    }
  };

  /** Parts what was merged into, or from, this entry's problem and is contradicted by outcomes. */
  const part = (draft: Draft, { immunization: { fingerprint } }: Entry): void => {
    for (const from of [fingerprint, ...draft.aliasedTo(fingerprint)]) {
      const alias = draft.aliasOf(from);
      if (alias === undefined || alias.to === from || basisOf(alias.reason) === undefined) continue;
      const branch = branchOf(draft, from);
      const rest = clusterOf(draft, from).filter((one) => !branch.has(one));
      const why = contradiction(view, entriesOf(branch), entriesOf(rest));
      if (why === undefined) continue;
      const reason = `apart: ${why}`;
      draft.addAlias({ from, to: alias.to, reason, undo: true });
      draft.addAlias({ from, to: from, reason });
    }
  };

  const look = (draft: Draft, entry: Entry, isNew: boolean): void => {
    merge(draft, entry, isNew);
    if (entry.evidence.size > 0) part(draft, entry);
  };

  return {
    pending: () => view.entries.size - seen + again.size,
    take: (event) => {
      if (event.type !== "evidence" && event.type !== "status") return;
      const { id, remedyId, fingerprint } = event.entry.immunization;
      // Most entries have a remedy of their own and are merged with nothing: their outcomes are no news here.
      if (Array.isArray(byRemedy.get(remedyId)) || view.aliases.has(fingerprint) || view.aliased.has(fingerprint))
        again.add(id);
    },
    decide: (draft, max) => {
      let looks = 0;
      for (const id of again) {
        if (looks++ >= max) return;
        again.delete(id);
        look(draft, view.entries.get(id) as Entry, false);
      }
      for (; looks < max && seen < view.entries.size; looks++) {
        const entry = unseen.next().value as Entry;
        seen += 1;
        add(entry);
        look(draft, entry, true);
      }
    },
  };
};
