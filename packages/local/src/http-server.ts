/**
 * A node over TCP, for languages that speak no Unix sockets, and for pages: a list of routes. Loopback by default. Programs show a
 * token, which stands in a file that only the user can read (`http.json`, 0600), as `Authorization: Bearer`, never in a URL; pages sign
 * in (page-sessions.ts).
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { assets } from "@herdmind/dashboard";
import { createMcpHttp } from "@herdmind/mcp";
import { accept, type Result, refuse } from "@herdmind/protocol";
import { answer, readBody, readJson, type Served, send } from "./answering.js";
import { createClientClaims } from "./client-claims.js";
import { dashboardOf } from "./dashboard-state.js";
import { saveHttp, tokenIn } from "./http-file.js";
import { createGuard, urlHost } from "./http-guard.js";
import { pathOf, type Route, routeOf, sendUnknown } from "./http-routes.js";
import { metricsRoutes } from "./metrics-route.js";
import { createNameLeases } from "./name-leases.js";
import { createLocalNaming } from "./naming.js";
import { createPageFiles } from "./page-files.js";
import { createPageSessions, type PageSessions } from "./page-sessions.js";
import { createRequests } from "./requests.js";
import { sessionRoutes } from "./session-routes.js";
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
  /** Default: pages cannot sign in. */
  readonly sessions?: PageSessions;
  /** Written down for the next start: it is to be served whenever the node is up. */
  readonly isKept?: boolean;
  /** Where the page was built to; default: the one of @herdmind/dashboard. */
  readonly page?: string;
  /** Milliseconds for a request's headers; default 10,000. Whoever sends a byte a minute holds no connection for long. */
  readonly headersMs?: number;
}

export interface HttpServer extends AsyncDisposable {
  /** `http://127.0.0.1:4875`. */
  readonly url: string;
  idleMs(): number;
}

/** Milliseconds for a request's headers, and for all of it. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 120_000;
const MAX_CONNECTIONS = 256;

/** What a page may ask: texts of strangers stand in it, so that it can do no more than it shows. */
const PAGE_VERBS: ReadonlySet<string> = new Set([
  ...["overview", "entries", "why", "graph", "timeline", "moment", "alarms", "members", "invite", "status", "stats"],
  ...["watch", "openapi.json"],
]);

/** Of every answer; the page's own policy is wider (page-files.ts). */
const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ["x-content-type-options", "nosniff"],
  ["cache-control", "no-store"],
  ["referrer-policy", "no-referrer"],
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
  ["x-frame-options", "DENY"],
  ["cross-origin-resource-policy", "same-origin"],
  ["cross-origin-opener-policy", "same-origin"],
];

const isWildcard = (host: string): boolean => host === "0.0.0.0" || host === "::";

export const serveHttp = async (served: Served, options: HttpOptions): Promise<Result<HttpServer>> => {
  const { dir, host = "127.0.0.1", port = 0, names = [], sessions = createPageSessions(), isKept = false } = options;
  const { headersMs = HEADERS_MS, page: folder = assets } = options;
  dashboardOf(served.peer);
  const node = {
    ...served,
    claims: served.claims ?? createClientClaims(),
    leases: served.leases ?? createNameLeases(),
  };
  const token = await tokenIn(dir);
  const guard = createGuard({ dir, token, host, names: isWildcard(host) ? [...names, hostname()] : names, sessions });
  const page = createPageFiles(folder);
  const mcp = createMcpHttp(
    (verb, input, signal) => runVerb({ ...node, ...(signal === undefined ? {} : { signal }) }, verb, input),
    { naming: () => createLocalNaming(node.leases) },
  );

  const routes: readonly Route[] = [
    {
      prefix: "/v1/",
      needs: "session",
      handle: ({ request, response, session, ending }) =>
        answer(node, ending, request, response, session === undefined ? undefined : PAGE_VERBS),
    },
    ...sessionRoutes(sessions, page),
    {
      path: "/mcp",
      needs: "token",
      handle: async ({ request, response }) => {
        const body = request.method === "POST" ? await readBody(request) : undefined;
        if (typeof body === "number") await send(response, 413, "L7", "The request is too long. Shorten its texts.");
        else await mcp.handle(request, response, body === undefined ? undefined : readJson(body));
      },
    },
    ...metricsRoutes(served),
    {
      prefix: "/",
      needs: "nothing",
      methods: ["GET", "HEAD"],
      handle: async (call) => {
        if (!(await page.serve(call))) await sendUnknown(call);
      },
    },
  ];

  const requests = createRequests(async (request, response, ending) => {
    for (const [name, value] of HEADERS) response.setHeader(name, value);
    const path = pathOf(request);
    const route = routeOf(routes, path);
    const place = guard.checkPlace(request, route?.fromFile ?? false);
    const asked = place ?? guard.checkNeeds(request, route?.needs ?? "token");
    if (!asked.ok) {
      if (asked.status === 401) response.setHeader("www-authenticate", "Bearer");
      request.resume();
      return send(response, asked.status, "T2", asked.message);
    }
    if (route === undefined) return sendUnknown({ response, path });
    const { method = "" } = request;
    if (route.methods !== undefined && !route.methods.includes(method)) {
      response.setHeader("allow", route.methods.join(", "));
      request.resume();
      return send(
        response,
        405,
        "T4",
        `${method} is not for ${path.slice(0, 200)}: use ${route.methods.join(" or ")}.`,
      );
    }
    const { session } = asked;
    const until = session === undefined ? ending : AbortSignal.any([ending, session.ended]);
    return route.handle({ request, response, path, session, ending: until });
  }, served.observed?.within);
  const server = createServer(
    { headersTimeout: headersMs, requestTimeout: REQUEST_MS, connectionsCheckingInterval: Math.min(headersMs, 5000) },
    requests.handle,
  );
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
  const listening = (server.address() as AddressInfo).port;
  const url = `http://${isWildcard(host) ? "127.0.0.1" : urlHost(host)}:${listening}`;
  const saved = { token, place: { host, port: listening, names }, isKept };
  await saveHttp(dir, { ...saved, url });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    // Nobody is to send the token there any more: anybody may listen there next. The directory may be gone.
    await saveHttp(dir, { ...saved, url: undefined }).catch(() => undefined);
    await mcp[Symbol.asyncDispose]();
    await requests.end(server);
  };
  return accept({
    url,
    idleMs: requests.idleMs,
    [Symbol.asyncDispose]: () => (closing ??= close()),
  });
};
