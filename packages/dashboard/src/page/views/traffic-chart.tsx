/** Signals and new entries over time. */
import { Area, Bar, CartesianGrid, ComposedChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { Overview } from "../../api.js";
import { DataTable } from "../parts/data-table.js";
import { clockText, duration, figure, momentText, plural } from "../parts/figures.js";

interface Step {
  readonly at: number;
  readonly signals: number;
  readonly entries: number;
}

const stepsOf = ({ stepMs, endsAt, signals, entries }: Overview["traffic"]): readonly Step[] => {
  const count = Math.max(signals.length, entries.length);
  return Array.from({ length: count }, (_, i) => ({
    at: endsAt - (count - i) * stepMs,
    signals: signals[i] ?? 0,
    entries: entries[i] ?? 0,
  }));
};

const TrafficChart = ({ traffic }: { readonly traffic: Overview["traffic"] }) => {
  const steps = stepsOf(traffic);
  const total = (name: "signals" | "entries"): number => steps.reduce((sum, step) => sum + step[name], 0);
  const summary = `${plural(total("signals"), "signal")} and ${plural(total("entries"), "new entry", "new entries")} in the last ${duration(steps.length * traffic.stepMs)}, in steps of ${duration(traffic.stepMs)}`;
  const axis = { tickLine: false, axisLine: false, tick: { fill: "var(--muted)", fontSize: 12 } } as const;
  const shown = traffic.stepMs < 3_600_000 ? clockText : momentText;
  return (
    <figure className="chart" aria-label={`Chart: ${summary}`}>
      <ul className="legend" aria-hidden="true">
        <li className="is-signals">Signals</li>
        <li className="is-entries">New entries</li>
      </ul>
      <div className="chart-drawing" aria-hidden="true">
        <ResponsiveContainer width="100%" height={200}>
          <ComposedChart
            data={steps as Step[]}
            margin={{ top: 8, right: 8, bottom: 0, left: 0 }}
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
                    <span>{plural(step.signals, "signal")}</span>
                    <span>{plural(step.entries, "new entry", "new entries")}</span>
                  </div>
                ) : null;
              }}
            />
            <Area
              dataKey="signals"
              type="monotone"
              stroke="var(--signals)"
              strokeWidth={2}
              fill="var(--signals-soft)"
              isAnimationActive={false}
              dot={false}
            />
            <Bar
              dataKey="entries"
              fill="var(--entries)"
              radius={[3, 3, 0, 0]}
              maxBarSize={10}
              isAnimationActive={false}
            />
          </ComposedChart>
        </ResponsiveContainer>
      </div>
      <figcaption>{summary}.</figcaption>
      <details>
        <summary>As a table</summary>
        <DataTable
          caption="Signals and new entries by time"
          rows={steps.filter(({ signals, entries }) => signals + entries > 0)}
          keyOf={({ at }) => at}
          columns={[
            { name: "From", cell: ({ at }) => momentText(at) },
            { name: "Signals", isNumber: true, cell: ({ signals }) => figure(signals) },
            { name: "New entries", isNumber: true, cell: ({ entries }) => figure(entries) },
          ]}
        />
      </details>
    </figure>
  );
};
export default TrafficChart;
