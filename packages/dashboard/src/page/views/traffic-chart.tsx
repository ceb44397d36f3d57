/** What canon judged over time, and how much of it was new. */
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { Overview } from "../../api.js";
import { DataTable } from "../parts/data-table.js";
import { clockText, duration, figure, momentText, plural } from "../parts/figures.js";

interface Step {
  readonly at: number;
  /** All that was judged. */
  readonly signals: number;
  /** Of these, what became an entry. */
  readonly entries: number;
  readonly others: number;
}

const stepsOf = ({ stepMs, endsAt, signals, entries }: Overview["traffic"]): readonly Step[] => {
  const count = Math.max(signals.length, entries.length);
  return Array.from({ length: count }, (_, i) => {
    const [judged, fresh] = [signals[i] ?? 0, entries[i] ?? 0];
    return { at: endsAt - (count - i) * stepMs, signals: judged, entries: fresh, others: Math.max(0, judged - fresh) };
  });
};

const bar = { maxBarSize: 14, isAnimationActive: false } as const;

const TrafficChart = ({ traffic }: { readonly traffic: Overview["traffic"] }) => {
  const steps = stepsOf(traffic);
  const total = (name: "signals" | "entries"): number => steps.reduce((sum, step) => sum + step[name], 0);
  const summary = `canon judged ${plural(total("signals"), "signal")} in the last ${duration(steps.length * traffic.stepMs)}, ${plural(total("entries"), "new entry", "new entries")} among them, in steps of ${duration(traffic.stepMs)}`;
  const axis = { tickLine: false, axisLine: false, tick: { fill: "var(--muted)", fontSize: 12 } } as const;
  const shown = traffic.stepMs < 3_600_000 ? clockText : momentText;
  return (
    <figure className="chart" aria-label={`Chart: ${summary}`}>
      <ul className="legend" aria-hidden="true">
        <li className="is-entries">New entries</li>
        <li className="is-signals">Outcomes, and what became no entry</li>
      </ul>
      <div className="chart-drawing" aria-hidden="true">
        <ResponsiveContainer width="100%" height={200}>
          <BarChart
            data={[...steps]}
            margin={{ top: 8, right: 8, bottom: 0, left: 0 }}
            barCategoryGap={1}
            accessibilityLayer={false}
          >
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis
              dataKey="at"
              tickFormatter={(at: number) => shown(at).replace(/:\d\d$/, "")}
              minTickGap={48}
              {...axis}
            />
            <YAxis allowDecimals={false} width={36} {...axis} />
            <Tooltip
              cursor={{ fill: "var(--hover)" }}
              isAnimationActive={false}
              content={({ active, payload }) => {
                const step = payload?.[0]?.payload as Step | undefined;
                return active === true && step !== undefined ? (
                  <div className="chart-tip">
                    <b>{shown(step.at)}</b>
                    <span>{plural(step.signals, "signal")} judged</span>
                    <span>{plural(step.entries, "new entry", "new entries")} among them</span>
                  </div>
                ) : null;
              }}
            />
            <Bar dataKey="entries" stackId="judged" fill="var(--entries)" {...bar} />
            <Bar dataKey="others" stackId="judged" fill="var(--signals)" {...bar} />
          </BarChart>
        </ResponsiveContainer>
      </div>
      <figcaption>Since this node began, {summary}.</figcaption>
      <details>
        <summary>As a table</summary>
        <DataTable
          caption="Signals that canon judged, and new entries among them, by time"
          rows={steps.filter(({ signals, entries }) => signals + entries > 0)}
          keyOf={({ at }) => at}
          columns={[
            { name: "From", cell: ({ at }) => momentText(at) },
            { name: "Judged", isNumber: true, cell: ({ signals }) => figure(signals) },
            { name: "New entries", isNumber: true, cell: ({ entries }) => figure(entries) },
          ]}
        />
      </details>
    </figure>
  );
};
export default TrafficChart;
