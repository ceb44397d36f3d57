/**
 * How a work tree stood, without touching it: tracked files as a tree in git's own store, as `git stash create` would make it, but by
 * way of an index of our own, so that the user's index is not even refreshed. What nothing refers to, git removes after two weeks.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, stat, utimes } from "node:fs/promises";
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

/** A repository has a few: those of git-lfs, git-crypt, notebooks. */
const MAX_FILTERS = 32;

/**
 * A repository may come from anywhere, and whoever runs a command in it has not asked for git: nothing that it configures is run. No monitor,
 * no hook, no driver of differences, no filter (`withoutFilters`), nothing in its submodules, and nothing is fetched for what is missing.
 */
const QUIETLY = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false"];
/** The second for versions of git that do not know the first: of the protocols that there are, none is allowed. */
const OFFLINE = { GIT_NO_LAZY_FETCH: "1", GIT_ALLOW_PROTOCOL: "" };
/** What a submodule points to is read; to say whether it is changed inside, git would run itself there. */
const NOT_INSIDE = "--ignore-submodules=dirty";
const PLAINLY = ["--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--submodule=short", NOT_INSIDE];

interface GitOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** What it reads. */
  readonly input?: string;
}
type Git = (cwd: string, args: readonly string[], options?: GitOptions) => Promise<string | undefined>;

const gitUntil =
  (signal: AbortSignal): Git =>
  (cwd, args, { env = {}, input = "" } = {}) =>
    new Promise((resolve) => {
      const { stdin } = execFile(
        "git",
        [...QUIETLY, ...args],
        {
          cwd,
          env: { ...process.env, ...env, ...OFFLINE, GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" },
          signal,
          maxBuffer: MAX_BYTES,
        },
        (error, stdout) => resolve(error === null ? stdout : undefined),
      );
      // It ended before it read everything, and says so by its code.
      stdin?.on("error", () => undefined);
      stdin?.end(input);
    });

/** Variables that take all filters away, whoever set them: git-lfs runs what a repository names, too. `undefined`: there are too many. */
const withoutFilters = (names: string, { GIT_CONFIG_COUNT }: NodeJS.ProcessEnv): NodeJS.ProcessEnv | undefined => {
  const filters = new Set(names.split("\0").flatMap((name) => /^filter\.(.+)\.[a-z]+$/is.exec(name)?.[1] ?? []));
  if (filters.size > MAX_FILTERS) return undefined;
  const first = Number(GIT_CONFIG_COUNT ?? 0);
  const settings = [...filters].flatMap((name) => [
    [`filter.${name}.clean`, ""],
    [`filter.${name}.process`, ""],
    [`filter.${name}.required`, "false"],
  ]);
  return Object.fromEntries([
    ["GIT_CONFIG_COUNT", String(first + settings.length)],
    ...settings.flatMap(([key, value], i) => [
      [`GIT_CONFIG_KEY_${first + i}`, key],
      [`GIT_CONFIG_VALUE_${first + i}`, value],
    ]),
  ]) as NodeJS.ProcessEnv;
};

/** `undefined` where there is no git, no work tree, or too much of it. */
export const takeSnapshot = (cwd: string): Promise<Snapshot | undefined> =>
  snapshotBy(gitUntil(AbortSignal.timeout(PATIENCE_MS)), cwd);

const snapshotBy = async (git: Git, cwd: string): Promise<Snapshot | undefined> => {
  const root = (await git(cwd, ["rev-parse", "--show-toplevel"]))?.trimEnd() ?? "";
  if (root === "") return undefined;
  // Asked of the root itself, where git works from here on: what a repository names as its work tree may be another's, whose filters would run.
  const [found, names] = await Promise.all([
    git(root, ["rev-parse", "--show-toplevel", "--git-path", "index"]),
    git(root, ["config", "--list", "--name-only", "-z"]),
  ]);
  const [top, index = ""] = (found ?? "").split("\n");
  if (top !== root || index === "") return undefined;
  const plain = names === undefined ? undefined : withoutFilters(names, process.env);
  if (plain === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "herdmind-"));
  try {
    const own = join(folder, "index");
    await copyIndex(isAbsolute(index) ? index : join(root, index), own);
    const env = { ...plain, GIT_INDEX_FILE: own };
    const changed = await git(root, ["diff-files", "--name-only", "-z", NOT_INSIDE], { env });
    if (changed === undefined) return undefined;
    const added = await git(root, ["update-index", "--remove", "-z", "--stdin"], { env, input: changed });
    const tree = added === undefined ? undefined : (await git(root, ["write-tree"], { env }))?.trim();
    return tree === undefined || tree === "" ? undefined : { root, tree };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** With its time: what has changed in the same second as the index, git compares by its content. */
const copyIndex = async (index: string, own: string): Promise<void> => {
  try {
    const { atime, mtime } = await stat(index);
    await copyFile(index, own);
    await utimes(own, atime, mtime);
  } catch {
    // A repository without a commit may have none yet.
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
