/**
 * The node's local socket: HTTP/1.1 with JSON over a Unix socket (a named pipe on Windows), so that any language can speak it.
 * `POST /v1/<verb>` with a JSON object; `GET /v1/watch` gives one JSON object a line until it is closed. Whoever may open the
 * socket may act for the node: the file is 0600.
 */
import { chmod, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { type Result, refuse } from "@herdmind/protocol";
import { answer, type Served } from "./answering.js";
import { createClientClaims } from "./client-claims.js";
import { dashboardOf } from "./dashboard-state.js";
import { socketFolderProblem } from "./home.js";
import { createNameLeases } from "./name-leases.js";
import { createRequests } from "./requests.js";
import type { Web } from "./web.js";

export interface LocalServer extends AsyncDisposable {
  readonly path: string;
  /** Milliseconds since the last request ended; 0 while one is under way. A watcher counts as one. */
  idleMs(): number;
}

/** Serves a peer's verbs; with `web`, also what serves HTTP on demand. The caller holds the directory's lock, so a socket file that is there already is stale. */
export const serveLocal = async (
  served: Served & { readonly web?: Web },
  path: string,
): Promise<Result<LocalServer>> => {
  const problem = await socketFolderProblem(path, true);
  if (problem !== undefined) return refuse("S4", "none", problem);
  // It counts from the node's beginning.
  dashboardOf(served.peer);
  const node = {
    ...served,
    claims: served.claims ?? createClientClaims(),
    leases: served.leases ?? createNameLeases(),
  };
  const requests = createRequests(
    (request, response, ending) => answer(node, ending, request, response),
    served.observed?.within,
  );
  const server = createServer(requests.handle);
  if (process.platform !== "win32") await rm(path, { force: true });
  // From its first moment on nobody else may open it.
  const mask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
  } catch (error) {
    return refuse(
      "S4",
      "none",
      `The local socket ${path} cannot be made: ${error instanceof Error ? error.message : String(error)}.`,
    );
  } finally {
    process.umask(mask);
  }
  if (process.platform !== "win32") await chmod(path, 0o600);
  let closing: Promise<void> | undefined;
  return {
    ok: true,
    value: {
      path,
      idleMs: requests.idleMs,
      [Symbol.asyncDispose]: () => (closing ??= requests.end(server)),
    },
  };
};
