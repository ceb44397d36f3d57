import { setTimeout as pause } from "node:timers/promises";
import { type Child, type Context, type Measured, quantile, type Row } from "../frame/figures.ts";
import { startStock, startSwarm } from "./swarm.ts";

const OTHERS = 50;
/** Milliseconds between two problems when fifty processes listen: the pace of the load, slower than the answer. */
const PACE_MS = 100;

interface Passed {
  readonly at: number;
  readonly durableAt: number;
  readonly recallableAt: number;
}

/** One solves, one recalls, problem after problem. */
const toOne = async (solver: Child, other: Child, first: number, count: number): Promise<readonly Passed[]> => {
  const passed: Passed[] = [];
  for (let n = first; n < first + count; n++) {
    const recallable = other.call<number>("recallable", n);
    const told = await solver.call<{ at: number; durableAt: number }>("reportOne", n);
    passed.push({ ...told, recallableAt: await recallable });
  }
  return passed;
};

const stockToOne = async (context: Context, count: number): Promise<readonly number[]> => {
  const { clients } = await startStock(context, [
    { rooms: ["one"], watch: false },
    { rooms: ["one"], watch: true },
  ]);
  const [writer, reader] = clients as [Child, Child];
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const at = await writer.call<number>("one", "one");
    times.push((await reader.call<number>("seen", n)) - at);
  }
  for (const client of clients) await client.kill();
  return times;
};

export const propagation: Row = {
  name: "propagation",
  timed:
    "One agent process reports a new problem; another one, over sockets and through relay and orchestrator, can recall it. Timed from the call of `report` to the moment when the other process has recalled the entry by its error; in between it is fsynced three times (author, orchestrator's process for the signal and for canon) and a fourth time by the reader. One problem after the other; the first fifty warm up.",
  figures: [
    {
      name: "propagation-p50",
      title: "resolve to recallable in another process, p50",
      unit: "ms",
      better: "less",
      goal: 2,
      limitIs:
        "a stock y-websocket client's update through a plain server to another one: no disk, no signature, no verdict",
    },
    {
      name: "propagation-p99",
      title: "resolve to recallable in another process, p99",
      unit: "ms",
      better: "less",
      goal: 8,
    },
    {
      name: "propagation-own",
      title: "of that: report to durable at the author, p50",
      unit: "ms",
      better: "less",
      goal: null,
    },
    {
      name: "propagation-held",
      title: "from there to durable in the orchestrator's process, p50",
      unit: "ms",
      better: "less",
      goal: null,
    },
    { name: "propagation-judged", title: "from there to canon durable, p50", unit: "ms", better: "less", goal: null },
    {
      name: "propagation-recallable",
      title: "from there to recalled by the reader, p50",
      unit: "ms",
      better: "less",
      goal: null,
    },
  ],
  run: async (context: Context): Promise<Readonly<Record<string, Measured>>> => {
    const count = context.quick ? 5 : 1000;
    const warm = context.quick ? 1 : 50;
    const { swarm, agents } = await startSwarm(context, 2, true);
    const [solver, other] = agents as [Child, Child];
    await toOne(solver, other, 0, warm);
    const passed = await toOne(solver, other, warm, count);
    const times = passed.map(({ at, recallableAt }) => recallableAt - at);
    const { held, canon } = await swarm.call<{ held: readonly number[]; canon: readonly number[] }>("durable", count);
    const stage = (from: (n: number) => number, to: (n: number) => number): Measured => ({
      value: quantile(
        passed.map((_, n) => to(n) - from(n)),
        0.5,
      ),
    });
    const start = (n: number): number => (passed[n] as Passed).at;
    const own = (n: number): number => (passed[n] as Passed).durableAt;
    const end = (n: number): number => (passed[n] as Passed).recallableAt;
    const there = (n: number): number => held[n] as number;
    const judged = (n: number): number => canon[n] as number;
    for (const process of [...agents, swarm]) await process.kill();
    const stock = (await stockToOne(context, warm + count)).slice(warm);
    return {
      "propagation-p50": { value: quantile(times, 0.5), limit: quantile(stock, 0.5) },
      "propagation-p99": { value: quantile(times, 0.99), limit: quantile(stock, 0.99) },
      "propagation-own": stage(start, own),
      "propagation-held": stage(own, there),
      "propagation-judged": stage(there, judged),
      "propagation-recallable": stage(judged, end),
    };
  },
};

