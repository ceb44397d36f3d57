/**
 * The database of format 1, and IndexedDB's events as promises. README.md has the layout as a table.
 *
 * A format has its own database version, so a newer one cannot even be opened by mistake: the browser refuses.
 */
import type { LogKey } from "@herdmind/protocol";

/** The newest format that this code reads and writes. */
export const FORMAT = 1;

export const STORES = ["state", "heads", "blocks", "meta", "proofs"] as const;
export type StoreName = (typeof STORES)[number];

/** Where the one row of `state` stands. */
export const STATE_KEY = "state";

export const resultOf = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Settles when the transaction is on disk, or nothing of it ever will be. */
export const endOf = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
  });

/** Opens or creates it; `initial` is the state row of a new one, written in the transaction that creates the stores. */
export const openDatabase = (
  factory: IDBFactory,
  name: string,
  initial: unknown,
): Promise<{ readonly database: IDBDatabase; readonly isNew: boolean }> =>
  new Promise((resolve, reject) => {
    const opening = factory.open(name, FORMAT);
    let isNew = false;
    opening.onupgradeneeded = () => {
      isNew = true;
      const database = opening.result;
      for (const store of STORES) database.createObjectStore(store);
      opening.transaction?.objectStore("state").put(initial, STATE_KEY);
    };
    opening.onsuccess = () => resolve({ database: opening.result, isNew });
    opening.onerror = () => reject(opening.error);
  });

/** The key of a block: its log as `<writer>/<generation>`, and its sequence. */
export const blockKey = (log: LogKey, sequence: number): [LogKey, number] => [log, sequence];

/** The keys of blocks `from` to `to` (exclusive) of a log. */
export const blockRange = (log: LogKey, from: number, to = Number.POSITIVE_INFINITY): IDBKeyRange =>
  IDBKeyRange.bound(blockKey(log, from), blockKey(log, to), false, true);

/** Structured cloning of a view stores the whole buffer behind it, so a view of a part is copied first. */
export const wholeBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer ? bytes : Uint8Array.from(bytes);

export const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;
