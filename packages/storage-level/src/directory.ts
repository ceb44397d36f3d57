/**
 * The data directory: `level/` is the database, `holder` says which process has it, `origin-*` is the witness of origin,
 * and `damaged` asks the next opening for a repair. The lock itself is LevelDB's (a lock on `level/LOCK` that ends with its process); `holder` only names its owner, so a
 * stale one does no harm.
 */
import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { type Failure, failure } from "./fault.js";

export const databaseDir = (dir: string): string => join(dir, "level");
const holderFile = (dir: string): string => join(dir, "holder");

/** Like a recursive mkdir, which however answers ENOENT on a read-only medium and so hides the reason. */
const makeDirectory = async (path: string): Promise<void> => {
  const make = () => mkdir(path, { mode: 0o700 });
  const ignore = (code: string) => (error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === code)) throw error;
    return code;
  };
  const missing = await make().catch(ignore("EEXIST")).catch(ignore("ENOENT"));
  if (missing !== "ENOENT" || dirname(path) === path) return;
  await makeDirectory(dirname(path));
  await make().catch(ignore("EEXIST"));
};

/** Makes the directory if needed. What others on the machine may not read has mode 0700, whatever the umask says. */
export const prepareDirectory = async (dir: string): Promise<void> => {
  const level = databaseDir(dir);
  await makeDirectory(level);
  if (((await stat(level)).mode & 0o777) !== 0o700) await chmod(level, 0o700);
};

const damageMark = (dir: string): string => join(dir, "damaged");

/**
 * Notes that a read or a write met damage, so that the next opening repairs it. Best effort: a disk that cannot take this
 * note will be found damaged again.
 */
export const markDamaged = (dir: string): Promise<void> =>
  writeFile(damageMark(dir), "The next opening repairs level/ and removes this file.\n", { mode: 0o600 }).catch(
    () => undefined,
  );
export const isMarkedDamaged = (dir: string): Promise<boolean> =>
  stat(damageMark(dir)).then(
    () => true,
    () => false,
  );
export const removeDamageMark = (dir: string): Promise<void> => rm(damageMark(dir), { force: true });

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
  const who =
    pid === process.pid && where === ""
      ? `this process (${pid}) already: close it first`
      : `process ${pid}${where}: ${advice}`;
  return failure("held", `${dir} is held by ${who}`, pid);
};
