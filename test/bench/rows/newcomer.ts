import type { Child, Context, Measured, Row } from "../frame/figures.ts";
import { startStock, startSwarm } from "./swarm.ts";

const WRITERS = 4;

export const newcomer: Row = {
  name: "newcomer",
  timed:
    "A new process with an empty directory joins a swarm whose canon has 10,000 immunizations. Timed from the call of `join`, ticket in hand, to its first exact recall, of the newest entry: connecting, every block of canon received, verified, stored with fsync and folded. Starting Node and loading modules is not timed. The text index follows in the background.",
  figures: [
    {
      name: "newcomer",
      title: "empty disk to first exact recall, 10,000 immunizations, everything verified",
      unit: "ms",
      better: "less",
      goal: 300,
      limitIs:
        "a stock y-websocket client that loads a document of 10,000 such signals from a plain server: no disk, no signature",
    },
    { name: "newcomer-blocks", title: "blocks of canon that this took", unit: "blocks", better: "less", goal: null },
  ],
  run: async (context: Context): Promise<Readonly<Record<string, Measured>>> => {
    const count = context.quick ? 40 : 10_000;
    const { swarm, ticket, agents } = await startSwarm(context, WRITERS);
    const each = count / WRITERS;
    await Promise.all(agents.map((agent, i) => agent.within(300_000).call("reportMany", each, count, i * each, 512)));
    for (const agent of agents) await agent.kill();
    const joined = context.start("agent");
    // A process that has just started has not compiled what it runs; neither has a real newcomer.
    await joined.call("rss");
    const ms = await joined.call<number>("firstRecall", { ticket, dir: await context.dir(), entries: count });
    const blocks = (await swarm.call<readonly { length: number; role: string }[]>("blocks")).find(
      ({ role }) => role === "orchestrator",
    );
    for (const process of [joined, swarm]) await process.kill();
    return {
      newcomer: { value: ms, limit: await stockNewcomer(context, count) },
      "newcomer-blocks": { value: blocks?.length ?? 0 },
    };
  },
};

const stockNewcomer = async (context: Context, count: number): Promise<number> => {
  const { url, clients } = await startStock(context, [
    { rooms: ["canon"], watch: false },
    { rooms: ["canon"], watch: true },
  ]);
  const [writer, reader] = clients as [Child, Child];
  const all = reader.call("total", count);
  await writer.call("push", "canon", count, 64, count);
  await all;
  for (const client of clients) await client.kill();
  const late = context.start("stock-client");
  await late.call("rss");
  const ms = await late.call<number>("open", url, "canon", false);
  await late.kill();
  return ms;
};
