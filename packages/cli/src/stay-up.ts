/** A node that stays up until Ctrl-C, and lets every command of this user work through its local socket. */
import { serveLocal } from "@herdmind/local";
import { socketPath } from "@herdmind/local/client";
import type { Peer } from "herdmind";
import { EXIT, type ExitCode, refusedBy } from "./exit-codes.js";
import type { Shell } from "./shell.js";

export interface Staying {
  readonly addresses?: readonly string[];
  /** Called when commands can work through the socket. */
  readonly ready: (socket: string) => void | Promise<void>;
  /** Called while the node is there; call the result to stop. */
  readonly follow?: (peer: Peer) => () => void;
}

/** Serves until the interrupt, then ends cleanly: 0. Closes the peer in any case. */
export const stayUp = async (shell: Shell, opened: Peer, { addresses, ready, follow }: Staying): Promise<ExitCode> => {
  const { dir, interrupt, output } = shell;
  await using peer = opened;
  const path = socketPath(dir);
  const served = await serveLocal({ peer, ...(addresses === undefined ? {} : { addresses }) }, path);
  if (!served.ok) return output.fail(refusedBy(served.refusal.rule, served.refusal.message));
  if (process.platform !== "win32") interrupt.onForce(path);
  await using _ = served.value;
  await ready(path);
  const stop = follow?.(peer);
  await ended(interrupt.signal);
  stop?.();
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
