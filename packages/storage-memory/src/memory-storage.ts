/** A `Storage` over a memory disk. Bytes are copied in and out, so that nobody can change what is stored. */
import type { Storage, StorageBatch, StorageFault, StorageResult } from "@herdmind/log";
import { equalBytes, idBytes, type LogHead, type LogId, type LogKey, logKey } from "@herdmind/protocol";
import { contentsOf, createMemoryDisk, type DiskContents, type LogContents, type MemoryDisk } from "./disk.js";

export interface MemoryStorageOptions {
  /**
   * The disk to open (default: a new one). Opening it takes it from the storage that had it, whose calls answer `closed`
   * from then on: what a crash and a restart are to a real disk.
   */
  readonly disk?: MemoryDisk;
}

const CLOSED: { readonly ok: false; readonly fault: StorageFault } = {
  ok: false,
  fault: { kind: "closed", message: "this memory storage was closed, or its disk was opened again; open it anew" },
};

/** Throws when the batch does not fit its logs. Only lengths are followed; nothing is changed. */
const assertFits = (contents: DiskContents, batch: StorageBatch): void => {
  const lengths = new Map<LogKey, number>();
  const lengthOf = (log: LogId) => lengths.get(logKey(log)) ?? contents.logs.get(logKey(log))?.blocks.length ?? 0;
  for (const { log, length, hash } of batch.cuts ?? []) {
    const held = lengthOf(log);
    if (!Number.isInteger(length) || length < 0 || length > held || (length === 0) !== (hash === undefined)) {
      throw new Error(`cannot cut ${logKey(log)} to ${length} blocks (hash ${hash}): it has ${held}`);
    }
    lengths.set(logKey(log), length);
  }
  for (const { log, from, blocks } of batch.appends ?? []) {
    if (idBytes(log.writer).length !== 32 || idBytes(log.generation).length !== 16) {
      throw new Error(`not a log: ${logKey(log)}`);
    }
    const held = lengthOf(log);
    if (from !== held || blocks.length === 0) {
      throw new Error(`cannot append ${blocks.length} blocks at ${from} to ${logKey(log)}: it has ${held}`);
    }
    lengths.set(logKey(log), from + blocks.length);
  }
};

const apply = (contents: DiskContents, batch: StorageBatch): void => {
  for (const { log, length, hash } of batch.cuts ?? []) {
    const held = contents.logs.get(logKey(log));
    if (held === undefined) continue;
    held.blocks.length = length;
    held.hash = hash;
    held.epoch = 0;
  }
  for (const { log, blocks, hash } of batch.appends ?? []) {
    const key = logKey(log);
    const held: LogContents = contents.logs.get(key) ?? { log, blocks: [], hash, epoch: contents.epoch };
    for (const block of blocks) held.blocks.push(Uint8Array.from(block));
    held.hash = hash;
    contents.logs.set(key, held);
  }
  for (const { key, value } of batch.meta ?? []) {
    if (value === undefined) contents.meta.delete(key);
    else contents.meta.set(key, Uint8Array.from(value));
  }
  for (const proof of batch.proofs ?? []) {
    if (!contents.proofs.some((kept) => equalBytes(kept, proof))) contents.proofs.push(Uint8Array.from(proof));
  }
};

/** Opens a memory disk; it cannot fail. Every call answers in a later turn, as a real disk does. */
export const createMemoryStorage = ({ disk = createMemoryDisk() }: MemoryStorageOptions = {}): Storage => {
  const contents = contentsOf(disk);
  contents.openings += 1;
  const opening = contents.openings;
  let closed = false;
  const isClosed = () => closed || contents.openings !== opening;
  const ownEpoch = contents.epoch;
  const moved = contents.copied || [...contents.logs.values()].some((held) => held.epoch !== ownEpoch);
  contents.copied = false;
  let turn: Promise<unknown> = Promise.resolve();

  /** Calls are taken in order; one that was asked for before `close` is still done. */
  const inTurn = <T>(call: () => T): Promise<StorageResult<T>> => {
    if (isClosed()) return Promise.resolve(CLOSED);
    const answer = turn.then(
      (): StorageResult<T> => (contents.openings === opening ? { ok: true, value: call() } : CLOSED),
    );
    turn = answer.catch(() => undefined);
    return answer;
  };

  return {
    origin: moved ? "moved" : "created-here",
    originOf(log) {
      const held = contents.logs.get(logKey(log));
      return held === undefined || held.epoch === ownEpoch ? "created-here" : "moved";
    },
    appendBatch: (batch) =>
      inTurn(() => {
        assertFits(contents, batch);
        apply(contents, batch);
      }),
    read: (log, from, to) =>
      inTurn(() =>
        (contents.logs.get(logKey(log))?.blocks ?? []).slice(Math.max(0, from), Math.max(0, to)).map((b) => b.slice()),
      ),
    heads: () =>
      inTurn(() =>
        [...contents.logs.values()].flatMap(({ log, blocks, hash }): LogHead[] =>
          hash === undefined ? [] : [{ writer: log.writer, generation: log.generation, length: blocks.length, hash }],
        ),
      ),
    meta: (key) => inTurn(() => contents.meta.get(key)?.slice()),
    proofs: () => inTurn(() => contents.proofs.map((proof) => proof.slice())),
    async close() {
      closed = true;
      await turn;
    },
  };
};
