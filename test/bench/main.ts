/**
 * `npm run bench [-- --only NAME,... --json FILE --quick --write --render]`: measures every row, prints a table.
 *
 *     --only    rows by name, comma-separated; default all
 *     --json    writes the figures of this run to FILE
 *     --quick   tiny sizes, one run: proves that the bench works, measures nothing
 *     --write   puts the figures into results.json (those of other rows stay) and writes RESULTS.md and the READMEs' tables
 *     --render  measures nothing: writes RESULTS.md and the READMEs' tables from results.json
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { drawCurves } from "./frame/chart.ts";
import { type Context, combineRuns, type Figure, type Row } from "./frame/figures.ts";
import { describeMachine } from "./frame/machine.ts";
import { openWorkshop } from "./frame/processes.ts";
import { type Results, resultsMarkdown, terminalTable, withDashboard, withResults } from "./frame/report.ts";
import { rows } from "./rows.ts";

const repository = resolve(import.meta.dirname, "../..");
const resultsFile = join(import.meta.dirname, "results.json");
const DEFAULT_RUNS = 3;

const started = performance.now();
const say = (line: string): void => {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s  ${line}\n`);
};

const readResults = (): Results | undefined => {
  try {
    return JSON.parse(readFileSync(resultsFile, "utf8")) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
};

const render = (results: Results): void => {
  writeFileSync(join(import.meta.dirname, "RESULTS.md"), resultsMarkdown(rows, results));
  const readme = join(repository, "README.md");
  writeFileSync(readme, withResults(readFileSync(readme, "utf8"), rows, results));
  const ofDashboard = join(repository, "packages/dashboard/README.md");
  writeFileSync(ofDashboard, withDashboard(readFileSync(ofDashboard, "utf8"), rows, results));
};

const write = (machine: Results["machine"], figures: readonly Figure[]): void => {
  const known = new Set(figures.map(({ name }) => name));
  const before = readResults();
  const kept = before?.figures.filter(({ name }) => !known.has(name)) ?? [];
  const order = rows.flatMap((row) => row.figures.map(({ name }) => name));
  const all = [...kept, ...figures].filter(({ name }) => order.includes(name));
  all.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  // Rows may be measured one by one; the busiest of those moments is told.
  const load = kept.length === 0 ? machine.load : Math.max(machine.load, before?.machine.load ?? 0);
  const results: Results = { date: new Date().toISOString().slice(0, 10), machine: { ...machine, load }, figures: all };
  writeFileSync(resultsFile, `${JSON.stringify(results, null, 2)}\n`);
  render(results);
};

const measure = async (row: Row, context: Context, clear: () => Promise<void>): Promise<readonly Figure[]> => {
  const runs = [];
  const count = context.quick ? 1 : (row.runs ?? DEFAULT_RUNS);
  for (let run = 1; run <= count; run++) {
    say(`${row.name}: run ${run} of ${count}`);
    try {
      runs.push(await row.run(context));
    } finally {
      await clear();
    }
  }
  return combineRuns(row, runs);
};

const main = async (): Promise<void> => {
  const { values: options } = parseArgs({
    options: {
      only: { type: "string" },
      json: { type: "string" },
      quick: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      render: { type: "boolean", default: false },
    },
  });
  if (options.render) {
    const results = readResults();
    if (results === undefined) throw new Error(`${resultsFile} is missing: run npm run bench -- --write`);
    render(results);
    return;
  }
  if (options.write && options.quick) throw new Error("--quick measures nothing that could be written");
  const names = options.only?.split(",");
  const unknown = names?.find((name) => rows.every((row) => row.name !== name));
  if (unknown !== undefined) {
    throw new Error(`there is no row "${unknown}"; there are ${rows.map(({ name }) => name).join(", ")}`);
  }
  const machine = describeMachine();
  const workshop = openWorkshop();
  process.on("exit", workshop.closeNow);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      say(`${signal}: stopping`);
      void workshop.close().finally(() => process.exit(130));
    });
  }
  const draw: Context["draw"] = (name, curves) => {
    if (options.write) writeFileSync(join(import.meta.dirname, "charts", `${name}.svg`), drawCurves(curves));
  };
  const context: Context = { quick: options.quick, dir: workshop.dir, start: workshop.start, say, draw };
  const figures: Figure[] = [];
  const failed: string[] = [];
  for (const row of rows) {
    if (names !== undefined && !names.includes(row.name)) continue;
    try {
      figures.push(...(await measure(row, context, workshop.clear)));
    } catch (error) {
      // The other rows can still be measured.
      failed.push(row.name);
      say(`${row.name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
  process.stdout.write(`${terminalTable(rows, figures)}\n`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`);
  if (options.write) write(machine, figures);
  if (failed.length > 0) {
    process.stderr.write(`not measured: ${failed.join(", ")}\n`);
    process.exitCode = 1;
  }
};

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
