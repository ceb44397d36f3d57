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
import { normaliseWords } from "./normalise-words.js";
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

/** Queries kept ready to match; authors write few different ones. Each takes 2 KB. */
const MAX_MATCHERS = 1000;
/** By the text of the query. `null` is one that cannot be read here. */
const matchers = new Map<string, Matcher | null>();
const matcherOf = (query: object, read: (query: unknown) => Result<Matcher>): Matcher | null => {
  const key = (read === readWhen ? "when " : "to ") + JSON.stringify(query);
  const known = matchers.get(key);
  if (known !== undefined) return known;
  const result = read(query);
  const matcher = result.ok ? result.value : null;
  if (matchers.size >= MAX_MATCHERS) matchers.delete(matchers.keys().next().value as string);
  matchers.set(key, matcher);
  return matcher;
};

/** APIs and domains as words; there are few, and each recall compares them with thousands of entries. */
const MAX_WORDS = 10_000;
const wordsByText = new Map<string, string>();
const wordsOf = (text: string): string => {
  const known = wordsByText.get(text);
  if (known !== undefined) return known;
  const words = normaliseWords(text);
  if (wordsByText.size >= MAX_WORDS) wordsByText.clear();
  wordsByText.set(text, words);
  return words;
};

const agentValue = (profile: Profile, name: string): QueryValue => profile[name as keyof Profile];
const entryValue = (subject: Subject, name: string): QueryValue =>
  name.startsWith(FACT) ? ownFact(subject.facts, name.slice(FACT.length)) : subject[name.slice(6) as "api" | "tags"];
const ownFact = (facts: Problem["facts"], name: string): QueryValue =>
  facts !== undefined && Object.hasOwn(facts, name) ? facts[name] : undefined;

const isSame = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && wordsOf(a) === wordsOf(b);

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

const byRules = (rules: readonly RelevanceRule[], subject: Subject, profile: Profile): boolean | undefined => {
  let hides = false;
  for (const { types, when, effect } of rules) {
    if (effect === "hide" && hides) continue;
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

/** What queries said of entries, for one profile under one state of the rules: a search asks about the same thousands again. */
interface Judged {
  readonly rules: View["relevance"];
  /** Versions only grow, so their sum changes with every rule that is set. */
  readonly versions: number;
  readonly bySubject: WeakMap<Subject, boolean>;
}
const judgedByProfile = new WeakMap<Profile, Judged>();

/** Whether entries and proposals concern who asks. To be asked for once a question: rules may change after it. */
export const concernOf = (
  rules: View["relevance"],
  { profile, api, domain }: Asker,
): ((subject: Subject) => boolean) => {
  if (profile === undefined) return () => true;
  const active = [...rules.values()].filter(({ effect }) => effect !== "off");
  let versions = 0;
  for (const { version } of rules.values()) versions += version;
  let judged = judgedByProfile.get(profile);
  if (judged?.rules !== rules || judged.versions !== versions) {
    judged = { rules, versions, bySubject: new WeakMap() };
    judgedByProfile.set(profile, judged);
  }
  const { bySubject } = judged;
  const asks = api !== undefined || domain !== undefined;
  return (subject) => {
    if (asks && (isSame(api, subject.api) || isSame(domain, subject.domain))) return true;
    if (active.length === 0 && subject.appliesTo === undefined) return byDefault(subject, profile);
    const known = bySubject.get(subject);
    if (known !== undefined) return known;
    const isOurs = byRules(active, subject, profile) ?? byAuthor(subject, profile) ?? byDefault(subject, profile);
    bySubject.set(subject, isOurs);
    return isOurs;
  };
};

/** The same for one subject. */
export const concerns = (rules: View["relevance"], asker: Asker, subject: Subject): boolean =>
  concernOf(rules, asker)(subject);

/** A proposal as a subject. */
export const subjectOf = ({ type, problem, tags, appliesTo }: Signal): Subject => {
  const { api, domain, facts } = problem;
  return { type, api, domain, facts, tags, appliesTo };
};
