/** Rows into IndexedDB in one strict transaction, and ranges of blocks out of it. */
import { blockKey, endOf, isBytes, resultOf, STORES } from "./database.js";
import type { Row } from "./stage.js";

/**
 * Writes all of it, or nothing: one transaction, and its end is awaited. `strict` asks the browser to have it on disk
 * before it says so; without that word browsers answer when the bytes are on their way. Rejects with what the browser says.
 */
export const writeRows = async (database: IDBDatabase, rows: readonly Row[]): Promise<void> => {
  const transaction = database.transaction(STORES, "readwrite", { durability: "strict" });
  const end = endOf(transaction);
  try {
    for (const row of rows) {
      const store = transaction.objectStore(row.store);
      if ("remove" in row) store.delete(row.remove);
      else store.put(row.value, row.key);
    }
    transaction.commit();
  } catch (error) {
    end.catch(() => undefined); // the abort that follows from this very error
    transaction.abort();
    throw error;
  }
  return end;
};

/** Rows asked for in one call: a block is at most a few hundred KB, and one answer must not be gigabytes. */
const READ_ROWS = 512;

/**
 * Blocks `from` to `end` of the log with this number, up to the first that is missing or is no bytes. A row that somebody
 * put between two sequences, or two that changed places, are not looked for: the log layer's hash chain finds them.
 */
export const readBlocks = async (
  database: IDBDatabase,
  log: number,
  from: number,
  end: number,
): Promise<readonly Uint8Array[]> => {
  const blocks: Uint8Array[] = [];
  for (let at = from; at < end; at += READ_ROWS) {
    const stop = Math.min(end, at + READ_ROWS);
    const range = IDBKeyRange.bound(blockKey(log, at), blockKey(log, stop), false, true);
    const store = database.transaction("blocks", "readonly").objectStore("blocks");
    const keys = store.getAllKeys(range);
    const [rows, found] = await Promise.all([resultOf<unknown[]>(store.getAll(range)), resultOf(keys)]);
    for (const [i, row] of rows.entries()) {
      const key = found[i];
      if (!isBytes(row) || !Array.isArray(key) || key[1] !== at + i) return blocks;
      blocks.push(row);
    }
    if (rows.length < stop - at) return blocks;
  }
  return blocks;
};
