import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openMemory, type Remembered } from "./remembered.js";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "herdmind-memory-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const start = Date.UTC(2026, 4, 1);
const failure = (at: number): Remembered => ({ at, code: 1, text: "it failed", shown: [] });

test("a failure is found by command and directory, until it is forgotten or 12 hours old", async () => {
  let now = start;
  const memory = openMemory(dir, () => now);
  await memory.keep(["npm", "test"], "/a", failure(now));
  expect(await memory.find(["npm", "test"], "/a")).toEqual(failure(start));
  expect(await memory.find(["npm", "test"], "/b")).toBeUndefined();
  expect(await memory.find(["npm test"], "/a")).toBeUndefined();
  now += 12 * 3_600_000;
  expect(await memory.find(["npm", "test"], "/a")).toBeUndefined();
  await memory.keep(["npm", "test"], "/a", failure(now));
  await memory.forget(["npm", "test"], "/a");
  expect(await memory.find(["npm", "test"], "/a")).toBeUndefined();
});

test("E2 the file is the user's alone, and says neither command nor directory", async () => {
  await openMemory(dir).keep(["deploy", "--password", "hunter2"], "/home/alice", failure(Date.now()));
  const path = join(dir, "exec-failures.json");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, "utf8")).not.toMatch(/hunter2|deploy|alice/);
  expect(readdirSync(dir)).toEqual(["exec-failures.json"]);
});

test("L7 the newest 32 are kept", async () => {
  const memory = openMemory(dir, () => start + 100);
  for (let i = 0; i < 40; i++) await memory.keep([`c${i}`], "/", failure(start + i));
  expect(await memory.find(["c7"], "/")).toBeUndefined();
  expect(await memory.find(["c8"], "/")).toBeDefined();
  expect(await memory.find(["c39"], "/")).toBeDefined();
});

test("a file that is damaged, or not ours, is no memory", async () => {
  for (const text of ["", "{", "null", "[]", '{"format":2}', '{"format":1,"salt":"a","failures":{"x":{"at":"now"}}}']) {
    writeFileSync(join(dir, "exec-failures.json"), text);
    const memory = openMemory(dir);
    expect(await memory.find(["a"], "/")).toBeUndefined();
    await memory.keep(["a"], "/", failure(Date.now()));
    expect(await memory.find(["a"], "/")).toBeDefined();
  }
});

test("a directory that is not there is not made", async () => {
  const memory = openMemory(join(dir, "none"));
  await memory.keep(["a"], "/", failure(Date.now()));
  expect(await memory.find(["a"], "/")).toBeUndefined();
  expect(readdirSync(dir)).toEqual([]);
});
