/** Somebody who waits for a node that hangs is told so, and what to do: most commands wait as long as the node is there. */
import type { Logger } from "herdmind";

/** Most answers take milliseconds. The whole story of one entry among a hundred thousand takes seconds, and longer on a busy machine. */
export const SLOW_MS = 10_000;

/** What `work` gives. */
export const tellIfSlow = async <T>(dir: string, logger: Logger, work: Promise<T>): Promise<T> => {
  const message = `The node of ${dir} has not answered for ${SLOW_MS / 1000} s. Ctrl-C stops waiting; "herdmind doctor" looks at it, "herdmind stop" ends one that hangs.`;
  const timer = setTimeout(() => logger({ level: "warn", event: "node.slow", message }), SLOW_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
};
