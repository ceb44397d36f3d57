/** What the bench measures, and how a measurement becomes a line of the table. */
import type { Curves } from "./chart.ts";

/** A figure as a row declares it. The texts go into RESULTS.md, so they say what the number means to somebody who reads only that. */
export interface FigureKind {
  /** Stable and unique: it is the key in JSON. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** Whether a larger value is the better one. */
  readonly better: "more" | "less";
  /** From the design; `null` for figures that explain others. */
  readonly goal: number | null;
  /** What the limit beside it is; `undefined` where nothing natural bounds it. */
  readonly limitIs?: string;
  /** The line of the README's table, which shows the figures that have a goal. */
  readonly short?: string;
}

/** One measured value, with the limit that was measured beside it in the same run. */
export interface Measured {
  readonly value: number;
  readonly limit?: number;
}

/** What stands in the JSON: `ratio` is value / limit. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: number | null;
  readonly limit: number | null;
  readonly ratio: number | null;
}

export interface Context {
  /** Tiny sizes, one run: to see that everything works, not to measure. */
  readonly quick: boolean;
  /** A new directory, removed at the end. */
  dir(): Promise<string>;
  start(program: string, options?: { readonly execArgv?: readonly string[] }): Child;
  /** A line for whoever watches. */
  say(line: string): void;
  /** Curves that belong to the row's charts, by name; kept with `--write`. */
  draw(name: string, curves: Curves): void;
}

/** A process of the bench that answers calls. */
export interface Child {
  readonly pid: number;
  /** Calls a function of the program; rejects when it throws, dies, or does not answer in time (default two minutes). */
  call<T = unknown>(name: string, ...args: readonly unknown[]): Promise<T>;
  within(ms: number): Pick<Child, "call">;
  onEvent(listener: (event: unknown) => void): void;
  /** Sends a signal; resolves when the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** A picture of a row: `charts/<name>.svg`, drawn by its run. */
export interface ChartKind {
  readonly name: string;
  readonly title: string;
}

export interface Row {
  readonly name: string;
  /** What is timed, and what is not. */
  readonly timed: string;
  readonly figures: readonly FigureKind[];
  readonly charts?: readonly ChartKind[];
  /** Times that the row is measured when not quick. Default 3. */
  readonly runs?: number;
  /** How runs become one value. `median` by default; `sum` for counts of things that must never happen. */
  readonly combine?: "median" | "sum";
  run(context: Context): Promise<Readonly<Record<string, Measured>>>;
}

/** Which of the sorted values stands at a share of them, 0 to 1. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const found = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  if (found === undefined) throw new Error("there is nothing to take a quantile of");
  return found;
};

const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Four digits are more than a bench can tell. */
const rounded = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(4)));

/** Joins the runs of a row. A figure that a row declares and does not give, or gives and does not declare, is a bug. */
export const combineRuns = (row: Row, runs: readonly Readonly<Record<string, Measured>>[]): readonly Figure[] => {
  for (const run of runs) {
    const extra = Object.keys(run).find((name) => row.figures.every((kind) => kind.name !== name));
    if (extra !== undefined) throw new Error(`row ${row.name} gave "${extra}", which it does not declare`);
  }
  return row.figures.map(({ name, unit, goal }) => {
    const measured = runs.map((run) => {
      const one = run[name];
      if (one === undefined || !Number.isFinite(one.value)) throw new Error(`row ${row.name} gave no "${name}"`);
      return one;
    });
    const join = (values: readonly number[]): number =>
      row.combine === "sum" ? values.reduce((sum, value) => sum + value, 0) : median(values);
    const limits = measured.flatMap((one) => one.limit ?? []);
    const value = rounded(join(measured.map((one) => one.value)));
    const limit = limits.length === 0 ? null : rounded(join(limits));
    const ratio = limit === null || limit === 0 ? null : rounded(value / limit);
    return { name, value, unit, goal, limit, ratio };
  });
};

/** Whether the goal is reached; `undefined` without a goal. */
export const isMet = (kind: FigureKind, figure: Figure): boolean | undefined => {
  if (kind.goal === null) return undefined;
  return kind.better === "more" ? figure.value >= kind.goal : figure.value <= kind.goal;
};

/** How far a figure is from its goal, in words. */
export const gapOf = (kind: FigureKind, figure: Figure): string => {
  const met = isMet(kind, figure);
  if (met === undefined || kind.goal === null) return "";
  if (kind.goal === 0) return met ? "met" : `${figure.value} too many`;
  const times = kind.better === "more" ? figure.value / kind.goal : kind.goal / figure.value;
  return met ? `met, ${times.toFixed(1)} x better` : `missed, ${(1 / times).toFixed(1)} x short`;
};
