/** Tries every remedy on every cause, with real runs: what fixes what. Used by the tests and by `print-matrix.js`. */
import { causes } from "./causes.js";
import type { RunResult } from "./plan.js";
import { remedies } from "./remedies.js";
import type { Workshop } from "./workshop.js";

export interface MatrixRow {
  readonly cause: string;
  /** The run without a remedy. */
  readonly plain: RunResult;
  /** Names of the remedies with which the task succeeds, and their runs. */
  readonly fixedBy: ReadonlyMap<string, RunResult>;
  /** Mean of all runs. */
  readonly meanMs: number;
  readonly maxMs: number;
}

/** `lanes`: runs at the same time. */
export const tryAll = async (workshop: Workshop, seed: string, lanes: number): Promise<readonly MatrixRow[]> => {
  const rows: MatrixRow[] = [];
  const waiting = [...causes];
  const lane = async (): Promise<void> => {
    for (let cause = waiting.shift(); cause !== undefined; cause = waiting.shift()) {
      const task = workshop.task({ id: cause.name, cause: cause.name, seed });
      const plain = await task.run();
      const runs = [plain];
      const fixedBy = new Map<string, RunResult>();
      for (const remedy of remedies) {
        const result = await task.run({ change: remedy.apply });
        runs.push(result);
        if (result.ok) fixedBy.set(remedy.name, result);
      }
      const times = runs.map((result) => result.wallMs);
      const meanMs = times.reduce((sum, ms) => sum + ms, 0) / times.length;
      rows.push({ cause: cause.name, plain, fixedBy, meanMs, maxMs: Math.max(...times) });
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const place = new Map(causes.map((cause, index) => [cause.name, index]));
  return rows.sort((a, b) => (place.get(a.cause) ?? 0) - (place.get(b.cause) ?? 0));
};

export const matrixTable = (rows: readonly MatrixRow[]): string => {
  const line = (row: MatrixRow): string => {
    const fixes = [...row.fixedBy].map(([name, result]) => `${name} (${result.wallMs.toFixed(0)} ms)`).join(", ");
    const figures = [row.plain.wallMs, row.meanMs, row.maxMs].map((ms) => ms.toFixed(0).padStart(6)).join("");
    return `${row.cause.padEnd(26)}${figures}  ${fixes}`;
  };
  return [`${"cause".padEnd(26)} plain  mean   max  fixed by`, ...rows.map(line)].join("\n");
};
