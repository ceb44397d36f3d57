/** The requests of one server that are under way: each is answered, also when the server ends meanwhile. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { isHolding, send } from "./answering.js";
import { isScrape } from "./metrics-route.js";
import type { ObservedNode } from "./observe-node.js";

export interface Requests {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Milliseconds since the last request ended; 0 while one is under way. A watcher counts as one, a held name does not. */
  idleMs(): number;
  /** Takes no new ones, ends what waits, and resolves when all are answered and the server is closed. */
  end(server: Server): Promise<void>;
}

/** Milliseconds that a client has to send the rest of its request, or to read its answer, when the server ends. */
const GRACE_MS = 1000;

/** Answers to whoever may not ask: strangers, and pages of others, keep no node awake. */
const TURNED_AWAY: ReadonlySet<number> = new Set([401, 403, 429]);

export const createRequests = (
  answer: (request: IncomingMessage, response: ServerResponse, ending: AbortSignal) => Promise<void>,
  /** Default: in no trace of anybody. */
  within: ObservedNode["within"] = (_, run) => run(),
): Requests => {
  const ending = new AbortController();
  const underWay = new Set<Promise<void>>();
  /** Those of them that only hold something. */
  let holding = 0;
  let usedAt = performance.now();
  return {
    handle(request, response) {
      const held = isHolding(request) || isScrape(request) ? 1 : 0;
      holding += held;
      const answered = within(request.headers, () => answer(request, response, ending.signal))
        .catch((error: unknown) => {
          if (response.headersSent) response.destroy();
          else return send(response, 500, "internal", error instanceof Error ? error.message : String(error));
        })
        .finally(() => {
          underWay.delete(answered);
          holding -= held;
          if (!isScrape(request) && !TURNED_AWAY.has(response.statusCode)) usedAt = performance.now();
        });
      underWay.add(answered);
    },
    idleMs: () => (underWay.size > holding ? 0 : performance.now() - usedAt),
    async end(server) {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      ending.abort();
      const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS);
      await Promise.all(underWay);
      clearTimeout(cut);
      server.closeAllConnections();
      await closed;
    },
  };
};
