/**
 * Asking what is known about a problem, from memory alone. Exact fingerprint first, then fingerprints that canon holds to be
 * the same problem (aliases); if nothing was found, entries with the same facts, then similar texts. Below a threshold nothing is
 * said: a wrong remedy is worse than none. What is left out is counted with its reason (rule E3).
 */

import type { EntryId, Fingerprint } from "@herdmind/protocol";
import { ask, askerOf, isOfErrors, problemOf, type Query } from "./asked.js";
import { confidenceOf } from "./confidence.js";
import { coordinatesOfRemedy, packageOf } from "./coordinates.js";
import {
  COVERAGE_MIN_SCORE,
  DEFAULT_LIMIT,
  DEFAULT_MIN_SCORE,
  DEFAULT_SLICE,
  ERROR_MIN_SCORE,
  FACTS_MIN_SCORE,
} from "./defaults.js";
import type { VectorSpace } from "./embedder.js";
import { createFactsIndex } from "./facts-index.js";
import { factsKey } from "./fingerprint.js";
import { type Hidden, NOTHING_HIDDEN } from "./hidden.js";
import { createMeanings, type Meanings, questionOf } from "./meaning.js";
import { inOrder, type Match, type Ranked, type RecalledEntry, rank, rankSimilar, show } from "./rank.js";
import { concernOf } from "./relevance.js";
import { searchTextOf } from "./search-text.js";
import { isCoordinate, termsOf } from "./terms.js";
import { createTextIndex } from "./text-index.js";
import { type Entry, type Position, sameProblem, type View } from "./view.js";

/** Entries whose facts one recall takes in, where it comes before idle time: 10 ms at most. */
const MAX_FACTS_SLICE = 10_000;

export interface Recall<Freshness = undefined> {
  readonly entries: readonly RecalledEntry[];
  readonly hidden: Hidden;
  /** Which ways were tried. */
  readonly searched: readonly Match[];
  /** Entries that similarity search does not know yet. */
  readonly pending: number;
  /** The same for search by meaning; `undefined` without an embedder. */
  readonly unembedded: number | undefined;
  /** Fingerprints that the query has; the first is that of the most specific identity. */
  readonly fingerprints: readonly Fingerprint[];
  /** The last record of canon that this answer knows. */
  readonly position: Position | undefined;
  /** How fresh canon is, as the caller knows it (rule E6). */
  readonly freshness: Freshness;
}

export interface Index {
  /** Entries of the view that the text index does not hold yet. Exact recall knows them already. */
  readonly pending: number;
  /** Indexes at most `max` entries; answers how many are left. Call it in idle moments until that is 0. */
  indexSome(max?: number): number;
  recall(query: Query): Recall;
  /** `vector`: of `question(query)`, for search by meaning. */
  recall<Freshness>(query: Query, freshness: Freshness, vector?: Float32Array): Recall<Freshness>;
  /** What a query asks in words, for an embedder; `undefined` where it asks about an error. */
  question(query: Query): string | undefined;
  /** The vectors of the entries, `undefined` without an embedder; they come from outside, as they are made. */
  readonly meanings: Pick<Meanings, "pending" | "wanted" | "add"> | undefined;
}

/** Whether somebody but its author found that it works, more than found that it does not, and nobody needed another remedy. */
const isBorneOut = (view: View, entry: Entry): boolean => {
  const { immunization, evidence } = entry;
  if (evidence.size === 0) return false;
  const hasRival = (view.problems.get(immunization.fingerprint) ?? []).some((id) => {
    const { immunization: other, status } = view.entries.get(id) as Entry;
    return other.remedyId !== immunization.remedyId && status !== "revoked" && status !== "superseded";
  });
  if (hasRival) return false;
  const { independent, mean } = confidenceOf(view, entry);
  return independent > 0 && mean > 0.5;
};

