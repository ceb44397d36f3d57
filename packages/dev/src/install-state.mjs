// Does node_modules hold what package-lock.json asks for? npm keeps a lockfile of its own inside node_modules and writes
// it last, so comparing the two needs no stamp, notices an interrupted install, and costs a few milliseconds.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/**
 * The first reason why an install is needed, or undefined when node_modules matches the lockfile.
 * Optional packages may be absent: npm leaves out those made for other systems.
 */
export const installProblem = (root) => {
  const lockfile = join(root, "package-lock.json");
  if (!existsSync(lockfile)) throw new Error(`${lockfile} is missing. Restore it: git checkout package-lock.json`);
  const installedFile = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installedFile)) return "nothing is installed yet";

  const wanted = readJson(lockfile).packages;
  const installed = readJson(installedFile).packages;
  for (const [path, want] of Object.entries(wanted)) {
    if (!path.includes("node_modules/")) continue; // the workspaces themselves; their links are listed too
    const have = installed[path];
    if (have === undefined) {
      if (want.optional === true) continue;
      return `${path} is not installed`;
    }
    if (have.version !== want.version || have.integrity !== want.integrity || have.resolved !== want.resolved) {
      return `${path} is not the version in the lockfile`;
    }
    if (!existsSync(join(root, path))) return `${path} is gone`;
  }
  return undefined;
};
