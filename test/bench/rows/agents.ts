import type { Context, Measured, Row } from "../frame/figures.ts";
import { dealOf, percentOfRepeats } from "../load/encounters.ts";
import { type Met, playMeetings } from "./meetings.ts";

const SIZES = [1, 2, 4, 8, 12] as const;
const TINY_SIZES = [1, 3] as const;
const SEED = 4;
const SCENE = { each: 30, pool: 120, workMs: 40, searchMs: 120, patienceMs: 1200 } as const;
const TINY = { each: 6, pool: 8, workMs: 10, searchMs: 50, patienceMs: 500 } as const;

/** What a size came to, with claims and without. */
interface Point {
  readonly size: number;
  readonly met: Met;
  readonly unclaimed: Met;
}

const ofRepeats = (met: Met, count: keyof Met = "avoided"): number => percentOfRepeats(met, met[count]);
const ofEncounters = (met: Met, count: keyof Met = "avoided"): number => (100 * met[count]) / met.encounters;

export const agents: Row = {
  name: "agents",
  runs: 1,
  timed:
    "Repeats avoided, by the number of agents: 1, 2, 4, 8 and 12 agent processes on one relay, each size a swarm of its own on disk, and beside it one whose agents do not claim what they search for. Each agent is dealt 30 problems from a pool of 120 by one seed, the nth as often as 1 / n; a problem is what a tool printed, with other times, numbers and places each time it is met. Before each problem it works for 40 ms, and where nothing is known it searches for 120 ms, on average, so that a search is three times as long as the rest, not a thousand times as in life: what is met while somebody searches counts the more. The loop is `attempt`: recall, apply, tell the outcome, or claim, search and report; for another's search it waits for 1.2 s at most. A repeat is every encounter after the first of its problem by anybody; it is avoided when no search of its own came to its end. Nothing is timed. Recognition is measured elsewhere: these outputs are all recognised.",
  figures: [
    {
      name: "agents-avoided",
      title: "repeats that 12 agents avoid",
      unit: "%",
      better: "more",
      goal: null,
      limitIs:
        "memory shared without delay, for the same encounters: those before which anybody had found the remedy; it waits for nobody, as agents do who claim what they search",
    },
    {
      name: "agents-unclaimed",
      title: "repeats that they avoid where nobody claims what it searches for",
      unit: "%",
      better: "more",
      goal: null,
    },
    {
      name: "agents-own",
      title: "repeats that the same 12 would avoid with nothing but their own memory",
      unit: "%",
      better: "more",
      goal: null,
    },
    {
      name: "agents-encounters",
      title: "encounters of 12 agents that took no search",
      unit: "%",
      better: "more",
      goal: null,
      limitIs: "for encounters: each problem is searched once",
    },
    {
      name: "agents-encounters-one",
      title: "encounters of one agent that took no search",
      unit: "%",
      better: "more",
      goal: null,
    },
    {
      name: "agents-begun",
      title: "searches of 12 agents that began, for each problem that they met",
      unit: "",
      better: "less",
      goal: null,
    },
    {
      name: "agents-wrong",
      title: "remedies of another problem that were applied, in all swarms",
      unit: "",
      better: "less",
      goal: null,
    },
  ],
  charts: [
    { name: "agents-repeats", title: "Repeats avoided, by the number of agents" },
    { name: "agents-encounters", title: "Encounters that took no search, by the number of agents" },
  ],
  run: async (context: Context): Promise<Readonly<Record<string, Measured>>> => {
    const { each, pool, ...pace } = context.quick ? TINY : SCENE;
    const all: Point[] = [];
    for (const size of context.quick ? TINY_SIZES : SIZES) {
      const scene = { deal: dealOf(size, each, pool, SEED), seed: SEED, ...pace };
      const [met, unclaimed] = await Promise.all([
        playMeetings(context, { ...scene, claim: true }),
        playMeetings(context, { ...scene, claim: false }),
      ]);
      context.say(`agents: ${size}: of ${met.repeats} repeats, ${met.avoided} avoided, ${unclaimed.avoided} unclaimed`);
      all.push({ size, met, unclaimed });
    }
    const curve = (name: string, of: (point: Point) => number) => ({
      name,
      points: all.map((point) => [point.size, of(point)] as const),
    });
    const subtitle = `${each} problems an agent, dealt from ${pool} (the nth as often as 1 / n); real processes over a relay`;
    const x = { name: "agents", min: 0, max: 12 };
    context.draw("agents-repeats", {
      title: "Repeats avoided, by the number of agents",
      subtitle,
      x,
      y: { name: "% of the encounters after a problem's first", min: 0, max: 100 },
      curves: [
        curve("the swarm", ({ met }) => ofRepeats(met)),
        curve("without claims", ({ unclaimed }) => ofRepeats(unclaimed)),
        curve("shared memory without delay", ({ unclaimed }) => ofRepeats(unclaimed, "bySharedMemory")),
        curve("own memory only", ({ met }) => ofRepeats(met, "byOwnMemory")),
      ],
    });
    context.draw("agents-encounters", {
      title: "Encounters that took no search, by the number of agents",
      subtitle,
      x,
      y: { name: "% of all encounters", min: 0, max: 100 },
      curves: [
        curve("the swarm", ({ met }) => ofEncounters(met)),
        curve("without claims", ({ unclaimed }) => ofEncounters(unclaimed)),
        curve("each problem searched once", ({ met }) => ofEncounters(met, "repeats")),
        curve("own memory only", ({ met }) => ofEncounters(met, "byOwnMemory")),
      ],
    });
    const one = all[0] as Point;
    const most = all.at(-1) as Point;
    return {
      "agents-avoided": { value: ofRepeats(most.met), limit: ofRepeats(most.met, "bySharedMemory") },
      "agents-unclaimed": { value: ofRepeats(most.unclaimed), limit: ofRepeats(most.unclaimed, "bySharedMemory") },
      "agents-own": { value: ofRepeats(most.met, "byOwnMemory") },
      "agents-encounters": { value: ofEncounters(most.met), limit: ofEncounters(most.met, "repeats") },
      "agents-encounters-one": { value: ofEncounters(one.met) },
      "agents-begun": { value: most.met.searches / (most.met.encounters - most.met.repeats) },
      "agents-wrong": { value: all.reduce((sum, { met, unclaimed }) => sum + met.wrong + unclaimed.wrong, 0) },
    };
  },
};
