/** `Storage` on LevelDB: opens the directory, queues writes into durable groups, reads ranges. */
import { resolve } from "node:path";
import type { Storage, StorageBatch, StorageResult } from "@herdmind/log";
import { type LogHead, type LogKey, logKey } from "@herdmind/protocol";
import { type Contents, readContents } from "./contents.js";
import {
  databaseDir,
  heldFault,
  isMarkedDamaged,
  markDamaged,
  prepareDirectory,
  removeDamageMark,
  removeHolder,
  writeHolder,
} from "./directory.js";
import { type DurableWrites, durableWrites, type Operation } from "./durable-writes.js";
import { failure, faultOf } from "./fault.js";
import { FORMAT, type HeldLog, metaKey, ORIGIN_KEY, rangeOf, VERSION_KEY } from "./keys.js";
import { LOCKED, type Opened, openDatabase } from "./open-database.js";
import { createWitness, isWitnessed, type OriginRecord, originBytes, removeOtherWitnesses } from "./origin.js";
import { ownBytes, readBlocks } from "./read-blocks.js";
import { stage } from "./stage.js";

export interface LevelStorage extends Storage {
  /** What this opening found damaged and what it did about it, one sentence each; usually none. */
  readonly repairs: readonly string[];
}

/** Bytes of blocks that waiting calls may put into one durable write: bounds what a slow disk piles up in one fsync. */
const GROUP_BYTES = 8 * 1024 * 1024;

interface Waiting {
  readonly batch: StorageBatch;
  readonly resolve: (answer: StorageResult) => void;
  readonly reject: (bug: unknown) => void;
}

/**
 * Opens the storage in `dir` (created with mode 0700 when missing). Faults: `held` (with the holder's pid), `newer`,
 * `read-only`, `full`, `io`.
 */
export const openLevelStorage = async (dir: string): Promise<StorageResult<LevelStorage>> => {
  const path = resolve(dir);
  let opened: Opened | typeof LOCKED;
  let contents: Contents | undefined;
  try {
    await prepareDirectory(path);
    opened = await openDatabase(databaseDir(path), await isMarkedDamaged(path), async (level) => {
      contents = await readContents(level);
    });
  } catch (error) {
    return faultOf(error, path);
  }
  if (opened === LOCKED) return heldFault(path);
  const { level } = opened;
  try {
    if (contents === undefined) throw new Error("an opened database was read");
    if (contents.format !== undefined && contents.format > FORMAT) {
      await level.close();
      return failure(
        "newer",
        `${path} was written by a newer version (format ${contents.format}, known here: ${FORMAT}): update this program, or choose another directory`,
      );
    }
    await writeHolder(path);
    const { record, moved, repairs } = await settleOrigin(path, opened, contents);
    const writes = durableWrites(level, path, originBytes(record));
    return { ok: true, value: createStorage(path, writes, contents, record.epoch, moved, repairs) };
  } catch (error) {
    await level.close();
    await removeHolder(path).catch(() => undefined);
    return faultOf(error, path);
  }
};

/** Decides whether the directory is the one that was written last, and records its new witness. */
const settleOrigin = async (path: string, { level, created, ...opened }: Opened, contents: Contents) => {
  const { origin, logs, damagedHeads, format } = contents;
  const repairs = [
    ...opened.repairs,
    ...damagedHeads.map((key) => `the head of log ${key} was unreadable; its blocks are to be fetched again`),
  ];
  if (!created && format === undefined && (origin !== undefined || logs.size > 0)) {
    repairs.push(`the format version was missing; it was taken to be ${FORMAT}`);
  }
  const trusted = created || (repairs.length === 0 && origin !== undefined && (await isWitnessed(path, origin)));
  const newest = Math.max(origin?.epoch ?? 0, ...[...logs.values()].map((held) => held.epoch));
  const epoch = trusted ? (origin?.epoch ?? 1) : newest + 1;
  const record: OriginRecord = { epoch, ...(await createWitness(path)) };
  const operations: Operation[] = [
    { type: "put", key: VERSION_KEY, value: new TextEncoder().encode(`${FORMAT}`) },
    { type: "put", key: ORIGIN_KEY, value: originBytes(record) },
  ];
  await level.batch(operations, { sync: true });
  await removeOtherWitnesses(path, record);
  await removeDamageMark(path);
  const moved = !trusted || [...logs.values()].some((held) => held.epoch !== epoch);
  return { record, moved, repairs };
};

