/** What a bench waits for before it measures. */
import { logKey } from "@herdmind/protocol";
import type { Peer } from "herdmind";

/** Waits until canon has passed every block held. */
export const admitted = async ({ logs, canon }: Peer): Promise<void> => {
  const isBehind = (): boolean =>
    logs
      .list()
      .some(
        (log) => log.membership.role === "agent" && (canon.view.watermarks.get(logKey(log))?.length ?? 0) < log.length,
      );
  while (isBehind()) await new Promise((resolve) => setTimeout(resolve, 5));
};
