/**
 * Asking what is known about a problem, from memory alone. Exact fingerprint first, then fingerprints that canon holds to be
 * the same problem (aliases), then similar texts, if nothing better was found. Below a threshold nothing is said: a wrong remedy
 * is worse than none. What is left out is counted with its reason (rule E3).
 */
import type { EntryId, Fingerprint, Problem } from "@herdmind/protocol";
import type { VectorSpace } from "./embedder.js";
import { factsKey, type Named, searchTextOf } from "./fingerprint.js";
import { nameProblem } from "./identity.js";
import { createMeanings, type Meanings, questionOf } from "./meaning.js";
import type { Profile } from "./profile.js";
import { inOrder, type Match, type Ranked, type RecalledEntry, rank, rankSimilar, show } from "./rank.js";
import { type Asker, concerns } from "./relevance.js";
import { termsOf } from "./terms.js";
import { createTextIndex } from "./text-index.js";
import { type Entry, type Position, sameProblem, type View } from "./view.js";

/** Similarity below which a text match is not shown when somebody asks in words. Measured: see the README. */
export const DEFAULT_MIN_SCORE = 0.6;
/**
 * The same when the query is an error: its fingerprint is known not to be among the entries, so what is alike is most likely
 * a sibling (`ENOENT ... open` and `ENOENT ... scandir`) whose remedy is wrong here.
 */
export const ERROR_MIN_SCORE = 0.85;
export const DEFAULT_LIMIT = 5;
/** Entries that one call of `indexSome` takes by default: 3 ms, and 10 ms when an array has to grow. */
export const DEFAULT_SLICE = 200;

export interface Query {
  /** A whole problem; the fields below are short forms for its fields and win over them. */
  readonly problem?: Problem;
  readonly error?: NonNullable<Problem["error"]>;
  /** Output of a tool, or a description in words. */
  readonly text?: string;
  readonly api?: string;
  readonly purpose?: string;
  readonly domain?: string;
  readonly approach?: string;
  readonly facts?: NonNullable<Problem["facts"]>;
  /** Identity is taken as a signal of this type would have it; default: of every type whose fields are there. */
  readonly type?: string;
  /** A fingerprint that is already known; nothing else is needed then. */
  readonly fingerprint?: Fingerprint;
  readonly limit?: number;
  /** Smallest similarity of a text match, 0 to 1. Default: `ERROR_MIN_SCORE` for an error, else `DEFAULT_MIN_SCORE`. */
  readonly minScore?: number;
  /** `auto`: similar texts only where nothing exact can be offered. */
  readonly similar?: "auto" | "always" | "never";
  /** Also match texts of entries with other facts. */
  readonly anyFacts?: boolean;
  /** Entries that were tried already: the next best are offered. */
  readonly exclude?: readonly EntryId[];
  /** Who asks: what does not concern them is left out, and counted. Default: everything concerns. */
  readonly profile?: Profile;
  /** `all`: whatever the profile says. */
  readonly concern?: "profile" | "all";
}

/** What was left out, and why. */
export interface Hidden {
  readonly revoked: number;
  /** Replaced by a better remedy. */
  readonly superseded: number;
  /** Similar texts under the threshold. */
  readonly belowThreshold: number;
  /** Similar texts of problems with other facts. */
  readonly factsDiffer: number;
  readonly excluded: number;
  /** Not of concern for the profile (see `relevance.ts`); `concern: "all"` shows them. */
  readonly notRelevant: number;
  readonly overLimit: number;
}

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

interface Asked {
  readonly fingerprints: readonly Fingerprint[];
  readonly terms: () => readonly string[];
  readonly facts: Problem["facts"];
}

const problemOf = ({ problem, error, text, api, purpose, domain, approach, facts }: Query): Problem => ({
  ...problem,
  ...(error === undefined ? {} : { error }),
  ...(text === undefined ? {} : { text }),
  ...(api === undefined ? {} : { api }),
  ...(purpose === undefined ? {} : { purpose }),
  ...(domain === undefined ? {} : { domain }),
  ...(approach === undefined ? {} : { approach }),
  ...(facts === undefined ? {} : { facts }),
});

/** Who asks a query, and which API and domain it is about. */
export const askerOf = ({ profile, concern, api, domain, problem }: Query): Asker => ({
  profile: concern === "all" ? undefined : profile,
  api: api ?? problem?.api,
  domain: domain ?? problem?.domain,
});

const ask = (view: View, query: Query): Asked => {
  const problem = problemOf(query);
  const fingerprints = new Set<Fingerprint>(query.fingerprint === undefined ? [] : [query.fingerprint]);
  const named: Named[] = [];
  for (const type of query.type === undefined ? typesOf(problem) : [query.type]) {
    const one = nameProblem(type, problem, view.signalTypes);
    if (!one.ok) continue;
    fingerprints.add(one.value.fingerprint);
    named.push(one.value);
  }
  const terms = () => {
    if (named.length > 0) return termsOf(named.map((one) => one.search()).join("\n"));
    // Not enough for an identity, but words to search for.
    const parts = [
      problem.text,
      problem.api,
      problem.purpose,
      problem.domain,
      problem.approach,
      ...Object.values(problem.fields ?? {}),
    ];
    return termsOf(searchTextOf(parts.filter((part): part is string => part !== undefined)));
  };
  return { fingerprints: [...fingerprints], terms, facts: problem.facts };
};

