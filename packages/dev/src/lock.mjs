// One set-up at a time: two runs in one checkout would install into and build the same folders. The lock is a file that
// names its holder; the lock of a process that is gone is taken over.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM"; // it exists and belongs to someone else
  }
};

const holderOf = (path) => {
  try {
    return Number.parseInt(readFileSync(path, "utf8"), 10);
  } catch {
    return undefined; // released between the attempt and this look
  }
};

const tryTake = (path) => {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return false;
  }
};

// Of several processes that see the same dead holder, rename lets one win. It may also catch the lock of a faster one
// that has just taken over: then that lock is put back.
const dropDead = (path, dead) => {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (holderOf(aside) !== dead && !existsSync(path)) renameSync(aside, path);
  else rmSync(aside, { force: true });
};

/**
 * Waits until this process holds the lock, then returns its release. `onWait(pid)` is called once, when another process
 * holds it. Rejects when `signal` aborts.
 */
export const takeLock = async (path, { onWait, signal }) => {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!tryTake(path)) {
    const holder = holderOf(path);
    // Not a number: its holder has created the file and not yet written to it.
    if (holder !== undefined && !Number.isNaN(holder) && !alive(holder)) {
      dropDead(path, holder);
      continue;
    }
    if (!told && holder !== undefined && !Number.isNaN(holder)) {
      told = true;
      onWait(holder);
    }
    await pause(100, undefined, { signal }); // a file has no wake-up; 0.1 s is unnoticeable beside an install
  }
  return () => {
    if (holderOf(path) === process.pid) rmSync(path, { force: true });
  };
};
