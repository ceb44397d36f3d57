/** @herdmind/storage-indexeddb: the storage contract in a browser, on IndexedDB. */
export { type IndexeddbStorage, openIndexeddbStorage } from "./indexeddb-storage.js";
