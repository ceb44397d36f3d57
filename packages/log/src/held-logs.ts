/** The logs held here, by name and by writer, and which logs they continue. */
import { type LogId, type LogKey, logKey, type WriterId } from "@herdmind/protocol";
import type { HeldLog } from "./held-log.js";

export interface HeldLogs {
  all(): Iterable<HeldLog>;
  get(log: LogId): HeldLog | undefined;
  ofWriter(writer: WriterId): Iterable<HeldLog>;
  /** Adds a log unless it is there, and answers it. */
  add(held: HeldLog): HeldLog;
  /** Only for a log that never had a block. */
  remove(held: HeldLog): void;
  /** Called when the first block of a log is held: what it continues is known then. */
  link(held: HeldLog): void;
  /** Whether a log has a block here, or is continued by one that has. */
  concerns(log: LogId): boolean;
}

export const createHeldLogs = (): HeldLogs => {
  const heldByKey = new Map<LogKey, HeldLog>();
  const heldByWriter = new Map<WriterId, Set<HeldLog>>();
  const continued = new Set<LogKey>();
  const link = ({ standing }: HeldLog): void => {
    const continues = standing.opened?.continues;
    if (continues !== undefined) continued.add(logKey(continues));
  };
  return {
    all: () => heldByKey.values(),
    get: (log) => heldByKey.get(logKey(log)),
    ofWriter: (writer) => heldByWriter.get(writer) ?? [],
    add: (held) => {
      const key = logKey(held.log);
      const known = heldByKey.get(key);
      if (known !== undefined) return known;
      heldByKey.set(key, held);
      const others = heldByWriter.get(held.log.writer);
      if (others === undefined) heldByWriter.set(held.log.writer, new Set([held]));
      else others.add(held);
      link(held);
      return held;
    },
    remove: (held) => {
      heldByKey.delete(logKey(held.log));
      const others = heldByWriter.get(held.log.writer);
      others?.delete(held);
      if (others?.size === 0) heldByWriter.delete(held.log.writer);
    },
    link,
    concerns: (log) => (heldByKey.get(logKey(log))?.standing.length ?? 0) > 0 || continued.has(logKey(log)),
  };
};
