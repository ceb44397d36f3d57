/** What the remedies see of a task's directory: its regular files and its links, without following them. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A remedy looks at no more files than this: a directory of a task is small, a wrong path may be a whole disk. */
const MOST_FILES = 500;

export interface WorkFiles {
  /** Absolute paths, sorted, so that the outcome does not depend on the file system's order. */
  readonly files: readonly string[];
  readonly links: readonly string[];
  readonly folders: readonly string[];
}

export const listWorkFiles = async (dir: string): Promise<WorkFiles> => {
  const found = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = (isKind: (entry: (typeof found)[number]) => boolean): string[] =>
    found
      .filter(isKind)
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .slice(0, MOST_FILES);
  return {
    files: paths((entry) => entry.isFile()),
    links: paths((entry) => entry.isSymbolicLink()),
    folders: paths((entry) => entry.isDirectory()),
  };
};

/** Rewrites each regular file whose path matches; `undefined` and equal bytes leave it alone. Keeps the mode. */
export const rewriteFiles = async (
  dir: string,
  pattern: RegExp,
  rewrite: (bytes: Buffer, path: string) => string | Uint8Array | undefined,
): Promise<void> => {
  const { files } = await listWorkFiles(dir);
  for (const path of files) {
    if (!pattern.test(path)) continue;
    const bytes = await readFile(path);
    const rewritten = rewrite(bytes, path);
    if (rewritten === undefined || Buffer.from(rewritten).equals(bytes)) continue;
    await writeFile(path, rewritten);
  }
};
