/**
 * What is true in a schedule, kept outside of the code under test: each block from the moment in which it was durable at its
 * author, how much each disk ever held, and what was acknowledged. Everything a peer shows or says is held against it.
 */
import type { StorageBatch } from "@herdmind/log";
import {
  type AnyRecord,
  type BlockHash,
  equalBytes,
  headOf,
  type LogId,
  type LogKey,
  logKey,
  type RecordRef,
  readHead,
  type WriterId,
} from "@herdmind/protocol";
import type { Journal } from "./journal.ts";

export interface Acknowledged {
  readonly ref: RecordRef;
  readonly record: AnyRecord;
  /** The disk on which it was durable when that was said. */
  readonly disk: string;
}

export interface Truth {
  /** A disk is written; `writers` are those whose home it is. */
  written(disk: string, writers: ReadonlySet<WriterId>, batch: StorageBatch): void;
  /** Blocks of a log that a disk has ever held. */
  everHeld(disk: string, log: LogId): number;
  /** A copy of a disk holds what that one holds. */
  copied(from: string, to: string): void;
  acknowledge(acknowledged: Acknowledged): void;
  readonly acknowledged: readonly Acknowledged[];
  /** Every block that was ever durable at its author, by log. Blocks of a writer that forks are not in it. */
  readonly logs: ReadonlyMap<LogKey, readonly Uint8Array[]>;
  /** The hash of a block; `undefined` when its author never stored one there. */
  hashOf(log: LogId, sequence: number): BlockHash | undefined;
}

export const createTruth = (journal: Journal, forkers: ReadonlySet<WriterId>): Truth => {
  const logs = new Map<LogKey, Uint8Array[]>();
  const heldByDisk = new Map<string, Map<LogKey, number>>();
  const acknowledged: Acknowledged[] = [];
  const heldOf = (disk: string): Map<LogKey, number> => {
    const held = heldByDisk.get(disk) ?? new Map<LogKey, number>();
    heldByDisk.set(disk, held);
    return held;
  };
  const write = (disk: string, isHome: boolean, log: LogId, sequence: number, block: Uint8Array): void => {
    const key = logKey(log);
    const known = logs.get(key) ?? [];
    const there = known[sequence];
    if (there !== undefined) {
      if (!equalBytes(there, block))
        journal.violate(
          `L6 ${isHome ? "an honest writer forked" : "a disk holds another block"}: ${key} ${sequence} on ${disk}`,
        );
      return;
    }
    if (!isHome) {
      journal.violate(`L8 block ${sequence} of ${key} is stored on ${disk} before it was durable at its author`);
      return;
    }
    if (known.length !== sequence) {
      journal.violate(`L3 ${disk} stores block ${sequence} of its own ${key}, of which ${known.length} are known`);
      return;
    }
    known.push(block.slice());
    logs.set(key, known);
  };
  return {
    written: (disk, writers, { appends = [] }) => {
      for (const { log, from, blocks } of appends) {
        const held = heldOf(disk);
        held.set(logKey(log), Math.max(held.get(logKey(log)) ?? 0, from + blocks.length));
        if (forkers.has(log.writer)) continue;
        for (const [i, block] of blocks.entries()) write(disk, writers.has(log.writer), log, from + i, block);
      }
    },
    everHeld: (disk, log) => heldByDisk.get(disk)?.get(logKey(log)) ?? 0,
    copied: (from, to) => {
      heldByDisk.set(to, new Map(heldOf(from)));
    },
    acknowledge: (one) => {
      acknowledged.push(one);
      if (logs.get(logKey(one.ref))?.[one.ref.sequence] === undefined)
        journal.violate(
          `L8 ${one.disk} acknowledged block ${one.ref.sequence} of ${logKey(one.ref)}, which is on no disk`,
        );
    },
    acknowledged,
    logs,
    hashOf: (log, sequence) => {
      const block = logs.get(logKey(log))?.[sequence];
      if (block === undefined) return undefined;
      const head = readHead(headOf(block));
      return head.ok ? head.value.hash : undefined;
    },
  };
};
