/**
 * The storage contract in memory: for tests, simulations and throw-away peers. What is kept lives on a `MemoryDisk`, so a
 * simulation can crash a peer and start it again from the same disk, or from a copy of it.
 */
export { copyDisk, createMemoryDisk, type MemoryDisk } from "./disk.js";
export { createMemoryStorage, type MemoryStorageOptions } from "./memory-storage.js";
