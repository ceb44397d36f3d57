/**
 * What is worth knowing before a task is begun. Nothing has failed yet, so there is no fingerprint: entries are found by the APIs,
 * domain, tags and facts that the task names, and by its words. What failed before (a validation, a contested remedy) is told as a
 * warning. The best come first, and no more than the budget takes.
 *
 * Relevance adds up as chances do: 1 - (1 - a)(1 - b)..., over the weights below and the likeness of the words. Pure (A4).
 */
import { accept, type EntryId, type Fingerprint, type Problem, type Result, refuse } from "@herdmind/protocol";
import { normaliseWords } from "./normalise-words.js";
import { type Profile, readProfile } from "./profile.js";
import { type RecalledEntry, rank, show } from "./rank.js";
import type { Index } from "./recall.js";
import { concernOf } from "./relevance.js";
import { renderForModel } from "./render.js";
import { subjectsOf } from "./subjects.js";
import type { Entry, Position, View } from "./view.js";

/** What is to be done. */
export interface Task {
  /** For people. */
  readonly name?: string;
  /** What it is about, in words. */
  readonly text?: string;
  readonly domain?: string;
  /** Interfaces that it uses. */
  readonly apis?: readonly string[];
  readonly tools?: readonly string[];
  readonly tags?: readonly string[];
  /** Facts that are part of a problem's identity. Entries with other values of the same facts are left out. */
  readonly facts?: NonNullable<Problem["facts"]>;
}

export interface PrepareOptions {
  /** Entries at most; default 8. */
  readonly limit?: number;
  /** Tokens at most of the entries rendered (`renderForModel`); default: no bound. */
  readonly budgetTokens?: number;
  /** Who asks; what does not concern them is left out unless the task names its API or domain. */
  readonly profile?: Profile;
  /** `all`: whatever the profile says. */
  readonly concern?: "profile" | "all";
  /** Milliseconds since 1970, for the ages in what is rendered. */
  readonly nowMs?: number;
}

export interface PreparedEntry extends Omit<RecalledEntry, "match" | "score"> {
  /** How much it has to do with the task, 0 to 1. */
  readonly relevance: number;
  /** What failed. */
  readonly warning?: string;
}

/** What was left out, and why (E3). */
export interface PreparedHidden {
  readonly revoked: number;
  readonly superseded: number;
  /** Not of concern for the profile. */
  readonly notRelevant: number;
  /** About other values of the task's facts. */
  readonly factsDiffer: number;
  /** Too little alike. */
  readonly belowThreshold: number;
  /** Over the budget of entries or of tokens, or more than two of one problem. */
  readonly overLimit: number;
}

export interface Prepared {
  readonly entries: readonly PreparedEntry[];
  readonly hidden: PreparedHidden;
  /** Of the entries rendered. */
  readonly tokens: number;
  /** Entries that the search by words does not know yet. */
  readonly pending: number;
  readonly position: Position | undefined;
}

const DEFAULT_LIMIT = 8;
/** How much it says that an entry is about the API, the domain, a tag or a tool, a fact of the task. */
const WEIGHT = { api: 0.8, domain: 0.6, tag: 0.5, fact: 0.5 } as const;
/** Likeness of words below which they say nothing: two of the five words that a task is usually put in. */
const MIN_LIKENESS = 0.3;
/** Looked at by words: more are never shown. */
const MAX_BY_WORDS = 48;
/** Remedies of one problem: there is no problem yet, so the best two will do. */
const MAX_OF_PROBLEM = 2;

interface Candidate {
  readonly entry: Entry;
  readonly reasons: string[];
  /** What is left for it to have nothing to do with the task. */
  doubt: number;
  /** The task names its API or its domain. */
  isAsked: boolean;
}

const texts = (value: unknown): boolean => value === undefined || typeof value === "string";

/** A task from outside. */
export const readTask = (value: unknown): Result<Task> => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return refuse(
      "R1",
      "none",
      "A task is an object: { name, text, domain, apis, tools, tags, facts }, each optional.",
    );
  const { name, text, facts, ...rest } = value as { readonly [key: string]: unknown };
  if (!texts(name) || !texts(text)) return refuse("R1", "none", "The name and the text of a task are texts.");
  if (facts !== undefined && (typeof facts !== "object" || facts === null || Array.isArray(facts)))
    return refuse("R1", "none", "The facts of a task are texts, numbers or booleans by name.");
  const profile = readProfile(rest);
  if (!profile.ok) return refuse("R1", "none", `A task is described as a profile is. ${profile.refusal.message}`);
  return accept({ ...(value as Task), ...profile.value });
};

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const isSameFact = (a: string | number | boolean, b: string | number | boolean): boolean =>
  typeof a === "string" && typeof b === "string" ? normaliseWords(a) === normaliseWords(b) : a === b;

