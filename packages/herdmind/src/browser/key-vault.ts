/**
 * Keys and identity of a peer in IndexedDB. Private keys are WebCrypto keys that cannot be exported: a script on the page can use
 * them while it runs there, and cannot take them away.
 *
 *     herdmind/<dir>/keys   version 1, in the storage bucket "herdmind-keys" where the browser has buckets
 *       keys    name -> CryptoKeyPair (Ed25519): peer, agent-<name>
 *       peer    "peer" -> text, as in peer.json (format 1)
 */
import { generateKey, type KeyPair, keyFromCrypto, publicCryptoKey } from "@herdmind/protocol";
import { peerFileText, readPeerFile } from "../peer-file.js";
import type { Vault } from "../vault.js";

const VERSION = 1;

const answerOf = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** What of the Storage Buckets API (WICG) is used; `undefined` where a browser has none. */
interface Buckets {
  open(
    name: string,
    options: { durability: "strict"; persisted: boolean },
  ): Promise<{ readonly indexedDB: IDBFactory }>;
}

/**
 * In a bucket of their own where the browser has them: Chromium may remove all databases of a bucket after a kill in the middle
 * of a write (see @herdmind/storage-indexeddb), and where logs are written all the time, keys should not stand. A browser
 * that learns of buckets later finds its keys where it put them. The logs were opened before, so a damaged store is empty by now.
 */
const placeOf = async (name: string): Promise<IDBFactory> => {
  const { storageBuckets } = navigator as Navigator & { readonly storageBuckets?: Buckets };
  if (storageBuckets === undefined) return indexedDB;
  if ((await indexedDB.databases()).some((database) => database.name === name)) return indexedDB;
  const bucket = await storageBuckets.open("herdmind-keys", { durability: "strict", persisted: true });
  return bucket.indexedDB;
};

const openDatabase = async (name: string): Promise<IDBDatabase> => {
  const request = (await placeOf(name)).open(name, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("keys");
    request.result.createObjectStore("peer");
  };
  return answerOf(request);
};

/** One object store, one key: written durably, so that a key is never newer than the log that it signs. */
const put = async (
  database: IDBDatabase,
  store: string,
  key: string,
  value: unknown,
  isNew: boolean,
): Promise<void> => {
  const transaction = database.transaction(store, "readwrite", { durability: "strict" });
  const done = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
  const values = transaction.objectStore(store);
  if (isNew) values.add(value, key);
  else values.put(value, key);
  await done;
};

export interface KeyVault extends Vault {
  close(): void;
}

/** The caller holds the lock of `dir`. Rejects with what IndexedDB says. */
export const openKeyVault = async (dir: string): Promise<KeyVault> => {
  const name = `herdmind/${dir}/keys`;
  const database = await openDatabase(name);
  const read = (store: string, key: string): Promise<unknown> =>
    answerOf(database.transaction(store, "readonly").objectStore(store).get(key));

  const key = async (keyName: string): Promise<KeyPair | undefined> => {
    const pair = (await read("keys", keyName)) as CryptoKeyPair | undefined;
    if (pair === undefined) return undefined;
    const broken = (): Error =>
      new Error(`Key "${keyName}" in the database ${name} is not a key: remove the database to get a new identity.`);
    if (!(pair.privateKey instanceof CryptoKey) || !(pair.publicKey instanceof CryptoKey)) throw broken();
    if (pair.privateKey.extractable || pair.privateKey.algorithm.name !== "Ed25519") throw broken();
    return keyFromCrypto(pair);
  };

  return {
    dir,
    key,
    keyOrNew: async (keyName) => {
      const known = await key(keyName);
      if (known !== undefined) return known;
      const made = await generateKey({ extractable: false });
      const pair = { privateKey: made.privateKey, publicKey: await publicCryptoKey(made.id) };
      await put(database, "keys", keyName, pair, true);
      return made;
    },
    keyNames: async () =>
      (await answerOf(database.transaction("keys", "readonly").objectStore("keys").getAllKeys())).map(String),
    peer: async () => {
      const text = await read("peer", "peer");
      if (text === undefined) return { ok: true, value: undefined };
      return readPeerFile(`The database ${name}`, typeof text === "string" ? text : "");
    },
    savePeer: async (peer) => put(database, "peer", "peer", peerFileText(peer), false),
    close: () => database.close(),
  };
};
