/** What each verb takes, as JSON. The texts inside a problem or a mitigation are judged by the record's own schema. */
import {
  type EntryId,
  type Fingerprint,
  isEntryId,
  isFingerprint,
  isPrintable,
  isSwarmId,
  isWriterId,
  type JsonObject,
  MAX_MEMORY_KEY_CHARS,
  MAX_MEMORY_OPS,
  type MemoryOp,
  type Mitigation,
  type Problem,
  ROLES,
  recordProblem,
  SIGNAL_TYPES,
} from "@herdmind/protocol";
import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import { type Profile, type ProposedAgain, readProfile, readTask, type Task } from "herdmind";
import * as v from "valibot";

const text = v.string();
const entry = v.custom<EntryId>(isEntryId, "an id of an entry, as recall shows it");
const isJsonObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const jsonObject = v.custom<JsonObject>(isJsonObject, "a JSON object");
/** What the record's own schema says of a problem; a query is none, but asks about one. */
const problemFault = (problem: unknown): string | undefined =>
  recordProblem("signal", 1, { type: SIGNAL_TYPES[0], problem, mitigation: { text: "none" }, at: 0 });
const problem = v.custom<Problem>(
  (value) => problemFault(value) === undefined,
  ({ input }) => problemFault(input) ?? "a problem",
);
const facts = v.optional(
  v.custom<NonNullable<Problem["facts"]>>(
    (value) => problemFault({ facts: value }) === undefined,
    "texts, numbers or booleans by name",
  ),
);
/** An agent's key stands in a file of its name, whose name has at most 255 bytes. */
const MAX_AGENT_NAME_BYTES = 180;
const isAgentName = (name: string): boolean =>
  name.trim() !== "" && isPrintable(name) && encodeURIComponent(name).length <= MAX_AGENT_NAME_BYTES;
const agentName = v.pipe(v.string(), v.check(isAgentName, "a short name without invisible characters"));
const as = v.optional(agentName);
/** Milliseconds to wait for canon's verdict; at most a minute, because the connection is held that long. */
const waitMs = v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(60_000)));

/** A problem whole, as a text, or by its fields. */
const described = {
  problem: v.optional(v.union([text, problem])),
  error: v.optional(v.union([text, jsonObject])),
  text: v.optional(text),
  api: v.optional(text),
  purpose: v.optional(text),
  domain: v.optional(text),
  approach: v.optional(text),
  facts,
};

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** What is typed into a filter: a longer one is compared with every entry for nothing. */
const shortText = v.optional(v.pipe(text, v.maxLength(500)));
/** A problem that is looked for, and what may be answered. */
const queried = {
  ...described,
  type: v.optional(text),
  fingerprint: v.optional(v.custom<Fingerprint>(isFingerprint, "a fingerprint")),
  limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))),
  minScore: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  similar: v.optional(v.picklist(["auto", "always", "never"])),
  anyFacts: v.optional(v.boolean()),
  exclude: v.optional(v.array(entry)),
};
/** Proposals in one call: they share blocks, and the answer comes within a second. */
const MAX_PROPOSALS = 256;
/** The newest version of a signal. */
const SIGNAL_VERSION = 2;
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
/** What is wrong with a proposal that is to be imported. */
const proposedFault = (value: unknown): string | undefined => {
  const { signal, from, ...rest } = (isJsonObject(value) ? value : {}) as { readonly [name: string]: unknown };
  if (Object.keys(rest).length > 0) return `${Object.keys(rest)[0]}: it is { signal, from }`;
  if (!isJsonObject(from)) return "from: an object";
  return ("format" in from ? unitFault(from) : swarmFault(from)) ?? recordProblem("signal", SIGNAL_VERSION, signal);
};
/** Where it comes from: a unit of knowledge of another system. */
const unitFault = ({
  format,
  unit,
  claims = {},
  ...more
}: {
  readonly [name: string]: unknown;
}): string | undefined => {
  if (Object.keys(more).length > 0) return `from.${Object.keys(more)[0]}: not known`;
  if (format !== "cq") return 'from.format: "cq"';
  if (typeof unit !== "string" || !/^ku_[0-9a-f]{32}$/.test(unit)) return "from.unit: the id of a cq knowledge unit";
  return isJsonObject(claims) ? undefined : "from.claims: an object";
};
/** Or an entry of another swarm. */
const swarmFault = (from: { readonly [name: string]: unknown }): string | undefined => {
  const { swarm, entry: id, author, at, worked = 0, failed = 0, ...more } = from;
  if (Object.keys(more).length > 0) return `from.${Object.keys(more)[0]}: not known`;
  if (!isSwarmId(swarm) || !isEntryId(id) || !isWriterId(author)) return "from: ids of a swarm, an entry and an author";
  return [at, worked, failed].every(isCount) ? undefined : "from: at, worked and failed are whole numbers";
};
const proposed = v.custom<ProposedAgain>(
  (value) => proposedFault(value) === undefined,
  ({ input }) => proposedFault(input) ?? "a proposal",
);