/** `space`: of the embedder whose vectors will be handed in. */
export const createIndex = (view: View, space?: VectorSpace): Index => {
  const texts = createTextIndex();
  // A Map's iterator is live: entries added later come when the earlier ones are done.
  const next = view.entries.values();
  const entryByText: Entry[] = [];
  const factsByText: number[] = [];
  const factsIds = new Map<string, number>([["", 0]]);
  const meanings = space === undefined ? undefined : createMeanings(view, entryByText, space);
  const sameFacts = createFactsIndex();
  const nextWithFacts = view.entries.values();
  const subjects = new WeakMap<Entry["immunization"], readonly string[]>();

  /** Coordinates that an entry is about: its remedy's, and those of the same packages in its problem. Most entries have none. */
  const subjectOf = ({ immunization }: Entry): readonly string[] => {
    let known = subjects.get(immunization);
    if (known === undefined) {
      const remedy = coordinatesOfRemedy(immunization.mitigation, immunization.discovery);
      const packages = new Set(remedy.map(packageOf));
      const ofProblem = remedy.length === 0 ? [] : termsOf(immunization.search).filter(isCoordinate);
      known = [...new Set([...remedy, ...ofProblem.filter((one) => packages.has(packageOf(one)))])];
      subjects.set(immunization, known);
    }
    return known;
  };

  /** The text that an entry is found by: its problem's, and the versions that its remedy is about. */
  const textOf = (entry: Entry): string => {
    const versions = subjectOf(entry);
    return versions.length === 0 ? entry.immunization.search : [entry.immunization.search, ...versions].join("\n");
  };

  const indexFacts = (max: number): void => {
    for (let i = 0; i < max && sameFacts.size < view.entries.size; i++) {
      const entry = nextWithFacts.next().value as Entry;
      sameFacts.add(entry, entry.immunization.facts === undefined ? [] : subjectOf(entry));
    }
  };

  const indexSome = (max = DEFAULT_SLICE): number => {
    for (let i = 0; i < max && texts.size < view.entries.size; i++) {
      const entry = next.next().value as Entry;
      const key = factsKey(entry.immunization.facts);
      let id = factsIds.get(key);
      if (id === undefined) {
        id = factsIds.size;
        factsIds.set(key, id);
      }
      entryByText.push(entry);
      factsByText.push(id);
      texts.add(textOf(entry));
    }
    indexFacts(max);
    return view.entries.size - texts.size;
  };

  const recall = <Freshness>(
    query: Query,
    freshness?: Freshness,
    vector?: Float32Array,
  ): Recall<Freshness | undefined> => {
    const limit = query.limit ?? DEFAULT_LIMIT;
    const similar = query.similar ?? "auto";
    const exclude = new Set(query.exclude);
    const asked = ask(view, query);
    const isOfConcern = concernOf(view.relevance, askerOf(query));
    const minScore = query.minScore ?? (asked.isError ? ERROR_MIN_SCORE : DEFAULT_MIN_SCORE);
    const minCoverage = query.minScore ?? COVERAGE_MIN_SCORE;
    const hidden: { -readonly [K in keyof Hidden]: number } = { ...NOTHING_HIDDEN };
    // Facts say what the text need not name.
    const givesFacts = factsKey(asked.facts) !== "";
    const searched: Match[] = [];
    const found: Ranked[] = [];
    const seen = new Set<EntryId>();

    /** Why an entry is left out for what it is, whatever is asked. */
    const reasonAgainst = ({ status, immunization }: Entry): keyof Hidden | undefined => {
      if (status === "revoked" || status === "superseded") return status;
      if (exclude.size > 0 && exclude.has(immunization.id)) return "excluded";
      return isOfConcern(immunization) ? undefined : "notRelevant";
    };
    /** Counts an entry that is left out; `true` when it may be shown. */
    const mayShow = (entry: Entry): boolean => {
      const reason = reasonAgainst(entry);
      if (reason !== undefined) hidden[reason]++;
      return reason === undefined;
    };
    /**
     * Whether the query has the versions that an entry is about; `true` where nothing can be held against it. A short message
     * need not name what took part, and facts say it.
     */
    const hasVersion = (entry: Entry): boolean => {
      const versions = !asked.isLong || givesFacts ? [] : subjectOf(entry);
      if (versions.length === 0) return true;
      const packages = new Set(versions.map(packageOf));
      const named = asked.coordinates().filter((one) => packages.has(packageOf(one)));
      return named.length > 0 && named.every((one) => versions.includes(one));
    };
    /** Whether an entry with the query's own fingerprint is about its problem; counts it where that is not known. */
    const isSame = (entry: Entry): boolean => {
      const isMeant = hasVersion(entry);
      if ((isMeant && !(asked.isGuess && !givesFacts)) || isBorneOut(view, entry)) return true;
      hidden[isMeant ? "guessed" : "otherVersion"]++;
      return false;
    };
    const offer = (entry: Entry, match: Match, score: number): void => {
      found.push(rank(view, entry, match, score));
    };
    const take = (fingerprints: readonly Fingerprint[], match: Match): void => {
      for (const one of fingerprints) {
        for (const id of view.problems.get(one) ?? []) {
          if (seen.has(id)) continue;
          seen.add(id);
          const entry = view.entries.get(id) as Entry;
          if (mayShow(entry) && isSame(entry)) offer(entry, match, 1);
        }
      }
    };

    if (asked.fingerprints.length > 0) {
      searched.push("exact", "alias");
      take(asked.fingerprints, "exact");
      for (const one of asked.fingerprints) take(sameProblem(view, one), "alias");
    }
    /** Entries with the same facts, where that proves nothing: their texts may still be alike. */
    const unproven = new Set<EntryId>();
    if (givesFacts && found.length === 0 && isOfErrors(query)) {
      searched.push("facts");
      indexFacts(MAX_FACTS_SLICE);
      const { entries, score } = sameFacts.same(asked.facts);
      const isProven = score >= (query.minScore ?? FACTS_MIN_SCORE);
      for (const entry of entries) {
        const { id } = entry.immunization;
        if (seen.has(id)) continue;
        if (!isProven) {
          unproven.add(id);
          continue;
        }
        seen.add(id);
        if (mayShow(entry)) offer(entry, "facts", score);
      }
    }
    if (similar === "always" || (similar === "auto" && found.length === 0)) {
      const wanted = factsIds.get(factsKey(asked.facts)) ?? -1;
      const idOf = (text: number): EntryId => (entryByText[text] as Entry).immunization.id;
      /** Found by meaning. */
      const cosines = new Map<EntryId, { readonly entry: Entry; readonly cosine: number }>();
      /** Near in meaning and left out; counted here, unless the search by words meets them and counts them. */
      const leftOut = new Map<number, "belowThreshold" | "factsDiffer">();
      if (vector !== undefined && meanings !== undefined) {
        searched.push("meaning");
        const { api, domain } = problemOf(query);
        const subject = searchTextOf([api ?? domain ?? ""]);
        // Called for every entry that has a vector.
        const isAbout = (text: number): boolean =>
          (subject === "" || (entryByText[text] as Entry).immunization.search.startsWith(`${subject}\n`)) &&
          (seen.size === 0 || !seen.has(idOf(text)));
        const isOfFacts = (text: number): boolean => query.anyFacts === true || factsByText[text] === wanted;
        const near = meanings.nearest(vector, (text) => isOfFacts(text) && isAbout(text));
        for (const { text } of near.others) if (!unproven.has(idOf(text))) leftOut.set(text, "belowThreshold");
        for (const { text, cosine } of near.found) {
          const entry = entryByText[text] as Entry;
          const { id } = entry.immunization;
          seen.add(id);
          if (unproven.has(id) ? reasonAgainst(entry) !== undefined : !mayShow(entry)) continue;
          unproven.delete(id);
          if (hasVersion(entry)) cosines.set(id, { entry, cosine });
          else hidden.otherVersion++;
        }
        if (factsIds.size > 1 && query.anyFacts !== true) {
          const { found: alike, others } = meanings.nearest(vector, (text) => !isOfFacts(text) && isAbout(text));
          for (const { text } of [...alike, ...others]) leftOut.set(text, "factsDiffer");
        }
      }
      const terms = asked.terms();
      /** Found by words. */
      const scores = new Map<EntryId, { readonly entry: Entry; readonly score: number }>();
      if (terms.length > 0) {
        searched.push("text");
        const accepts = (text: number): boolean => {
          // Called for every text that shares a word, so the cheapest reason comes first, and no entry is followed to its record in vain.
          if (leftOut.size > 0) leftOut.delete(text);
          const otherFacts = query.anyFacts !== true && factsByText[text] !== wanted;
          if (otherFacts && seen.size === 0) {
            hidden.factsDiffer++;
            return false;
          }
          const entry = entryByText[text] as Entry;
          if (seen.size > 0 && seen.has(entry.immunization.id)) return false;
          if (otherFacts) hidden.factsDiffer++;
          else if (unproven.size > 0 && unproven.has(entry.immunization.id)) return reasonAgainst(entry) === undefined;
          return !otherFacts && mayShow(entry);
        };
        const { best, others } = texts.candidates(terms, accepts, (a, b) => (idOf(a) < idOf(b) ? -1 : 1));
        hidden.belowThreshold += others;
        /** Keeps an entry that is alike enough; otherwise tells why it is left out. */
        const compare = (entry: Entry): "belowThreshold" | "otherVersion" | undefined => {
          const own = termsOf(textOf(entry));
          const similarity = texts.similarity(terms, own);
          if (!hasVersion(entry)) return similarity >= minScore ? "otherVersion" : "belowThreshold";
          // A remedy for a version that the query names is meant for it, whatever the version breaks first.
          const coverage = asked.isLong && subjectOf(entry).length > 0 ? texts.coverage(asked.coordinates(), own) : 0;
          if (similarity < minScore && coverage < minCoverage) return "belowThreshold";
          scores.set(entry.immunization.id, { entry, score: Math.max(similarity, coverage) });
          return undefined;
        };
        for (const { text } of best) {
          const reason = compare(entryByText[text] as Entry);
          if (reason === undefined) unproven.delete(idOf(text));
          else if (!unproven.has(idOf(text))) hidden[reason]++;
        }
        for (const { entry } of cosines.values()) compare(entry);
      }
      for (const reason of leftOut.values()) hidden[reason]++;
      found.push(...rankSimilar(view, scores, cosines));
    }
    for (const id of unproven) if (mayShow(view.entries.get(id) as Entry)) hidden.unprovenFacts++;

    inOrder(found);
    hidden.overLimit = Math.max(0, found.length - limit);
    return {
      entries: found.slice(0, limit).map(show),
      hidden,
      searched,
      pending: view.entries.size - texts.size,
      unembedded: meanings?.pending,
      fingerprints: asked.fingerprints,
      position: view.position,
      freshness,
    };
  };

  return {
    get pending() {
      return view.entries.size - texts.size;
    },
    indexSome,
    recall: recall as Index["recall"],
    question: (query) => questionOf(problemOf(query)),
    meanings,
  };
};
