/** A node that stays up until Ctrl-C, and lets every command of this user work through its local socket. */
import { createClientClaims, createNameLeases, createWeb, observeNode, serveLocal } from "@herdmind/local";
import { socketPath } from "@herdmind/local/client";
import type { Logger, Peer } from "herdmind";
import { EXIT, type ExitCode, refusedBy } from "./exit-codes.js";
import { type HttpFlags, httpOf, warnOfHost } from "./http-flags.js";
import type { Shell } from "./shell.js";

export interface Staying {
  /** The log of the node. */
  readonly log: Logger;
  readonly addresses?: readonly string[];
  readonly http?: HttpFlags;
  /** Called when commands can work through the socket. `url`: of HTTP, where it is served. */
  readonly ready: (socket: string, url: string | undefined) => void | Promise<void>;
  /** Called while the node is there; call the result to stop. */
  readonly follow?: (peer: Peer) => () => void;
}

/** Serves until the interrupt, then ends cleanly: 0. Closes the peer in any case. */
export const stayUp = async (
  shell: Shell,
  opened: Peer,
  { log, addresses, http = {}, ready, follow }: Staying,
): Promise<ExitCode> => {
  const { dir, interrupt, output } = shell;
  await using peer = opened;
  await using observed = await observeNode(peer, log);
  const path = socketPath(dir);
  const node = {
    peer,
    observed,
    claims: createClientClaims(),
    leases: createNameLeases(),
    ...(addresses === undefined ? {} : { addresses }),
  };
  await using web = await createWeb(node, { dir, ...httpOf(http) });
  const started = web.isKept ? await web.start() : undefined;
  if (started?.ok === false)
    return output.fail({ ...refusedBy(started.refusal.rule, started.refusal.message), code: EXIT.unavailable });
  if (started !== undefined) warnOfHost(output, started.value, web.host);
  const served = await serveLocal({ ...node, web }, path);
  if (!served.ok) return output.fail(refusedBy(served.refusal.rule, served.refusal.message));
  if (process.platform !== "win32") interrupt.onForce(path);
  await using _ = served.value;
  for (const address of [path, ...(web.url === undefined ? [] : [web.url])])
    log({ level: "info", event: "node.serving", message: "can be asked", fields: { address } });
  await ready(path, web.url);
  const stop = follow?.(peer);
  await ended(interrupt.signal);
  stop?.();
  log({ level: "info", event: "node.ending", message: "interrupted" });
  output.note("");
  output.note("ending: everything reported is on disk");
  return EXIT.ok;
};

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    // An abort signal alone keeps no process alive.
    const alive = setInterval(() => undefined, 60_000);
    signal.addEventListener("abort", () => {
      clearInterval(alive);
      resolve();
    });
  });
