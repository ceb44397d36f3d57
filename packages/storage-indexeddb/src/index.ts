/** @herdmind/storage-indexeddb: logs in a browser database. */
export {};
