/**
 * What a line of an export proposes: the signal to sign again, and where it comes from. Pure, and every line is hostile: it was
 * edited, cut, or made to do harm.
 */
import { nameProblem } from "@herdmind/experience";
import {
  type EntryId,
  encodeRecord,
  type Immunization,
  isEntryId,
  isSwarmId,
  isWriterId,
  type JsonObject,
  type JsonValue,
  type Problem,
  readRecord,
  type Signal,
  type SwarmId,
  type WriterId,
} from "@herdmind/protocol";
import { EXPORT_VERSION } from "./export.js";

/** Where an imported signal comes from; stands in its context as `importedFrom`. Provenance, never evidence (E1). */
export type ImportedFrom = FromSwarm | FromUnit;

export interface FromSwarm {
  readonly swarm: SwarmId;
  /** The entry that was made of it there, or would be. */
  readonly entry: EntryId;
  readonly author: WriterId;
  /** Its author's clock. */
  readonly at: number;
  /** Writers there for whom it worked, and failed, when it was exported. */
  readonly worked?: number;
  readonly failed?: number;
}

/** A unit of knowledge of another system. */
export interface FromUnit {
  readonly format: "cq";
  /** Its id there. */
  readonly unit: string;
  /** What it says of itself: who made it, how often it was confirmed, how sure it is. */
  readonly claims?: JsonObject;
}

/** Equal for the same proposal of the same place. */
export const originOf = (from: ImportedFrom): string =>
  "unit" in from ? `${from.format}/${from.unit}` : `${from.swarm}/${from.entry}`;

export interface ProposedAgain<From extends ImportedFrom = ImportedFrom> {
  readonly signal: Signal;
  readonly from: From;
}

/** `passed`: a line that proposes nothing, and why. */
export type ReadLine =
  | { readonly type: "header"; readonly swarm: SwarmId; readonly name: string }
  | { readonly type: "proposal"; readonly proposal: ProposedAgain<FromSwarm> }
  | { readonly type: "passed"; readonly why: Passed }
  | { readonly type: "end"; readonly records: number }
  | { readonly type: "bad"; readonly message: string };

/**
 * `outcome`: evidence of another swarm is not imported (E1). `retired`: revoked or superseded there. `unfit`: the proposal was rejected,
 * revoked, or only corroborated another one. `inexact`: an entry without its proposal, whose problem canon did not keep whole. `elsewhere`: an entry whose proposal stands in the file by itself. `other`: records that
 * propose nothing.
 */
export type Passed = "outcome" | "retired" | "unfit" | "inexact" | "elsewhere" | "other";

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const bad = (message: string): ReadLine => ({ type: "bad", message });
const passed = (why: Passed): ReadLine => ({ type: "passed", why });
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** `swarm`: that of the file's header; a file without one is refused before its first record. */
export const readExportLine = (text: string, swarm: SwarmId | undefined): ReadLine => {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch (error) {
    return bad(`it is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return readExported(line, swarm);
};

/** The same of a line that was parsed already. */
export const readExported = (line: unknown, swarm: SwarmId | undefined): ReadLine => {
  if (!isObject(line)) return bad("it is JSON, but not an object");
  if (line.herdmind === "export") return header(line);
  if (line.herdmind === "end") return { type: "end", records: isCount(line.records) ? line.records : 0 };
  if (swarm === undefined) return bad("no header stands before it, so nothing says which swarm it comes from");
  const { type, version, body, now } = line;
  if (typeof type !== "string" || !isCount(version)) return bad("it has no record: type and version are missing");
  if (type === "outcome" || type === "evidence") return passed("outcome");
  if ((type !== "signal" && type !== "immunization") || line.standing === "lost") return passed("other");
  const record = readRecord(type, version, body as JsonValue);
  // As a writer would encode it: sizes and nesting are bounded before anything walks through it.
  const encoded = encodeRecord(record);
  if (!encoded.ok) return bad(encoded.refusal.message);
  const state = isObject(now) ? now : {};
  if (state.status === "revoked" || state.status === "superseded") return passed("retired");
  const evidence = {
    ...(isCount(state.worked) ? { worked: state.worked } : {}),
    ...(isCount(state.failed) ? { failed: state.failed } : {}),
  };
  if (record.type === "signal") {
    const { entry, ref } = line;
    const author = isObject(ref) ? ref.writer : undefined;
    if (!isEntryId(entry) || !isWriterId(author))
      return bad("it does not say whose proposal it is: entry and ref.writer");
    if (state.verdict !== "admitted" && state.verdict !== "pending") return passed("unfit");
    const from = { swarm, entry, author, at: record.body.at, ...evidence };
    return { type: "proposal", proposal: { signal: record.body, from } };
  }
  if (record.type !== "immunization") return passed("other");
  if (state.proposal === true) return passed("elsewhere");
  const { id, author, at } = record.body;
  const signal = signalOf(record.body);
  return signal === undefined
    ? passed("inexact")
    : { type: "proposal", proposal: { signal, from: { swarm, entry: id, author, at, ...evidence } } };
};

const header = (line: JsonObject): ReadLine => {
  if (line.version !== EXPORT_VERSION)
    return bad(
      `its format has version ${JSON.stringify(line.version)}, and this herdmind reads ${EXPORT_VERSION}. Update it`,
    );
  if (!isSwarmId(line.swarm)) return bad("its header names no swarm");
  return { type: "header", swarm: line.swarm, name: typeof line.name === "string" ? line.name : "" };
};

/**
 * The proposal of an entry whose own is not in the file, from what canon kept of it: title and fields. Only where that gives the
 * fingerprint which the entry has; a problem described by less than it was would match what it must not.
 */
const signalOf = (entry: Immunization): Signal | undefined => {
  const { type, title, fingerprint, facts, api, domain, discovery, mitigation, appliesTo, tags, at } = entry;
  const after = (field: string | undefined): string =>
    field !== undefined && title.startsWith(`${field}: `) ? title.slice(field.length + 2) : "";
  const described: Problem =
    type === "ERROR_RESOLVED"
      ? { error: { message: title } }
      : type === "WORKAROUND_FOUND"
        ? { api: api ?? "", purpose: after(api) }
        : { domain: domain ?? "", approach: after(domain) };
  const problem: Problem = { ...described, ...(facts === undefined ? {} : { facts }) };
  const named = nameProblem(type, problem, NO_TYPES);
  if (!named.ok || named.value.fingerprint !== fingerprint) return undefined;
  return {
    type,
    problem,
    mitigation,
    ...(discovery === undefined ? {} : { discovery }),
    ...(appliesTo === undefined ? {} : { appliesTo }),
    ...(tags === undefined ? {} : { tags }),
    at,
  };
};

const NO_TYPES: ReadonlyMap<string, readonly string[]> = new Map();
