/** Configuration files on the disk: read whole, written so that a crash leaves the old one or the new one, and backed up before. */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, mkdir, open, readFile, readlink, realpath, rename, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { type Fault, fault } from "./edit.js";

/** Bytes of a file: assistants keep their history in some of them, and a larger one would not be shown as a diff either. */
const MAX_BYTES = 32 * 1024 * 1024;
const BOM = "\ufeff";

export interface TextFile {
  /** Where it really is, behind symbolic links. */
  readonly path: string;
  /** `undefined`: there is none. Without the byte order mark. */
  readonly text: string | undefined;
  readonly hasBom: boolean;
  /** `undefined`: there is none, and a new one has what the user gives to new files. */
  readonly mode: number | undefined;
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "";

/** Where a file is or would be, behind links of its own and of its directories, also those that lead to nothing yet. */
const realOf = async (path: string): Promise<string> => {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || dirname(path) === path) throw error;
  }
  const dir = await realOf(dirname(path));
  const target = await readlink(path).catch(() => undefined);
  return target === undefined ? join(dir, basename(path)) : realOf(resolve(dir, target));
};

const isWithin = (path: string, dir: string): boolean => {
  const way = relative(dir, path);
  return !(way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way));
};

/** `within`: a directory that no link may leave. A repository holds the links that whoever made it wanted, such as one to `~/.bashrc`. */
export const readText = async (
  file: string,
  within?: string,
): Promise<{ readonly ok: true; readonly file: TextFile } | Fault> => {
  try {
    const path = await realOf(file);
    const root = within === undefined ? undefined : await realpath(within);
    if (root !== undefined && !isWithin(path, root))
      return fault(
        `a link leads to ${path}, which is outside of the project ${root}; put a file of the project in its place, or use --scope user`,
      );
    const found = await stat(path).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    });
    if (found === undefined) return { ok: true, file: { path, text: undefined, hasBom: false, mode: undefined } };
    if (!found.isFile()) return fault("it is no file");
    if (found.size > MAX_BYTES) return fault(`it has more than ${MAX_BYTES} bytes`);
    const bytes = await readFile(path);
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const hasBom = text.startsWith(BOM);
    return { ok: true, file: { path, text: hasBom ? text.slice(1) : text, hasBom, mode: found.mode & 0o7777 } };
  } catch (error) {
    if (error instanceof TypeError) return fault("it is not in UTF-8");
    return fault(error instanceof Error ? error.message : String(error));
  }
};

/** The directories on the way to a file that are not there, outermost first. */
export const missingDirs = async (file: string): Promise<readonly string[]> => {
  const missing: string[] = [];
  for (let dir = dirname(file); ; dir = dirname(dir)) {
    const isThere = await stat(dir).then(
      () => true,
      () => false,
    );
    if (isThere || dir === dirname(dir)) return missing;
    missing.unshift(dir);
  }
};

/** A copy beside the file, named by the time; one that is there already is never written over. */
export const backUp = async (path: string, now: Date): Promise<string> => {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  for (let number = 1; ; number += 1) {
    const backup = `${path}.herdmind-${time}${number === 1 ? "" : `-${number}`}.bak`;
    try {
      await copyFile(path, backup, constants.COPYFILE_EXCL);
      return backup;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
  }
};

/** Whether the file still is where it was and holds what was read, so that nothing written by the assistant meanwhile is lost. */
export const isUnchanged = async ({ path, text, hasBom }: TextFile): Promise<boolean> => {
  const now = await readText(path);
  return now.ok && now.file.path === path && now.file.text === text && now.file.hasBom === hasBom;
};

/** `undefined`: removes the file, and those of `dirs` that are empty then. */
export const writeText = async (
  { path, hasBom, mode }: TextFile,
  text: string | undefined,
  dirs: readonly string[] = [],
): Promise<void> => {
  if (text === undefined) {
    await rm(path, { force: true });
    for (const dir of [...dirs].reverse()) await rmdir(dir).catch(() => undefined);
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  const handle = await open(temporary, "wx", mode ?? 0o666);
  try {
    await handle.writeFile(hasBom ? BOM + text : text);
    // The process's mask was taken off when it was made.
    if (mode !== undefined && process.platform !== "win32") await handle.chmod(mode);
    await handle.sync();
  } catch (error) {
    await handle.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await handle.close();
  await rename(temporary, path);
};
