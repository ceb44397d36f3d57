/** The server: the tools of `@herdmind/tools`, one resource for entries, and a prompt that teaches the loop. */
import { type Renderable, renderForModel } from "@herdmind/experience";
import { type Ask, createTools, idOf, LOOP, type Told } from "@herdmind/tools";
import { McpServer, ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";
import { agentName } from "./agent-name.js";
import type { Naming } from "./naming.js";
import { version } from "./version.js";

export interface McpServerOptions {
  /** The agent in whose name is reported; default: what the client calls itself. */
  readonly as?: string;
  /** Tells connections apart that are called alike; default: they share one agent. */
  readonly naming?: Naming;
  /** Milliseconds since 1970; default `Date.now`. */
  readonly now?: () => number;
}

const shown = ({ text, isError, structured }: Told): CallToolResult => ({
  content: [{ type: "text", text }],
  ...(isError ? { isError } : {}),
  ...(structured === undefined ? {} : { structuredContent: { ...structured } }),
});

export const createMcpServer = (ask: Ask, options: McpServerOptions = {}): McpServer => {
  const { now = Date.now } = options;
  const server = new McpServer(
    { name: "herdmind", title: "Herdmind: what the swarm has learned", version: version() },
    { instructions: LOOP, capabilities: { logging: {} } },
  );

  const as = agentName(server, options);

  /** In the name of this connection's agent. */
  const askAs: Ask = async (verb, input, signal) =>
    ask(verb, verb === "status" ? input : { as: await as(), ...input }, signal);

  for (const { name, title, description, input, isReadOnly, isHeard, run } of Object.values(
    createTools(askAs, { now }),
  ))
    server.registerTool(
      name,
      {
        title,
        description,
        inputSchema: input.shape,
        annotations: {
          readOnlyHint: isReadOnly,
          openWorldHint: isHeard,
          ...(isReadOnly ? {} : { destructiveHint: false, idempotentHint: true }),
        },
      },
      async (given: unknown, { signal }: { readonly signal: AbortSignal }) => shown(await run(given, signal)),
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