/** Types of which a problem may have the identity, by the fields it has. */
const typesOf = (problem: Problem): readonly string[] => {
  const types: string[] = [];
  if (problem.error !== undefined || problem.text !== undefined) types.push("ERROR_RESOLVED");
  if (problem.api !== undefined && problem.purpose !== undefined) types.push("WORKAROUND_FOUND");
  if (problem.domain !== undefined && problem.approach !== undefined) types.push("VALIDATION_PASSED");
  return types;
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
      texts.add(entry.immunization.search);
    }
    return view.entries.size - texts.size;
  };

  const recall = <Freshness>(
    query: Query,
    freshness?: Freshness,
    vector?: Float32Array,
  ): Recall<Freshness | undefined> => {
    const limit = query.limit ?? DEFAULT_LIMIT;
    const hasError = query.error !== undefined || query.problem?.error !== undefined;
    const minScore = query.minScore ?? (hasError ? ERROR_MIN_SCORE : DEFAULT_MIN_SCORE);
    const similar = query.similar ?? "auto";
    const exclude = new Set(query.exclude);
    const asked = ask(view, query);
    const asker = askerOf(query);
    const hidden = {
      revoked: 0,
      superseded: 0,
      belowThreshold: 0,
      factsDiffer: 0,
      excluded: 0,
      notRelevant: 0,
      overLimit: 0,
    };
    const searched: Match[] = [];
    const found: Ranked[] = [];
    const seen = new Set<EntryId>();

    /** Counts an entry that is left out for what it is; `true` when it may be shown. */
    const mayShow = (entry: Entry): boolean => {
      if (entry.status === "revoked") hidden.revoked++;
      else if (entry.status === "superseded") hidden.superseded++;
      else if (exclude.size > 0 && exclude.has(entry.immunization.id)) hidden.excluded++;
      else if (!concerns(view.relevance, asker, entry.immunization)) hidden.notRelevant++;
      else return true;
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
          if (mayShow(entry)) offer(entry, match, 1);
        }
      }
    };

    if (asked.fingerprints.length > 0) {
      searched.push("exact", "alias");
      take(asked.fingerprints, "exact");
      for (const one of asked.fingerprints) take(sameProblem(view, one), "alias");
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
        const isAbout = (text: number): boolean =>
          (subject === "" || (entryByText[text] as Entry).immunization.search.startsWith(`${subject}\n`)) &&
          !seen.has(idOf(text));
        const hasFacts = (text: number): boolean => query.anyFacts === true || factsByText[text] === wanted;
        const near = meanings.nearest(vector, (text) => hasFacts(text) && isAbout(text));
        for (const { text } of near.others) leftOut.set(text, "belowThreshold");
        for (const { text, cosine } of near.found) {
          const entry = entryByText[text] as Entry;
          if (mayShow(entry)) cosines.set(entry.immunization.id, { entry, cosine });
          seen.add(entry.immunization.id);
        }
        if (factsIds.size > 1 && query.anyFacts !== true) {
          const { found: alike, others } = meanings.nearest(vector, (text) => !hasFacts(text) && isAbout(text));
          for (const { text } of [...alike, ...others]) leftOut.set(text, "factsDiffer");
        }
      }
      const terms = asked.terms();
      /** Found by words. */
      const scores = new Map<EntryId, { readonly entry: Entry; readonly score: number }>();
      if (terms.length > 0) {
        searched.push("text");
        const accepts = (text: number): boolean => {
          // Called for every text that shares a word, so the cheapest reason comes first.
          if (leftOut.size > 0) leftOut.delete(text);
          const otherFacts = query.anyFacts !== true && factsByText[text] !== wanted;
          if (otherFacts && seen.size === 0) {
            hidden.factsDiffer++;
            return false;
          }
          const entry = entryByText[text] as Entry;
          if (seen.size > 0 && seen.has(entry.immunization.id)) return false;
          if (otherFacts) hidden.factsDiffer++;
          return !otherFacts && mayShow(entry);
        };
        const { best, others } = texts.candidates(terms, accepts, (a, b) => (idOf(a) < idOf(b) ? -1 : 1));
        hidden.belowThreshold += others;
        const compare = (entry: Entry): boolean => {
          const score = texts.similarity(terms, termsOf(entry.immunization.search));
          if (score >= minScore) scores.set(entry.immunization.id, { entry, score });
          return score >= minScore;
        };
        for (const { text } of best) if (!compare(entryByText[text] as Entry)) hidden.belowThreshold++;
        for (const { entry } of cosines.values()) compare(entry);
      }
      for (const reason of leftOut.values()) hidden[reason]++;
      found.push(...rankSimilar(view, scores, cosines));
    }

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
