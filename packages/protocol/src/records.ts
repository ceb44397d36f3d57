/**
 * Records: the typed, versioned facts in a block's payload. A record's body is a JSON value, so that every record can
 * be shown, exported and typed by hand. On the wire a record is `[type, version, body]` in deterministic CBOR.
 *
 * A record whose type or version this peer does not know is kept, forwarded and shown as unknown (rule E5).
 */
import * as v from "valibot";
import { cborSize } from "./cbor-size.js";
import {
  type BlockHash,
  type EntryId,
  type Fingerprint,
  type GenerationId,
  isBlockHash,
  isEntryId,
  isFingerprint,
  isGenerationId,
  isRemedyId,
  isWriterId,
  type RemedyId,
  type WriterId,
} from "./ids.js";
import {
  MAX_MEMORY_KEY_CHARS,
  MAX_MEMORY_MEMBER_CHARS,
  MAX_MEMORY_MEMBERS,
  MAX_MEMORY_OPS,
  MAX_MEMORY_VALUE_BYTES,
  MAX_MEMORY_WRITE_BYTES,
} from "./limits.js";
import { notJson } from "./not-json.js";

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

/** Type names of signals. Custom ones contain a slash and are registered in canon by a `signal-type` record. */
export const SIGNAL_TYPES = ["ERROR_RESOLVED", "WORKAROUND_FOUND", "VALIDATION_PASSED", "VALIDATION_FAILED"] as const;
export const ROLES = ["orchestrator", "agent", "witness", "observer", "relay"] as const;
export type Role = (typeof ROLES)[number];

const writer = v.custom<WriterId>(isWriterId, "a writer id");
const generation = v.custom<GenerationId>(isGenerationId, "a generation id");
const hash = v.custom<BlockHash>(isBlockHash, "a block hash");
const entry = v.custom<EntryId>(isEntryId, "an entry id");
const fingerprint = v.custom<Fingerprint>(isFingerprint, "a fingerprint");
const remedyId = v.custom<RemedyId>(isRemedyId, "a remedy id");
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.string();
/** Characters (UTF-16 units) of a name: a name that fills the screen. */
const MAX_NAME_CHARS = 200;
const name = v.pipe(v.string(), v.maxLength(MAX_NAME_CHARS));
const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const jsonObject = v.custom<JsonObject>(isObject, "a JSON object");
/** `v.strictObject` alone takes an array for an object whose members are all missing. To types it is the inner schema. */
const object = <E extends v.ObjectEntries>(entries: E): v.StrictObjectSchema<E, undefined> =>
  v.pipe(
    v.custom<v.InferInput<v.StrictObjectSchema<E, undefined>>>(isObject, "an object"),
    v.strictObject(entries),
  ) as unknown as v.StrictObjectSchema<E, undefined>;
/** Named values. `v.record` would skip members called `constructor` or `prototype`; here every member is judged. */
const named = <T>(is: (value: unknown) => value is T, what: string) =>
  v.custom<{ [name: string]: T }>(
    (value) => isObject(value) && Object.keys(value).every((key) => key.length <= MAX_NAME_CHARS && is(value[key])),
    `${what} by names of at most ${MAX_NAME_CHARS} characters`,
  );
const role = v.picklist(ROLES);
const head = object({ writer, generation, length: count, hash });
const recordRef = object({ writer, generation, sequence: count, index: count });
const signalType = v.pipe(v.string(), v.maxLength(100), v.regex(/^([A-Z][A-Z_]*|[a-z0-9.-]+\/[a-z0-9._-]+)$/));
const facts = named(
  (value): value is string | number | boolean =>
    typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value)),
  "texts, numbers or booleans",
);

/** What went wrong, or what is being done. Which fields make its identity depends on the signal's type. */
const problem = object({
  error: v.optional(
    object({
      name: v.optional(text),
      message: text,
      code: v.optional(text),
      stack: v.optional(text),
      /** Output of the tool that failed; reduced to its causal lines before it is fingerprinted. */
      output: v.optional(text),
    }),
  ),
  /** A description in words. */
  text: v.optional(text),
  /** `WORKAROUND_FOUND`: the interface that misbehaves, and what one wants of it. */
  api: v.optional(text),
  purpose: v.optional(text),
  /** `VALIDATION_*`: the domain and the approach that was validated. */
  domain: v.optional(text),
  approach: v.optional(text),
  /** Domain facts that define the problem; they are part of its identity. */
  facts: v.optional(facts),
  /** Custom signal types: the fields from which their identity is taken. */
  fields: v.optional(named((value) => typeof value === "string", "texts")),
});

