/** A server for one client that started this process and speaks over its standard streams. Nothing else may be written to stdout. */

import type { Ask } from "@herdmind/tools";
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { isJSONRPCRequest, type JSONRPCMessage, type RequestId } from "@modelcontextprotocol/sdk/types.js";
import { createMcpServer, type McpServerOptions } from "./mcp-server.js";
import { createMemoryServer, type MemoryServerOptions } from "./memory-server.js";

/** Milliseconds in which a client that has ended its side may still be answered; one that was killed reads nothing, and is not waited for long. */
const ANSWER_MS = 10_000;

/** Tells when every request that came has been answered. To be called before the server connects. */
const followRequests = (transport: StdioServerTransport): { answered(): Promise<void> } => {
  const open = new Set<RequestId>();
  let tell = (): void => undefined;
  const close = (id: unknown): void => {
    open.delete(id as RequestId);
    if (open.size === 0) tell();
  };
  transport.onmessage = (message) => {
    if (isJSONRPCRequest(message)) open.add(message.id);
    // It gets no answer.
    else if ("method" in message && message.method === "notifications/cancelled") close(message.params?.requestId);
  };
  const send = transport.send.bind(transport);
  transport.send = async (message: JSONRPCMessage) => {
    await send(message);
    if (!("method" in message)) close(message.id);
  };
  return {
    answered: () =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ANSWER_MS);
        tell = () => {
          clearTimeout(timer);
          resolve();
        };
        if (open.size === 0) tell();
      }),
  };
};

/** Resolves when the client has gone, and was answered, or `signal` aborts. */
const serve = async (server: McpServer, signal: AbortSignal | undefined): Promise<void> => {
  const transport = new StdioServerTransport();
  const { answered } = followRequests(transport);
  const ended = new Promise<void>((resolve) => {
    server.server.onclose = resolve;
    // The transport does not notice that its client has gone; a script that pipes its questions ends its side before it has read an answer.
    process.stdin.once("end", () => void answered().then(() => server.close()));
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
