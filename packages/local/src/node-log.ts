/** The log of a node: `node.log` of its directory, one JSON object a line (@herdmind/observe). */
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";

export const nodeLogPath = (dir: string): string => join(dir, "node.log");

/** Opens it for what a process says that is no line of ours: the last words of a Node that breaks. The caller closes it. */
export const openNodeLog = (dir: string) => open(nodeLogPath(dir), "a", 0o600);

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

/** Adds a line of a program that works for the node and failed, such as an assistant's hook. */
export const noteInNodeLog = async (dir: string, message: string): Promise<void> => {
  const { createNodeLog } = await import("@herdmind/observe");
  using log = createNodeLog({ path: nodeLogPath(dir) });
  log.log({ level: "warn", event: "hook.failed", message });
};
