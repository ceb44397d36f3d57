/**
 * The command that an assistant's configuration starts, and which of its names holds. An assistant is started from a desktop as well, where
 * no shell has set a PATH, so both the program and the script are absolute. Of the paths that lead to them the one is written that an upgrade
 * keeps: `/usr/local/bin/herdmind` is a link to the version that is installed now, what it points to may have the version in its path.
 */
import { realpathSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface Launch {
  readonly command: string;
  /** Before the name of the command, such as `mcp`. */
  readonly args: readonly string[];
  /** After it. */
  readonly ending: readonly string[];
}

export interface LaunchOptions {
  /** `path`: what runs now. `npx`: whatever npm finds then; for a project that others clone, and where npx runs this now. */
  readonly how?: "path" | "npx";
  /** `process.execPath`. */
  readonly node: string;
  /** The script that runs, as it really is. */
  readonly main: string;
  /** `process.argv[1]`: the same as it was called. */
  readonly called?: string | undefined;
  /** The data directory, where it is not the one that `herdmind` takes by itself. */
  readonly dir?: string | undefined;
  /** `PATH`. */
  readonly path?: string | undefined;
}

const PACKAGE = "@herdmind/cli";

const realPath = (path: string): string | undefined => {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
};

/** Gone with the shell or the next clean-up, whatever they point to now. */
const isPassing = (path: string): boolean => /[/\\](?:_npx|fnm_multishells)[/\\]|^\/(?:tmp|run|proc)\//.test(path);

const lasting = (real: string, candidates: readonly (string | undefined)[]): string =>
  candidates.find((path) => path !== undefined && !isPassing(path) && realPath(path) === real) ?? real;

export const launchOf = ({ how, node, main, called, dir, path = "" }: LaunchOptions): Launch => {
  const ending = dir === undefined ? [] : ["--dir", dir];
  // npx keeps what it runs in a cache that it empties.
  if (how === "npx" || (how === undefined && /[/\\]_npx[/\\]/.test(main)))
    return { command: "npx", args: ["-y", PACKAGE], ending };
  const inPath = path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, "node"));
  return { command: lasting(realPath(node) ?? node, [...inPath, node]), args: [lasting(main, [called])], ending };
};

/** One line for a shell, as hooks have it. */
export const shellLine = (words: readonly string[], platform: NodeJS.Platform): string =>
  words
    .map((word) => {
      if (/^[\w@%+=:,./-]+$/.test(word)) return word;
      return platform === "win32" ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
    })
    .join(" ");
