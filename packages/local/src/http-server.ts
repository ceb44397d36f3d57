/**
 * The verbs of a node over TCP, for languages that speak no Unix sockets, and for pages. Loopback by default. Every user of a machine
 * can reach its loopback, and every page that a browser shows can send requests there, so each request is asked for three things:
 *
 * - a token, which stands in a file that only the user can read (`http.json`, 0600), as `Authorization: Bearer`, never in a URL;
 * - a `Host` that this server goes by: a name that a page's owner lets point here (DNS rebinding) is refused;
 * - no `Origin`, or this server's own: pages of others are refused even with the token.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, isIP } from "node:net";
import { createMcpHttp } from "@herdmind/mcp";
import { accept, type Result, refuse } from "@herdmind/protocol";
import { readBody, readJson, type Served, send } from "./answering.js";
import { createClientClaims } from "./client-claims.js";
import { httpFile } from "./http-file.js";
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
const TOKEN_BYTES = 32;

/** The token stays the same over restarts, so that clients need not be set up again. */
const tokenIn = async (dir: string): Promise<string> => {
  try {
    const { token } = JSON.parse(await readFile(httpFile(dir), "utf8")) as { readonly token?: unknown };
    if (typeof token === "string" && token.length >= TOKEN_BYTES) return token;
  } catch {
    // None yet, or not readable: a new one.
  }
  return randomBytes(TOKEN_BYTES).toString("base64url");
};

const saveHttp = async (dir: string, url: string, token: string): Promise<void> => {
  const temporary = `${httpFile(dir)}.${randomBytes(6).toString("hex")}`;
  await writeFile(temporary, `${JSON.stringify({ format: 1, url, token }, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, httpFile(dir));
};

const sameToken = (given: string, token: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
};

/** Path of the Model Context Protocol's endpoint. */
const MCP_PATH = "/mcp";

/** Host of a `Host` header without its port; brackets of IPv6 stay. */
const hostOf = (header: string): string => header.replace(/:\d{1,5}$/, "").toLowerCase();
const urlHost = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host).toLowerCase();

export const serveHttp = async (served: Served, options: HttpOptions): Promise<Result<HttpServer>> => {
  const { dir, host = "127.0.0.1", port = 0, names = [] } = options;
  const claims = served.claims ?? createClientClaims();
  const token = await tokenIn(dir);
  const known = new Set(["localhost", "127.0.0.1", "[::1]", urlHost(host), ...names.map((name) => name.toLowerCase())]);

  const refusal = (request: IncomingMessage): readonly [status: number, message: string] | undefined => {
    const { host: asked, origin, authorization = "" } = request.headers;
    if (asked === undefined || !known.has(hostOf(asked)))
      return [403, `This node does not go by the name ${asked ?? "none"}. Ask 127.0.0.1, or start it with that name.`];
    if (origin !== undefined && origin !== `http://${asked}` && origin !== `https://${asked}`)
      return [403, `Pages of ${origin} may not ask this node.`];
    if (!authorization.startsWith("Bearer ") || !sameToken(authorization.slice(7), token))
      return [401, `The token is missing or wrong: send "Authorization: Bearer TOKEN"; it stands in ${httpFile(dir)}.`];
    return undefined;
  };
  const isWelcome = (request: IncomingMessage, response: ServerResponse): boolean => {
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("cache-control", "no-store");
    const refused = refusal(request);
    if (refused === undefined) return true;
    const [status, message] = refused;
    if (status === 401) response.setHeader("www-authenticate", "Bearer");
    request.resume();
    void send(response, status, "T2", message);
    return false;
  };

  const mcp = createMcpHttp((verb, input, signal) =>
    runVerb({ ...served, claims, ...(signal === undefined ? {} : { signal }) }, verb, input),
  );
  const requests = createRequests({ ...served, claims }, isWelcome, async (request, response) => {
    if ((request.url ?? "").split("?", 1)[0] !== MCP_PATH) return false;
    const body = request.method === "POST" ? await readBody(request) : undefined;
    if (typeof body === "number") await send(response, 413, "L7", "The request is too long. Shorten its texts.");
    else await mcp.handle(request, response, body === undefined ? undefined : readJson(body));
    return true;
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
