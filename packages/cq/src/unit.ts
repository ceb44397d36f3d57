/**
 * A cq knowledge unit, version 1, as its JSON Schema has it (mozilla-ai/cq, `schema/knowledge_unit.json`). Lengths count code points,
 * and what is too long is refused whole, never cut: both are cq's rules. Beyond the schema, `null` stands for an absent list, because cq's
 * own programs write it so.
 */
import { accept, type JsonObject, type JsonValue, type Result, refuse } from "@herdmind/protocol";
import * as v from "valibot";

export const UNIT_VERSION = 1;
/** Ceilings of the schema. */
export const MAX_SUMMARY_CHARS = 500;
export const MAX_DETAIL_CHARS = 8000;
export const MAX_ACTION_CHARS = 2000;
export const MAX_TAG_CHARS = 64;
export const MAX_TAGS = 16;

/** Whether a text has at most so many code points. */
export const isWithin = (text: string, chars: number): boolean =>
  text.length <= chars || (text.length <= 2 * chars && [...text].length <= chars);

const text = (chars: number) =>
  v.pipe(
    v.string(),
    v.check((value) => isWithin(value, chars), `more than ${chars} characters`),
  );
const tags = v.nullish(v.pipe(v.array(text(MAX_TAG_CHARS)), v.maxLength(MAX_TAGS)));
const id = v.pipe(v.string(), v.regex(/^ku_[0-9a-f]{32}$/, 'no id: "ku_" and 32 hexadecimal digits'));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** The schema's `date-time` is an annotation: what is no time is carried, and not read. */
const time = text(64);
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
/** `v.strictObject` alone takes an array for an object whose members are all missing. */
const object = <E extends v.ObjectEntries>(entries: E) =>
  v.pipe(v.custom<v.InferInput<v.StrictObjectSchema<E, undefined>>>(isObject, "no object"), v.strictObject(entries));

const flag = v.pipe(
  object({
    reason: v.picklist(["stale", "incorrect", "duplicate"]),
    timestamp: v.optional(time),
    detail: v.optional(text(1000)),
    duplicate_of: v.optional(id),
  }),
  v.check(
    ({ reason, duplicate_of }) => reason !== "duplicate" || duplicate_of !== undefined,
    "a duplicate names no unit that it duplicates",
  ),
);
const context = object({ languages: tags, frameworks: tags, pattern: v.optional(text(200)) });
const extensions = v.custom<{ readonly [name: string]: JsonValue }>(
  (value) =>
    isObject(value) &&
    Object.keys(value as object).length <= 20 &&
    Object.keys(value as object).every((name) => /^[a-z0-9][a-z0-9_-]*:\S+$/.test(name)),
  "at most 20 extensions, each named namespace:key",
);
const unit = object({
  id,
  version: v.optional(v.literal(UNIT_VERSION, `its version is none that is known here (${UNIT_VERSION})`)),
  domains: v.pipe(v.array(text(MAX_TAG_CHARS)), v.minLength(1), v.maxLength(MAX_TAGS)),
  insight: object({ summary: text(MAX_SUMMARY_CHARS), detail: text(MAX_DETAIL_CHARS), action: text(MAX_ACTION_CHARS) }),
  context: v.optional(context),
  evidence: v.optional(
    object({
      confidence: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
      confirmations: v.optional(count),
      first_observed: v.optional(time),
      last_confirmed: v.optional(time),
    }),
  ),
  tier: v.optional(v.picklist(["local", "private", "public"])),
  created_by: v.optional(text(256)),
  superseded_by: v.optional(id),
  extensions: v.optional(extensions),
  flags: v.nullish(v.array(flag)),
});

export type KnowledgeUnit = v.InferOutput<typeof unit>;
export type UnitContext = v.InferOutput<typeof context>;

const parse = <S extends v.GenericSchema>(schema: S, value: unknown): Result<v.InferOutput<S>> => {
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return accept(parsed.output);
  const issue = parsed.issues[0];
  return refuse("R1", "none", `${v.getDotPath(issue) ?? "unit"}: ${issue.message}`);
};

export const readUnit = (value: unknown): Result<KnowledgeUnit> => parse(unit, value);

/** The part of a unit that says where it applies, from anywhere; `undefined` when it is none. */
export const readContext = (value: unknown): UnitContext | undefined => {
  const read = parse(context, value);
  return read.ok ? read.value : undefined;
};

export const isJsonObject = (value: unknown): value is JsonObject => isObject(value);
