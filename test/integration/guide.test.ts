/**
 * The guide does what it says: the ```sh blocks of a page run in their order, in one bash, with `herdmind` on its PATH. `stays`: in another
 * terminal, until the page ends; what comes next begins when it has printed something. `elsewhere`: on another machine (another data
 * directory). A node begins on any free port, not on its usual one. `shows TEXT`: its output holds that. (The ```ts blocks run with those of the READMEs.)
 */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { stopNode } from "@herdmind/local/client";
import { describe, expect, test } from "vitest";
import { type CodeBlock, splitCode } from "../house/markdown.ts";
import { repository } from "../house/workspace.ts";

const guide = join(repository, "packages/herdmind/guide");
const pages = (await readdir(guide)).filter((name) => name.endsWith(".md")).sort();
const main = join(repository, "packages/cli/dist/main.js");

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** One block as a part of the page's script. */
const step = ({ code, line, note }: CodeBlock): string => {
  const words = note.split(" ");
  const shows = /shows (.*)$/.exec(note)?.[1];
  const body = words.includes("elsewhere") ? `export HERDMIND_HOME="$HOME/elsewhere"\n${code}` : code;
  const out = `"$HOME/out-${line}"`;
  if (words.includes("stays"))
    return `(\n${body}) > ${out} 2> ${out}.err &\nuntil [ -s ${out} ]; do kill -0 $! || { cat ${out}.err; exit 1; }; sleep 0.05; done\n`;
  const run = words.includes("elsewhere") ? `(\n${body})` : `{\n${body}}`;
  const check = shows === undefined ? "" : `grep -qF -- ${quoted(shows)} ${out} || { cat ${out}; exit 1; }\n`;
  return `echo "line ${line}" >&2\n${run} > ${out} 2> ${out}.err || { code=$?; cat ${out} ${out}.err; exit $code; }\n${check}`;
};

const script = (blocks: readonly CodeBlock[]): string =>
  ["set -u -o pipefail", "trap 'kill $(jobs -p) 2> /dev/null; wait' EXIT", ...blocks.map(step)].join("\n");

describe("the guide", () => {
  test.each(pages)("%s", { timeout: 120_000 }, async (page) => {
    const blocks = splitCode(await readFile(join(guide, page), "utf8")).blocks.filter(
      ({ language }) => language === "sh",
    );
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
