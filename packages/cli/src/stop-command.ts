/** `herdmind stop`: ends the node of this directory, whoever started it. */
import { stopNode } from "@herdmind/local/client";
import { EXIT, type ExitCode, refusedBy } from "./exit-codes.js";
import { oneLine } from "./printable.js";
import type { Shell } from "./shell.js";

export const stop = async ({ dir, output }: Shell): Promise<ExitCode> => {
  const ended = await stopNode(dir);
  if (ended === "hung") {
    const message = `The node of ${dir} does not end. "herdmind doctor" says which process it is; its log is node.log there. Nothing that was acknowledged is lost when it is killed.`;
    return output.fail({ ...refusedBy("unavailable", message), code: EXIT.unavailable });
  }
  output.answer({ stopped: ended === "stopped" }, () => [
    ended === "stopped"
      ? `The node of ${oneLine(dir)} has ended; everything reported is on disk.`
      : `No node is up in ${oneLine(dir)}.`,
  ]);
  return EXIT.ok;
};
