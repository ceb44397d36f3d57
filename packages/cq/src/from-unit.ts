/**
 * What a knowledge unit proposes. It comes from anywhere and may be made to do harm: it is read by its schema, and what it says of how
 * sure it is stays what it says (E1).
 */
import { nameProblem } from "@herdmind/experience";
import { type ProposedAgain, type ReadLine, readExported } from "@herdmind/history";
import { encodeRecord, isSwarmId, type JsonObject, type JsonValue, record, type Signal } from "@herdmind/protocol";
import { EXTENSION, insightOf, SIGNAL_VERSION } from "./to-units.js";
import { isJsonObject, type KnowledgeUnit, MAX_TAG_CHARS, MAX_TAGS, readUnit } from "./unit.js";

/** `retired`: another unit has replaced it. */
export type ReadUnit =
  | { readonly type: "proposal"; readonly proposal: ProposedAgain }
  | Extract<ReadLine, { readonly type: "bad" }>
  | { readonly type: "passed"; readonly why: "retired" };

export const fromKnowledgeUnit = (value: unknown): ReadUnit => {
  const read = readUnit(value);
  if (!read.ok) return { type: "bad", message: read.refusal.message };
  const unit = read.value;
  if (unit.superseded_by !== undefined) return { type: "passed", why: "retired" };
  const exact = exactOf(unit);
  return exact === undefined ? inWords(unit) : { type: "proposal", proposal: exact };
};

/**
 * The proposal that herdmind made the unit of. Only while the insight still says the same: what people see is what counts, and a
 * unit that reads well may carry anything.
 */
const exactOf = ({ extensions, insight }: KnowledgeUnit): ProposedAgain | undefined => {
  const extension = extensions?.[EXTENSION];
  if (!isJsonObject(extension) || extension.version !== SIGNAL_VERSION || !isSwarmId(extension.swarm)) return undefined;
  const { swarm, entry, author, version, body, worked, failed } = extension;
  const line = {
    type: "signal",
    version,
    body,
    entry,
    ref: { writer: author },
    now: { verdict: "admitted", worked, failed },
  } as JsonObject;
  const read = readExported(line, swarm);
  if (read.type !== "proposal") return undefined;
  const told = insightOf(read.proposal.signal);
  const isSame = told.summary === insight.summary && told.detail === insight.detail && told.action === insight.action;
  return isSame ? read.proposal : undefined;
};

/** A problem in words: what happened is the problem, what to do the remedy, why it matters what was found out. */
const inWords = (unit: KnowledgeUnit): ReadUnit => {
  const { insight, domains, context, evidence } = unit;
  const { summary, detail, action } = insight;
  const tags = tagsOf([...domains, ...(context?.languages ?? []), ...(context?.frameworks ?? [])]);
  const observed = Date.parse(evidence?.first_observed ?? "");
  const where = whereOf(unit);
  const signal: Signal = {
    type: "ERROR_RESOLVED",
    problem: { text: summary },
    ...(detail === "" ? {} : { discovery: detail }),
    mitigation: { text: action },
    ...(tags.length === 0 ? {} : { tags }),
    ...(Object.keys(where).length === 0 ? {} : { context: { cq: where } }),
    at: observed >= 0 ? observed : 0,
  };
  const encoded = encodeRecord(record("signal", signal));
  if (!encoded.ok) return { type: "bad", message: encoded.refusal.message };
  const named = nameProblem(signal.type, signal.problem, new Map());
  if (!named.ok) return { type: "bad", message: "insight.summary: it says nothing" };
  return { type: "proposal", proposal: { signal, from: { format: "cq", unit: unit.id, claims: claimsOf(unit) } } };
};

const tagsOf = (texts: readonly string[]): string[] =>
  [...new Set(texts.map((text) => text.trim()))]
    // A unit counts code points, a tag UTF-16 units.
    .filter((text) => text !== "" && text.length <= MAX_TAG_CHARS)
    .slice(0, MAX_TAGS);

const present = (values: { readonly [name: string]: JsonValue | undefined | null }): JsonObject =>
  Object.fromEntries(
    Object.entries(values).filter(
      (entry): entry is [string, JsonValue] =>
        entry[1] !== undefined &&
        entry[1] !== null &&
        entry[1] !== "" &&
        !(Array.isArray(entry[1]) && entry[1].length === 0),
    ),
  );

const whereOf = ({ context }: KnowledgeUnit): JsonObject =>
  present({ languages: context?.languages, frameworks: context?.frameworks, pattern: context?.pattern });

/** Provenance. Nothing here counts for or against anything. */
const claimsOf = ({ evidence, tier, created_by, flags }: KnowledgeUnit): JsonObject =>
  present({
    createdBy: created_by,
    confidence: evidence?.confidence,
    confirmations: evidence?.confirmations,
    firstObserved: evidence?.first_observed,
    lastConfirmed: evidence?.last_confirmed,
    flags: flags?.length,
    tier,
  });
