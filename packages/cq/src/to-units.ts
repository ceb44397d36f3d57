/**
 * Experience as knowledge units: one for each entry of canon that is in force. What people and models read stands in the insight; the
 * proposal itself stands beside it as an extension, so that another swarm can take it as exactly as it was made.
 */
import { nameProblem } from "@herdmind/experience";
import { type FromSwarm, type ProposedAgain, readExported } from "@herdmind/history";
import { type JsonObject, type JsonValue, type Problem, type Signal, type SwarmId, sha256 } from "@herdmind/protocol";
import {
  isJsonObject,
  isWithin,
  type KnowledgeUnit,
  MAX_ACTION_CHARS,
  MAX_DETAIL_CHARS,
  MAX_SUMMARY_CHARS,
  MAX_TAG_CHARS,
  MAX_TAGS,
  readContext,
  UNIT_VERSION,
} from "./unit.js";

/** The proposal as an export of herdmind has it, and whose it is. */
export const EXTENSION = "herdmind:proposal";
/** The version of a signal in the extension. */
export const SIGNAL_VERSION = 2;

/** cq's own scale (`schema/scoring.values.json`), in hundredths: where a unit begins, what a confirmation and a flag change. */
const INITIAL = 50;
const CONFIRMED = 10;
const FLAGGED = 15;
/** Writers for whom it failed that are told one by one; all of them count. */
const MAX_FLAGS = 100;

/** `undefined`: a text is longer than cq's schema allows; none is ever cut. */
export const toKnowledgeUnit = (signal: Signal, from: FromSwarm): KnowledgeUnit | undefined => {
  const insight = insightOf(signal);
  const { summary, detail, action } = insight;
  if (
    !isWithin(summary, MAX_SUMMARY_CHARS) ||
    !isWithin(detail, MAX_DETAIL_CHARS) ||
    !isWithin(action, MAX_ACTION_CHARS)
  )
    return undefined;
  const { swarm, entry, author, at, worked = 0, failed = 0 } = from;
  const { context: _, ...body } = signal;
  const context = readContext(contextOf(signal));
  const first = timeOf(at);
  return {
    id: unitIdOf(from),
    version: UNIT_VERSION,
    domains: domainsOf(signal),
    insight,
    ...(context === undefined ? {} : { context }),
    evidence: {
      confidence: Math.min(100, Math.max(0, INITIAL + CONFIRMED * worked - FLAGGED * failed)) / 100,
      confirmations: 1 + worked,
      ...(first === undefined ? {} : { first_observed: first }),
    },
    tier: "private",
    created_by: `herdmind:${author}`,
    extensions: {
      [EXTENSION]: {
        swarm,
        entry,
        author,
        version: SIGNAL_VERSION,
        body: body as unknown as JsonObject,
        worked,
        failed,
      },
    },
    flags: Array.from({ length: Math.min(failed, MAX_FLAGS) }, () => ({ reason: "incorrect" as const })),
  };
};

const NO_TYPES: ReadonlyMap<string, readonly string[]> = new Map();
const typesOf = ({ type, problem }: Signal): ReadonlyMap<string, readonly string[]> =>
  problem.fields === undefined ? NO_TYPES : new Map([[type, Object.keys(problem.fields).sort()]]);

/** cq's programs write what they store with sorted keys; the same insight has to come of it. */
const sorted = (value: JsonValue): JsonValue => {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const object = value as JsonObject;
  return Object.fromEntries(
    Object.keys(object)
      .sort()
      .map((key) => [key, sorted(object[key] as JsonValue)]),
  );
};

const factsOf = ({ facts = {} }: Problem): string =>
  Object.keys(facts)
    .sort()
    .map((name) => `${name} = ${facts[name]}`)
    .join(", ");