const lastOf = (seen: readonly (readonly number[])[], n: number): number =>
  Math.max(...seen.map((times) => times[n] as number));

const stockToAll = async (context: Context, others: number, count: number): Promise<readonly number[]> => {
  const { clients } = await startStock(context, [
    { rooms: ["one"], watch: false },
    ...Array.from({ length: others }, () => ({ rooms: ["one"], watch: true })),
  ]);
  const [writer, ...readers] = clients as [Child, ...Child[]];
  const began: number[] = [];
  for (let n = 0; n < count; n++) {
    began.push(await writer.call<number>("one", "one"));
    await pause(PACE_MS);
  }
  const all = Array.from({ length: count }, (_, n) => n);
  const seen = await Promise.all(readers.map((reader) => Promise.all(all.map((n) => reader.call<number>("seen", n)))));
  for (const client of clients) await client.kill();
  return began.map((at, n) => lastOf(seen, n) - at);
};

export const crowd: Row = {
  name: "crowd",
  runs: 2,
  timed:
    "Fifty-one agent processes on one relay. One of them reports a new problem every 100 ms; timed from its call of `report` until the last of the fifty others can recall the entry. Then all of them report at once, each with up to 64 reports under way, and the last verdict ends the time. Memory is the resident size of an agent process, Node included.",
  figures: [
    {
      name: "crowd-p50",
      title: "resolve to recallable in the last of 50 other processes, p50",
      unit: "ms",
      better: "less",
      goal: 15,
      limitIs: "the last of 50 stock y-websocket clients on a plain server",
    },
    {
      name: "crowd-p99",
      title: "resolve to recallable in the last of 50 other processes, p99",
      unit: "ms",
      better: "less",
      goal: 50,
    },
    {
      name: "crowd-signals",
      title: "signals admitted end to end from 51 agent processes",
      unit: "signals/s",
      better: "more",
      goal: null,
    },
    { name: "crowd-rss", title: "resident memory of an agent process", unit: "MB", better: "less", goal: null },
  ],
  run: async (context: Context): Promise<Readonly<Record<string, Measured>>> => {
    const others = context.quick ? 3 : OTHERS;
    const warm = context.quick ? 1 : 20;
    const count = warm + (context.quick ? 3 : 200);
    const { swarm, agents } = await startSwarm(context, others + 1, true);
    const [solver, ...readers] = agents as [Child, ...Child[]];
    const began: number[] = [];
    for (let n = 0; n < count; n++) {
      const { at } = await solver.call<{ at: number }>("reportOne", n);
      began.push(at);
      await pause(PACE_MS);
    }
    const all = Array.from({ length: count }, (_, n) => n);
    const seen = await Promise.all(
      readers.map((reader) => Promise.all(all.map((n) => reader.call<number>("recallable", n)))),
    );
    const times = began.map((at, n) => lastOf(seen, n) - at).slice(warm);
    const rss = await Promise.all(agents.map((agent) => agent.call<number>("rss")));
    const each = context.quick ? 5 : 500;
    const reported = await Promise.all(
      agents.map((agent, i) =>
        agent.within(300_000).call<{ startedAt: number; endedAt: number }>("reportMany", each, 1000, i * 20, 64),
      ),
    );
    const ms = Math.max(...reported.map((one) => one.endedAt)) - Math.min(...reported.map((one) => one.startedAt));
    for (const process of [...agents, swarm]) await process.kill();
    const stock = (await stockToAll(context, others, count)).slice(warm);
    return {
      "crowd-p50": { value: quantile(times, 0.5), limit: quantile(stock, 0.5) },
      "crowd-p99": { value: quantile(times, 0.99), limit: quantile(stock, 0.99) },
      "crowd-signals": { value: ((each * agents.length) / ms) * 1000 },
      "crowd-rss": { value: quantile(rss, 0.5) / 2 ** 20 },
    };
  },
};
