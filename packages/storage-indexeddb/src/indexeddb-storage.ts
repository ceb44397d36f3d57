/** `Storage` on IndexedDB: takes the lock, opens the database, queues writes into strict transactions, reads ranges. */
import type { Storage, StorageBatch, StorageResult } from "@herdmind/log";
import { type LogHead, logKey } from "@herdmind/protocol";
import { type Contents, type HeldLog, readContents, type StateRow } from "./contents.js";
import { blockRange, FORMAT, isBytes, openDatabase, resultOf } from "./database.js";
import { readBlocks, writeRows } from "./durable-rows.js";
import { type Failure, failure, faultOf } from "./fault.js";
import { takeLock } from "./lock.js";
import { beginNewLogFile } from "./new-log-file.js";
import { headRow, type Row, stage, stageNothing, stateRow } from "./stage.js";
import { isWitnessed, witness } from "./witness.js";

export interface IndexeddbStorage extends Storage {
  /** What this opening found damaged and what it did about it, one sentence each; usually none. */
  readonly repairs: readonly string[];
}

/** Bytes of blocks that waiting calls may put into one transaction: bounds what a slow disk piles up. */
const GROUP_BYTES = 8 * 1024 * 1024;

interface Waiting {
  readonly batch: StorageBatch;
  readonly resolve: (answer: StorageResult) => void;
  readonly reject: (bug: unknown) => void;
}

const emptyState = (place: string): StateRow => ({
  format: FORMAT,
  place,
  epoch: 1,
  nextProof: 0,
  logs: 0,
  blocks: 0,
  proofs: 0,
});

/**
 * Opens the storage in the IndexedDB database `name` of this origin (created when missing), in a page or a worker. Faults:
 * `held` (another tab or worker has it, also a second opening here), `newer`, `full`, `read-only` (the browser keeps nothing
 * for this site), `io`.
 */
export const openIndexeddbStorage = async (name: string): Promise<StorageResult<IndexeddbStorage>> => {
  const { indexedDB: factory, navigator, origin } = globalThis;
  if (factory === undefined || navigator?.locks === undefined) {
    return failure(
      "io",
      "there is no IndexedDB or there are no Web Locks here: use a browser, and open the page by https or from localhost",
    );
  }
  let release: (() => void) | undefined;
  try {
    release = await takeLock(name, navigator.locks);
  } catch (error) {
    return faultOf(error, name);
  }
  if (release === undefined) {
    return failure("held", `database ${name} is held by another tab or worker: close it, or work through it`);
  }
  let database: IDBDatabase | undefined;
  try {
    const place = `${origin} ${name}`;
    const witnessed = isWitnessed(name);
    const opened = await openDatabase(factory, name, emptyState(place));
    ({ database } = opened);
    const found = await readContents(database, place);
    const contents = opened.isNew && (await witnessed) ? asRemoved(found, name) : found;
    const newFile = Promise.all([beginNewLogFile(factory), witness(name)]);
    if (contents.moved || contents.damage.length > 0) {
      await newFile;
      await writeRows(database, repairsOf(contents));
    }
    return { ok: true, value: createStorage(name, database, contents, newFile, release) };
  } catch (error) {
    database?.close();
    release();
    return faultOf(error, name);
  }
};

/** A new database in the place of one that was here: a repaired one (L8), with nothing left to repair it from. */
const asRemoved = (contents: Contents, name: string): Contents => ({
  ...contents,
  damage: [
    `database ${name} was here and is gone with all that it held: the browser or a page removed it. ` +
      "What peers have of it comes back from them; what was not sent yet is lost",
  ],
  state: { ...contents.state, epoch: contents.state.epoch + 1 },
});

/** Rows that make a moved or damaged database whole: unreadable rows go, logs without a head are empty, a new epoch begins. */
const repairsOf = ({ logs, state, unreadable }: Contents): readonly Row[] => [
  ...unreadable.map(({ store, key }): Row => ({ store, remove: key })),
  ...[...logs.values()]
    .filter(({ length, epoch }) => length === 0 && epoch === 0)
    .flatMap((held): Row[] => [{ store: "blocks", remove: blockRange(logKey(held.log), 0) }, headRow(held)]),
  stateRow(state),
];

