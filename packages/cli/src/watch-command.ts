/** `herdmind watch`: a live feed of what happens. */
import { feed, nodeLogOf } from "@herdmind/local";
import { type FeedEvent, readAddress, socketPath, watchNode } from "@herdmind/local/client";
import { openNode } from "herdmind";
import { holdsPeer, noPeerIn } from "./asking.js";
import { EXIT, type ExitCode, refusedBy } from "./exit-codes.js";
import { failureOf } from "./failure-of.js";
import { bothLoggers, type Shell } from "./shell.js";
import { showEvent } from "./show-event.js";
import { stayUp } from "./stay-up.js";

export const watch = async (shell: Shell): Promise<ExitCode> => {
  const { dir, interrupt, output } = shell;
  const line = (event: FeedEvent): void => output.event(event, showEvent(output.paint, event));
  let followed: "ended" | "absent";
  try {
    followed = await watchNode(socketPath(dir), line, interrupt.signal);
  } catch (error) {
    return output.fail(
      refusedBy(
        "unavailable",
        `The node cannot be watched: ${error instanceof Error ? error.message : String(error)}.`,
      ),
    );
  }
  if (followed === "ended") {
    return interrupt.signal.aborted
      ? EXIT.ok
      : output.fail(refusedBy("unavailable", "The node ended, and its feed with it."));
  }
  if (!holdsPeer(dir)) return output.fail(noPeerIn(dir));
  // No node is there, so this process is one as long as it watches; other commands work through it.
  try {
    using nodeLog = await nodeLogOf(dir);
    const peer = await openNode({ dir, logger: bothLoggers(shell.logger, nodeLog.log) });
    const saved = await readAddress(dir);
    return await stayUp(shell, peer, {
      log: nodeLog.log,
      ready: () => undefined,
      follow: (node) => feed(node, line),
      ...(peer.role !== "orchestrator" || saved === undefined ? {} : { addresses: saved.addresses }),
    });
  } catch (error) {
    return output.fail(failureOf(error));
  }
};
