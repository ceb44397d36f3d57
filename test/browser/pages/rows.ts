// Plain IndexedDB, as somebody who is not the storage would use it: to look into a database, to damage it, to copy it.

export interface RowAt {
  readonly key: IDBValidKey;
  readonly value: unknown;
}

const resultOf = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });

const endOf = (transaction: IDBTransaction): Promise<void> =>
  new Promise((done, failed) => {
    transaction.oncomplete = () => done();
    transaction.onabort = () => failed(transaction.error);
  });

export const deleteDatabase = async (name: string): Promise<void> => {
  await resultOf(indexedDB.deleteDatabase(name));
};

/** Opens a database as it is, works on it, closes it. */
export const onDatabase = async <T>(name: string, work: (database: IDBDatabase) => Promise<T>): Promise<T> => {
  const database = await resultOf(indexedDB.open(name));
  try {
    return await work(database);
  } finally {
    database.close();
  }
};

export const rowsOf = (name: string, store: string): Promise<readonly RowAt[]> =>
  onDatabase(name, async (database) => {
    const rows = database.transaction(store).objectStore(store);
    const [keys, values] = await Promise.all([resultOf(rows.getAllKeys()), resultOf<unknown[]>(rows.getAll())]);
    return keys.map((key, i) => ({ key, value: values[i] }));
  });

/** Puts rows, or deletes those without a value. */
export const putRows = (name: string, store: string, rows: readonly RowAt[]): Promise<void> =>
  onDatabase(name, async (database) => {
    const transaction = database.transaction(store, "readwrite", { durability: "strict" });
    const end = endOf(transaction);
    for (const { key, value } of rows) {
      if (value === undefined) transaction.objectStore(store).delete(key);
      else transaction.objectStore(store).put(value, key);
    }
    return end;
  });

/** Copies every store and row into a new database, as a tool that exports and imports would. */
export const copyDatabase = async (from: string, to: string): Promise<void> => {
  const { version, stores } = await onDatabase(from, async (database) => ({
    version: database.version,
    stores: [...database.objectStoreNames],
  }));
  const opening = indexedDB.open(to, version);
  opening.onupgradeneeded = () => {
    for (const store of stores) opening.result.createObjectStore(store);
  };
  (await resultOf(opening)).close();
  for (const store of stores) await putRows(to, store, await rowsOf(from, store));
};

/** Makes a database with empty stores, as another program on the same site would. */
export const createDatabase = async (name: string, stores: readonly string[]): Promise<void> => {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => {
    for (const store of stores) opening.result.createObjectStore(store);
  };
  (await resultOf(opening)).close();
};

/** Raises a database's version, as a newer format would. */
export const upgrade = async (name: string, version: number): Promise<void> => {
  (await resultOf(indexedDB.open(name, version))).close();
};

/** A database as JSON, one row a line; bytes as `{ "bytes": hex }`. */
export const dump = (name: string): Promise<string> =>
  onDatabase(name, async (database) => {
    const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const lines = [JSON.stringify({ version: database.version, stores: [...database.objectStoreNames] })];
    for (const store of database.objectStoreNames) {
      for (const { key, value } of await rowsOf(name, store)) {
        lines.push(JSON.stringify({ store, key, value: value instanceof Uint8Array ? { bytes: hex(value) } : value }));
      }
    }
    return lines.join("\n");
  });

/** Makes a database of what `dump` answered. */
export const load = async (name: string, text: string): Promise<void> => {
  const [head = "", ...lines] = text.split("\n");
  const { version, stores } = JSON.parse(head) as { version: number; stores: string[] };
  const opening = indexedDB.open(name, version);
  opening.onupgradeneeded = () => {
    for (const store of stores) opening.result.createObjectStore(store);
  };
  (await resultOf(opening)).close();
  for (const line of lines) {
    const row = JSON.parse(line) as { store: string; key: IDBValidKey; value: { bytes?: string } };
    const bytes = row.value.bytes?.match(/../g) ?? (row.value.bytes === "" ? [] : undefined);
    const value = bytes === undefined ? row.value : Uint8Array.from(bytes, (pair) => Number.parseInt(pair, 16));
    await putRows(name, row.store, [{ key: row.key, value }]);
  }
};
