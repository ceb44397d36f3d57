/**
 * Rows of a log in the database that y-indexeddb would have for its document: one Yjs update each, in the store `updates`.
 *
 * Whatever stands there was perhaps written by somebody else. So a row is parsed (never given to Yjs unseen), and compared with
 * the blocks of the log, byte by byte: it says what the log says, or everything is written anew.
 */
import { decodeUpdate, type Logs } from "@herdmind/log";
import { equalBytes, type LogId, MAX_UPDATE_BYTES } from "@herdmind/protocol";
import { endOf, isBytes, resultOf } from "./database.js";

const UPDATES = "updates";

/** Rows above which they are put together: y-indexeddb's own number, as every reader loads them one by one. */
const MAX_ROWS = 500;

/** Opens or creates the database as y-indexeddb does: version 1, two stores, numbers that count up as keys. */
export const openYjsDatabase = (factory: IDBFactory, name: string): Promise<IDBDatabase> =>
  new Promise((resolve, reject) => {
    const opening = factory.open(name);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(UPDATES, { autoIncrement: true });
      opening.result.createObjectStore("custom");
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });

interface Rows {
  readonly count: number;
  /** How many blocks they carry. */
  readonly length: number;
}

interface Judged extends Rows {
  /** Keys of rows that say nothing new. */
  readonly redundant: readonly IDBValidKey[];
  /** Why the rows cannot stay. */
  readonly wrong: string | undefined;
}

const judge = (
  logs: Logs,
  log: LogId,
  own: readonly Uint8Array[],
  keys: readonly IDBValidKey[],
  rows: readonly unknown[],
): Judged => {
  const redundant: IDBValidKey[] = [];
  let length = 0;
  const end = (wrong?: string): Judged => ({ count: keys.length - redundant.length, length, redundant, wrong });
  for (const [i, row] of rows.entries()) {
    if (!isBytes(row)) return end("a row is no update");
    const carried = decodeUpdate(logs.swarm, log, row);
    if (!carried.ok) return end(carried.refusal.message);
    const { from, blocks } = carried.value;
    if (blocks.length > 0 && from > length) return end(`blocks ${length} to ${from} are missing`);
    for (const [k, block] of blocks.entries()) {
      const held = own[from + k];
      if (held === undefined) return end(`block ${from + k} is not held, or does not count`);
      if (!equalBytes(held, block)) return end(`block ${from + k} is another one`);
    }
    if (from + blocks.length > length) length = from + blocks.length;
    else redundant.push(keys[i] as IDBValidKey);
  }
  return end();
};

const writing = async (database: IDBDatabase, write: (store: IDBObjectStore) => void): Promise<void> => {
  const transaction = database.transaction(UPDATES, "readwrite", { durability: "strict" });
  const end = endOf(transaction);
  write(transaction.objectStore(UPDATES));
  transaction.commit();
  await end;
};

/** Updates with blocks `from` and on, each as large as an update may be. */
const updatesFrom = async (logs: Logs, log: LogId, from: number) => {
  const updates: Uint8Array[] = [];
  let length = from;
  for (;;) {
    const more = await logs.update(log, length, MAX_UPDATE_BYTES);
    if (more === undefined) return { updates, length };
    updates.push(more.update);
    length = more.next;
  }
};

const replaceRows = (database: IDBDatabase, updates: readonly Uint8Array[]): Promise<void> =>
  writing(database, (store) => {
    store.clear();
    for (const update of updates) store.add(update);
  });

/** Writes all rows anew, in one transaction: a reader finds the old ones or the new ones. */
export const rewriteRows = async (database: IDBDatabase, logs: Logs, log: LogId): Promise<Rows> => {
  const { updates, length } = await updatesFrom(logs, log, 0);
  await replaceRows(database, updates);
  return { count: updates.length, length };
};

/** Adds the blocks that the rows lack, and puts rows together when they are many. */
export const extendRows = async (
  database: IDBDatabase,
  logs: Logs,
  log: LogId,
  rows: Rows,
): Promise<Rows & { readonly updates: readonly Uint8Array[] }> => {
  const { updates, length } = await updatesFrom(logs, log, rows.length);
  const count = rows.count + updates.length;
  if (count > MAX_ROWS) {
    const all = await updatesFrom(logs, log, 0);
    // More blocks have come in between: the next time, then.
    if (all.length === length) {
      await replaceRows(database, all.updates);
      return { count: all.updates.length, length, updates };
    }
  }
  if (updates.length > 0) {
    await writing(database, (store) => {
      for (const update of updates) store.add(update);
    });
  }
  return { count, length, updates };
};

interface Settled extends Rows {
  /** Why the rows had to be written anew. */
  readonly repaired: string | undefined;
  /** The blocks that the rows carry. */
  readonly blocks: readonly Uint8Array[];
}

/** Makes the rows say what the log says. */
export const settleRows = async (database: IDBDatabase, logs: Logs, log: LogId): Promise<Settled> => {
  const blocks: Uint8Array[] = [];
  const readOn = async (to?: number): Promise<void> => {
    for await (const { bytes } of logs.read(log, blocks.length, to)) blocks.push(bytes);
  };
  await readOn();
  const store = database.transaction(UPDATES, "readonly").objectStore(UPDATES);
  const [keys, found] = await Promise.all([resultOf(store.getAllKeys()), resultOf<unknown[]>(store.getAll())]);
  const { wrong, redundant, ...rows } = judge(logs, log, blocks, keys, found);
  // What readers leave behind: a stock y-indexeddb adds a row each time it opens.
  if (wrong === undefined && redundant.length > 0) {
    await writing(database, (store) => {
      for (const key of redundant) store.delete(key);
    });
  }
  const { count, length } =
    wrong === undefined ? await extendRows(database, logs, log, rows) : await rewriteRows(database, logs, log);
  await readOn(length); // the log may have grown meanwhile
  return { count, length, repaired: wrong, blocks: blocks.slice(0, length) };
};
