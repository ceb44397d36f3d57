import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { changesSince, type Snapshot, summaryOf, takeSnapshot } from "./snapshot.js";

let root = "";
const git = (...args: readonly string[]): string =>
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
    cwd: root,
    encoding: "utf8",
  });
const write = (name: string, text: string): void => writeFileSync(join(root, name), text);
const take = async (): Promise<Snapshot> => {
  const taken = await takeSnapshot(root);
  if (taken === undefined) throw new Error("no snapshot");
  return taken;
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "herdmind-git-"));
  git("init", "--quiet");
});
afterEach(() => rmSync(root, { recursive: true }));

test("the index, the work tree, the stash and what git says of them are as before, byte for byte", async () => {
  for (const name of ["clean", "changed", "staged", "gone"]) write(name, "one\ntwo\n");
  git("add", ".");
  git("commit", "--quiet", "-m", "first");
  write("changed", "one\nthree\n");
  write("staged", "zero\n");
  git("add", "staged");
  write("untracked", "x");
  rmSync(join(root, "gone"));
  // Its times are not those of the index: whoever refreshes the index writes it.
  utimesSync(join(root, "clean"), 1, 1);
  const state = () => ({
    index: createHash("sha256")
      .update(readFileSync(join(root, ".git/index")))
      .digest("hex"),
    status: execFileSync("git", ["--no-optional-locks", "status", "--porcelain=v2", "--branch"], {
      cwd: root,
    }).toString(),
    refs: git("for-each-ref"),
    stash: git("stash", "list"),
    changed: readFileSync(join(root, "changed"), "utf8"),
  });
  const before = state();
  expect((await take()).root).not.toBe("");
  expect(state()).toEqual(before);
});

test("what changed since: tracked files, also those that had changes before, and what was committed meanwhile", async () => {
  write("a.txt", "one\ntwo\nthree\n");
  write("b.txt", "b\n");
  write("same.txt", "same\n");
  git("add", ".");
  git("commit", "--quiet", "-m", "first");
  write("a.txt", "one\nTWO\nthree\n");
  const before = await take();
  expect(await changesSince(before)).toBeUndefined();
  write("a.txt", "one\nTWO\nTHREE\nfour\n");
  write("b.txt", "c\n");
  git("commit", "--quiet", "-a", "-m", "second");
  mkdirSync(join(root, "new"));
  write("new/file.txt", "n\n");
  git("add", "new");
  const changes = await changesSince(before);
  expect(changes?.files).toEqual([
    { path: "a.txt", added: 2, removed: 1 },
    { path: "b.txt", added: 1, removed: 1 },
    { path: "new/file.txt", added: 1, removed: 0 },
  ]);
  expect(changes?.diff).toContain("-three\n+THREE\n+four");
  expect(changes?.diff).not.toContain("TWO\n+");
  expect(changes === undefined ? "" : summaryOf(changes)).toBe(
    "Changed a.txt (+2 -1), b.txt (+1 -1) and new/file.txt (+1 -0)",
  );
});

test("L7 many files and long differences are bounded, binary files have no lines", async () => {
  for (let i = 0; i < 20; i++) write(`f${String(i).padStart(2, "0")}`, "x\n");
  write("binary", "\0\x01");
  git("add", ".");
  git("commit", "--quiet", "-m", "first");
  const before = await take();
  for (let i = 0; i < 20; i++) write(`f${String(i).padStart(2, "0")}`, "y ".repeat(1000));
  write("binary", "\0\x02");
  const changes = await changesSince(before);
  expect(changes?.files[0]).toEqual({ path: "binary", added: undefined, removed: undefined });
  expect([changes?.files.length, changes?.more]).toEqual([12, 9]);
  expect(changes?.diff.length).toBeLessThan(4100);
  expect(changes === undefined ? "" : summaryOf(changes)).toMatch(/^Changed binary, f00 .*and 9 more$/);
});

test("a repository without a commit, one in which nothing is tracked, and no repository", async () => {
  expect(await takeSnapshot(root)).toBeDefined();
  write("a", "1\n");
  git("add", "a");
  const before = await take();
  write("a", "2\n");
  expect((await changesSince(before))?.files).toEqual([{ path: "a", added: 1, removed: 1 }]);
  rmSync(join(root, ".git"), { recursive: true });
  expect(await changesSince(before)).toBeUndefined();
  expect(await takeSnapshot(root)).toBeUndefined();
  expect(await takeSnapshot(join(root, "missing"))).toBeUndefined();
});

test("hooks of the repository are not run, and names with spaces are names", async () => {
  write("a b.txt", "1\n");
  git("add", ".");
  git("commit", "--quiet", "-m", "first");
  mkdirSync(join(root, ".git/hooks"), { recursive: true });
  writeFileSync(join(root, ".git/hooks/post-index-change"), "#!/bin/sh\ntouch ran\n", { mode: 0o755 });
  const before = await take();
  write("a b.txt", "2\n");
  expect((await changesSince(before))?.files).toEqual([{ path: "a b.txt", added: 1, removed: 1 }]);
  expect(() => readFileSync(join(root, "ran"))).toThrow(/ENOENT/);
});

