import type { Child, Context, Measured, Row } from "../frame/figures.ts";
import { startStock, startSwarm } from "./swarm.ts";

interface Reported {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly blocks: number;
  readonly verdicts: Readonly<Record<string, number>>;
}

const AGENTS = 10;
const PROBLEMS = 1000;
const STEP_MS = 300_000;

/** All agents report at once; signals per second from the first call to the last verdict, and signals a block. */
const reportAll = async (agents: readonly Child[], each: number, inFlight: number) => {
  const reported = await Promise.all(
    agents.map((agent, i) =>
      // Each agent begins with another problem, so that they meet.
      agent.within(STEP_MS).call<Reported>("reportMany", each, PROBLEMS, i * (PROBLEMS / AGENTS), inFlight),
    ),
  );
  const strange = reported
    .flatMap(({ verdicts }) => Object.keys(verdicts))
    .find((status) => !/^(admitted|corroborates)$/.test(status));
  if (strange !== undefined) throw new Error(`a signal's verdict was "${strange}"`);
  const ms =
    Math.max(...reported.map(({ endedAt }) => endedAt)) - Math.min(...reported.map(({ startedAt }) => startedAt));
  const count = each * agents.length;
  return { perSecond: (count / ms) * 1000, perBlock: count / reported.reduce((sum, { blocks }) => sum + blocks, 0) };
};

/** The same signals through stock clients: ten writers, a plain server, and one reader that has seen all of them. */
const pushAll = async (context: Context, each: number, batch: number): Promise<number> => {
  const rooms = Array.from({ length: AGENTS }, (_, i) => `writer-${i}`);
  const { clients } = await startStock(context, [
    ...rooms.map((room) => ({ rooms: [room], watch: false })),
    { rooms, watch: true },
  ]);
  const reader = clients[AGENTS] as Child;
  const warm = batch * 5;
  const everything = reader.within(STEP_MS).call<number>("total", (warm + each) * AGENTS);
  const warmed = reader.within(STEP_MS).call<number>("total", warm * AGENTS);
  await Promise.all(rooms.map((room, i) => clients[i]?.call("push", room, warm, batch, PROBLEMS)));
  await warmed;
  const startedAt = await Promise.all(
    rooms.map((room, i) => (clients[i] as Child).within(STEP_MS).call<number>("push", room, each, batch, PROBLEMS)),
  );
  const perSecond = ((each * AGENTS) / ((await everything) - Math.min(...startedAt))) * 1000;
  for (const client of clients) await client.kill();
  return perSecond;
};

export const signals: Row = {
  name: "signals",
  timed:
    "Ten agent processes report about 1,000 distinct problems to a swarm process over WebSocket, each with up to 512 reports under way. Timed from the first call of `report` to the last verdict: redacted, signed and fsynced by the agent; verified and fsynced by the orchestrator's process; judged; canon signed, fsynced, sent back, verified and fsynced by the agent. Not timed: starting, joining, and a first round that warms up. At one a block each agent has one report under way and waits for its verdict.",
  figures: [
    {
      name: "signals-admitted",
      title: "signals admitted end to end, 64 or more a block",
      short: "signals admitted end to end, 10 agent processes, 64 or more a block",
      unit: "signals/s",
      better: "more",
      goal: 20_000,
      limitIs:
        "ten stock y-websocket clients that write the same signals as unsigned JSON in updates of 64 (or of 1) through a plain server in memory to one reader: no disk, no signature, no verdict",
    },
    {
      name: "signals-per-block",
      title: "signals in a block, mean of that run",
      unit: "signals",
      better: "more",
      goal: null,
    },
    { name: "signals-admitted-single", title: "the same at 1 a block", unit: "signals/s", better: "more", goal: null },
  ],
  run: async (context: Context): Promise<Readonly<Record<string, Measured>>> => {
    const { quick } = context;
    const { swarm, agents } = await startSwarm(context, AGENTS);
    await reportAll(agents, quick ? 20 : 1000, 512);
    const many = await reportAll(agents, quick ? 100 : 10_000, 512);
    const single = await reportAll(agents, quick ? 5 : 200, 1);
    for (const process of [...agents, swarm]) await process.kill();
    return {
      "signals-admitted": { value: many.perSecond, limit: await pushAll(context, quick ? 64 : 10_048, 64) },
      "signals-per-block": { value: many.perBlock },
      "signals-admitted-single": { value: single.perSecond, limit: await pushAll(context, quick ? 20 : 2000, 1) },
    };
  },
};
