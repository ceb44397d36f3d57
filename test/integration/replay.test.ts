import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { curveOf, type Event, scoreOf } from "../replay/score.ts";

const main = resolve(import.meta.dirname, "../replay/main.ts");

/** A directory in which the replay makes all of its own, so that what it leaves behind can be seen. */
let place = "";
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "herdmind-replay-test-"));
});
afterAll(() => rm(place, { recursive: true, force: true }));

const options = () => ({ timeout: 110_000, env: { ...process.env, HERDMIND_BENCH_DIR: place } });
const run = (...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  promisify(execFile)(process.execPath, [main, ...args], options());

const write = async (lines: readonly string[]): Promise<string> => {
  const file = join(place, "failures.jsonl");
  await writeFile(file, lines.map((line) => `${line}\n`).join(""));
  return file;
};

const failure = (artifactId: string, newVersion: string, previousVersion: string, log: string): string =>
  JSON.stringify({ log, change: { groupId: "test.harbour", artifactId, previousVersion, newVersion }, java: "21" });

const TIDE = "test.harbour.TideTableException: no table for the north quay";
const STREAM = [
  failure("tides", "3.0.0", "2.4.1", `[INFO] building pier\n${TIDE}\n\tat test.pier.Main.start(Main.java:12)`),
  failure("cranes", "1.8.0", "1.7.9", "java.lang.IllegalStateException: boom is not locked"),
  failure("tides", "3.0.0", "2.4.1", `[INFO] building jetty\n${TIDE}\n\tat test.jetty.Main.start(Main.java:9)`),
  failure("tides", "3.0.1", "2.4.1", `[INFO] building lock\n${TIDE}\n\tat test.lock.Main.start(Main.java:3)`),
];

const KEYS = ["mode", "events", "repeats", "answered", "right", "falseImmunities", "recall", "precision", "curve"];

test("a repeat is answered from its first encounter by another process, and nothing else is; nothing is left behind", async () => {
  const [file, out] = [await write(STREAM), join(place, "out.json")];
  const { stdout, stderr } = await run("--input", file, "--with-facts", "--agents", "2", "--json", out);
  const result = JSON.parse(await readFile(out, "utf8")) as Record<string, unknown>;
  expect(Object.keys(result).slice(0, KEYS.length)).toEqual(KEYS);
  expect(result).toMatchObject({
    mode: "with-facts",
    events: 4,
    repeats: 1,
    answered: 1,
    right: 1,
    falseImmunities: 0,
    recall: 1,
    precision: 1,
    matches: { exact: 1 },
    refused: [],
    timeToImmunityMs: { p50: expect.any(Number), p99: expect.any(Number) },
  });
  expect(stdout).toContain("false immunities   0");
  expect(stderr).toContain("4 of 4 failures");
  await Promise.all([rm(file), rm(out)]);
  expect(await readdir(place)).toEqual([]);
});

/** A long output whose cause is met under any version, with the file that it names. */
const build = (file: string): string =>
  [...Array.from({ length: 12 }, (_, i) => `[INFO] building part ${i}`), TIDE, `  bad part: /opt/repo/${file}`].join(
    "\n",
  );
const SILENT = "";

const replay = async (mode: string, lines: readonly string[]): Promise<Record<string, unknown>> => {
  const [file, out] = [await write(lines), join(place, "out.json")];
  await run("--input", file, mode, "--agents", "2", "--json", out);
  const result = JSON.parse(await readFile(out, "utf8")) as Record<string, unknown>;
  await Promise.all([rm(file), rm(out)]);
  return result;
};

test("with facts a repeat is met whatever it shows, even nothing; the same failure under other facts is not", async () => {
  const result = await replay("--with-facts", [
    failure("tides", "3.0.0", "2.4.1", build("tides-3.0.0.jar")),
    failure("tides", "3.0.1", "2.4.1", build("tides-3.0.1.jar")),
    failure("tides", "3.0.0", "2.4.0", "java.lang.IllegalStateException: boom is not locked"),
    failure("tides", "3.0.0", "2.4.0", SILENT),
    failure("cranes", "1.8.0", "1.7.9", SILENT),
    failure("cranes", "1.8.0", "1.7.9", build("cranes-1.8.0.jar")),
  ]);
  expect(result).toMatchObject({
    repeats: 3,
    answered: 3,
    right: 3,
    falseImmunities: 0,
    matches: { facts: 3 },
    refused: [],
  });
});

test("from the log alone a failure is met under the version that it names, and under no other", async () => {
  const result = await replay("--text-only", [
    failure("tides", "3.0.0", "2.4.1", build("tides-3.0.0.jar")),
    failure("tides", "3.0.1", "2.4.1", build("tides-3.0.1.jar")),
    failure("tides", "3.0.0", "2.4.1", build("tides-3.0.0.jar")),
    failure("cranes", "1.8.0", "1.7.9", build("no-version.jar")),
    failure(
      "tides",
      "3.0.1",
      "2.4.0",
      build("tides-3.0.1.jar").replace(TIDE, "test.harbour.CraneError: hook cannot be lowered"),
    ),
    failure("tides", "3.1.0", "2.4.0", SILENT),
  ]);
  expect(result).toMatchObject({ mode: "text-only", repeats: 2, answered: 2, right: 2, falseImmunities: 0 });
  expect(result).toMatchObject({ matches: { exact: 1, text: 1 }, refused: [{ line: 6 }] });
});

test("a line that is no failure is named with what is wrong, before anything starts", async () => {
  const cases = [
    [[STREAM[0] as string, "{"], "line 2: not JSON"],
    [["[]"], "line 1: not a JSON object"],
    [["", '{"change":{}}'], 'line 2: "log" is not a text'],
    [['{"log":"x","change":{"groupId":"a","artifactId":"b","newVersion":"1"}}'], '"change.previousVersion"'],
    [[""], "there is no failure in it"],
  ] as const;
  for (const [lines, said] of cases) {
    const file = await write(lines);
    await expect(run("--input", file)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
    await rm(file);
  }
  for (const args of [
    [],
    ["--input", "no-such-file"],
    ["--input", "x", "--agents", "0"],
    ["--with-facts", "--text-only"],
  ])
    await expect(run(...args)).rejects.toMatchObject({ code: 2 });
  expect((await run("--help")).stdout).toContain("--text-only");
});

test("Ctrl-C ends the replay and everything that it started", async () => {
  const file = await write(STREAM);
  const child = spawn(process.execPath, [main, "--input", file], { ...options(), stdio: "pipe" });
  const ended = once(child, "exit");
  while ((await readdir(place)).length < 2) await new Promise((settle) => setImmediate(settle));
  child.kill("SIGINT");
  expect(await ended).toEqual([130, null]);
  await rm(file);
  expect(await readdir(place)).toEqual([]);
});

test("figures: a first encounter that is answered is a false immunity, and the curve follows the threshold", () => {
  const event = (group: string, ...open: Event["open"]): Event => ({ group, answer: open[0], open });
  const events = [
    event("a"),
    event("b", { group: "a", score: 0.7 }),
    event("a", { group: "a", score: 0.9 }),
    event("b", { group: "a", score: 0.4 }, { group: "b", score: 1 }),
    event("a"),
  ];
  expect(scoreOf(events)).toEqual({
    events: 5,
    repeats: 3,
    answered: 3,
    right: 1,
    falseImmunities: 2,
    recall: 1 / 3,
    precision: 1 / 3,
  });
  const curve = curveOf(events);
  expect(curve.find(({ threshold }) => threshold === 0.8)).toEqual({
    threshold: 0.8,
    answered: 2,
    right: 2,
    falseImmunities: 0,
    recall: 2 / 3,
    precision: 1,
  });
  expect(curve.at(-1)).toMatchObject({ threshold: 1, answered: 1, right: 1 });
  expect(scoreOf([event("a")])).toMatchObject({ recall: null, precision: null });
});