test("nothing that a repository or a submodule of it configures is run", async () => {
  const ran = join(root, ".git", "ran");
  mkdirSync(ran);
  const outer = root;
  const running = (name: string): string => `touch '${join(ran, name)}'; cat`;
  const configure = (place: string): void => {
    writeFileSync(join(root, ".gitattributes"), "*.txt filter=evil diff=evil\n*.bin filter=proc\n");
    for (const [key, command] of [
      ["filter.evil.clean", running(`${place}-clean`)],
      ["filter.evil.smudge", running(`${place}-smudge`)],
      ["filter.evil.required", "true"],
      ["filter.proc.process", running(`${place}-process`)],
      ["core.fsmonitor", running(`${place}-fsmonitor`)],
      ["diff.evil.command", running(`${place}-driver`)],
      ["diff.evil.textconv", running(`${place}-textconv`)],
      ["diff.external", running(`${place}-external`)],
      ["diff.submodule", "diff"],
      ["core.pager", running(`${place}-pager`)],
    ] as const)
      git("config", key, command);
  };
  write("a.txt", "1\n");
  write("a.bin", "1\n");
  mkdirSync(join(root, "sub"));
  root = join(outer, "sub");
  git("init", "--quiet");
  write("b.txt", "1\n");
  git("add", ".");
  git("commit", "--quiet", "-m", "first");
  configure("sub");
  root = outer;
  git("-c", "advice.addEmbeddedRepo=false", "add", "--no-warn-embedded-repo", ".");
  git("commit", "--quiet", "-m", "first");
  configure("root");
  write("a.txt", "2\n");
  writeFileSync(join(root, "sub/b.txt"), "2\n");
  const before = await take();
  expect(readdirSync(ran)).toEqual([]);
  write("a.txt", "3\n");
  write("a.bin", "3\n");
  root = join(outer, "sub");
  git("-c", "core.fsmonitor=false", "commit", "--quiet", "--allow-empty", "-m", "second");
  root = outer;
  // What the commit has run.
  for (const name of readdirSync(ran)) rmSync(join(ran, name));
  const changes = await changesSince(before);
  expect(readdirSync(ran)).toEqual([]);
  expect(changes?.files.map(({ path }) => path)).toEqual(["a.bin", "a.txt", "sub"]);
});

test("nothing runs of a repository that another one names as its work tree", async () => {
  const ran = join(root, ".git", "ran");
  const outer = root;
  write("a.txt", "1\n");
  git("add", ".");
  git("commit", "--quiet", "-m", "first");
  mkdirSync(join(outer, "inner"));
  root = join(outer, "inner");
  git("init", "--quiet");
  git("config", "filter.evil.clean", `touch '${ran}'; cat`);
  write(".gitattributes", "* filter=evil\n");
  write("a.txt", "2\n");
  root = outer;
  git("config", "core.worktree", join(outer, "inner"));
  const before = await takeSnapshot(outer);
  if (before !== undefined) await changesSince(before);
  expect(existsSync(ran)).toBe(false);
});

test("a work tree is found from a folder within it, a linked one and a submodule too", async () => {
  write("a.txt", "1\n");
  git("add", ".");
  git("commit", "--quiet", "-m", "first");
  const outer = root;
  const real = realpathSync(outer);
  mkdirSync(join(outer, "deep"));
  git("worktree", "add", "--quiet", "linked");
  git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", outer, "sub");
  expect((await takeSnapshot(join(outer, "deep")))?.root).toBe(real);
  for (const place of ["linked", "sub"]) {
    root = join(outer, place);
    const before = await take();
    expect(before.root).toBe(join(real, place));
    write("a.txt", "2\n");
    expect((await changesSince(before))?.files).toEqual([{ path: "a.txt", added: 1, removed: 1 }]);
  }
  root = outer;
});

test("nothing is fetched for what is missing: a repository names the program that would do it", async () => {
  write("a.txt", "1\n");
  git("add", ".");
  git("commit", "--quiet", "-m", "first");
  const before = await take();
  const ran = join(root, ".git", "ran");
  git("config", "core.repositoryFormatVersion", "1");
  git("config", "extensions.partialClone", "origin");
  git("config", "remote.origin.url", root);
  git("config", "remote.origin.promisor", "true");
  git("config", "remote.origin.uploadpack", `touch '${ran}'; git-upload-pack`);
  git("config", "protocol.file.allow", "always");
  const blob = git("rev-parse", "HEAD:a.txt").trim();
  write("a.txt", "2\n");
  rmSync(join(root, ".git/objects", blob.slice(0, 2), blob.slice(2)));
  await changesSince(before);
  expect(existsSync(ran)).toBe(false);
});