const profileFault = (value: unknown): string | undefined => {
  const read = readProfile(value);
  return read.ok ? undefined : read.refusal.message;
};
const profile = v.optional(
  v.custom<Profile>(
    (value) => profileFault(value) === undefined,
    ({ input }) => profileFault(input) ?? "a profile",
  ),
);
const taskFault = (value: unknown): string | undefined => {
  const read = readTask(value);
  return read.ok ? undefined : read.refusal.message;
};
const task = v.custom<Task>(
  (value) => taskFault(value) === undefined,
  ({ input }) => taskFault(input) ?? "a task",
);
/** Whom an answer is for, and whether it is to be text for a language model, and how long. */
const answered = {
  profile,
  concern: v.optional(v.picklist(["profile", "all"])),
  render: v.optional(v.boolean()),
  budgetTokens: v.optional(count),
};

/** A problem by its name, or by one of its entries. */
const merged = v.custom<EntryId | Fingerprint>(
  (value) => isEntryId(value) || isFingerprint(value),
  "a fingerprint, or the id of an entry",
);

const memoryFault = (write: unknown): string | undefined => recordProblem("memory", 1, write);
const A_DELETE = { op: "delete", key: "x" };
const space = v.custom<string>(
  (value) => memoryFault({ space: value, ops: [A_DELETE], at: 0 }) === undefined,
  "a name of 1 to 200 characters",
);
const key = v.custom<string>(
  (value) => memoryFault({ space: "x", ops: [{ ...A_DELETE, key: value }], at: 0 }) === undefined,
  `a key of 1 to ${MAX_MEMORY_KEY_CHARS} characters`,
);
const opsFault = (ops: unknown): string | undefined => memoryFault({ space: "x", ops, at: 0 });
const ops = v.custom<readonly MemoryOp[]>(
  (value) => opsFault(value) === undefined,
  ({ input }) => opsFault(input) ?? "ops",
);

