import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ShellName, startOf } from "./shell-hooks.js";
import { shellInit } from "./shell-init.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "herdmind it's-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const isHere = (shell: string): boolean => spawnSync("sh", ["-c", `command -v ${shell}`]).status === 0;

describe.each(["bash", "zsh"] as const)("%s", (shell: ShellName) => {
  const note = isHere(shell) ? "" : ` (NOT parsed by ${shell}: it is not installed here)`;

  test(`what is printed for a shell is a script of that shell${note}`, () => {
    const scripts = [true, false].map((isForAll) =>
      shellInit(shell, { herdmind: ["/opt/a node", "/it's/main.js"], isForAll }),
    );
    for (const script of scripts) {
      expect(script).toContain(`'/opt/a node' '/it'\\''s/main.js' exec -- "$@"`);
      if (isHere(shell))
        expect(spawnSync(shell, ["-n", "-c", script], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
    }
    expect(scripts.map((script) => script.includes(`shell ${shell}`))).toEqual([true, false]);
  });

  test(`a shell that nobody sits at is left alone${note}`, () => {
    const script = shellInit(shell, { herdmind: ["/missing/herdmind"], isForAll: true });
    if (!isHere(shell)) return expect(script.startsWith("case $- in *i*)")).toBe(true);
    const { stdout, stderr } = spawnSync(shell, ["-c", `${script}\necho on; type hm`], { encoding: "utf8" });
    expect(stdout).toMatch(/^on\n/);
    expect(stdout + stderr).toMatch(/hm.*not found/);
  });

  test(`the files of a hosted shell are scripts of that shell, of the user alone${note}`, () => {
    const { args, env } = startOf(shell, { folder, secret: "s3", herdmind: ["/opt/a node", "/it's/main.js"] });
    const files = shell === "bash" ? [args[1] as string] : [join(folder, ".zshenv"), join(folder, ".zshrc")];
    expect([args.at(-1), env]).toEqual(["-i", shell === "bash" ? {} : { ZDOTDIR: folder }]);
    for (const file of files) {
      expect(readFileSync(file, "utf8")).not.toBe("");
      if (isHere(shell))
        expect(spawnSync(shell, ["-n", file], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
    }
  });
});
