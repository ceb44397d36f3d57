/** What is asked, and what follows from it for a search: names, words, coordinates. */

import type { EntryId, Fingerprint, Problem } from "@herdmind/protocol";
import type { Named } from "./fingerprint.js";
import { nameProblem } from "./identity.js";
import type { Profile } from "./profile.js";
import type { Asker } from "./relevance.js";
import { searchTextOf } from "./search-text.js";
import { termsOf } from "./terms.js";
import type { View } from "./view.js";

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
  /**
   * Smallest score of a match that is neither exact nor an alias, 0 to 1. Default: `FACTS_MIN_SCORE` for the same facts;
   * for similar texts `ERROR_MIN_SCORE` if an error or the output of a tool is asked for, else `DEFAULT_MIN_SCORE`.
   */
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

export interface Asked {
  readonly fingerprints: readonly Fingerprint[];
  readonly terms: () => readonly string[];
  readonly coordinates: () => readonly string[];
  readonly facts: Problem["facts"];
  /** An error or the output of a tool, not a question in words. */
  readonly isError: boolean;
  readonly isLong: boolean;
  readonly isGuess: boolean;
}

export const problemOf = ({ problem, error, text, api, purpose, domain, approach, facts }: Query): Problem => ({
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

/** Names a query: what exact recall needs at once, what a search needs on demand. */
export const ask = (view: View, query: Query): Asked => {
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
  const isLong = named.some((one) => one.isLong);
  return {
    fingerprints: [...fingerprints],
    terms,
    coordinates: once(() => named.flatMap((one) => one.coordinates())),
    facts: problem.facts,
    isError: problem.error !== undefined || isLong,
    isLong,
    isGuess: named.some((one) => one.isGuess),
  };
};

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

/** Whether a query can be about an error: the type says so, or nothing says otherwise. */
export const isOfErrors = (query: Query): boolean => {
  if (query.type !== undefined) return query.type === "ERROR_RESOLVED";
  const { api, purpose, domain, approach, error, text } = problemOf(query);
  return (
    error !== undefined || text !== undefined || [api, purpose, domain, approach].every((one) => one === undefined)
  );
};

/** Types of which a problem may have the identity, by the fields it has. */
const typesOf = (problem: Problem): readonly string[] => {
  const types: string[] = [];
  if (problem.error !== undefined || problem.text !== undefined) types.push("ERROR_RESOLVED");
  if (problem.api !== undefined && problem.purpose !== undefined) types.push("WORKAROUND_FOUND");
  if (problem.domain !== undefined && problem.approach !== undefined) types.push("VALIDATION_PASSED");
  return types;
};