/** A tag, as a profile or an entry has it: a name that fills the screen is none. */
const MAX_TAG_CHARS = 64;
/** Each peer holds those of each entry. */
const MAX_TAGS = 16;
/** Version 2 of what can concern some and not others. */
const concern = {
  /** Whom it concerns: a query about an agent's profile. Its syntax is judged at admission, so that it can grow. */
  appliesTo: v.optional(jsonObject),
  tags: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_TAG_CHARS))),
      v.minLength(1),
      v.maxLength(MAX_TAGS),
    ),
  ),
};

const mitigation = object({
  text: v.pipe(v.string(), v.nonEmpty()),
  /** Machine-readable part, for example the name of a tool and its arguments. */
  data: v.optional(jsonObject),
});

const signal = {
  type: signalType,
  problem,
  discovery: v.optional(text),
  mitigation,
  context: v.optional(jsonObject),
  at: count,
};
const immunization = {
  id: entry,
  type: signalType,
  fingerprint,
  remedyId,
  /** One line for people: the problem's causal line. */
  title: text,
  /** The text that similarity search works on. */
  search: text,
  facts: v.optional(facts),
  /** The parts of the problem that later filters use. */
  api: v.optional(text),
  domain: v.optional(text),
  discovery: v.optional(text),
  mitigation,
  author: writer,
  of: recordRef,
  at: count,
};

const isMemoryValue = (value: unknown): value is JsonValue =>
  notJson(value) === undefined && cborSize(value) <= MAX_MEMORY_VALUE_BYTES;
const space = v.pipe(name, v.nonEmpty());
const key = v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_MEMORY_KEY_CHARS));
const value = v.custom<JsonValue>(isMemoryValue, `a JSON value of at most ${MAX_MEMORY_VALUE_BYTES} bytes`);
const members = v.pipe(
  v.array(v.pipe(v.string(), v.maxLength(MAX_MEMORY_MEMBER_CHARS))),
  v.maxLength(MAX_MEMORY_MEMBERS),
);
/** An array has no `op`, so a strict object takes none. */
const memoryOp = v.variant("op", [
  /** Sets the value; members stay unless they are given. `ifAbsent`: leaves an item that is there as it is. */
  v.strictObject({
    op: v.literal("put"),
    key,
    value,
    members: v.optional(members),
    ifAbsent: v.optional(v.literal(true)),
  }),
  /** Removes value and members. */
  v.strictObject({ op: v.literal("delete"), key }),
  /** Adds members to an item that is there, and takes them away. */
  v.strictObject({ op: v.literal("add"), key, members }),
  v.strictObject({ op: v.literal("remove"), key, members }),
]);
const memoryOps = v.pipe(
  v.array(memoryOp),
  v.minLength(1),
  v.maxLength(MAX_MEMORY_OPS),
  v.check(
    (ops) => cborSize(ops) <= MAX_MEMORY_WRITE_BYTES,
    `more than ${MAX_MEMORY_WRITE_BYTES} bytes in one write: divide it`,
  ),
);

