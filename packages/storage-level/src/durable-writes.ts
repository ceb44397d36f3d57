/**
 * Durable batches on a LevelDB that may fail, and that goes on when it can again.
 *
 * A LevelDB whose write failed must not be written to again before it was reopened: it goes on behind a torn record in its
 * log file, acknowledges, and cannot read any of that when it is opened the next time (seen on a full tmpfs: 30 of 30
 * later acknowledged writes gone). And a write that failed may come back on reopening, when all of it but the fsync had
 * worked. So after a failure: reads go on, the next write makes sure that there is room to reopen at all, reopens, and first
 * puts back what the failed batch may have changed.
 */
import { open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { StorageResult } from "@herdmind/log";
import { equalBytes } from "@herdmind/protocol";
import { heldFault, markDamaged } from "./directory.js";
import { type Failure, failure, faultOf, isDamage, isLocked } from "./fault.js";
import { ORIGIN_KEY } from "./keys.js";
import type { Level } from "./open-database.js";

export type Operation =
  | { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: "del"; readonly key: Uint8Array };

export interface DurableWrites {
  /** Writes all of it, or nothing. One at a time: the caller waits for the answer before the next. */
  write(operations: readonly Operation[]): Promise<StorageResult>;
  /** Reads; waits while the database is being reopened. */
  read<T>(reading: (level: Level) => Promise<T>): Promise<StorageResult<T>>;
  close(): Promise<void>;
}

/** Room beyond the log file and the batch: a manifest, a table's index, rounding to pages. */
const SPARE_BYTES = 128 * 1024;

const sizeOf = (operations: readonly Operation[]): number => {
  let bytes = 0;
  for (const op of operations) bytes += op.key.length + (op.type === "put" ? op.value.length : 0) + 16;
  return bytes;
};

/** Proves by writing that `bytes` fit on the disk of `dir`: free space as the system states it knows no quota. */
const probeRoom = async (dir: string, bytes: number): Promise<void> => {
  const path = join(dir, "room");
  try {
    const file = await open(path, "w", 0o600);
    try {
      const chunk = new Uint8Array(64 * 1024);
      for (let left = bytes; left > 0; left -= chunk.length) await file.write(chunk, 0, Math.min(left, chunk.length));
      await file.sync();
    } finally {
      await file.close();
    }
  } finally {
    await rm(path, { force: true });
  }
};

/** What reopening writes anew: the log files, as tables. */
const logBytes = async (location: string): Promise<number> => {
  let bytes = 0;
  for (const name of await readdir(location))
    if (name.endsWith(".log")) bytes += (await stat(join(location, name))).size;
  return bytes;
};

/** `origin` is the record that this opening stored: when it has changed, another process was here in between. */
export const durableWrites = (level: Level, dir: string, origin: Uint8Array): DurableWrites => {
  /** Set after a failed write: what it may have changed, as it was before. */
  let undo: readonly Operation[] | undefined;
  /** Set when only opening anew from outside can help. */
  let lost: Failure | undefined;
  let reading = 0;
  let drained: (() => void) | undefined;
  let reopening: Promise<Failure | undefined> | undefined;

  const before = async (operations: readonly Operation[]): Promise<readonly Operation[]> => {
    const keys = operations.map((op) => op.key);
    const values = await level.getMany(keys);
    return keys.map((key, i): Operation => {
      const value = values[i];
      return value === undefined ? { type: "del", key } : { type: "put", key, value };
    });
  };

  const reopen = async (needed: number): Promise<Failure | undefined> => {
    let reopened = false;
    try {
      await probeRoom(dir, needed + (await logBytes(level.location)) + SPARE_BYTES);
      if (reading > 0) await new Promise<void>((resolve) => (drained = resolve));
      drained = undefined;
      await level.close();
      reopened = true;
      await level.open({ createIfMissing: false });
      const now = await level.get(ORIGIN_KEY);
      if (now === undefined || !equalBytes(now, origin)) {
        await level.close();
        lost = failure(
          "io",
          `another process opened ${dir} while this one had to reopen it: close it and open it again`,
        );
        return lost;
      }
      if (undo !== undefined) await level.batch([...undo], { sync: true });
      undo = undefined;
      return undefined;
    } catch (error) {
      // Without room it stays open as it was, for reading. Later it is closed, so that nobody reads what `undo` takes back.
      if (reopened) await level.close();
      if (isLocked(error)) return heldFault(dir);
      return faultOf(error, dir);
    }
  };

  /** Makes it usable again; all callers share one attempt. */
  const heal = async (needed: number): Promise<Failure | undefined> => {
    if (lost !== undefined) return lost;
    reopening ??= reopen(needed).finally(() => {
      reopening = undefined;
    });
    return reopening;
  };

  return {
    async write(operations) {
      if (undo !== undefined || level.status !== "open") {
        const fault = await heal(sizeOf(operations));
        if (fault !== undefined) return fault;
      }
      try {
        await level.batch([...operations], { sync: true });
        return { ok: true, value: undefined };
      } catch (error) {
        const answer = faultOf(error, dir);
        if (isDamage(error)) await markDamaged(dir);
        try {
          undo = await before(operations);
        } catch {
          lost = answer;
        }
        return answer;
      }
    },
    async read(call) {
      while (reopening !== undefined) await reopening;
      if (level.status !== "open") {
        const fault = await heal(0);
        if (fault !== undefined) return fault;
      }
      reading += 1;
      try {
        return { ok: true, value: await call(level) };
      } catch (error) {
        if (isDamage(error)) await markDamaged(dir);
        return faultOf(error, dir);
      } finally {
        reading -= 1;
        if (reading === 0) drained?.();
      }
    },
    async close() {
      // The last chance to take back a failed write; without room for it, that write may be there after all.
      if (undo !== undefined) await heal(0);
      await level.close();
    },
  };
};
