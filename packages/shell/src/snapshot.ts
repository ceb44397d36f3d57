/**
 * How a work tree stood, without touching it: tracked files as a tree in git's own store, as `git stash create` would make it, but by
 * way of an index of our own, so that the user's index is not even refreshed. What nothing refers to, git removes after two weeks.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";

export interface Snapshot {
  /** Where the work tree is. */
  readonly root: string;
  /** Name of the tree. */
  readonly tree: string;
}

export interface ChangedFile {
  readonly path: string;
  /** Lines; `undefined`: it is no text. */
  readonly added: number | undefined;
  readonly removed: number | undefined;
}

export interface Changes {
  readonly files: readonly ChangedFile[];
  /** Files beside these. */
  readonly more: number;
  /** The beginning of the difference, as git prints it. */
  readonly diff: string;
}

/** For all of git's work: longer than it takes for a work tree of 100,000 files. The prompt after a failure waits for it. */
const PATIENCE_MS = 3000;
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_FILES = 12;
const MAX_DIFF_CHARS = 4000;

/** Nothing of the repository's own is run but filters, which `git status` would run as well. */
const QUIETLY = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false"];
const PLAINLY = ["--no-ext-diff", "--no-textconv", "--no-color", "--no-renames"];

type Git = (cwd: string, args: readonly string[], env?: NodeJS.ProcessEnv) => Promise<string | undefined>;

const gitUntil =
  (signal: AbortSignal): Git =>
  (cwd, args, env = {}) =>
    new Promise((resolve) => {
      execFile(
        "git",
        [...QUIETLY, ...args],
        {
          cwd,
          env: { ...process.env, ...env, GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" },
          signal,
          maxBuffer: MAX_BYTES,
        },
        (error, stdout) => resolve(error === null ? stdout : undefined),
      );
    });

/** `undefined` where there is no git, no work tree, or too much of it. */
export const takeSnapshot = (cwd: string): Promise<Snapshot | undefined> =>
  snapshotBy(gitUntil(AbortSignal.timeout(PATIENCE_MS)), cwd);

const snapshotBy = async (git: Git, cwd: string): Promise<Snapshot | undefined> => {
  const found = await git(cwd, ["rev-parse", "--show-toplevel", "--git-path", "index"]);
  const [root = "", index = ""] = (found ?? "").split("\n");
  if (root === "" || index === "") return undefined;
  const folder = await mkdtemp(join(tmpdir(), "herdmind-"));
  try {
    const own = join(folder, "index");
    // A repository without a commit may have no index yet.
    await copyFile(isAbsolute(index) ? index : join(cwd, index), own).catch(() => undefined);
    const env = { GIT_INDEX_FILE: own };
    if ((await git(root, ["add", "--update", "--", "."], env)) === undefined) return undefined;
    const tree = (await git(root, ["write-tree"], env))?.trim();
    return tree === undefined || tree === "" ? undefined : { root, tree };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const readCounts = (text: string): readonly ChangedFile[] =>
  text
    .split("\0")
    .map((line) => line.split("\t"))
    .filter((parts) => parts.length >= 3)
    .map(([added = "", removed = "", ...path]) => ({
      path: path.join("\t"),
      added: added === "-" ? undefined : Number(added),
      removed: removed === "-" ? undefined : Number(removed),
    }));

/** What changed since a snapshot; `undefined` where that cannot be told any more, or nothing did. */
export const changesSince = async (before: Snapshot): Promise<Changes | undefined> => {
  const git = gitUntil(AbortSignal.timeout(PATIENCE_MS));
  const now = await snapshotBy(git, before.root);
  if (now === undefined || now.root !== before.root || now.tree === before.tree) return undefined;
  const between = [before.tree, now.tree];
  const counts = await git(before.root, ["diff", "--numstat", "-z", ...PLAINLY, ...between]);
  if (counts === undefined) return undefined;
  const files = readCounts(counts);
  const shown = files.slice(0, MAX_FILES);
  const diff = await git(before.root, ["diff", "--unified=1", ...PLAINLY, ...between, "--", ...shown.map(literal)]);
  const text = (diff ?? "").replace(/^index .*\n/gm, "");
  return {
    files: shown,
    more: files.length - shown.length,
    diff: text.length > MAX_DIFF_CHARS ? `${text.slice(0, MAX_DIFF_CHARS)}\n[...]`.toWellFormed() : text,
  };
};

const literal = ({ path }: ChangedFile): string => `:(top,literal)${path}`;

/** One line, such as `Changed src/a.ts (+3 -1) and package.json (+1 -1)`. */
export const summaryOf = ({ files, more }: Changes): string => {
  const named = files.map(({ path, added, removed }) =>
    added === undefined || removed === undefined ? path : `${path} (+${added} -${removed})`,
  );
  const all = more > 0 ? [...named, `${more} more`] : named;
  return `Changed ${all.length < 2 ? all.join("") : `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`}`;
};
