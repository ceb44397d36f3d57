/**
 * The newest update of the logs that grew last. A block that just arrived goes to every connected peer: without this, fifty
 * peers cost fifty reads from storage for each block.
 */
import { type LogId, type LogKey, logKey } from "@herdmind/protocol";

/** Logs remembered, and bytes of the largest update kept: at most 16 MiB together. */
const LOGS_KEPT = 64;
const LARGEST_KEPT = 256 * 1024;

export interface RecentUpdates {
  /** Keeps blocks `from` to `to` as the update that `encode` makes of them, unless they have too many bytes. */
  keep(log: LogId, from: number, to: number, bytes: number, encode: () => Uint8Array): void;
  /** The update that carries exactly the blocks `from` to `to`. */
  find(log: LogId, from: number, to: number): Uint8Array | undefined;
}

export const createRecentUpdates = (): RecentUpdates => {
  const newestByLog = new Map<LogKey, { readonly from: number; readonly to: number; readonly update: Uint8Array }>();
  return {
    keep: (log, from, to, bytes, encode) => {
      newestByLog.delete(logKey(log));
      if (bytes > LARGEST_KEPT) return;
      newestByLog.set(logKey(log), { from, to, update: encode() });
      if (newestByLog.size > LOGS_KEPT) newestByLog.delete(newestByLog.keys().next().value as LogKey);
    },
    find: (log, from, to) => {
      const newest = newestByLog.get(logKey(log));
      return newest?.from === from && newest.to === to ? newest.update : undefined;
    },
  };
};
