/**
 * A storage whose failed writes are settled before anything is built on them (L8).
 *
 * A write may reach the disk although the system reported an error. Signing another block for the same sequence would then
 * fork the log, and believing the error would leave memory and disk apart. So after a fault the blocks are looked for:
 * found, the write has worked after all. When even reading fails, the logs concerned are in doubt, and before the next
 * write to one of them, what nobody was told of is cut off.
 */
import { type BlockHash, equalBytes, type LogId, type LogKey, logKey, readBlock } from "@herdmind/protocol";
import type { Storage, StorageResult, StoredAppend } from "./storage.js";

export const createSettledStorage = (storage: Storage): Storage => {
  /** Logs whose last write may have reached the disk, with the length that is known. */
  const lengthByDoubtful = new Map<LogKey, number>();

  const hashAt = async (log: LogId, sequence: number): Promise<StorageResult<BlockHash | undefined>> => {
    if (sequence < 0) return { ok: true, value: undefined };
    const read = await storage.read(log, sequence, sequence + 1);
    if (!read.ok) return read;
    const block = readBlock(read.value[0] ?? new Uint8Array(0));
    if (block.ok) return { ok: true, value: block.value.hash };
    const message = `block ${sequence} of ${logKey(log)} cannot be read any more: ${block.refusal.message}`;
    return { ok: false, fault: { kind: "io", message: `${message} Open the directory again to repair it.` } };
  };

  const settle = async (log: LogId): Promise<StorageResult> => {
    const length = lengthByDoubtful.get(logKey(log));
    if (length === undefined) return { ok: true, value: undefined };
    const beyond = await storage.read(log, length, length + 1);
    if (!beyond.ok) return beyond;
    if (beyond.value.length > 0) {
      const hash = await hashAt(log, length - 1);
      if (!hash.ok) return hash;
      const cut = await storage.appendBatch({ cuts: [{ log, length, hash: hash.value }] });
      if (!cut.ok) return cut;
    }
    lengthByDoubtful.delete(logKey(log));
    return { ok: true, value: undefined };
  };

  /** A batch is atomic: its last block is there exactly when all of it is. `undefined` when nobody can tell. */
  const reached = async ({ log, from, blocks }: StoredAppend): Promise<boolean | undefined> => {
    const at = from + blocks.length - 1;
    const read = await storage.read(log, at, at + 1);
    if (!read.ok) return undefined;
    const [found] = read.value;
    return found !== undefined && equalBytes(found, blocks.at(-1) as Uint8Array);
  };

  return {
    origin: storage.origin,
    originOf: storage.originOf.bind(storage),
    async appendBatch(batch) {
      const appends = batch.appends ?? [];
      for (const { log } of appends) {
        const settled = await settle(log);
        if (!settled.ok) return settled;
      }
      const stored = await storage.appendBatch(batch);
      const last = appends.at(-1);
      if (stored.ok || last === undefined || stored.fault.kind === "closed") return stored;
      const there = await reached(last);
      if (there === true) return { ok: true, value: undefined };
      if (there === undefined) for (const { log, from } of appends) lengthByDoubtful.set(logKey(log), from);
      return stored;
    },
    read: storage.read.bind(storage),
    heads: storage.heads.bind(storage),
    meta: storage.meta.bind(storage),
    proofs: storage.proofs.bind(storage),
    close: storage.close.bind(storage),
  };
};
