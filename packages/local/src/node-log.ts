/** The log of a node that was started on demand: one JSON object a line, in `node.log` of its directory. */
import { open, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";

/** Bytes above which the log is put aside when a node starts; one older log is kept. */
const MAX_LOG_BYTES = 1024 * 1024;

export const nodeLogPath = (dir: string): string => join(dir, "node.log");

/** Opens it for appending; the caller closes it. */
export const openNodeLog = async (dir: string) => {
  const path = nodeLogPath(dir);
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > MAX_LOG_BYTES) await rename(path, `${path}.1`).catch(() => undefined);
  return open(path, "a", 0o600);
};

/** What a process said last that was an error; `undefined` when it said none. */
export const lastError = async (dir: string, pid: number): Promise<string | undefined> => {
  const text = await readFile(nodeLogPath(dir), "utf8").catch(() => "");
  for (const line of text
    .slice(-64 * 1024)
    .split("\n")
    .reverse()) {
    try {
      const said = JSON.parse(line) as { readonly [name: string]: unknown };
      if (said.pid === pid && said.level === "error" && typeof said.message === "string") return said.message;
    } catch {
      // A line of something else, for example of Node itself.
    }
  }
  return undefined;
};