const inputSchemas = {
  report: v.strictObject({
    as,
    type: v.optional(text),
    ...described,
    discovery: v.optional(text),
    mitigation: v.union([text, v.custom<Mitigation>(isJsonObject)], "a text, or { text, data }"),
    appliesTo: v.optional(jsonObject),
    tags: v.optional(v.array(text)),
    context: v.optional(jsonObject),
    waitMs,
  }),
  recall: v.strictObject({
    as,
    ...queried,
    ...answered,
    provisional: v.optional(v.boolean()),
    /** One entry, by its id; nothing else is asked then. */
    entry: v.optional(entry),
  }),
  prepare: v.strictObject({
    as,
    task: v.union([text, task]),
    limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))),
    ...answered,
  }),
  relevance: v.strictObject({
    /** The rule to set; without one, those that stand are told. */
    set: v.optional(
      v.strictObject({
        name: text,
        types: v.optional(v.array(text)),
        when: jsonObject,
        effect: v.picklist(["show", "hide", "off"]),
      }),
    ),
  }),
  alias: v.strictObject({
    /** The problems to merge, or with `undo` to take apart; without them, the aliases that stand are told. */
    set: v.optional(
      v.strictObject({ from: merged, to: merged, reason: v.pipe(text, v.nonEmpty()), undo: v.optional(v.boolean()) }),
    ),
  }),
  outcome: v.strictObject({
    as,
    entry,
    success: v.boolean("true or false: whether it worked"),
    note: v.optional(text),
    context: v.optional(jsonObject),
    waitMs,
  }),
  claim: v.strictObject({
    as,
    ...described,
    type: v.optional(text),
    fingerprint: v.optional(v.custom<Fingerprint>(isFingerprint, "a fingerprint")),
    /** Entries that were tried and did not help: with no other, the problem is not known. */
    exclude: v.optional(v.array(entry)),
    /** Waits this long for somebody else who is solving it. */
    waitMs,
    /** Holds the claim for this long; default 15 minutes. */
    forMs: v.optional(v.pipe(v.number(), v.minValue(1000), v.maxValue(3_600_000))),
    /** Gives the claim back instead. */
    release: v.optional(v.boolean()),
  }),
  status: v.strictObject({}),
  invite: v.strictObject({
    role: v.optional(v.picklist(ROLES)),
    lifetimeMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1000))),
    uses: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  }),
  inspect: v.strictObject({ what: v.optional(text) }),
  stats: v.strictObject({}),
  doctor: v.strictObject({
    canary: v.optional(v.boolean()),
    /** Milliseconds to wait for a connection, and as long for the canary. */
    patienceMs: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(60_000))),
  }),
  replay: v.strictObject({
    number: v.optional(count),
    time: v.optional(count),
    query: v.optional(v.strictObject(queried)),
  }),
  /** `isBrief`: of an entry only what canon counted, found by an index; other ids are looked for everywhere. */
  why: v.strictObject({ id: entry, isBrief: v.optional(v.boolean()) }),
  /** Serves HTTP from now on. */
  serve: v.strictObject({ port: v.optional(v.pipe(count, v.maxValue(65_535))) }),
  dashboard: v.strictObject({
    /** Instead of a code for a page: ends the sessions of all pages, and with `serving` HTTP, too. */
    end: v.optional(v.picklist(["sessions", "serving"])),
  }),
  overview: v.strictObject({}),
  entries: v.strictObject({
    text: shortText,
    status: shortText,
    type: shortText,
    domain: shortText,
    author: shortText,
    sort: v.optional(v.picklist(["newest", "oldest", "confidence", "worked", "failed"])),
    offset: v.optional(count),
    limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200))),
    /** As canon was after so many blocks. */
    atBlocks: v.optional(count),
  }),
  graph: v.strictObject({
    /** A node's id, such as `problem:f2_...`. */
    around: shortText,
    domain: shortText,
    limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(500))),
  }),
  timeline: v.strictObject({}),
  moment: v.strictObject({ blocks: count, withHash: v.optional(v.boolean()) }),
  alarms: v.strictObject({}),
  members: v.strictObject({}),
  import: v.strictObject({
    as,
    isDryRun: v.optional(v.boolean()),
    proposals: v.pipe(v.array(proposed), v.maxLength(MAX_PROPOSALS)),
  }),
  "memory-read": v.strictObject({
    space,
    /** Items of these keys, as far as they are there; nothing else is asked then. */
    keys: v.optional(v.pipe(v.array(key), v.maxLength(MAX_MEMORY_OPS))),
    prefix: v.optional(text),
    after: v.optional(text),
    limit: v.optional(v.pipe(count, v.minValue(1))),
  }),
  "memory-write": v.strictObject({ as, space, ops, waitMs }),
  log: v.strictObject({
    kind: v.optional(v.picklist(["canon", "proposal"])),
    type: v.optional(text),
    writer: v.optional(text),
    since: v.optional(count),
    until: v.optional(count),
    entry: v.optional(entry),
    fingerprint: v.optional(v.custom<Fingerprint>(isFingerprint, "a fingerprint")),
    from: v.optional(count),
    to: v.optional(count),
    all: v.optional(v.boolean()),
    limit: v.optional(v.pipe(count, v.minValue(1))),
    newestFirst: v.optional(v.boolean()),
  }),
  export: v.strictObject({}),
  lease: v.strictObject({
    /** What this client calls itself. */
    name: agentName,
    /** What it was called until its last lease ended. */
    before: v.optional(agentName),
  }),
} as const;

