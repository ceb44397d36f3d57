/** A server for one client that started this process and speaks over its standard streams. Nothing else may be written to stdout. */

import type { Ask } from "@herdmind/tools";
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { createMcpServer, type McpServerOptions } from "./mcp-server.js";
import { createMemoryServer, type MemoryServerOptions } from "./memory-server.js";

/** Resolves when the client has gone, or `signal` aborts. */
const serve = async (server: McpServer, signal: AbortSignal | undefined): Promise<void> => {
  const transport = new StdioServerTransport();
  const ended = new Promise<void>((resolve) => {
    server.server.onclose = resolve;
    // The transport does not notice that its client has gone.
    process.stdin.once("end", () => void server.close());
    signal?.addEventListener("abort", () => void server.close(), { once: true });
  });
  await server.connect(transport);
  if (signal?.aborted === true) await server.close();
  await ended;
};

interface Ending {
  readonly signal?: AbortSignal;
}

/** The six tools of the swarm's experience. Resolves when the client has gone, or `signal` aborts. */
export const serveMcpStdio = (ask: Ask, { signal, ...options }: McpServerOptions & Ending = {}): Promise<void> =>
  serve(createMcpServer(ask, options), signal);

/** The nine tools of the official memory server, on the swarm's memory. As above. */
export const serveMemoryStdio = (ask: Ask, { signal, ...options }: MemoryServerOptions & Ending = {}): Promise<void> =>
  serve(createMemoryServer(ask, options), signal);