export const insightOf = (signal: Signal): KnowledgeUnit["insight"] => {
  const { type, discovery, mitigation } = signal;
  // A title may name facts in the order in which they stand.
  const problem = sorted(signal.problem as unknown as JsonValue) as unknown as Signal["problem"];
  const named = nameProblem(type, problem, typesOf(signal));
  const title = named.ok ? named.value.title() : "";
  const facts = factsOf(problem);
  const about = title === "" ? `A problem where ${facts}` : title;
  const summary =
    type === "VALIDATION_FAILED"
      ? `It did not work: ${about}`
      : type === "VALIDATION_PASSED"
        ? `It worked: ${about}`
        : about;
  const told = [discovery ?? "", facts === "" ? "" : `Where: ${facts}`].filter((line) => line !== "");
  return {
    summary,
    detail: told.length === 0 ? "Nobody said why." : told.join("\n"),
    // What a program may apply is what a reader must see.
    action:
      mitigation.data === undefined
        ? mitigation.text
        : `${mitigation.text}\n${JSON.stringify(sorted(mitigation.data))}`,
  };
};

/** The same entry always has the same id, and nobody can choose one. */
const unitIdOf = ({ swarm, entry }: FromSwarm): string =>
  `ku_${[...sha256(new TextEncoder().encode(`herdmind/cq\0${swarm}/${entry}`)).subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;

/** As cq writes them: in lower case, without repetition. */
const domainsOf = (signal: Signal): string[] => {
  const { problem, tags = [] } = signal;
  const elsewhere = readContext(contextOf(signal));
  const said = new Set([...(elsewhere?.languages ?? []), ...(elsewhere?.frameworks ?? [])].map(asDomain));
  const { api, domain, error } = problem;
  const subjects = [...tags, api, domain, error?.code, error?.name]
    .filter((subject) => subject !== undefined)
    .map(asDomain)
    .filter((subject) => subject !== "" && isWithin(subject, MAX_TAG_CHARS) && !said.has(subject));
  return subjects.length === 0 ? ["errors"] : [...new Set(subjects)].slice(0, MAX_TAGS);
};
const asDomain = (text: string): string => text.trim().toLowerCase();

/** Where a unit that was imported once said that it applies. */
const contextOf = ({ context }: Signal): unknown => {
  const cq = context?.cq;
  return isJsonObject(cq) ? cq : undefined;
};

const timeOf = (ms: number): string | undefined => {
  const date = new Date(ms);
  // With a year of more than four digits it is no date-time of RFC 3339.
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 ? undefined : date.toISOString();
};

export type UnitLine =
  | { readonly type: "unit"; readonly unit: KnowledgeUnit }
  /** `pending`: canon has not judged it. `tooLong`: no unit can hold it. `retired` and `inexact`: as of an import. */
  | { readonly type: "leftOut"; readonly why: "pending" | "retired" | "inexact" | "tooLong" };

/** The units of an export of herdmind; nothing for a record that is no proposal. */
export const toKnowledgeUnits = async function* (
  lines: AsyncIterable<JsonObject> | Iterable<JsonObject>,
): AsyncIterable<UnitLine> {
  let swarm: SwarmId | undefined;
  for await (const line of lines) {
    const now = isJsonObject(line.now) ? line.now : {};
    // Its proposal stands in the file by itself, and is told of once.
    if (now.proposal === true) continue;
    const read = readExported(line, swarm);
    if (read.type === "header") swarm = read.swarm;
    else if (read.type === "passed" && (read.why === "retired" || read.why === "inexact"))
      yield { type: "leftOut", why: read.why };
    else if (read.type === "proposal")
      yield now.verdict === "pending" ? { type: "leftOut", why: "pending" } : lineOf(read.proposal);
  }
};

const lineOf = ({ signal, from }: ProposedAgain<FromSwarm>): UnitLine => {
  const unit = toKnowledgeUnit(signal, from);
  return unit === undefined ? { type: "leftOut", why: "tooLong" } : { type: "unit", unit };
};
