/**
 * Whom an entry concerns. Nothing is hidden from who has no profile, and nothing for what a profile does not state. Else, first match:
 *
 * 1. An exact question: who asks about the entry's own API or domain is concerned.
 * 2. The swarm's rules (`relevance` records): of those that match, `show` wins over `hide`, so that order cannot matter.
 * 3. What its author says (`appliesTo`), as far as the profile states what it asks for.
 * 4. By type: workarounds concern the users of their API, validations their domain, everything else everybody. Errors do not choose
 *    whom they meet.
 *
 * Pure (A4). A query that cannot be read here was refused at admission, or is of a newer peer: it decides nothing.
 */
import { accept, type Problem, type Result, refuse, type Signal } from "@herdmind/protocol";
import { normaliseWords } from "./normalise.js";
import type { Profile } from "./profile.js";
import { type Matcher, type QueryValue, readQuery } from "./query.js";
import type { RelevanceRule, View } from "./view.js";

/** What is asked of an entry, or of a proposal. */
export interface Subject {
  readonly type: string;
  readonly api?: string | undefined;
  readonly domain?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly facts?: Problem["facts"] | undefined;
  readonly appliesTo?: Signal["appliesTo"] | undefined;
}

/** Who asks, and what for. */
export interface Asker {
  readonly profile?: Profile | undefined;
  /** The API and the domain that the question is about. */
  readonly api?: string | undefined;
  readonly domain?: string | undefined;
}

const AGENT_NAMES = ["domain", "apis", "tools", "tags"];
const RULE_NAMES = [
  ...["type", "api", "domain", "tags"].map((name) => `entry.${name}`),
  ...AGENT_NAMES.map((name) => `agent.${name}`),
];
const FACT = "entry.facts.";

/** Whether `appliesTo` can be used; what is wrong with it otherwise. */
export const readAppliesTo = (query: unknown): Result<Matcher> =>
  readQuery(query, (name) => AGENT_NAMES.includes(name), AGENT_NAMES.join(", "));

const readWhen = (query: unknown): Result<Matcher> =>
  readQuery(
    query,
    (name) => RULE_NAMES.includes(name) || (name.startsWith(FACT) && name.length > FACT.length),
    `${RULE_NAMES.join(", ")}, ${FACT}NAME`,
  );

/** Whether a rule can be used; what is wrong with it otherwise. */
export const judgeRule = (rule: RelevanceRule): Result<void> => {
  const read = readWhen(rule.when);
  return read.ok ? accept(undefined) : refuse("R1", "none", `Rule ${rule.name}: ${read.refusal.message}`);
};

/** Queries by the objects that records hold: each is read once. `null` is one that cannot be read here. */
const matchers = new WeakMap<object, Matcher | null>();
const matcherOf = (query: object, read: (query: unknown) => Result<Matcher>): Matcher | null => {
  const known = matchers.get(query);
  if (known !== undefined) return known;
  const result = read(query);
  const matcher = result.ok ? result.value : null;
  matchers.set(query, matcher);
  return matcher;
};

const agentValue = (profile: Profile, name: string): QueryValue => profile[name as keyof Profile];
const entryValue = (subject: Subject, name: string): QueryValue =>
  name.startsWith(FACT) ? ownFact(subject.facts, name.slice(FACT.length)) : subject[name.slice(6) as "api" | "tags"];
const ownFact = (facts: Problem["facts"], name: string): QueryValue =>
  facts !== undefined && Object.hasOwn(facts, name) ? facts[name] : undefined;

const isSame = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && normaliseWords(a) === normaliseWords(b);

const byDefault = ({ type, api, domain }: Subject, profile: Profile): boolean => {
  switch (type) {
    case "WORKAROUND_FOUND":
      return profile.apis === undefined || api === undefined || profile.apis.some((one) => isSame(one, api));
    case "VALIDATION_PASSED":
    case "VALIDATION_FAILED":
      return profile.domain === undefined || domain === undefined || isSame(profile.domain, domain);
    default:
      return true;
  }
};

const byAuthor = (subject: Subject, profile: Profile): boolean | undefined => {
  if (subject.appliesTo === undefined) return undefined;
  const matcher = matcherOf(subject.appliesTo, readAppliesTo);
  if (matcher === null) return undefined;
  // What the profile does not state is unknown, and nothing is hidden for that.
  if (matcher.names.some((name) => agentValue(profile, name) === undefined)) return true;
  return matcher.matches((name) => agentValue(profile, name));
};

const byRules = (rules: View["relevance"], subject: Subject, profile: Profile): boolean | undefined => {
  let hides = false;
  for (const { types, when, effect } of rules.values()) {
    if (effect === "off" || (effect === "hide" && hides)) continue;
    if (types !== undefined && !types.includes(subject.type)) continue;
    const matches = matcherOf(when, readWhen)?.matches((name) =>
      name.startsWith("agent.") ? agentValue(profile, name.slice(6)) : entryValue(subject, name),
    );
    if (matches !== true) continue;
    if (effect === "show") return true;
    hides = true;
  }
  return hides ? false : undefined;
};

/** Whether an entry or a proposal concerns who asks. */
export const concerns = (rules: View["relevance"], { profile, api, domain }: Asker, subject: Subject): boolean => {
  if (profile === undefined || isSame(api, subject.api) || isSame(domain, subject.domain)) return true;
  return byRules(rules, subject, profile) ?? byAuthor(subject, profile) ?? byDefault(subject, profile);
};

/** A proposal as a subject. */
export const subjectOf = ({ type, problem, tags, appliesTo }: Signal): Subject => {
  const { api, domain, facts } = problem;
  return { type, api, domain, facts, tags, appliesTo };
};
