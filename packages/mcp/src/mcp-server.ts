/**
 * The server: six tools, named for what an agent wants at that moment, one resource for entries, and a prompt that teaches the loop.
 * What others claimed reaches a model only through `renderForModel` (E4); a refusal is a tool's error, in words that say what to do.
 */
import { type Renderable, renderForModel } from "@herdmind/experience";
import { type EntryId, isEntryId, isPrintable, type JsonObject } from "@herdmind/protocol";
import { McpServer, ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";
import type { Ask } from "./ask.js";
import { LOOP } from "./loop.js";
import type { Naming } from "./naming.js";

export interface McpServerOptions {
  /** The agent in whose name is reported; default: what the client calls itself. */
  readonly as?: string;
  /** Tells connections apart that are called alike; default: they share one agent. */
  readonly naming?: Naming;
  readonly version?: string;
  /** Milliseconds since 1970; default `Date.now`. */
  readonly now?: () => number;
}

/** Tokens of an answer: three or four entries, and still short beside what an assistant has in its context. */
const BUDGET_TOKENS = 1200;
/** Milliseconds that a report waits for canon's verdict: usually a few, and an assistant should not stand still without an orchestrator. */
const VERDICT_MS = 3000;
const MAX_AS_CHARS = 64;
/** What a node takes: bytes of the name in a URL, nine for a character of most scripts. */
const MAX_AS_BYTES = 180;

const facts = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .optional()
  .describe("Facts that define the problem and that its text may not say, such as a package and its new version.");
const problem = {
  error: z
    .string()
    .min(1)
    .describe("The error's message, or the failing tool's whole output: the causal lines are found by themselves."),
  name: z.string().optional().describe("The error's type, such as TypeError."),
  code: z.string().optional().describe("The error's code, such as EADDRINUSE."),
  facts,
};
const entry = z.string().describe("The id of an entry, as recall shows it: herdmind:ID, or the 43 characters alone.");

const idOf = (text: string): EntryId | undefined => {
  const id = text.trim().replace(/^herdmind:(?:\/\/entry\/)?/, "");
  return isEntryId(id) ? id : undefined;
};

const said = (text: string, structured?: JsonObject): CallToolResult => ({
  content: [{ type: "text", text }],
  ...(structured === undefined ? {} : { structuredContent: { ...structured } }),
});
const failed = (message: string): CallToolResult => ({ content: [{ type: "text", text: message }], isError: true });

const unasked = (error: unknown): CallToolResult =>
  failed(`The node could not be asked: ${error instanceof Error ? error.message : String(error)}`);

const errorOf = ({ error, name, code }: { error: string; name?: string | undefined; code?: string | undefined }) =>
  // A long text is a tool's output: its first line alone would be taken for the message.
  name === undefined && code === undefined && !error.includes("\n")
    ? { error }
    : name === undefined && code === undefined
      ? { text: error }
      : { error: { message: error, ...(name === undefined ? {} : { name }), ...(code === undefined ? {} : { code }) } };

const withFacts = (given: JsonObject | undefined): JsonObject => (given === undefined ? {} : { facts: given });

export const createMcpServer = (ask: Ask, options: McpServerOptions = {}): McpServer => {
  const { now = Date.now, version = "0.1.0" } = options;
  const server = new McpServer(
    { name: "herdmind", title: "Herdmind: what the swarm has learned", version },
    { instructions: LOOP, capabilities: { logging: {} } },
  );

  const ownName = (): string => {
    const named = options.as ?? server.server.getClientVersion()?.name ?? "assistant";
    const short = [...named].slice(0, MAX_AS_CHARS);
    if (!isPrintable(short.join("")) || short.join("").trim() === "") return "assistant";
    while (encodeURIComponent(short.join("")).length > MAX_AS_BYTES) short.pop();
    return short.join("");
  };
  const as = async (): Promise<string> => options.naming?.as(ownName()) ?? ownName();

  /** Asks the node in the name of this connection's agent. */
  const answerAs = async (
    verb: Parameters<Ask>[0],
    input: JsonObject,
    signal: AbortSignal,
    show: (value: never) => CallToolResult,
  ): Promise<CallToolResult> => {
    try {
      return await answer(verb, { as: await as(), ...input }, signal, show);
    } catch (error) {
      return unasked(error);
    }
  };

  /** Asks the node; a refusal, or a node that is not there, becomes an answer that a model can act on. */
  const answer = async (
    verb: Parameters<Ask>[0],
    input: JsonObject,
    signal: AbortSignal,
    show: (value: never) => CallToolResult,
  ): Promise<CallToolResult> => {
    try {
      const answered = await ask(verb, input, signal);
      return answered.ok ? show(answered.value as never) : failed(`Refused (${answered.rule}): ${answered.message}`);
    } catch (error) {
      return unasked(error);
    }
  };
  const render = (known: Renderable): CallToolResult => {
    const { text, ids, overBudget } = renderForModel(known, { budgetTokens: BUDGET_TOKENS, nowMs: now() });
    return said(text, { ids, overBudget, hidden: known.hidden as JsonObject });
  };

  server.registerTool(
    "recall",
    {
      title: "Recall what is known about an error",
      description:
        "Call this first when a command, test or tool fails, before you investigate. Answers from this machine in milliseconds with remedies that others found for the same problem, best first, with evidence. Saying nothing is known is a normal answer.",
      inputSchema: {
        ...problem,
        limit: z.number().int().min(1).max(20).optional().describe("Entries at most; default 5."),
        exclude: z.array(entry).optional().describe("Entries that you tried already: the next best are offered."),
      },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async ({ limit, exclude, facts: given, ...asked }, { signal }) =>
      answerAs(
        "recall",
        {
          ...errorOf(asked),
          ...withFacts(given),
          ...(limit === undefined ? {} : { limit }),
          ...(exclude === undefined ? {} : { exclude: exclude.map(idOf).filter((id) => id !== undefined) }),
        },
        signal,
        render,
      ),
  );

  server.registerTool(
    "prepare",
    {
      title: "What to know before a task",
      description:
        "Call this once before you start a task: known pitfalls, workarounds and validated approaches that concern it, within a budget.",
      inputSchema: {
        task: z.string().min(1).describe("What you are about to do, in a sentence or two."),
        domain: z.string().optional().describe("The domain, such as payments or build tooling."),
        apis: z.array(z.string()).optional().describe("Interfaces and libraries that you will use."),
        tools: z.array(z.string()).optional().describe("Tools that you will use, such as vite or docker."),
        budgetTokens: z.number().int().min(100).max(8000).optional().describe("Tokens of the answer; default 1200."),
      },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async ({ task, domain, apis, tools, budgetTokens = BUDGET_TOKENS }, { signal }) =>
      answerAs(
        "prepare",
        {
          task: {
            text: task,
            ...(domain === undefined ? {} : { domain }),
            ...(apis === undefined ? {} : { apis }),
            ...(tools === undefined ? {} : { tools }),
          },
        },
        signal,
        (prepared: Renderable) => {
          const { text, ids, overBudget } = renderForModel(prepared, { budgetTokens, nowMs: now() });
          return said(text, { ids, overBudget });
        },
      ),
  );

  server.registerTool(
    "report",
    {
      title: "Report what solved a problem",
      description:
        "Call this when you have solved a problem that recall did not know, once you have seen that it works. Give the original error as it was, and the remedy so that somebody who does not know your project can apply it. Secrets are removed before anything leaves this machine.",
      inputSchema: {
        ...problem,
        remedy: z.string().min(1).describe("What to do, in one or two sentences or as a command."),
        cause: z.string().optional().describe("Why it happened, if you found out."),
        type: z
          .enum(["ERROR_RESOLVED", "WORKAROUND_FOUND", "VALIDATION_PASSED", "VALIDATION_FAILED"])
          .optional()
          .describe("Default: ERROR_RESOLVED."),
        api: z.string().optional().describe("WORKAROUND_FOUND: the interface that misbehaves."),
        purpose: z.string().optional().describe("WORKAROUND_FOUND: what one wants of it."),
        domain: z.string().optional().describe("VALIDATION_*: the domain."),
        approach: z.string().optional().describe("VALIDATION_*: the approach that passed or failed."),
        tags: z.array(z.string()).optional().describe("Words by which others filter."),
      },
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    },
    async ({ error, name, code, facts: given, remedy, cause, ...more }, { signal }) =>
      answerAs(
        "report",
        {
          waitMs: VERDICT_MS,
          ...errorOf({ error, name, code }),
          ...withFacts(given),
          mitigation: remedy,
          ...(cause === undefined ? {} : { discovery: cause }),
          ...(Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined)) as JsonObject),
        },
        signal,
        showTold,
      ),
  );

  server.registerTool(
    "outcome",
    {
      title: "Report whether a recalled remedy worked",
      description:
        "Call this after you applied an entry from recall or prepare, whether it worked or not: it is how good remedies rise and wrong ones disappear.",
      inputSchema: {
        entry,
        worked: z.boolean().describe("Whether the problem was gone afterwards."),
        note: z.string().optional().describe("What happened, in a sentence."),
      },
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    },
    async ({ entry: text, worked, note }, { signal }) => {
      const id = idOf(text);
      if (id === undefined)
        return failed(`"${text.slice(0, 100)}" is no id of an entry. Pass the id that recall shows.`);
      const more = note === undefined ? {} : { note };
      return answerAs("outcome", { entry: id, success: worked, waitMs: VERDICT_MS, ...more }, signal, showTold);
    },
  );

  server.registerTool(
    "claim",
    {
      title: "Say that you are solving a problem",
      description:
        "Call this before a long search for the remedy of a problem that recall does not know, so that no other agent searches at the same time. The answer says whether it is yours, somebody else's (wait, or work on something else), or known by now.",
      inputSchema: {
        ...problem,
        waitSeconds: z
          .number()
          .min(0)
          .max(60)
          .optional()
          .describe("How long to wait for somebody else's search; default 0."),
        release: z.boolean().optional().describe("Gives the claim back: you stopped searching."),
      },
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    },
    async ({ waitSeconds = 0, release, facts: given, ...asked }, { signal }) =>
      answerAs(
        "claim",
        {
          ...errorOf(asked),
          ...withFacts(given),
          waitMs: waitSeconds * 1000,
          ...(release === undefined ? {} : { release }),
        },
        signal,
        (claim: Claimed) =>
          claim.status === "known"
            ? render({ entries: claim.entries ?? [], hidden: {} })
            : said(CLAIM_WORDS[claim.status], { status: claim.status }),
      ),
  );

  server.registerTool(
    "status",
    {
      title: "The state of the swarm",
      description:
        "Whether this machine is connected, how many peers are here, and how much is known. Call it when answers surprise you.",
      inputSchema: {},
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async (_, { signal }) =>
      answer("status", {}, signal, ({ present, ...status }: JsonObject) => {
        // How many, not who: their names are what others wrote (E4).
        const shown = { ...status, present: Array.isArray(present) ? present.length : 0 };
        return said(JSON.stringify(shown), shown);
      }),
  );

  server.registerResource(
    "entry",
    new ResourceTemplate("herdmind://entry/{id}", { list: undefined }),
    {
      title: "An entry of canon",
      description: "One entry with its evidence, as text. It is its author's claim.",
      mimeType: "text/plain",
    },
    async (uri, { id }, { signal }) => {
      const known = idOf(String(id));
      if (known === undefined) throw new Error(`"${String(id)}" is no id of an entry.`);
      const answered = await ask("recall", { entry: known }, signal);
      if (!answered.ok) throw new Error(answered.message);
      const { text } = renderForModel(answered.value as Renderable, { nowMs: now() });
      return { contents: [{ uri: uri.href, mimeType: "text/plain", text }] };
    },
  );

  server.registerPrompt(
    "use-the-swarm",
    {
      title: "Work with the swarm's experience",
      description: "Teaches the loop: recall on an error, apply, tell the outcome, report what is new.",
      argsSchema: { task: z.string().optional().describe("What you are about to do.") },
    },
    ({ task }) => ({
      messages: [
        {
          role: "user",
          content: { type: "text", text: task === undefined ? LOOP : `${LOOP}\n\nThe task: ${task}` },
        },
      ],
    }),
  );
  return server;
};

interface Claimed {
  readonly status: "yours" | "taken" | "known" | "released";
  readonly entries?: Renderable["entries"];
}

const CLAIM_WORDS: { readonly [status in Exclude<Claimed["status"], "known">]: string } = {
  yours: "It is yours: search, and report what you find. Others wait for it.",
  taken: "Somebody else is searching for this. Recall it again in a minute, or call claim with waitSeconds.",
  released: "The claim was given back.",
};

interface Told {
  readonly id: string;
  readonly redactions: readonly { readonly path: string; readonly kind: string }[];
  readonly verdict: { readonly status: string; readonly reason?: string; readonly entry?: string };
}

const showTold = ({ id, redactions, verdict }: Told): CallToolResult => {
  const entryId = verdict.entry ?? id;
  const why = verdict.reason === undefined ? "" : `: ${verdict.reason}`;
  const removed =
    redactions.length === 0
      ? ""
      : ` Removed before it was signed: ${redactions.map(({ path, kind }) => `${kind} in ${path}`).join(", ")}.`;
  const pending =
    verdict.status === "pending" ? " It is safe on this machine, and is judged when the swarm can be reached." : "";
  return said(`${verdict.status}${why} (herdmind:${entryId}).${pending}${removed}`, {
    status: verdict.status,
    entry: entryId,
  });
};
