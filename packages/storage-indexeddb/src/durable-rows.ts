/** Rows into IndexedDB in one strict transaction, and ranges of blocks out of it. */
import type { LogKey } from "@herdmind/protocol";
import { blockRange, endOf, isBytes, resultOf, STORES } from "./database.js";
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

/** The sequence in a key of `blocks`; `undefined` for a key that this code never writes. */
const sequenceOf = (key: IDBValidKey): number | undefined => {
  if (!Array.isArray(key) || key.length !== 2) return undefined;
  const [, sequence] = key;
  return typeof sequence === "number" && Number.isInteger(sequence) ? sequence : undefined;
};

/**
 * Blocks `from` to `end` of a log, up to the first that is missing or is no bytes. Rows that somebody put
 * between two sequences are passed over; what was put in the place of a block, the log layer's hash chain finds.
 */
export const readBlocks = async (
  database: IDBDatabase,
  log: LogKey,
  from: number,
  end: number,
): Promise<readonly Uint8Array[]> => {
  const blocks: Uint8Array[] = [];
  for (let at = from; at < end; at += READ_ROWS) {
    const stop = Math.min(end, at + READ_ROWS);
    const range = blockRange(log, at, stop);
    const store = database.transaction("blocks", "readonly").objectStore("blocks");
    const [keys, rows] = await Promise.all([
      resultOf(store.getAllKeys(range)),
      resultOf<unknown[]>(store.getAll(range)),
    ]);
    for (const [i, key] of keys.entries()) {
      const sequence = sequenceOf(key);
      if (sequence === undefined) continue;
      const row = rows[i];
      if (sequence !== from + blocks.length || !isBytes(row)) return blocks;
      blocks.push(row);
    }
    if (from + blocks.length < stop) return blocks;
  }
  return blocks;
};
