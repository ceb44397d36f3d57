/**
 * Makes Chromium begin a new log file before this storage writes.
 *
 * Chromium keeps all databases of an origin in one LevelDB, and when it opens that, it goes on in the log file that it finds. If
 * it was killed in the middle of a write, the file ends with half a record. What is written behind that is acknowledged; but the
 * next time Chromium takes the file for damaged, and removes every database of the origin (seen after 73 of 1,000 kills in
 * mid-write, Chromium 153; after none of 400 with this). So more than such a file holds is written and removed once, before the first
 * write: what is good of the old file goes into a table, and the file is gone. (Its removal writes as much again, so the memory is
 * full a second time, and LevelDB waits until the first table is there.) The file that names the others cannot be renewed so: witness.ts.
 */
import { endOf, resultOf } from "./database.js";

/** A database of its own, so that nothing of it stands among what counts. */
const DATABASE = "herdmind/new-log-file";
/** 5 MB: LevelDB begins another log file when 4 MiB are in memory. */
const ROWS = 84;
/** Values from 64 KiB on go into files of their own, not through the log. */
const ROW_BYTES = 60_000;

const isChromium = (): boolean => /Chrom(?:e|ium)\//.test(globalThis.navigator?.userAgent ?? "");

/** Never rejects: a disk that is full refuses the write that follows, which says so. */
export const beginNewLogFile = async (factory: IDBFactory): Promise<void> => {
  if (!isChromium()) return;
  let database: IDBDatabase | undefined;
  try {
    const opening = factory.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("filler");
    database = await resultOf(opening);
    const opened = database;
    const write = (change: (store: IDBObjectStore) => void): Promise<void> => {
      const transaction = opened.transaction("filler", "readwrite", { durability: "strict" });
      const end = endOf(transaction);
      change(transaction.objectStore("filler"));
      return end;
    };
    // Random: Chromium compresses values, and zeros would be nothing.
    const filler = crypto.getRandomValues(new Uint8Array(ROW_BYTES));
    await write((store) => {
      for (let row = 0; row < ROWS; row++) store.put(filler, row);
    });
    // It is the next write that finds the memory full.
    await write((store) => store.clear());
    await write((store) => store.put(0, "done"));
  } catch {
    // The write that waits for this meets the same disk.
  } finally {
    database?.close();
  }
};