/** Schemas by type and version. A new version is added beside the old one, never in its place: see `record-versions.ts`. */
export const recordSchemas = {
  /** First record of every generation: who writes here, by what right, and what it continues. */
  open: {
    1: object({ chain: v.pipe(v.array(text), v.nonEmpty()), continues: v.optional(head) }),
  },
  /** An agent's proposal. `at`: the author's clock, milliseconds since 1970. */
  signal: { 1: object(signal), 2: object({ ...signal, ...concern }) },
  /** What happened when an immunization was applied. */
  outcome: {
    1: object({
      entry,
      success: v.boolean(),
      note: v.optional(text),
      context: v.optional(jsonObject),
      at: count,
    }),
  },
  /** Changes of items of a space: all of them count, in this order, or none (rule E11). */
  memory: { 1: object({ space, ops: memoryOps, at: count }) },
  /** Canon: a problem with its remedy. `of` is the proposal it was made from. */
  immunization: { 1: object(immunization), 2: object({ ...immunization, ...concern }) },
  /** Canon: the newest outcome of each of these writers for an entry. */
  evidence: {
    1: object({ entry, worked: v.array(writer), failed: v.array(writer) }),
  },
  /** Canon: an entry's status changed. */
  status: {
    1: object({
      entry,
      status: v.picklist(["active", "contested", "revoked", "superseded"]),
      reason: text,
      by: v.optional(entry),
    }),
  },
  /** Canon: the exception to the default verdict on one proposal or outcome. */
  verdict: {
    1: object({
      of: recordRef,
      verdict: v.picklist(["rejected", "ignored"]),
      rule: text,
      reason: text,
      entry: v.optional(entry),
    }),
  },
  /** Canon: a write to the memory, as its author wrote it at `of`. */
  "memory-step": { 1: object({ of: recordRef, space, ops: memoryOps, at: count }) },
  /** Canon, in a checkpoint: an item, or with `more` further members of the one before. Times are its authors'. */
  "memory-item": {
    1: object({ space, key, value, members, createdAt: count, updatedAt: count, more: v.optional(v.literal(true)) }),
  },
  /** Canon: how far a writer's log has been admitted. */
  watermark: { 1: head },
  /** Canon: whether a writer counts. `group`: writers that are not independent of each other share it (rule E1). */
  member: {
    1: object({
      writer,
      role,
      name: v.optional(name),
      group: writer,
      invitation: v.optional(text),
      status: v.picklist(["admitted", "refused"]),
      reason: v.optional(text),
      at: count,
    }),
  },
  /** Canon: of this generation only the blocks up to `last` count; -1 for none. */
  revoked: {
    1: object({
      writer,
      generation: v.optional(generation),
      last: v.pipe(v.number(), v.safeInteger(), v.minValue(-1)),
      reason: text,
    }),
  },
  /** Canon: fingerprint `from` is the same problem as `to`; `undo` takes it back. */
  alias: {
    1: object({ from: fingerprint, to: fingerprint, reason: text, undo: v.optional(v.boolean()) }),
  },
  /** Canon: a custom signal type and the fields that make its identity. */
  "signal-type": {
    1: object({ name: signalType, identity: v.pipe(v.array(name), v.nonEmpty()) }),
  },
  /** Canon: a rule about what concerns whom. The highest `version` of a name counts; `off` withdraws it. */
  relevance: {
    1: object({
      name: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)),
      version: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
      /** Signal types that it is about; all of them if there are none. */
      types: v.optional(v.pipe(v.array(signalType), v.minLength(1), v.maxLength(16))),
      /** A query about an entry and an agent. */
      when: jsonObject,
      effect: v.picklist(["show", "hide", "off"]),
    }),
  },
  /** Canon, second record of each generation: who holds which term, and what the generation continues. */
  term: {
    1: object({ term: count, holder: writer, continues: v.optional(head), grant: v.optional(text) }),
  },
  /**
   * Canon: when the block that it stands in was written. `at`: the orchestrator's clock, never less than the one before. `before`, in
   * the opening of a generation: how many blocks of canon stand before that generation, so that each block has one number.
   */
  time: { 1: object({ at: count, before: v.optional(count) }) },
  /** Last record of a closed generation. */
  next: { 1: object({ generation }) },
  /** Canon: the checkpoint that opened this generation is complete. */
  "checkpoint-end": { 1: object({ records: count, viewHash: text, continues: head }) },
} as const;

type Schemas = typeof recordSchemas;
export type RecordType = keyof Schemas;
/** A body in the newest version, whatever version was read. */
export type RecordBody<T extends RecordType> = Schemas[T] extends { readonly 2: infer S extends v.GenericSchema }
  ? v.InferOutput<S>
  : v.InferOutput<Schemas[T][1]>;

export type Signal = RecordBody<"signal">;
export type Outcome = RecordBody<"outcome">;
export type Immunization = RecordBody<"immunization">;
export type MemoryWrite = RecordBody<"memory">;
export type MemoryOp = MemoryWrite["ops"][number];
export type Problem = Signal["problem"];
export type Mitigation = Signal["mitigation"];

/** A record of a type and version that this peer knows. `version` is the one it is signed in, the body is in the newest. */
export type KnownRecord = {
  [T in RecordType]: {
    readonly type: T;
    readonly version: keyof Schemas[T] & number;
    readonly body: RecordBody<T>;
  };
}[RecordType];
/** A record of a newer peer: kept and forwarded as it is. */
export interface UnknownRecord {
  readonly type: "unknown";
  readonly of: string;
  readonly version: number;
  readonly body: JsonValue;
}
export type AnyRecord = KnownRecord | UnknownRecord;

/** What a schema found wrong, as one sentence; `undefined` when the body is valid or its type is unknown here. */
export const recordProblem = (type: string, version: number, body: unknown): string | undefined => {
  const schema = schemaOf(type, version);
  if (schema === undefined) return undefined;
  const parsed = v.safeParse(schema, body, { abortEarly: true });
  if (parsed.success) return undefined;
  const issue = parsed.issues[0];
  return `${type}.${v.getDotPath(issue) ?? "body"}: ${issue.message}`;
};

export const schemaOf = (type: string, version: number): v.GenericSchema | undefined => {
  if (!Object.hasOwn(recordSchemas, type)) return undefined;
  const versions: { readonly [version: number]: v.GenericSchema } = recordSchemas[type as RecordType];
  return Object.hasOwn(versions, version) ? versions[version] : undefined;
};
