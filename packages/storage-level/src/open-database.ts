/**
 * Opens LevelDB, and repairs it when it cannot be opened or cannot be listed. What LevelDB drops without a word when it
 * opens a damaged log file stands in its own LOG file, so that is read as well: a storage that lost something must not
 * pass for `created-here`.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { isDamage, isLocked } from "./fault.js";

export type Level = ClassicLevel<Uint8Array, Uint8Array>;

const ENCODING = { keyEncoding: "view", valueEncoding: "view" } as const;

/** A finding on opening, for people: what was wrong, and what was done. */
export interface Opened {
  readonly level: Level;
  readonly repairs: readonly string[];
  /** No database was here before. */
  readonly created: boolean;
}

/** Opening found another process's lock. */
export const LOCKED = Symbol("locked");

/** Lines of LevelDB's report on this opening that say that data was dropped. */
const dropped = async (location: string): Promise<readonly string[]> => {
  const report = await readFile(join(location, "LOG"), "utf8").catch(() => "");
  return report
    .split("\n")
    .filter((line) => /dropping \d+ bytes/.test(line))
    .map((line) => `LevelDB dropped damaged records: ${line.replace(/^.*?(?=[^ /]*: dropping)/, "")}`);
};

/**
 * Opens the database at `location`; `check` must be able to read what an opening needs. When either meets damage, or
 * `damaged` says that an earlier session did, the database is repaired once and tried again. Throws what the system
 * reported otherwise.
 */
export const openDatabase = async (
  location: string,
  damaged: boolean,
  check: (level: Level) => Promise<void>,
): Promise<Opened | typeof LOCKED> => {
  const files = await readdir(location);
  // Without CURRENT, LevelDB would start an empty database and delete the files of the old one as left-overs.
  const created = !files.some((name) => /^(CURRENT|MANIFEST-\d+|\d+\.(ldb|sst|log))$/.test(name));
  const repairs: string[] = [];
  const level: Level = new ClassicLevel(location, ENCODING);
  const attempt = async (): Promise<void> => {
    await level.open({ createIfMissing: created });
    repairs.push(...(await dropped(location)));
    await check(level);
  };
  const repair = async (found: string): Promise<void> => {
    repairs.push(`${found}; LevelDB repaired what it could, and what was unreadable is in ${join(location, "lost")}`);
    await ClassicLevel.repair(location);
    try {
      await attempt();
    } catch (error) {
      await level.close();
      throw error;
    }
  };
  try {
    await attempt();
  } catch (error) {
    if (isLocked(error)) return LOCKED;
    await level.close();
    if (created || !isDamage(error)) throw error;
    await repair(
      `could not be read (${error instanceof Error && error.cause instanceof Error ? error.cause.message : error})`,
    );
    return { level, repairs, created };
  }
  // Opened first even if it is known to be damaged, because only opening tells whether another process has it.
  if (damaged) {
    await level.close();
    await repair("met damage when it was open the last time");
  }
  return { level, repairs, created };
};
