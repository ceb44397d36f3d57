import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Curves, drawCurves } from "../bench/frame/chart.ts";
import { combineRuns, gapOf, isMet, type Row } from "../bench/frame/figures.ts";
import { openWorkshop } from "../bench/frame/processes.ts";
import { type Results, resultsMarkdown, withDashboard, withPart, withResults } from "../bench/frame/report.ts";
import { rows } from "../bench/rows.ts";

const repository = resolve(import.meta.dirname, "../..");
const bench = join(repository, "test/bench");
const read = (path: string): Promise<string> => readFile(join(repository, path), "utf8");
const readResults = async (): Promise<Results> => JSON.parse(await read("test/bench/results.json")) as Results;

/** A directory in which the bench makes all of its own, so that what it leaves behind can be seen. */
let place = "";
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "herdmind-smoke-"));
});
afterAll(() => rm(place, { recursive: true, force: true }));

const options = () => ({ cwd: repository, timeout: 110_000, env: { ...process.env, HERDMIND_BENCH_DIR: place } });
const run = (...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  promisify(execFile)(process.execPath, [join(bench, "main.ts"), ...args], options());

test("the bench measures rows with real processes, prints a table, writes figures, and leaves nothing behind", async () => {
  const only = ["propagation", "newcomer", "attacks", "poison", "agents", "gaps", "parts"];
  const file = join(place, "figures.json");
  const { stdout } = await run("--quick", "--only", only.join(","), "--json", file);
  const figures = JSON.parse(await readFile(file, "utf8")) as readonly Record<string, unknown>[];
  await rm(file);
  const declared = rows.filter(({ name }) => only.includes(name)).flatMap((row) => row.figures);
  expect(figures.map(({ name }) => name)).toEqual(declared.map(({ name }) => name));
  for (const [i, figure] of figures.entries()) {
    expect(Object.keys(figure)).toEqual(["name", "value", "unit", "goal", "limit", "ratio"]);
    expect(figure.unit).toBe(declared[i]?.unit);
    expect(figure.goal).toBe(declared[i]?.goal);
    expect(figure.value).toEqual(expect.any(Number));
    if (figure.limit !== null) expect(figure.ratio).toBeGreaterThanOrEqual(0);
    expect(stdout).toContain(figure.name);
  }
  // What is a promise at any size.
  for (const promise of ["attacks", "poison-broken", "agents-wrong", "gaps-lost"])
    expect(figures.find(({ name }) => name === promise)?.value).toBe(0);
  expect(await readdir(place)).toEqual([]);
});

test("a lesson is acknowledged by a y-websocket server when that has answered behind it, not before", async () => {
  const workshop = openWorkshop();
  try {
    const server = workshop.start("stock-server");
    const url = await server.call<string>("listen");
    const [writer, reader] = [workshop.start("compare"), workshop.start("compare")];
    await writer.call("open", "yjs", url);
    await writer.call("write", 0, 1);
    process.kill(server.pid, "SIGSTOP");
    const written = writer.call("write", 1, 1).then(() => "written");
    // Calls are answered in order as far as they do not wait for anybody.
    await expect(writer.call("nothing")).rejects.toThrow("no function nothing");
    expect(await Promise.race([written, "waits"])).toBe("waits");
    process.kill(server.pid, "SIGCONT");
    expect(await written).toBe("written");
    await reader.call("open", "yjs", url);
    expect(await reader.call("kept", 2)).toBe(2);
    await writer.call("change", [0]);
    expect(await reader.call("changed", [0, 1])).toBe(1);
  } finally {
    await workshop.close();
  }
});

test("Ctrl-C ends the bench and everything that it started", async () => {
  const child = spawn(process.execPath, [join(bench, "main.ts"), "--quick", "--only", "propagation"], {
    ...options(),
    stdio: "pipe",
  });
  const ended = once(child, "exit");
  await once(child.stderr, "data");
  const watcher = watch(place);
  while ((await readdir(place)).length === 0) await once(watcher, "change");
  watcher.close();
  child.kill("SIGINT");
  expect(await ended).toEqual([130, null]);
  expect(await readdir(place)).toEqual([]);
});

test("a row that is not there is named, with those that are", async () => {
  await expect(run("--only", "speed")).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("signals") });
});