export const prepare = (view: View, index: Index, task: Task, options: PrepareOptions = {}): Prepared => {
  const { limit = DEFAULT_LIMIT, budgetTokens, nowMs } = options;
  const profile = options.concern === "all" ? undefined : options.profile;
  const candidates = new Map<EntryId, Candidate>();
  const add = (entry: Entry, weight: number, reason: string, isAsked = false): void => {
    const { id } = entry.immunization;
    const known = candidates.get(id) ?? { entry, reasons: [], doubt: 1, isAsked: false };
    known.doubt *= 1 - weight;
    known.reasons.push(reason);
    known.isAsked ||= isAsked;
    candidates.set(id, known);
  };

  const { byApi, byDomain, byTag } = subjectsOf(view);
  for (const api of distinct(task.apis))
    for (const entry of byApi.get(api) ?? []) add(entry, WEIGHT.api, `the task uses ${api}`, true);
  for (const domain of distinct(task.domain === undefined ? [] : [task.domain]))
    for (const entry of byDomain.get(domain) ?? []) add(entry, WEIGHT.domain, `the task is in ${domain}`, true);
  for (const tag of distinct([...(task.tags ?? []), ...(task.tools ?? [])]))
    for (const entry of byTag.get(tag) ?? []) add(entry, WEIGHT.tag, `it is tagged ${tag}`);

  const words = [task.name, task.text, task.domain, ...(task.apis ?? []), ...(task.tools ?? []), ...(task.tags ?? [])];
  const purpose = words.filter((word) => word !== undefined).join("\n");
  const alike = index.recall({
    // Words without a problem: no line of them is taken for the cause of an error.
    purpose,
    similar: "always",
    minScore: MIN_LIKENESS,
    limit: MAX_BY_WORDS,
    anyFacts: true,
  });
  for (const { id, score } of alike.entries)
    add(view.entries.get(id) as Entry, score, `its words are ${percent(score)} alike`);

  const hidden = {
    revoked: 0,
    superseded: 0,
    notRelevant: 0,
    factsDiffer: 0,
    belowThreshold: alike.hidden.belowThreshold,
    overLimit: alike.hidden.overLimit,
  };
  /** What candidates of these facts are to the task; `false`: they are about another one. */
  const factsOf = (facts: Problem["facts"]): number | false => {
    let agreed = 0;
    for (const [name, value] of Object.entries(task.facts ?? {})) {
      if (facts === undefined || !Object.hasOwn(facts, name)) continue;
      if (!isSameFact(value, facts[name] as typeof value)) return false;
      agreed++;
    }
    return agreed;
  };
  const isOfConcern = concernOf(view.relevance, { profile });
  const found: { readonly ranked: ReturnType<typeof rank>; readonly reasons: readonly string[] }[] = [];
  for (const { entry, reasons, doubt, isAsked } of candidates.values()) {
    const facts = factsOf(entry.immunization.facts);
    if (entry.status === "revoked") hidden.revoked++;
    else if (entry.status === "superseded") hidden.superseded++;
    else if (facts === false) hidden.factsDiffer++;
    else if (!isAsked && !isOfConcern(entry.immunization)) hidden.notRelevant++;
    else {
      const left = facts > 0 ? doubt * (1 - WEIGHT.fact) : doubt;
      if (facts > 0) reasons.push(`${facts === 1 ? "a fact is" : `${facts} facts are`} the same`);
      found.push({ ranked: rank(view, entry, "text", 1 - left), reasons });
    }
  }
  found.sort(
    ({ ranked: a }, { ranked: b }) => b.worth - a.worth || (a.entry.immunization.id < b.entry.immunization.id ? -1 : 1),
  );
  const byProblem = new Map<Fingerprint, number>();
  const best = found.filter(({ ranked }) => {
    const { fingerprint } = ranked.entry.immunization;
    const before = byProblem.get(fingerprint) ?? 0;
    byProblem.set(fingerprint, before + 1);
    return before < MAX_OF_PROBLEM;
  });
  // By words they are counted already, as far as nobody knows them another way.
  hidden.revoked = Math.max(hidden.revoked, alike.hidden.revoked);
  hidden.superseded = Math.max(hidden.superseded, alike.hidden.superseded);
  hidden.overLimit += found.length - Math.min(limit, best.length);
  const entries = best.slice(0, limit).map(({ ranked, reasons }) => prepared(ranked, reasons));
  const rendered = renderForModel({ entries, hidden }, optional({ budgetTokens, nowMs }));
  hidden.overLimit += rendered.overBudget;
  const ids = new Set(rendered.ids);
  return {
    entries: entries.filter(({ id }) => ids.has(id)),
    hidden,
    tokens: rendered.tokens,
    pending: alike.pending,
    position: view.position,
  };
};

const distinct = (names: readonly string[] = []): ReadonlySet<string> => new Set(names.map(normaliseWords));

/** Without members that are `undefined`. */
const optional = (options: { readonly [name: string]: number | undefined }): { readonly [name: string]: number } =>
  Object.fromEntries(Object.entries(options).filter((pair): pair is [string, number] => pair[1] !== undefined));

const warningOf = ({ status, reason, immunization }: Entry): string | undefined => {
  if (immunization.type === "VALIDATION_FAILED") return "This approach was tried, and failed.";
  return status === "contested" ? `Contested: ${reason ?? "outcomes contradict it"}` : undefined;
};

const prepared = (ranked: ReturnType<typeof rank>, reasons: readonly string[]): PreparedEntry => {
  const { match: _, score, why, ...entry } = show(ranked);
  const warning = warningOf(ranked.entry);
  return {
    ...entry,
    relevance: score,
    ...(warning === undefined ? {} : { warning }),
    // What is said of its outcomes follows the first part, which speaks of a problem.
    why: [...reasons, ...why.split("; ").slice(1)].join("; "),
  };
};