const createStorage = (
  name: string,
  database: IDBDatabase,
  contents: Contents,
  /** What writes wait for. */
  mayWrite: Promise<unknown>,
  release: () => void,
): IndexeddbStorage => {
  const { logs, proofs } = contents;
  let { state } = contents;
  const { epoch } = state;
  const isOwn = (held: HeldLog): boolean => held.epoch === epoch;
  const moved = contents.moved || contents.damage.length > 0 || ![...logs.values()].every(isOwn);
  const queue: Waiting[] = [];
  let writing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  /** Set when the browser took the database away: nobody knows what is left of it. */
  let lost: Failure | undefined;
  const lose = (why: string): void => {
    lost ??= failure("io", `${why}: open database ${name} again`);
    database.close();
    release();
  };
  // Asked by a page that deletes the database or brings a newer format; it waits until this one is closed.
  database.onversionchange = () => lose("another page deletes or upgrades the database");
  database.onclose = () => lose("the browser closed the database, perhaps because its data was cleared");

  const closed = (): Failure => failure("closed", `the storage in database ${name} was closed: open it again`);
  const unusable = (): Failure | undefined => (closing === undefined ? lost : closed());

  /** Takes waiting calls from the queue into one transaction, and answers them. */
  const writeGroup = async (): Promise<void> => {
    const group: Waiting[] = [];
    const staged = stageNothing(state);
    while (queue.length > 0 && staged.bytes < GROUP_BYTES) {
      const waiting = queue.shift() as Waiting;
      try {
        stage(waiting.batch, { logs, proofs, state }, staged);
        group.push(waiting);
      } catch (bug) {
        waiting.reject(bug);
      }
    }
    let answer: StorageResult = lost ?? { ok: true, value: undefined };
    if (answer.ok && staged.rows.length > 0) {
      try {
        await writeRows(database, [...staged.rows, stateRow(staged.state)]);
        for (const [key, held] of staged.logs) logs.set(key, held);
        for (const text of staged.proofs) proofs.add(text);
        state = staged.state;
      } catch (error) {
        answer = lost ?? faultOf(error, name);
      }
    }
    // Those behind a failed write may continue what has just failed: they get the same answer, and are not bugs.
    if (!answer.ok) group.push(...queue.splice(0));
    for (const waiting of group) waiting.resolve(answer);
  };

  const writeAll = async (): Promise<void> => {
    await mayWrite;
    while (queue.length > 0) await writeGroup();
    writing = undefined;
  };

  const reading = async <T>(read: () => Promise<T>): Promise<StorageResult<T>> => {
    const refused = unusable();
    if (refused !== undefined) return refused;
    try {
      return { ok: true, value: await read() };
    } catch (error) {
      return lost ?? faultOf(error, name);
    }
  };

  return {
    repairs: contents.damage,
    origin: moved ? "moved" : "created-here",
    originOf(log) {
      const held = logs.get(logKey(log));
      return held === undefined || isOwn(held) ? "created-here" : "moved";
    },
    appendBatch(batch) {
      const refused = unusable();
      if (refused !== undefined) return Promise.resolve(refused);
      const { promise, resolve, reject } = Promise.withResolvers<StorageResult>();
      queue.push({ batch, resolve, reject });
      writing ??= writeAll();
      return promise;
    },
    read: (log, from, to) =>
      reading(async () => {
        const held = logs.get(logKey(log));
        const start = Math.max(0, from);
        const end = Math.min(to, held?.length ?? 0);
        return held === undefined || start >= end ? [] : readBlocks(database, logKey(log), start, end);
      }),
    heads: () =>
      reading(async () => {
        const heads: LogHead[] = [];
        for (const { log, length, hash } of logs.values()) if (hash !== undefined) heads.push({ ...log, length, hash });
        return heads;
      }),
    meta: (key) =>
      reading(async () => {
        const value = await resultOf<unknown>(database.transaction("meta", "readonly").objectStore("meta").get(key));
        return isBytes(value) ? value : undefined;
      }),
    proofs: () =>
      reading(async () => {
        const store = database.transaction("proofs", "readonly").objectStore("proofs");
        return (await resultOf<unknown[]>(store.getAll())).filter(isBytes);
      }),
    close() {
      closing ??= (async () => {
        await writing;
        await mayWrite;
        database.close();
        release();
      })();
      return closing;
    },
  };
};