const createStorage = (
  path: string,
  writes: DurableWrites,
  contents: Contents,
  epoch: number,
  moved: boolean,
  repairs: readonly string[],
): LevelStorage => {
  const { logs, proofs } = contents;
  let { nextProof } = contents;
  const queue: Waiting[] = [];
  let writing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  const closed = () => failure("closed", `the storage in ${path} was closed: open it again`);

  /** Takes waiting calls from the queue into one durable write, and answers them. */
  const writeGroup = async (): Promise<void> => {
    const operations: Operation[] = [];
    const group: Waiting[] = [];
    const stagedLogs = new Map<LogKey, HeldLog>();
    const stagedProofs = new Set<string>();
    let stagedNext = nextProof;
    let bytes = 0;
    while (queue.length > 0 && bytes < GROUP_BYTES) {
      const waiting = queue.shift() as Waiting;
      try {
        const staged = stage(waiting.batch, {
          logOf: (key) => stagedLogs.get(key) ?? logs.get(key),
          hasProof: (hash) => stagedProofs.has(hash) || proofs.has(hash),
          nextProof: stagedNext,
          epoch,
        });
        for (const op of staged.operations) {
          operations.push(op);
          if (op.type === "put") bytes += op.value.length;
        }
        for (const [key, held] of staged.logs) stagedLogs.set(key, held);
        for (const hash of staged.proofs) stagedProofs.add(hash);
        stagedNext = staged.nextProof;
        group.push(waiting);
      } catch (bug) {
        waiting.reject(bug);
      }
    }
    const answer: StorageResult =
      operations.length === 0 ? { ok: true, value: undefined } : await writes.write(operations);
    if (answer.ok) {
      for (const [key, held] of stagedLogs) logs.set(key, held);
      for (const hash of stagedProofs) proofs.add(hash);
      nextProof = stagedNext;
    } else {
      // Those behind may continue what has just failed: they get the same answer, and are not bugs.
      group.push(...queue.splice(0));
    }
    for (const waiting of group) waiting.resolve(answer);
  };

  const writeAll = async (): Promise<void> => {
    while (queue.length > 0) await writeGroup();
    writing = undefined;
  };

  return {
    repairs,
    origin: moved ? "moved" : "created-here",
    originOf(log) {
      const held = logs.get(logKey(log));
      return held === undefined || held.epoch === epoch ? "created-here" : "moved";
    },
    appendBatch(batch) {
      if (closing !== undefined) return Promise.resolve(closed());
      const { promise, resolve: settle, reject } = Promise.withResolvers<StorageResult>();
      queue.push({ batch, resolve: settle, reject });
      writing ??= writeAll();
      return promise;
    },
    async read(log, from, to) {
      if (closing !== undefined) return closed();
      const held = logs.get(logKey(log));
      const start = Math.max(0, from);
      const end = Math.min(to, held?.length ?? 0);
      if (held === undefined || start >= end) return { ok: true, value: [] };
      return writes.read((level) => readBlocks(level, held, start, end, () => markDamaged(path)));
    },
    async heads() {
      if (closing !== undefined) return closed();
      const heads: LogHead[] = [];
      for (const { log, length, hash } of logs.values()) if (hash !== undefined) heads.push({ ...log, length, hash });
      return { ok: true, value: heads };
    },
    async meta(key) {
      if (closing !== undefined) return closed();
      return writes.read(async (level) => {
        const value = await level.get(metaKey(key));
        return value && ownBytes(value);
      });
    },
    async proofs() {
      if (closing !== undefined) return closed();
      return writes.read(async (level) => (await level.values(rangeOf("proof")).all()).map(ownBytes));
    },
    close() {
      closing ??= (async () => {
        await writing;
        await writes.close();
        await removeHolder(path).catch(() => undefined);
      })();
      return closing;
    },
  };
};