test("every row of the design has a figure, and no name is used twice", async () => {
  const names = rows.flatMap((row) => row.figures.map(({ name }) => name));
  expect(new Set(names).size).toBe(names.length);
  const measured = (await readResults()).figures.map(({ name }) => name);
  expect(measured).toEqual(names);
});

test("RESULTS.md and the figures of READMEs say what results.json says", async () => {
  const results = await readResults();
  expect(await read("test/bench/RESULTS.md"), "run: npm run bench -- --render").toBe(resultsMarkdown(rows, results));
  const readme = await read("README.md");
  expect(readme, "run: npm run bench -- --render").toBe(withResults(readme, rows, results));
  const dashboard = await read("packages/dashboard/README.md");
  expect(dashboard, "run: npm run bench -- --render").toBe(withDashboard(dashboard, rows, results));
});

test("every chart of a row is there, and the same curves give the same bytes", async () => {
  const drawn = (await readdir(join(bench, "charts"))).sort();
  expect(drawn).toEqual(rows.flatMap(({ charts = [] }) => charts.map(({ name }) => `${name}.svg`)).sort());
  const curves: Curves = {
    title: "made <up>",
    x: { name: "agents" },
    y: { name: "repeats", min: 0 },
    curves: [1, 2].map((n) => ({ name: `curve ${n}`, points: [0, 1, 2].map((x) => [x, x * n] as const) })),
    mark: { x: 1, name: "here" },
  };
  const svg = drawCurves(curves);
  expect(drawCurves(curves)).toBe(svg);
  expect(svg).toMatch(/^<svg [^>]*>\n<title>made &lt;up><\/title>[\s\S]*made &lt;up&gt;[\s\S]*<\/svg>\n$/);
  for (const text of ["agents", "repeats", "curve 1", "curve 2", "here"]) expect(svg).toContain(`>${text}</text>`);
});

const row: Row = {
  name: "made up",
  timed: "",
  figures: [
    { name: "rate", title: "", unit: "/s", better: "more", goal: 100 },
    { name: "wait", title: "", unit: "ms", better: "less", goal: 2 },
  ],
  run: async () => ({}),
};

test("runs become medians, or sums for what must never happen, and ratios of the limit", () => {
  const runs = [3, 1, 2].map((n) => ({ rate: { value: n * 40, limit: 100 }, wait: { value: n } }));
  expect(combineRuns(row, runs)).toEqual([
    { name: "rate", value: 80, unit: "/s", goal: 100, limit: 100, ratio: 0.8 },
    { name: "wait", value: 2, unit: "ms", goal: 2, limit: null, ratio: null },
  ]);
  expect(combineRuns({ ...row, combine: "sum" }, runs)[1]?.value).toBe(6);
  expect(() => combineRuns(row, [{ rate: { value: 1 } }])).toThrow("wait");
  expect(() => combineRuns(row, [{ rate: { value: 1 }, wait: { value: Number.NaN } }])).toThrow("wait");
  expect(() => combineRuns(row, [{ rate: { value: 1 }, wait: { value: 1 }, other: { value: 1 } }])).toThrow("other");
});

test("a missed goal says by how much", () => {
  const [rate, wait] = combineRuns(row, [{ rate: { value: 50 }, wait: { value: 1 } }]);
  const [more, less] = row.figures;
  if (rate === undefined || wait === undefined || more === undefined || less === undefined)
    throw new Error("two figures");
  expect([isMet(more, rate), gapOf(more, rate)]).toEqual([false, "missed, 2.0 x short"]);
  expect([isMet(less, wait), gapOf(less, wait)]).toEqual([true, "met, 2.0 x better"]);
});

test("only what stands between the marks of a README is replaced", () => {
  const readme = "before\n<!-- made -->\nold\n<!-- /made -->\nafter\n";
  expect(withPart(readme, "made", "new")).toBe("before\n<!-- made -->\nnew\n<!-- /made -->\nafter\n");
  expect(() => withPart("no marks", "made", "new")).toThrow("<!-- made -->");
});
