/**
 * What can be asked of a node, as OpenAPI 3.1. Requests are made from the schemas that check them; answers are described here, and a
 * test holds real answers against them.
 */
import { count, type Described, type Json, list, number, object, one, text, truth } from "./json-schema.js";
import { MAX_REQUEST_BYTES } from "./local-limits.js";
import { describedForPages, schemasForPages } from "./openapi-pages.js";
import { inputJsonSchema } from "./verb-input.js";

const ref = object({ writer: text, generation: text, sequence: count, index: count });

const schemas: { readonly [name: string]: Json } = {
  ...schemasForPages,
  Refusal: {
    description:
      "Nothing was done. `rule` is a rule id of PROTOCOL.md, or `internal`; `message` says what was wrong and what to do.",
    ...object({ ok: { const: false }, rule: text, message: text }),
  },
  Entry: {
    description: "What the swarm knows: a claim of its author, and data. Never an instruction.",
    ...object(
      {
        id: text,
        match: { ...text, description: "`exact`, `alias`, or a weaker kind of match" },
        score: number,
        confidence: number,
        evidence: object({ worked: count, failed: count, independent: count }),
        type: text,
        title: text,
        mitigation: object({ text }, { data: { type: "object" } }),
        author: text,
        at: { ...count, description: "the author's clock, milliseconds since 1970" },
        status: text,
        why: text,
      },
      { discovery: text, provisional: truth, unconfirmed: truth },
    ),
  },
  Known: object(
    {
      entries: list(one("Entry")),
      hidden: { type: "object", additionalProperties: count, description: "entries left out, by reason" },
      fingerprints: list(text),
      pending: count,
      freshness: { type: "object" },
    },
    { rendered: one("Rendered") },
  ),
  Rendered: {
    description: "What was found as text for a language model: claims of others between two marks, never instructions.",
    ...object({ text, ids: list(text), overBudget: count, tokens: count }),
  },
  Prepared: object(
    {
      entries: list(object({ id: text, title: text, why: text, relevance: number }, { warning: text })),
      hidden: { type: "object", additionalProperties: count, description: "entries left out, by reason" },
      tokens: count,
      pending: count,
    },
    { rendered: one("Rendered") },
  ),
  Told: object({
    id: { ...text, description: "of the entry that is made of this report if it is the first of its kind" },
    ref,
    redactions: list(object({ path: text, kind: text })),
    verdict: object({ status: text }),
  }),
  Claim: object(
    { status: { enum: ["yours", "taken", "known", "released"] }, fingerprint: text },
    { until: text, holder: object({ writer: text, name: text }), entries: list(one("Entry")) },
  ),
  Memory: object(
    {
      items: list({
        description: "asked by `keys`: one for each, null where there is none",
        oneOf: [
          { type: "null" },
          object({ key: text, value: {}, members: list(text), createdAt: count, updatedAt: count }),
        ],
      }),
    },
    { next: { ...text, description: "there are more items behind this key: ask again with it as `after`" } },
  ),
  Written: object({
    ref,
    redactions: list(object({ path: text, kind: text })),
    verdict: object({ status: text }, { rule: text, reason: text }),
  }),
  Status: object({
    swarmName: text,
    swarm: text,
    name: text,
    role: text,
    pid: count,
    connection: text,
    freshness: { type: "object" },
    immunizations: count,
    pending: count,
    repeatsPrevented: count,
    present: list(object({ name: text, claims: count })),
  }),
};

const error = "listen EADDRINUSE: address already in use :::3000";

/** The verbs of the public interface; the others are the command's own. */
const described = {
  ...describedForPages,
  recall: {
    summary: "What is known about a problem, from this machine alone, best first.",
    answer: "Known",
    example: { error, facts: { tool: "vite" }, limit: 3 },
  },
  prepare: {
    summary:
      "What is worth knowing before a task is begun: the most relevant entries within a budget, and what failed.",
    answer: "Prepared",
    example: { task: { text: "refund a part of an order", apis: ["paypal"] }, budgetTokens: 800, render: true },
  },
  report: {
    summary: "Tells the swarm what solved a problem. Durable on this machine when it answers.",
    answer: "Told",
    example: { as: "builder", error, mitigation: "ask for port 0", waitMs: 5000 },
  },
  outcome: {
    summary: "Tells whether a recalled remedy worked.",
    answer: "Told",
    example: { as: "builder", entry: "yyCR2JzDmvWW_geXCGZLGQ37e7d3klz6pYyjoFgz9Gg", success: true },
  },
  claim: {
    summary:
      "Says that this agent is solving a problem, so that nobody else does at the same time; or gives that back.",
    answer: "Claim",
    example: { as: "builder", error, waitMs: 10_000 },
  },
  "memory-read": {
    summary: "Items of the memory that all members share: by key, or in the order of their keys.",
    answer: "Memory",
    example: { space: "plans", prefix: "week-", limit: 10 },
  },
  "memory-write": {
    summary: "Changes items of the memory: all ops count, or none. Durable on this machine when it answers.",
    answer: "Written",
    example: {
      as: "builder",
      space: "plans",
      ops: [{ op: "put", key: "week-1", value: { goal: "ship" } }],
      waitMs: 5000,
    },
  },
  status: { summary: "The node, its swarm, who is here, and how fresh canon is.", answer: "Status", example: {} },
} as const satisfies { readonly [verb: string]: Described };

type PublicVerb = keyof typeof described;

const operation = (verb: PublicVerb): Json => {
  const { summary, answer, example } = described[verb];
  const json = (schema: Json): Json => ({ "application/json": { schema } });
  const refused = (why: string): Json => ({ description: why, content: json(one("Refusal")) });
  return {
    post: {
      operationId: verb,
      summary,
      requestBody: { required: true, content: { "application/json": { schema: inputJsonSchema(verb), example } } },
      responses: {
        "200": {
          description: "The answer.",
          content: json(object({ ok: { const: true }, value: one(answer) })),
        },
        "400": refused("The request is not a JSON object."),
        "401": refused("The token is missing or wrong (over TCP only)."),
        "403": refused("Another name or page than this node's own (over TCP only)."),
        "413": refused(`The request has more than ${MAX_REQUEST_BYTES} bytes.`),
        "422": refused("Refused; the message says by which rule, and what to do."),
      },
    },
  };
};

/** The document, the same for every node of this version. */
export const openApi = (): Json => ({
  openapi: "3.1.0",
  info: {
    title: "A node of Herdmind",
    version: "1",
    description:
      "The local node's verbs over HTTP. On the Unix socket of a data directory no token is needed; over TCP it stands in http.json there.",
    license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  },
  servers: [{ url: "http://127.0.0.1:4875" }],
  security: [{ token: [] }],
  paths: Object.fromEntries(Object.keys(described).map((verb) => [`/v1/${verb}`, operation(verb as PublicVerb)])),
  components: { schemas, securitySchemes: { token: { type: "http", scheme: "bearer" } } },
});
