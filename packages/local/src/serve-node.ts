/** Everything by which others can ask a peer that this process has opened: the local socket, HTTP, metrics, traces, the node's log. */
import { accept, type Result } from "@herdmind/protocol";
import type { Logger, Peer } from "herdmind";
import { createClientClaims } from "./client-claims.js";
import { createWeb, type WebOptions } from "./create-web.js";
import { socketPath } from "./home.js";
import { serveLocal } from "./local-server.js";
import { createNameLeases } from "./name-leases.js";
import { observeNode } from "./observe-node.js";
import type { Web } from "./web.js";

export interface ServeNodeOptions extends WebOptions {
  /** The log of the node. */
  readonly log: Logger;
  /** Where newcomers find the swarm; default: what the peer says. */
  readonly addresses?: readonly string[];
  /** HTTP from the beginning, whatever was chosen before; default: where its user chose so. */
  readonly http?: boolean;
}

export interface ServedNode extends AsyncDisposable {
  readonly socket: string;
  readonly web: Web;
  /** Milliseconds since somebody used it; 0 while somebody does, or holds a claim. */
  idleMs(): number;
}

/** Refused with T3 where HTTP cannot be served, with S4 where the socket cannot be made. The peer stays the caller's to close. */
export const serveNode = async (
  peer: Peer,
  { log, addresses, http = false, ...where }: ServeNodeOptions,
): Promise<Result<ServedNode>> => {
  await using stack = new AsyncDisposableStack();
  const observed = stack.use(await observeNode(peer, log));
  const claims = createClientClaims();
  const own = addresses === undefined ? {} : { addresses };
  const node = { peer, observed, claims, leases: createNameLeases(), ...own };
  const web = stack.use(await createWeb(node, where));
  const started = http || web.isKept ? await web.start() : undefined;
  if (started?.ok === false) return started;
  // Last: whoever waits for the node waits for its socket.
  const served = await serveLocal({ ...node, web }, socketPath(where.dir));
  if (!served.ok) return served;
  const server = stack.use(served.value);
  for (const address of [server.path, ...(web.url === undefined ? [] : [web.url])])
    log({ level: "info", event: "node.serving", message: "can be asked", fields: { address } });
  const open = stack.move();
  return accept({
    socket: server.path,
    web,
    // A claim ends by itself, and with the node: whoever holds one is searching elsewhere, and does not ask meanwhile.
    idleMs: () => (claims.size > 0 ? 0 : Math.min(server.idleMs(), web.idleMs())),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  });
};
