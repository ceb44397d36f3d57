/** Ranges of blocks out of LevelDB, up to the first one that is missing or unreadable. */
import { isDamage } from "./fault.js";
import { blockKey, type HeldLog, sequenceOf } from "./keys.js";
import type { Level } from "./open-database.js";

/** Bytes fetched per call into LevelDB: 1,000 small blocks come in one. */
const READ_BYTES = 4 * 1024 * 1024;

/** LevelDB answers Buffers; the contract promises plain byte arrays. */
export const ownBytes = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * One range read. One damaged stretch of a table makes LevelDB refuse whole ranges, those of neighbouring logs included; so
 * after such an error, which is reported to `onDamage`, blocks are asked for one by one.
 */
export const readBlocks = async (
  level: Level,
  held: HeldLog,
  from: number,
  end: number,
  onDamage: () => Promise<void>,
): Promise<Uint8Array[]> => {
  const range = { gte: blockKey(held.prefix, from), lt: blockKey(held.prefix, end), highWaterMarkBytes: READ_BYTES };
  try {
    const blocks = await level.values(range).all();
    if (blocks.length === end - from) return blocks.map(ownBytes);
    // Something is missing: find out what, and stop there.
    const entries = await level.iterator(range).all();
    const gap = entries.findIndex(([key], i) => sequenceOf(key) !== from + i);
    return entries.slice(0, gap < 0 ? entries.length : gap).map(([, block]) => ownBytes(block));
  } catch (error) {
    if (!isDamage(error)) throw error;
    await onDamage();
  }
  const blocks: Uint8Array[] = [];
  for (let sequence = from; sequence < end; sequence++) {
    const block = await level.get(blockKey(held.prefix, sequence)).catch((error: unknown) => {
      if (!isDamage(error)) throw error;
      return undefined;
    });
    if (block === undefined) break;
    blocks.push(ownBytes(block));
  }
  return blocks;
};
