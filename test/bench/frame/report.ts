/** From results to text: the table on the terminal, RESULTS.md, and the README's figures. */
import { readmeComparison } from "./comparison.ts";
import { type Figure, type FigureKind, gapOf, isMet, type Row } from "./figures.ts";
import type { Machine } from "./machine.ts";

/** What `results.json` holds. */
export interface Results {
  /** Day of the run, YYYY-MM-DD. */
  readonly date: string;
  readonly machine: Machine;
  readonly figures: readonly Figure[];
}

const DASH = "\u2013";

/** Thousands with a comma; small numbers with the digits that mean something. */
const shown = (value: number | null): string => {
  if (value === null) return DASH;
  const digits = Number.isInteger(value) || Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
};

const quantity = (value: number | null, unit: string): string =>
  value === null ? DASH : `${shown(value)} ${unit}`.trim();
const ratioOf = ({ ratio }: Figure): string => (ratio === null ? DASH : `${ratio.toFixed(2)} x`);

const verdictOf = (kind: FigureKind, figure: Figure): string => {
  const met = isMet(kind, figure);
  return met === undefined ? "" : met ? "yes" : "no";
};

interface Line {
  readonly row: Row;
  readonly kind: FigureKind;
  readonly figure: Figure;
}

/** Figures with what their rows say of them, in the order of the rows; figures of rows that are gone are dropped. */
const linesOf = (rows: readonly Row[], figures: readonly Figure[]): readonly Line[] =>
  rows.flatMap((row) =>
    row.figures.flatMap((kind) => {
      const figure = figures.find(({ name }) => name === kind.name);
      return figure === undefined ? [] : [{ row, kind, figure }];
    }),
  );

/** The table for a terminal. */
export const terminalTable = (rows: readonly Row[], figures: readonly Figure[]): string => {
  const cells = [
    ["figure", "value", "goal", "met", "limit", "value / limit"],
    ...linesOf(rows, figures).map(({ kind, figure }) => [
      kind.name,
      quantity(figure.value, figure.unit),
      shown(figure.goal),
      verdictOf(kind, figure),
      shown(figure.limit),
      ratioOf(figure),
    ]),
  ];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0))) ?? [];
  return cells
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
};

const describe = ({ date, machine }: Results): string =>
  `${date}, ${machine.cores} cores (${machine.processor}), ${machine.memoryGb} GB, ${machine.system}, Node ${machine.node}, load ${machine.load} when the busiest row began${machine.load > 1 ? " (other work ran beside it: repeat on a quiet machine before comparing)" : ""}${machine.disk === "memory" ? ", directories in memory: figures that involve a disk mean nothing" : ""}`;

/** RESULTS.md. */
export const resultsMarkdown = (rows: readonly Row[], results: Results): string => {
  const lines = linesOf(rows, results.figures);
  const withGoal = lines.filter(({ kind }) => kind.goal !== null);
  const met = withGoal.filter(({ kind, figure }) => isMet(kind, figure) === true).length;
  const sections = rows.flatMap((row) => {
    const own = lines.filter((line) => line.row === row);
    if (own.length === 0) return [];
    const limits = [...new Set(own.flatMap(({ kind }) => kind.limitIs ?? []))];
    return [
      `## ${row.name}`,
      "",
      row.timed,
      "",
      "| what | value | goal | gap | limit | value / limit |",
      "|---|---:|---:|---|---:|---:|",
      ...own.map(
        ({ kind, figure }) =>
          `| ${kind.title} | ${quantity(figure.value, figure.unit)} | ${shown(figure.goal)} | ${gapOf(kind, figure)} | ${shown(figure.limit)} | ${ratioOf(figure)} |`,
      ),
      "",
      ...(limits.length === 0 ? [] : [`Limit: ${limits.join("; ")}.`, ""]),
      ...(row.charts ?? []).flatMap(({ name, title }) => [`![${title}](charts/${name}.svg)`, ""]),
    ];
  });
  return [
    "# Results",
    "",
    "Written by `npm run bench -- --write` from [results.json](results.json); what each row does stands in [README.md](README.md).",
    "",
    `${describe(results)}. ${met} of ${withGoal.length} goals are met.`,
    "",
    "A limit is the least that any program has to spend on the same work here, measured in the same run. Where less is better, a",
    "ratio of 3 means three times the limit; where more is better, 0.5 means half of it. Values are medians of several runs, and",
    "what must never happen is counted over all of them.",
    "",
    ...sections,
  ].join("\n");
};

/** The README's table: the figures that have a goal. */
const readmeFigures = (rows: readonly Row[], results: Results): string => {
  const lines = linesOf(rows, results.figures).filter(({ kind }) => kind.goal !== null);
  return [
    "| what | measured | goal | met | natural limit |",
    "|---|---:|---:|---|---:|",
    ...lines.map(
      ({ kind, figure }) =>
        `| ${kind.short ?? kind.title} | ${quantity(figure.value, figure.unit)} | ${shown(figure.goal)} | ${verdictOf(kind, figure)} | ${shown(figure.limit)} |`,
    ),
    "",
    `${describe(results)}. What is timed, what the limits are and what else was measured: [RESULTS.md](test/bench/RESULTS.md).`,
  ].join("\n");
};

/** A README with what stands between `<!-- part -->` and `<!-- /part -->` replaced. */
export const withPart = (readme: string, part: string, text: string): string => {
  const [open, close] = [`<!-- ${part} -->`, `<!-- /${part} -->`];
  const begin = readme.indexOf(open);
  const end = readme.indexOf(close);
  if (begin < 0 || end < begin) throw new Error(`README.md lacks ${open} and ${close}`);
  return `${readme.slice(0, begin + open.length)}\n${text}\n${readme.slice(end)}`;
};

/** The root README with the figures of these results. */
export const withResults = (readme: string, rows: readonly Row[], results: Results): string =>
  withPart(withPart(readme, "figures", readmeFigures(rows, results)), "comparison", readmeComparison(results.figures));

/** What the README of @herdmind/dashboard says of 100,000 entries: the figures of that row, median and worst beside each other, with what the node spent. */
const dashboardFigures = (rows: readonly Row[], results: Results): string => {
  const lines = linesOf(rows, results.figures).filter(({ row }) => row.name === "dashboard");
  const cells = (figure: Figure | undefined): string =>
    figure === undefined ? "| " : `${quantity(figure.value, figure.unit)} | ${quantity(figure.limit, figure.unit)}`;
  const shownLines = lines.flatMap(({ kind: { name, title }, figure }) => {
    const other = (from: RegExp, to: string): Figure | undefined =>
      lines.find(({ kind }) => kind.name === name.replace(from, to) && kind.name !== name)?.figure;
    if (name.endsWith("-p50"))
      return [`| ${title.replace(/: p50$/, "")} | ${cells(figure)} | ${cells(other(/-p50$/, "-worst"))} |`];
    return other(/-worst$/, "-p50") === undefined ? [`| ${title} | ${cells(undefined)} | ${cells(figure)} |`] : [];
  });
  return [
    "| with 100,000 entries | median | processor | worst | processor |",
    "|---|---:|---:|---:|---:|",
    ...shownLines,
    "",
    `${describe(results)}. How: [RESULTS.md](../../test/bench/RESULTS.md#dashboard).`,
  ].join("\n");
};

/** The README of @herdmind/dashboard with the figures of these results. */
export const withDashboard = (readme: string, rows: readonly Row[], results: Results): string =>
  withPart(readme, "figures", dashboardFigures(rows, results));
