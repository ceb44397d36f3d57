/**
 * The data directory: `level/` is the database, `holder` says which process has it, `origin-*` is the witness of origin.
 * The lock itself is LevelDB's (a lock on `level/LOCK` that ends with its process); `holder` only names its owner, so a
 * stale one does no harm.
 */
import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Failure, failure } from "./fault.js";

export const databaseDir = (dir: string): string => join(dir, "level");
const holderFile = (dir: string): string => join(dir, "holder");

/** Makes the directory if needed. What others on the machine may not read has mode 0700, whatever the umask says. */
export const prepareDirectory = async (dir: string): Promise<void> => {
  const level = databaseDir(dir);
  await mkdir(level, { recursive: true, mode: 0o700 });
  if (((await stat(level)).mode & 0o777) !== 0o700) await chmod(level, 0o700);
};

/** Says that this process has the directory. Written after the lock was taken. */
export const writeHolder = (dir: string): Promise<void> =>
  writeFile(holderFile(dir), `${process.pid}\n${hostname()}\n`, { mode: 0o600 });

export const removeHolder = (dir: string): Promise<void> => rm(holderFile(dir), { force: true });

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but belongs to someone else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};

/** The fault for a locked directory, with its holder where that is known. */
export const heldFault = async (dir: string): Promise<Failure> => {
  const text = await readFile(holderFile(dir), "utf8").catch(() => "");
  const [pidText = "", host = ""] = text.split("\n");
  const pid = /^\d{1,10}$/.test(pidText) ? Number(pidText) : undefined;
  const advice = "stop it, work through it, or choose another directory";
  if (pid === undefined || (host === hostname() && !isAlive(pid))) {
    return failure("held", `${dir} is held by another process: ${advice}`);
  }
  const where = host === hostname() ? "" : ` on ${host}`;
  const who = pid === process.pid && where === "" ? `this process (${pid}) already: close it first` : `process ${pid}${where}: ${advice}`;
  return failure("held", `${dir} is held by ${who}`, pid);
};
