import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { launchOf, shellLine } from "./launch.js";

// Not below /tmp: what stands there is gone tomorrow, and is never written down.
const root = realpathSync(mkdtempSync(join(import.meta.dirname, "../dist/launch-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const file = (path: string): string => {
  const at = join(root, path);
  mkdirSync(join(at, ".."), { recursive: true });
  writeFileSync(at, "");
  return at;
};
const link = (path: string, to: string): string => {
  const at = join(root, path);
  mkdirSync(join(at, ".."), { recursive: true });
  symlinkSync(to, at);
  return at;
};

test("of the paths to a program the one is written that an upgrade keeps", () => {
  const node = file("Cellar/node/24.1.0/bin/node");
  const stable = link("opt/bin/node", node);
  const passing = link("fnm_multishells/7/bin/node", node);
  const main = file("lib/.pnpm/cli@0.1.0/dist/main.js");
  const called = link("opt/bin/herdmind", main);
  const path = [join(passing, ".."), join(stable, "..")].join(":");
  expect(launchOf({ node, main, called, path })).toEqual({ command: stable, args: [called], ending: [] });
  // Where nothing else leads there, what is there now.
  expect(launchOf({ node, main, called: "/other", path: "" })).toEqual({ command: node, args: [main], ending: [] });
  expect(launchOf({ node, main, dir: "/data/x" })).toMatchObject({ ending: ["--dir", "/data/x"] });
});

test("npx where it was asked for, and where its cache would be written down", () => {
  const cached = join(homedir(), ".npm/_npx/0f/node_modules/@herdmind/cli/dist/main.js");
  const { name, bin } = JSON.parse(readFileSync(join(import.meta.dirname, "../../cli/package.json"), "utf8"));
  expect(Object.keys(bin)).toEqual(["herdmind"]); // npx runs the only command of a package
  const npx = { command: "npx", args: ["-y", name], ending: [] };
  expect(launchOf({ node: process.execPath, main: cached })).toEqual(npx);
  expect(launchOf({ how: "npx", node: process.execPath, main: "/x/main.js" })).toEqual(npx);
  expect(launchOf({ how: "path", node: "/n", main: cached })).toMatchObject({ command: "/n", args: [cached] });
});

test("words for a shell", () => {
  expect(shellLine(["/usr/bin/node", "/a b/it's $x.js", "hook"], "linux")).toBe(
    "/usr/bin/node '/a b/it'\\''s $x.js' hook",
  );
  expect(shellLine(["C:\\Program Files\\node.exe", "hook"], "win32")).toBe('"C:\\Program Files\\node.exe" hook');
});
