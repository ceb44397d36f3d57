/** Remedies that change files in the directory of the program, or which paths it is given. */
import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, realpath, rm, stat, symlink } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import type { Change, RunPlan } from "./plan.js";
import type { Remedy } from "./remedy.js";
import { listWorkFiles, rewriteFiles } from "./work-files.js";

const rewriteJson =
  (rewrite: (text: string) => string): Change =>
  (plan) =>
    rewriteFiles(plan.dir, /\.json$/, (bytes) => rewrite(bytes.toString("utf8")));

const setPackageType =
  (type: "module" | "commonjs"): Change =>
  (plan) =>
    rewriteFiles(plan.dir, /package\.json$/, (bytes) =>
      JSON.stringify({ ...JSON.parse(bytes.toString("utf8")), type }),
    );

/** Arguments and environment values that name a path in the program's directory are passed through `change`. */
const changePaths = async (plan: RunPlan, change: (path: string) => Promise<string>): Promise<void> => {
  const inside = (value: string): boolean => value.startsWith(plan.dir + sep);
  plan.command = await Promise.all(plan.command.map((value) => (inside(value) ? change(value) : value)));
  for (const [name, value] of Object.entries(plan.env)) if (inside(value)) plan.env[name] = await change(value);
};

const makeParentFolders: Change = (plan) =>
  changePaths(plan, async (path) => {
    await mkdir(dirname(path), { recursive: true }).catch(ignoreBrokenPath);
    return path;
  });

/** A link that leads nowhere is no reason to give up on the other paths. */
const ignoreBrokenPath = (error: NodeJS.ErrnoException): void => {
  if (error.code === undefined) throw error;
};

const linkWithoutSpaces: Change = (plan) =>
  changePaths(plan, async (path) => {
    if (!path.includes(" ")) return path;
    const link = join(plan.dir, `link-${createHash("sha256").update(path).digest("hex").slice(0, 8)}`);
    await symlink(dirname(path), link);
    return join(link, basename(path).replaceAll(" ", "-"));
  });

/** 255 bytes is what file systems take; 100 leaves room for what programs append. */
const shortenNames: Change = (plan) =>
  changePaths(plan, async (path) =>
    path
      .split(sep)
      .map((part) => (part.length > 200 ? part.slice(0, 100) + part.slice(-8) : part))
      .join(sep),
  );

const repointLinks: Change = async (plan) => {
  const { links } = await listWorkFiles(plan.dir);
  for (const link of links) {
    if (
      await realpath(link).then(
        () => true,
        () => false,
      )
    )
      continue;
    const { files, folders } = await listWorkFiles(dirname(link));
    const newest = await newestOf([...folders, ...files].filter((path) => dirname(path) === dirname(link)));
    if (newest === undefined) continue;
    await rm(link);
    await symlink(basename(newest), link);
  }
};

const newestOf = async (paths: readonly string[]): Promise<string | undefined> => {
  const dated = await Promise.all(paths.map(async (path) => ({ path, at: (await stat(path)).mtimeMs })));
  return dated.sort((a, b) => b.at - a.at)[0]?.path;
};

const removeStaleLocks: Change = async (plan) => {
  const { files } = await listWorkFiles(plan.dir);
  for (const path of files.filter((file) => /\.(lock|pid)$/.test(file))) {
    const holder = Number.parseInt(await readFile(path, "utf8"), 10);
    if (!(holder > 0) || !isAlive(holder)) await rm(path);
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

const runInProjectRoot: Change = async (plan) => {
  const { files } = await listWorkFiles(plan.dir);
  const roots = files.filter((path) => basename(path) === "package.json").map(dirname);
  const nearest = roots.sort((a, b) => a.length - b.length)[0];
  if (nearest !== undefined) plan.cwd = nearest;
};

const makeExecutable: Change = async (plan) => {
  const { files } = await listWorkFiles(plan.dir);
  for (const path of files) {
    const isScript = (await readFile(path)).subarray(0, 2).toString("latin1") === "#!";
    if (isScript) await chmod(path, 0o755);
  }
};

const clearCaches: Change = async (plan) => {
  const { folders } = await listWorkFiles(plan.dir);
  for (const path of folders.filter((folder) => /^\.?(cache|tmp)$/.test(basename(folder)))) {
    await rm(path, { recursive: true, force: true });
  }
};

const openPermissions: Change = async (plan) => {
  const { files } = await listWorkFiles(plan.dir);
  for (const path of files) await chmod(path, (await stat(path)).mode | 0o444);
};

/** Outside of strings only; a JSON string has no raw line break, so the scan cannot run away. */
const jsonTokens = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,(?=\s*[}\]])/g;

export const dataRemedies: readonly Remedy[] = [
  {
    name: "strip-bom",
    description: "Remove the byte order mark from the beginning of the project's JSON files.",
    apply: rewriteJson((text) => text.replace(/^\ufeff/, "")),
  },
  {
    name: "strip-trailing-commas",
    description: "Remove the commas before closing braces and brackets in the project's JSON files.",
    apply: rewriteJson((text) => text.replace(jsonTokens, (token) => (token === "," ? "" : token))),
  },
  {
    name: "strip-json-comments",
    description: "Remove comments from the project's JSON files.",
    apply: rewriteJson((text) => text.replace(jsonTokens, (token) => (token.startsWith("/") ? "" : token))),
  },
  {
    name: "convert-to-utf8",
    description: "Convert the project's text files that are not valid UTF-8 from Latin-1 to UTF-8.",
    apply: (plan) =>
      rewriteFiles(plan.dir, /\.(csv|txt|md|json|xml|properties)$/, (bytes) =>
        isUtf8(bytes) ? undefined : bytes.toString("latin1"),
      ),
  },
  {
    name: "unix-line-endings",
    description: "Convert the project's scripts and text files from CRLF to LF line endings.",
    apply: (plan) =>
      rewriteFiles(plan.dir, /\.(sh|txt|csv|json|env|mjs|js)$/, (bytes) =>
        bytes.includes("\r\n") ? bytes.toString("latin1").replaceAll("\r\n", "\n") : undefined,
      ),
  },
  {
    name: "repoint-links",
    description: "Point symbolic links that lead nowhere at the newest file or folder beside them.",
    apply: repointLinks,
  },
  {
    name: "remove-stale-locks",
    description: "Remove lock files whose process no longer lives.",
    apply: removeStaleLocks,
  },
  {
    name: "make-parent-folders",
    description: "Create the missing parent folders of every path the program is given.",
    apply: makeParentFolders,
  },
  {
    name: "run-in-project-root",
    description: "Run the program in the folder that holds package.json.",
    apply: runInProjectRoot,
  },
  {
    name: "shorten-names",
    description: "Shorten the file names of over 200 characters that the program is given.",
    apply: shortenNames,
  },
  {
    name: "link-without-spaces",
    description: "Give the program links without spaces in place of paths with spaces.",
    apply: linkWithoutSpaces,
  },
  {
    name: "make-executable",
    description: "Set the execute permission of every script that begins with #!.",
    apply: makeExecutable,
  },
  {
    name: "make-readable",
    description: "Set the read permission of every file in the project.",
    apply: openPermissions,
  },
  {
    name: "type-module",
    description: 'Set "type": "module" in package.json.',
    apply: setPackageType("module"),
  },
  {
    name: "type-commonjs",
    description: 'Set "type": "commonjs" in package.json.',
    apply: setPackageType("commonjs"),
  },
  {
    name: "clear-caches",
    description: "Delete the project's cache folders.",
    apply: clearCaches,
  },
];
