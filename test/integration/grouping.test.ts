import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { groupingOf } from "../grouping/accuracy.ts";

const main = resolve(import.meta.dirname, "../grouping/main.ts");

let place = "";
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "herdmind-grouping-test-"));
});
afterAll(() => rm(place, { recursive: true, force: true }));

const run = (...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  promisify(execFile)(process.execPath, [main, ...args], { timeout: 60_000 });
const write = async (text: string): Promise<string> => {
  const file = join(place, "lines.csv");
  await writeFile(file, text);
  return file;
};

const GUESTS = ["ada", "bela", "carl", "dora", "emil", "fritz"];
const LINES = [
  // Values that masks know.
  ["tide gauge 17 reads 4.2 m at 2026-11-21T08:03:12Z", "gauge"],
  ["tide gauge 4 reads 11.9 m at 2026-11-22T09:00:00Z", "gauge"],
  // Words that are values: only all lines together tell.
  ...GUESTS.map((name) => [`mooring granted to skipper ${name} for one night`, "mooring"]),
  // Two sentences that differ in a word.
  ["the harbour gate is open for boats", "open"],
  ["the harbour gate is shut for boats", "shut"],
] as const;
const CSV = LINES.map(([content, label], i) => `${i},"${content}",${label}\r\n`).join("");

test("a group counts only as a whole", () => {
  expect(groupingOf(["a", "a", "b", "c"], ["1", "1", "2", "3"])).toEqual({ groups: 3, accuracy: 1 });
  expect(groupingOf(["a", "a", "b", "c"], ["1", "2", "3", "4"])).toEqual({ groups: 4, accuracy: 0.5 });
  expect(groupingOf(["a", "a", "b", "c"], ["1", "1", "1", "4"])).toEqual({ groups: 2, accuracy: 0.25 });
  expect(groupingOf([], [])).toEqual({ groups: 0, accuracy: 0 });
});

test("tells both stages, with the second at the top", async () => {
  const [file, out] = [await write(`\ufeffLine,Content,LABEL\r\n${CSV}`), join(place, "out.json")];
  const { stdout } = await run("--input", file, "--json", out);
  const result = JSON.parse(await readFile(out, "utf8")) as object;
  expect(Object.keys(result).slice(0, 4)).toEqual(["lines", "labels", "groups", "accuracy"]);
  expect(result).toEqual({
    lines: 10,
    labels: 4,
    groups: 4,
    accuracy: 1,
    fingerprint: { groups: 9, accuracy: 0.4 },
    merged: { groups: 4, accuracy: 1 },
  });
  expect(stdout).toContain("10 lines, 4 labels");
});

test("says what is wrong with its arguments, its file, a row", async () => {
  expect((await run("--help")).stdout).toContain("--input FILE");
  const fails = async (message: string, ...args: readonly string[]) => {
    const error = (await run(...args).catch((failed: unknown) => failed)) as { code: number; stderr: string };
    expect(error.stderr).toContain(message);
    expect(error.code).toBe(2);
  };
  await fails("--input FILE.csv is missing");
  await fails("ENOENT", "--input", join(place, "none.csv"));
  await fails('no column "label"; there are "content", "x"', "--input", await write("content,x\na,b\n"));
  await fails('more than one column "content"', "--input", await write("content,Content,label\na,b,c\n"));
  await fails("row 2: it has 3 fields, not 2", "--input", await write("content,label\na,b\na,b,c\n"));
  await fails("row 2: its label is empty", "--input", await write("content,label\na,b\na, \n"));
  await fails("row 2: Quote Not Closed", "--input", await write('content,label\na,b\n"a,b\nc,d\n'));
  await fails("row 1: ", "--input", await write(`content,label\n"${"a".repeat(2_000_000)}`));
  await fails("it is empty", "--input", await write(""));
  await fails("there is no row below the header", "--input", await write("content,label\n"));
});
