import type { Context, Measured, Row } from "../frame/figures.ts";
import { dealOf, percentOfRepeats } from "../load/encounters.ts";
import { type Met, playMeetings } from "./meetings.ts";

/** Percent of the time. */
const SHARES = [0, 20, 40, 60, 80] as const;
const FIGURES = [0, 40, 80] as const;
const SEED = 5;
const SCENE = { agents: 5, each: 30, pool: 60, workMs: 150, searchMs: 300, patienceMs: 1000, everyMs: 4000 } as const;
const TINY = { agents: 2, each: 4, pool: 3, workMs: 20, searchMs: 50, patienceMs: 200, everyMs: 200 } as const;

export const gaps: Row = {
  name: "gaps",
  runs: 1,
  timed:
    "Repeats avoided, by the share of time that each agent is cut off: 5 agent processes, each behind a proxy that drops its connections and refuses new ones for 0, 20, 40, 60 or 80 % of every 4 s, each agent at its own moments. Each is dealt 30 problems from a pool of 60, as in `agents`, works for 150 ms before each, searches for 300 ms, and waits for 1 s at most for somebody else who searches. The five swarms run beside each other. An agent that is cut off recalls what canon said when it was last connected, searches alone, applies again what it found itself, and its reports leave when it is back; clients wait longer after each failure to connect, so that they are away longer than they are cut off. In the end everybody is connected, and every record that an agent was told is durable is looked for at the orchestrator: at its place, saying the same, below canon's watermark. Nothing is timed.",
  figures: [
    ...FIGURES.map((share) => ({
      name: `gaps-avoided-${share}`,
      title: `repeats avoided, each agent cut off for ${share} % of the time`,
      unit: "%",
      better: "more" as const,
      goal: null,
      limitIs: "memory shared without delay behind the same cuts, for the same encounters; it waits for nobody",
    })),
    {
      name: "gaps-own",
      title: "repeats that agents would avoid with nothing but their own memory",
      unit: "%",
      better: "more",
      goal: null,
    },
    {
      name: "gaps-away-40",
      title: "time without a connection, cut off for 40 % of it",
      unit: "%",
      better: "less",
      goal: null,
      limitIs: "for time without a connection: the cuts alone",
    },
    {
      name: "gaps-lost",
      title: "acknowledged records lost, in all five swarms",
      unit: "records",
      better: "less",
      goal: 0,
      short: "acknowledged records lost by agents that are cut off up to 80 % of the time",
    },
    { name: "gaps-lost-of", title: "records acknowledged", unit: "records", better: "more", goal: null },
  ],
  charts: [{ name: "gaps-repeats", title: "Repeats avoided, by the share of time that agents are cut off" }],
  run: async (context: Context): Promise<Readonly<Record<string, Measured>>> => {
    const { agents, each, pool, everyMs, ...pace } = context.quick ? TINY : SCENE;
    const deal = dealOf(agents, each, pool, SEED);
    const metByShare = new Map<number, Met>();
    await Promise.all(
      (context.quick ? FIGURES : SHARES).map(async (percent) => {
        const met = await playMeetings(context, {
          deal,
          seed: SEED,
          claim: true,
          ...pace,
          gaps: { share: percent / 100, everyMs },
        });
        context.say(
          `gaps: ${percent} %, away ${met.away.toFixed(0)} %: of ${met.repeats} repeats, ${met.avoided} avoided`,
        );
        metByShare.set(percent, met);
      }),
    );
    const all = [...metByShare].sort(([a], [b]) => a - b);
    const curve = (name: string, count: (met: Met) => number) => ({
      name,
      points: all.map(([percent, met]) => [percent, percentOfRepeats(met, count(met))] as const),
    });
    context.draw("gaps-repeats", {
      title: "Repeats avoided, by the share of time that agents are cut off",
      subtitle: `${agents} agents, ${each} problems each, dealt from ${pool}; sockets cut every ${everyMs / 1000} s`,
      x: { name: "time that each agent is cut off, %", min: 0, max: 80 },
      y: { name: "% of the encounters after a problem's first", min: 0, max: 100 },
      curves: [
        curve("the swarm", ({ avoided }) => avoided),
        curve("shared memory without delay, same cuts", ({ bySharedMemory }) => bySharedMemory),
        curve("own memory only", ({ byOwnMemory }) => byOwnMemory),
      ],
    });
    const at = (percent: number): Met => metByShare.get(percent) as Met;
    const total = (of: (met: Met) => number): number => all.reduce((sum, [, met]) => sum + of(met), 0);
    return {
      ...Object.fromEntries(
        FIGURES.map((percent) => {
          const met = at(percent);
          const limit = percentOfRepeats(met, met.bySharedMemory);
          return [`gaps-avoided-${percent}`, { value: percentOfRepeats(met, met.avoided), limit }];
        }),
      ),
      "gaps-own": { value: percentOfRepeats(at(0), at(0).byOwnMemory) },
      "gaps-away-40": { value: at(40).away, limit: 40 },
      "gaps-lost": { value: total(({ lost }) => lost) },
      "gaps-lost-of": { value: total(({ acknowledged }) => acknowledged) },
    };
  },
};
