/** One line of many to a stream that may be slower than we are. */
import { once } from "node:events";
import type { Writable } from "node:stream";

/** Resolves when more can be written. Rejects when `signal` aborts. */
export const writeLine = async (stream: Writable, line: string, signal: AbortSignal): Promise<void> => {
  try {
    if (!stream.write(`${line}\n`)) await once(stream, "drain", { signal });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
    // The reader of a pipe went away, and the process is told to end (`main.ts`): a signal comes in a later turn.
    if (!signal.aborted) await once(signal, "abort");
    throw signal.reason;
  }
};
