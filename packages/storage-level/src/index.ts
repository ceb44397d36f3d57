/**
 * The storage contract on disk, with LevelDB: `openLevelStorage(dir)`. One process holds a directory; every acknowledged
 * write is on disk (fsync) before the answer; a moved, copied or restored directory is recognised (L8).
 */
export { type LevelStorage, openLevelStorage } from "./level-storage.js";
