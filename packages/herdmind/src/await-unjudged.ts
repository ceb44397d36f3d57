import type { View } from "@herdmind/experience";
import type { Logs } from "@herdmind/log";
import { type LogId, logKey, type WriterId } from "@herdmind/protocol";
import type { Verdicts } from "./verdicts.js";

/** Waits again for verdicts on what was reported before a restart and is not judged yet. */
export const awaitUnjudged = async (logs: Logs, view: View, writer: WriterId, verdicts: Verdicts): Promise<void> => {
  for (const { generation } of logs.ofWriter(writer)) {
    const log: LogId = { writer, generation };
    for await (const block of logs.read(log, view.watermarks.get(logKey(log))?.length ?? 0)) {
      for (const [index, { type, body }] of block.records.entries()) {
        const ref = { ...log, sequence: block.sequence, index };
        if (type === "signal") void verdicts.await({ type, body, ref });
        else if (type === "outcome") void verdicts.await({ type, body, ref });
        else if (type === "memory") void verdicts.await({ type, body, ref });
      }
    }
  }
};