export type Input<Name extends keyof typeof inputSchemas> = v.InferOutput<(typeof inputSchemas)[Name]>;

/** What is wrong with an input, as one sentence; its value otherwise. */
export const readInput = <Name extends keyof typeof inputSchemas>(
  name: Name,
  input: JsonObject,
): { readonly ok: true; readonly value: Input<Name> } | { readonly ok: false; readonly message: string } => {
  const parsed = v.safeParse(inputSchemas[name], input, { abortEarly: true });
  if (parsed.success) return { ok: true, value: parsed.output as Input<Name> };
  const issue = parsed.issues[0];
  const at = v.getDotPath(issue);
  return { ok: false, message: `${name}${at === null ? "" : `.${at}`}: ${issue.message}` };
};

const factsSchema: JsonSchema = { type: "object", additionalProperties: { type: ["string", "number", "boolean"] } };
const errorSchema: JsonSchema = {
  type: "object",
  required: ["message"],
  properties: Object.fromEntries(
    ["name", "message", "code", "stack", "output"].map((name) => [name, { type: "string" }]),
  ),
};

const namesSchema: JsonSchema = { type: "array", items: { type: "string" } };
const profileProperties = {
  domain: { type: "string" },
  apis: namesSchema,
  tools: namesSchema,
  tags: namesSchema,
} as const;
const profileSchema: JsonSchema = { type: "object", properties: profileProperties };
const taskSchema: JsonSchema = {
  type: "object",
  properties: { name: { type: "string" }, text: { type: "string" }, ...profileProperties, facts: factsSchema },
};

const opSchema = (
  op: string,
  more: { readonly [name: string]: JsonSchema },
  optional: typeof more = {},
): JsonSchema => ({
  type: "object",
  required: ["op", "key", ...Object.keys(more)],
  properties: { op: { const: op }, key: { type: "string", maxLength: MAX_MEMORY_KEY_CHARS }, ...more, ...optional },
});
const opsSchema: JsonSchema = {
  type: "array",
  minItems: 1,
  maxItems: MAX_MEMORY_OPS,
  items: {
    oneOf: [
      opSchema("put", { value: {} }, { members: namesSchema, ifAbsent: { const: true } }),
      opSchema("delete", {}),
      opSchema("add", { members: namesSchema }),
      opSchema("remove", { members: namesSchema }),
    ],
  },
};

/** The same, for readers of JSON Schema. What a function checks there stands here by hand. */
export const inputJsonSchema = (name: keyof typeof inputSchemas): JsonSchema => {
  const { $schema: _, ...schema } = toJsonSchema(inputSchemas[name], { errorMode: "ignore", typeMode: "input" });
  const properties: { [name: string]: unknown } = { ...(schema.properties ?? {}) };
  const put = (property: string, described: JsonSchema): void => {
    if (property in properties) properties[property] = described;
  };
  put("facts", factsSchema);
  put("error", { oneOf: [{ type: "string" }, errorSchema] });
  put("problem", {
    oneOf: [{ type: "string" }, { type: "object", properties: { error: errorSchema, facts: factsSchema } }],
  });
  put("context", { type: "object" });
  put("appliesTo", { type: "object", description: "a query about a profile, in MongoDB's syntax" });
  put("profile", profileSchema);
  put("task", { oneOf: [{ type: "string" }, taskSchema] });
  put("mitigation", {
    oneOf: [
      { type: "string" },
      { type: "object", required: ["text"], properties: { text: { type: "string" }, data: { type: "object" } } },
    ],
  });
  put("keys", { type: "array", items: { type: "string" }, maxItems: MAX_MEMORY_OPS });
  put("ops", opsSchema);
  for (const id of ["entry", "fingerprint", "space"]) put(id, { type: "string" });
  put("exclude", { type: "array", items: { type: "string" } });
  return { ...schema, properties } as JsonSchema;
};
