/**
 * The server over Streamable HTTP, for a node's own HTTP server, which has asked for the token, the host and the origin before. A session
 * is a client: it keeps its name, and ends when it says so or after it has been silent for long.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Ask } from "@herdmind/tools";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { isInitializeRequest } from "@modelcontextprotocol/sdk/types.js";
import { createMcpServer, type McpServerOptions } from "./mcp-server.js";
import type { Naming } from "./naming.js";

export interface McpHttp extends AsyncDisposable {
  /** Answers a request whose body was read already; `undefined`: it has none. */
  handle(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void>;
  readonly sessions: number;
}

/** Sessions at once: a client that begins a new one for each request must not fill the node. The one silent for longest is ended. */
const MAX_SESSIONS = 256;
/** Milliseconds without a request after which a session is ended: an assistant may be left alone over night. */
const SILENT_MS = 12 * 3_600_000;

interface Session {
  readonly transport: StreamableHTTPServerTransport;
  usedAt: number;
}

export interface McpHttpOptions extends Omit<McpServerOptions, "naming"> {
  /** Makes the naming of one session, which is disposed of when the session ends. */
  readonly naming?: () => Naming;
}

export const createMcpHttp = (ask: Ask, { naming, ...options }: McpHttpOptions = {}): McpHttp => {
  // In the order of their last use.
  const sessions = new Map<string, Session>();

  const endOldest = (): void => {
    const now = performance.now();
    for (const [id, { transport, usedAt }] of sessions) {
      if (sessions.size < MAX_SESSIONS && now - usedAt < SILENT_MS) return;
      sessions.delete(id);
      void transport.close();
    }
  };

  const begin = async (): Promise<StreamableHTTPServerTransport> => {
    endOldest();
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, { transport, usedAt: performance.now() }),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    const named = naming?.();
    const server = createMcpServer(ask, { ...options, ...(named === undefined ? {} : { naming: named }) });
    server.server.onclose = () => named?.[Symbol.dispose]();
    await server.connect(transport as Parameters<typeof server.connect>[0]);
    return transport;
  };

  const refuse = (response: ServerResponse, status: number, message: string): void => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", error: { code: -32_000, message }, id: null }));
  };

  return {
    async handle(request, response, body) {
      const id = request.headers["mcp-session-id"];
      const known = typeof id === "string" ? sessions.get(id) : undefined;
      if (known !== undefined) {
        known.usedAt = performance.now();
        sessions.delete(id as string);
        sessions.set(id as string, known);
        return known.transport.handleRequest(request, response, body);
      }
      if (id !== undefined) return refuse(response, 404, "This session has ended: initialize a new one.");
      if (request.method !== "POST" || !isInitializeRequest(body))
        return refuse(response, 400, "There is no session: initialize one first.");
      return (await begin()).handleRequest(request, response, body);
    },
    get sessions() {
      return sessions.size;
    },
    async [Symbol.asyncDispose]() {
      const all = [...sessions.values()];
      sessions.clear();
      await Promise.all(all.map(({ transport }) => transport.close()));
    },
  };
};
