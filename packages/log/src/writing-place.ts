/**
 * Where a writer goes on after a restart (L8). It continues a generation only if this very storage wrote it, lost nothing of
 * it (a log that was cut back as damaged is `moved`), and it is not closed. Else its first append opens a new generation that names the newest own one known.
 */
import { accept, type GenerationId, type LogHead, type Result, type WriterId } from "@herdmind/protocol";
import { storageRefusal } from "./held-log.js";
import type { LogState } from "./logs.js";
import type { Storage, StorageResult } from "./storage.js";

const keyOf = (writer: WriterId): string => `writing/${writer}`;

/** What to store beside the first blocks of a generation. */
export const writingMeta = (writer: WriterId, generation: GenerationId) => ({
  key: keyOf(writer),
  value: new TextEncoder().encode(generation),
});

/** The own generation that may be continued. */
export const writingPlace = async (
  writer: WriterId,
  storage: Storage,
  own: readonly LogState[],
): Promise<StorageResult<LogState | undefined>> => {
  const stored = await storage.meta(keyOf(writer));
  if (!stored.ok) return stored;
  const generation = stored.value === undefined ? undefined : new TextDecoder().decode(stored.value);
  const state = own.find((log) => log.generation === generation);
  const mayContinue = state !== undefined && state.next === undefined && storage.originOf(state) === "created-here";
  return { ok: true, value: mayContinue ? state : undefined };
};

/** Whether a generation of this writer was begun in this very storage, or in the one that it is a copy of. */
export const isWrittenHere = async (writer: WriterId, storage: Storage): Promise<Result<boolean>> => {
  const stored = await storage.meta(keyOf(writer));
  return stored.ok ? accept(stored.value !== undefined) : storageRefusal(stored.fault);
};

/**
 * The own generation that a new one names: among those that no other one continues the longest, at equal lengths the one
 * with the smaller name.
 */
export const newestOwn = (own: readonly LogState[]): LogHead | undefined => {
  const continued = new Set(own.map((state) => state.continues?.generation));
  const [newest] = own
    .filter((state) => !continued.has(state.generation))
    .sort((a, b) => b.length - a.length || (a.generation < b.generation ? -1 : 1));
  return newest && { writer: newest.writer, generation: newest.generation, length: newest.length, hash: newest.hash };
};
