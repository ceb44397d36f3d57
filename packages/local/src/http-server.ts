/**
 * A node over TCP, for languages that speak no Unix sockets, and for pages: a list of routes. Loopback by default. Programs show a
 * token, which stands in a file that only the user can read (`http.json`, 0600), as `Authorization: Bearer`, never in a URL.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createMcpHttp } from "@herdmind/mcp";
import { accept, type Result, refuse } from "@herdmind/protocol";
import { answer, readBody, readJson, type Served, send } from "./answering.js";
import { createClientClaims } from "./client-claims.js";
import { saveHttp, tokenIn } from "./http-file.js";
import { createGuard, type Denied, urlHost } from "./http-guard.js";
import { type HttpCall, pathOf, type Route, routeOf, sendUnknown } from "./http-routes.js";
import { createNameLeases } from "./name-leases.js";
import { createLocalNaming } from "./naming.js";
import { createRequests } from "./requests.js";
import { runVerb } from "./verbs.js";

export interface HttpOptions {
  /** Where the token and the address are written, for clients: `http.json` in it. */
  readonly dir: string;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Default: any free port. */
  readonly port?: number;
  /** Further names that this server goes by, such as the one of a proxy before it. */
  readonly names?: readonly string[];
}

export interface HttpServer extends AsyncDisposable {
  /** `http://127.0.0.1:4875`. */
  readonly url: string;
  idleMs(): number;
}

/** Milliseconds for a request's headers and for all of it: whoever sends a byte a minute holds no connection for long. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 120_000;
const MAX_CONNECTIONS = 256;

export const serveHttp = async (served: Served, options: HttpOptions): Promise<Result<HttpServer>> => {
  const { dir, host = "127.0.0.1", port = 0, names = [] } = options;
  const node = {
    ...served,
    claims: served.claims ?? createClientClaims(),
    leases: served.leases ?? createNameLeases(),
  };
  const token = await tokenIn(dir);
  const guard = createGuard({ dir, token, host, names });
  const mcp = createMcpHttp(
    (verb, input, signal) => runVerb({ ...node, ...(signal === undefined ? {} : { signal }) }, verb, input),
    { naming: () => createLocalNaming(node.leases) },
  );

  const routes: readonly Route[] = [
    {
      prefix: "/v1/",
      needs: "session",
      handle: ({ request, response, ending }) => answer(node, ending, request, response),
    },
    {
      path: "/mcp",
      needs: "token",
      handle: async ({ request, response }) => {
        const body = request.method === "POST" ? await readBody(request) : undefined;
        if (typeof body === "number") await send(response, 413, "L7", "The request is too long. Shorten its texts.");
        else await mcp.handle(request, response, body === undefined ? undefined : readJson(body));
      },
    },
  ];

  const deny = ({ request, response }: HttpCall, { status, message }: Denied): Promise<void> => {
    if (status === 401) response.setHeader("www-authenticate", "Bearer");
    request.resume();
    return send(response, status, "T2", message);
  };
  const requests = createRequests(async (request, response, ending) => {
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("cache-control", "no-store");
    const path = pathOf(request);
    const call = { request, response, path, ending };
    const route = routeOf(routes, path);
    const denied = guard.checkPlace(request) ?? guard.checkNeeds(request, route?.needs ?? "session");
    if (denied !== undefined) return deny(call, denied);
    return route === undefined ? sendUnknown(call) : route.handle(call);
  });
  const server = createServer({ headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS }, requests.handle);
  server.maxConnections = MAX_CONNECTIONS;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "EADDRINUSE" ? "another program listens there; 0 takes any free port" : message;
    return refuse("T3", "none", `HTTP cannot be served at ${urlHost(host)}:${port}: ${why}.`);
  }
  const url = `http://${urlHost(host)}:${(server.address() as AddressInfo).port}`;
  await saveHttp(dir, url, token);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await mcp[Symbol.asyncDispose]();
    await requests.end(server);
  };
  return accept({
    url,
    idleMs: requests.idleMs,
    [Symbol.asyncDispose]: () => (closing ??= close()),
  });
};
