/**
 * What was put into which file, so that it can be taken out again to the byte: `installed.json` in the node's data directory. Without it, or
 * where people have changed what was put there, what is ours is found by its name.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Chunk } from "./edit.js";

export interface LedgerEntry {
  readonly target: string;
  readonly scope: string;
  readonly file: string;
  /** There was no such file before. */
  readonly isNew: boolean;
  /** Directories that were made for it. */
  readonly dirs: readonly string[];
  /** By `keyOf` of the want. */
  readonly chunks: { readonly [key: string]: Chunk };
}

const FORMAT = 1;
const pathOf = (dir: string): string => join(dir, "installed.json");

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");
const isChunk = (value: unknown): value is Chunk => {
  const { text, top = [] } = (typeof value === "object" && value !== null ? value : {}) as {
    text?: unknown;
    top?: unknown;
  };
  return typeof text === "string" && isTexts(top);
};
const isEntry = (value: unknown): value is LedgerEntry => {
  if (typeof value !== "object" || value === null) return false;
  const { target, scope, file, isNew, dirs, chunks } = value as { readonly [name: string]: unknown };
  return (
    isTexts([target, scope, file]) &&
    typeof isNew === "boolean" &&
    isTexts(dirs) &&
    typeof chunks === "object" &&
    chunks !== null &&
    Object.values(chunks).every(isChunk)
  );
};

/** What is not readable is not known: it is only ever used to be exact. */
export const readLedger = async (dir: string): Promise<readonly LedgerEntry[]> => {
  try {
    const { format, files } = JSON.parse(await readFile(pathOf(dir), "utf8")) as { format?: unknown; files?: unknown };
    return format === FORMAT && Array.isArray(files) ? files.filter(isEntry) : [];
  } catch {
    return [];
  }
};

export const writeLedger = async (dir: string, files: readonly LedgerEntry[]): Promise<void> => {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const temporary = `${pathOf(dir)}.${randomBytes(6).toString("hex")}`;
  await writeFile(temporary, `${JSON.stringify({ format: FORMAT, files }, undefined, 2)}\n`, { mode: 0o600 });
  await rename(temporary, pathOf(dir));
};
