/** The server for one client that started this process and speaks over its standard streams. Nothing else may be written to stdout. */

import type { Ask } from "@herdmind/tools";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { createMcpServer, type McpServerOptions } from "./mcp-server.js";

/** Resolves when the client has gone, or `signal` aborts. */
export const serveMcpStdio = async (
  ask: Ask,
  { signal, ...options }: McpServerOptions & { readonly signal?: AbortSignal } = {},
): Promise<void> => {
  const server = createMcpServer(ask, options);
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
