import { setTimeout as pause } from "node:timers/promises";
import { type Child, type Context, type Measured, quantile, type Row } from "../frame/figures.ts";
import { startSwarm } from "./swarm.ts";

/** Milliseconds between two problems: slower than the answer, so that each is measured alone. */
const PACE_MS = 100;
const BLOCKS = 10_000;

interface Spread {
  readonly times: readonly number[];
  readonly rss: number;
}

/** One agent reports, problem after problem; milliseconds until the last of the others can recall each. */
const spread = async (context: Context, processes: number, count: number): Promise<Spread> => {
  const warm = context.quick ? 1 : 20;
  const { swarm, agents } = await startSwarm(context, processes - 1, true, "mesh");
  const [solver, ...readers] = agents as [Child, ...Child[]];
  const began: number[] = [];
  for (let n = 0; n < warm + count; n++) {
    began.push((await solver.call<{ at: number }>("reportOne", n)).at);
    await pause(PACE_MS);
  }
  const all = began.map((_, n) => n);
  const seen = await Promise.all(
    readers.map((reader) => Promise.all(all.map((n) => reader.call<number>("recallable", n)))),
  );
  const rss = await Promise.all(agents.map((agent) => agent.call<number>("rss")));
  for (const process of [...agents, swarm]) await process.kill();
  const times = began.map((at, n) => Math.max(...seen.map((one) => one[n] as number)) - at);
  return { times: times.slice(warm), rss: quantile(rss, 0.5) };
};

export const mesh: Row = {
  name: "mesh",
  runs: 2,
  timed:
    "No relay: an orchestrator and agents over libp2p, each in a process of its own, five or twenty in all. One agent reports a new problem every 100 ms; timed from its call of `report` until the last of the other agents has recalled the entry. The newcomer is a full peer (`carry: all`) with an empty directory that meets a peer with 10,000 blocks of one signal each; timed from its call of `join` until it holds them, verified and on disk, over one stream. Memory is the resident size of an agent process of the five, Node included.",
  figures: [
    {
      name: "mesh-5-p50",
      title: "resolve to recallable in the last of 5 processes on the mesh, p50",
      unit: "ms",
      better: "less",
      goal: null,
    },
    {
      name: "mesh-5-p99",
      title: "resolve to recallable in the last of 5 processes on the mesh, p99",
      unit: "ms",
      better: "less",
      goal: null,
    },
    {
      name: "mesh-20-p50",
      title: "resolve to recallable in the last of 20 processes on the mesh, p50",
      unit: "ms",
      better: "less",
      goal: null,
    },
    {
      name: "mesh-20-p99",
      title: "resolve to recallable in the last of 20 processes on the mesh, p99",
      unit: "ms",
      better: "less",
      goal: null,
    },
    {
      name: "mesh-newcomer",
      title: "newcomer that fetches 10,000 blocks over a stream of the mesh",
      unit: "ms",
      better: "less",
      goal: null,
      limitIs: "for the newcomer: as many bare checks of a signature, one for each block",
    },
    {
      name: "mesh-rss",
      title: "resident memory of an agent process on the mesh",
      unit: "MB",
      better: "less",
      goal: null,
    },
  ],
  run: async (context: Context): Promise<Readonly<Record<string, Measured>>> => {
    const { quick } = context;
    const five = await spread(context, quick ? 3 : 5, quick ? 3 : 200);
    const twenty = await spread(context, quick ? 4 : 20, quick ? 3 : 200);
    const blocks = quick ? 50 : BLOCKS;
    const { swarm, ticket, agents } = await startSwarm(context, 1, false, "mesh");
    const [writer] = agents as [Child];
    // One report under way: each is a block of its own.
    await writer.within(300_000).call("reportMany", blocks, blocks, 0, 1);
    const newcomer = context.start("agent");
    await newcomer.call("rss");
    const ms = await newcomer.within(300_000).call<number>("firstBlocks", { ticket, dir: await context.dir(), blocks });
    const bare = context.start("limits");
    const { verify } = await bare.call<{ readonly verify: number }>("ed25519", quick ? 64 : 10_000);
    for (const process of [newcomer, writer, swarm, bare]) await process.kill();
    return {
      "mesh-5-p50": { value: quantile(five.times, 0.5) },
      "mesh-5-p99": { value: quantile(five.times, 0.99) },
      "mesh-20-p50": { value: quantile(twenty.times, 0.5) },
      "mesh-20-p99": { value: quantile(twenty.times, 0.99) },
      "mesh-newcomer": { value: ms, limit: (blocks / verify) * 1000 },
      "mesh-rss": { value: five.rss / 2 ** 20 },
    };
  },
};
