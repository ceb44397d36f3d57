/**
 * The guide, and what a package's README shows for a shell, do what they say: the ```sh blocks of a page run in their order, in one bash that
 * stops at the first command that fails, with `herdmind` on its PATH. `stays`: in another terminal, until the page ends; what comes next
 * begins when it has printed something. `elsewhere`: on another machine (another data directory). `shows TEXT`: its output holds that. A
 * node begins on any free port, not on its usual one. (The ```ts blocks run with those of the READMEs.)
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { stopNode } from "@herdmind/local/client";
import { describe, expect, test } from "vitest";
import { type CodeBlock, splitCode } from "../house/markdown.ts";
import { filesBelow, isPublic, packagesOf, repository, shown } from "../house/workspace.ts";

const guide = join(repository, "packages/herdmind/guide");
const pages = [
  ...filesBelow(guide, (name) => name.endsWith(".md")),
  ...packagesOf(repository)
    .filter(isPublic)
    .map((item) => join(item.folder, "README.md")),
].flatMap((path) => {
  const blocks = splitCode(readFileSync(path, "utf8")).blocks.filter(({ language }) => language === "sh");
  return blocks.length === 0 ? [] : [{ page: shown(repository, path), blocks }];
});
const main = join(repository, "packages/cli/dist/main.js");

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** One block as a part of the page's script. */
const step = ({ code, line, note }: CodeBlock): string => {
  const words = note.split(" ");
  const shows = /shows (.*)$/.exec(note)?.[1];
  const isElsewhere = words.includes("elsewhere");
  const body = isElsewhere ? `export HERDMIND_HOME="$HOME/elsewhere"\n${code}` : code;
  const begin = `out="$HOME/line-${line}"\n`;
  if (words.includes("stays"))
    return `${begin}(\n${body}) > "$out" 2> "$out.err" &\nuntil [ -s "$out" ]; do kill -0 $!; sleep 0.05; done\n`;
  const run = isElsewhere ? `(\n${body})` : `{\n${body}}`;
  return `${begin}${run} > "$out" 2> "$out.err"\n${shows === undefined ? "" : `grep -qF -- ${quoted(shows)} "$out"\n`}`;
};

const script = (blocks: readonly CodeBlock[]): string =>
  [
    "set -eu -o pipefail",
    `trap 'code=$?; [ $code = 0 ] || tail "$out" "$out.err" >&2; kill $(jobs -p) 2> /dev/null || :; wait; exit $code' EXIT`,
    ...blocks.map(step),
  ].join("\n");

describe("what is shown for a shell", () => {
  test.each(pages)("$page", { timeout: 120_000 }, async ({ blocks }) => {
    const home = await mkdtemp(join(tmpdir(), "herdmind-guide-"));
    try {
      const bin = join(home, "bin");
      await mkdir(bin);
      await writeFile(
        join(bin, "herdmind"),
        `#!/bin/sh\ncase "$1 $*" in "up up"*--port*) ;; "up "*) set -- "$@" --port 0 ;; esac\nexec ${quoted(process.execPath)} ${quoted(main)} "$@"\n`,
      );
      await chmod(join(bin, "herdmind"), 0o755);
      const env = {
        PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`,
        HOME: home,
        HERDMIND_HOME: join(home, "herd"),
      };
      const told = await new Promise<string>((resolve) => {
        execFile("bash", ["-c", script(blocks)], { env, cwd: home, timeout: 100_000 }, (error, stdout, stderr) =>
          resolve(error === null ? "" : `${stderr}${stdout}${error.message.split("\n")[0]}`),
        );
      });
      expect(told).toBe("");
    } finally {
      for (const name of ["herd", "elsewhere"]) await stopNode(join(home, name));
      await rm(home, { recursive: true, force: true });
    }
  });
});
