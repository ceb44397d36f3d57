/**
 * Whether a kill left half a record at the end of the file in which Chromium's LevelDB says which files count (`MANIFEST-*`).
 * Chromium goes on behind it, and takes the file for damaged at the opening after the next: no page can prevent that.
 *
 * A record log, as LevelDB documents it: blocks of 32 KiB, in them a header of 7 bytes (checksum, length of 2 bytes little
 * endian, type) and the data; what is left of a block below 7 bytes is filler. Types: 1 whole, 2 first, 3 middle, 4 last.
 */
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const BLOCK_BYTES = 32_768;
const HEADER_BYTES = 7;
const WHOLE = 1;
const LAST = 4;

const endsInHalfRecord = (log: Buffer): boolean => {
  let at = 0;
  let isWhole = true;
  while (at < log.length) {
    const left = BLOCK_BYTES - (at % BLOCK_BYTES);
    if (left < HEADER_BYTES) {
      at += left;
      continue;
    }
    if (at + HEADER_BYTES > log.length) return true;
    const type = log[at + 6];
    at += HEADER_BYTES + log.readUInt16LE(at + 4);
    isWhole = type === WHOLE || type === LAST;
  }
  return at > log.length || !isWhole;
};

/** The manifests of a profile that does not run. */
const manifests = (profile: string): readonly string[] => {
  const folder = join(profile, "Default/IndexedDB");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.leveldb[\\/]MANIFEST-\d+$/.test(file))
    .map((file) => join(folder, file));
};

export const hasHalfManifest = (profile: string): boolean => {
  const files = manifests(profile);
  if (files.length === 0) throw new Error(`no LevelDB of IndexedDB in ${profile}`);
  return files.some((file) => endsInHalfRecord(readFileSync(file)));
};

/** What a kill between the two writes of a record leaves: its header alone, here of 20 bytes, less than any record has. */
const HALF = Buffer.from([1, 2, 3, 4, 20, 0, WHOLE]);

export const halveManifest = (profile: string): void => {
  for (const file of manifests(profile)) appendFileSync(file, HALF);
};

/** Whether the half record is still there: Chromium has not removed the databases. */
export const isHalved = (profile: string): boolean =>
  manifests(profile).some((file) => readFileSync(file).includes(HALF));
