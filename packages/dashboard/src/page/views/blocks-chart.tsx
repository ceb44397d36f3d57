/** Records of each stretch of canon by type, with the moment that is shown. */
import { memo, useMemo } from "react";
import { Bar, BarChart, CartesianGrid, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { Timeline } from "../../api.js";
import { DataTable } from "../parts/data-table.js";
import { figure, momentText, plural } from "../parts/figures.js";
import { Foreign } from "../parts/foreign.js";

type Bucket = Timeline["buckets"][number];

/** What canon keeps of itself, in every block: drawn, it would hide what happened. The table has it. */
const BOOKKEEPING: ReadonlySet<string> = new Set([
  "open",
  "term",
  "time",
  "watermark",
  "next",
  "checkpoint",
  "checkpoint-end",
]);

/** In the order in which they are stacked; what is none of these is counted together. */
const KINDS = [
  ["immunization", "New entries", "var(--entries)"],
  ["evidence", "Evidence", "var(--evidence)"],
  ["status", "Status", "var(--warn-mark)"],
  ["verdict", "Verdicts", "var(--bad-mark)"],
  ["member", "Members", "var(--signals)"],
  ["memory-step", "Memory", "var(--memory)"],
  ["other", "Other", "var(--rest)"],
] as const;
type Kind = (typeof KINDS)[number][0];

type Stacked = { readonly [kind in Kind]: number } & { readonly middle: number; readonly bucket: Bucket };

const stack = (bucket: Bucket): Stacked => {
  const known = new Set<string>([...KINDS.map(([kind]) => kind), ...BOOKKEEPING]);
  const of = (kind: string): number => bucket.records[kind] ?? 0;
  const other = Object.entries(bucket.records).reduce((sum, [kind, count]) => (known.has(kind) ? sum : sum + count), 0);
  return {
    immunization: of("immunization"),
    evidence: of("evidence"),
    status: of("status"),
    verdict: of("verdict"),
    member: of("member"),
    "memory-step": of("memory-step"),
    other,
    middle: (bucket.fromBlocks + bucket.toBlocks) / 2,
    bucket,
  };
};

/** Bars of the chart: more of them could not be told apart, and cost as much as all else of the page. The table has every bucket. */
const MAX_BARS = 80;

const joined = (buckets: readonly Bucket[]): readonly Bucket[] => {
  const size = Math.ceil(buckets.length / MAX_BARS);
  return Array.from({ length: Math.ceil(buckets.length / size) || 0 }, (_, i) => {
    const part = buckets.slice(i * size, (i + 1) * size);
    const records: { [type: string]: number } = {};
    for (const bucket of part)
      for (const [type, count] of Object.entries(bucket.records)) records[type] = (records[type] ?? 0) + count;
    const [first, last] = [part[0] as Bucket, part.at(-1) as Bucket];
    return { fromBlocks: first.fromBlocks, toBlocks: last.toBlocks, at: last.at, records };
  });
};

const recordsText = ({ records }: Bucket): string =>
  Object.entries(records)
    .map(([kind, count]) => `${figure(count)} ${kind}`)
    .join(", ");

interface Props {
  readonly timeline: Timeline;
  readonly blocks: number;
  readonly onChoose: (blocks: number) => void;
}

const BlocksChart = memo(({ timeline, blocks, onChoose }: Props) => {
  const rows = useMemo(() => joined(timeline.buckets).map(stack), [timeline]);
  const total = (kind: Kind): number => rows.reduce((sum, row) => sum + row[kind], 0);
  const shown = KINDS.filter(([kind]) => total(kind) > 0);
  const axis = { tickLine: false, axisLine: false, tick: { fill: "var(--muted)", fontSize: 12 } } as const;
  const summary = `${plural(timeline.to - timeline.from, "block")} of canon: ${shown.map(([kind, name]) => `${figure(total(kind))} ${name.toLowerCase()}`).join(", ")}`;
  return (
    <figure className="chart" aria-label={`Chart: ${summary}`}>
      <ul className="legend" aria-hidden="true">
        {shown.map(([kind, name]) => (
          <li key={kind} className={`is-${kind}`}>
            {name}
          </li>
        ))}
      </ul>
      <div className="chart-drawing" aria-hidden="true">
        <ResponsiveContainer width="100%" height={220}>
          <BarChart
            data={rows}
            margin={{ top: 8, right: 8, bottom: 0, left: 0 }}
            barCategoryGap={1}
            accessibilityLayer={false}
            onClick={({ activeIndex }) => {
              const row = rows[Number(activeIndex)];
              if (row !== undefined) onChoose(row.bucket.toBlocks);
            }}
          >
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis
              dataKey="middle"
              type="number"
              domain={[timeline.from, timeline.to]}
              tickFormatter={(at: number) => figure(Math.round(at))}
              allowDecimals={false}
              {...axis}
            />
            <YAxis allowDecimals={false} width={36} {...axis} />
            <Tooltip
              cursor={{ fill: "var(--hover)" }}
              isAnimationActive={false}
              content={({ active, payload }) => {
                const row = payload?.[0]?.payload as Stacked | undefined;
                return active === true && row !== undefined ? (
                  <div className="chart-tip">
                    <b>
                      Blocks {figure(row.bucket.fromBlocks)} to {figure(row.bucket.toBlocks)}
                    </b>
                    <span>{momentText(row.bucket.at)}</span>
                    <Foreign text={recordsText(row.bucket)} />
                  </div>
                ) : null;
              }}
            />
            {shown.map(([kind, , colour]) => (
              <Bar
                key={kind}
                dataKey={kind}
                stackId="records"
                fill={colour}
                isAnimationActive={false}
                maxBarSize={24}
              />
            ))}
            <ReferenceLine x={blocks} stroke="var(--accent)" strokeWidth={2} />
          </BarChart>
        </ResponsiveContainer>
      </div>
      <figcaption>{summary}.</figcaption>
      <details>
        <summary>As a table</summary>
        <DataTable
          caption="Records of canon by blocks"
          rows={timeline.buckets}
          keyOf={({ fromBlocks }) => fromBlocks}
          columns={[
            { name: "Blocks", cell: ({ fromBlocks, toBlocks }) => `${figure(fromBlocks)} to ${figure(toBlocks)}` },
            { name: "Until", cell: ({ at }) => momentText(at) },
            { name: "Records", cell: (bucket) => <Foreign text={recordsText(bucket)} /> },
            {
              name: "Moment",
              cell: ({ toBlocks }) => (
                <button type="button" className="button is-small" onClick={() => onChoose(toBlocks)}>
                  Show<span className="visually-hidden"> canon after {plural(toBlocks, "block")}</span>
                </button>
              ),
            },
          ]}
        />
      </details>
    </figure>
  );
});
export default BlocksChart;
