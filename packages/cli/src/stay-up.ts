/** A node that stays up until Ctrl-C, and lets every command of this user work through its local socket. */
import { serveNode } from "@herdmind/local";
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
  const own = addresses === undefined ? {} : { addresses };
  const served = await serveNode(peer, { dir, log, ...own, ...httpOf(http) });
  if (!served.ok) {
    const { rule, message } = served.refusal;
    return output.fail({ ...refusedBy(rule, message), code: EXIT.unavailable });
  }
  await using node = served.value;
  if (node.web.url !== undefined) warnOfHost(output, node.web.url, node.web.host);
  if (process.platform !== "win32") interrupt.onForce(node.socket);
  await ready(node.socket, node.web.url);
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
