import type { Child, Context, Measured, Row } from "../frame/figures.ts";

const WRITERS = 8;

/** Where agents may keep texts by name, and how the table calls it. */
const stores = [
  { name: "memory", title: "Herdmind's memory (E11)", goal: 100 },
  { name: "file", title: "a JSON file that is read, changed and replaced", goal: null },
  {
    name: "memory-server",
    title: "@modelcontextprotocol/server-memory 2026.8.31, a process for each client",
    goal: null,
  },
  { name: "yjs", title: "a Y.Map behind y-websocket 3.1.0", goal: null },
] as const;

export const compare: Row = {
  name: "compare",
  timed: `Nothing is timed. ${WRITERS} processes write 50 lessons each at the same moment, every one under a key of its own, and wait for each to be acknowledged; a server of y-websocket acknowledges nothing, so waited for is its answer to a question that was sent behind the write; then another process reads. Into Herdmind's canon they report, and into its memory they write, each from a node of its own over sockets, and canon is read. Counted is what is there as it was written. Then one of the processes puts another remedy into 20 lessons that others wrote, by the store's own means, and what the reader shows is counted; what is tried on Herdmind's canon stands under attacks.`,
  figures: [
    {
      name: "compare-kept-herdmind",
      title: `of the acknowledged writes of ${WRITERS} processes at once, kept by Herdmind`,
      unit: "%",
      better: "more",
      goal: 100,
    },
    ...stores.map(({ name, title, goal }) => ({
      name: `compare-kept-${name}`,
      title: `the same, kept by ${title}`,
      unit: "%",
      better: "more" as const,
      goal,
      short: `of the acknowledged writes of ${WRITERS} processes at once, kept by ${title}`,
    })),
    ...stores.map(({ name, title }) => ({
      name: `compare-changed-${name}`,
      title: `of 20 lessons that others wrote, shown with the remedy that one process put there: ${title}`,
      unit: "%",
      better: "less" as const,
      goal: null,
    })),
  ],
  run: async (context) => {
    const each = context.quick ? 3 : 50;
    const total = WRITERS * each;
    const measured: Record<string, Measured> = {
      "compare-kept-herdmind": { value: ((await keptByHerdmind(context, each)) * 100) / total },
    };
    for (const { name } of stores) {
      const place = await placeOf(name, context);
      const open = async () => {
        const child = context.start("compare");
        await child.call("open", name, place, await context.dir());
        return child;
      };
      const writers = await Promise.all(Array.from({ length: WRITERS }, open));
      await Promise.all(writers.map((writer, i) => writer.call("write", i * each, each)));
      const reader = await open();
      measured[`compare-kept-${name}`] = { value: ((await reader.call<number>("kept", total)) * 100) / total };
      // Of the last writer, changed by the first: lessons that are there.
      const keys = Array.from({ length: Math.min(20, each) }, (_, i) => total - 1 - i);
      await writers[0]?.call("change", keys);
      const again = await open();
      measured[`compare-changed-${name}`] = {
        value: ((await again.call<number>("changed", keys)) * 100) / keys.length,
      };
      await Promise.all([...writers, reader, again].map((child) => child.kill()));
    }
    return measured;
  },
};

/** What a program needs to know to open the store: a ticket, an address or a file. */
const placeOf = async (store: (typeof stores)[number]["name"], context: Context): Promise<string> => {
  if (store === "memory") return openSwarm(context).then(({ ticket }) => ticket);
  return store === "yjs" ? context.start("stock-server").call("listen") : `${await context.dir()}/lessons`;
};

const openSwarm = async (context: Context): Promise<{ readonly swarm: Child; readonly ticket: string }> => {
  const swarm = context.start("swarm");
  const { ticket } = await swarm.call<{ ticket: string }>("open", await context.dir());
  return { swarm, ticket };
};

/** Entries of canon that hold the remedy of a report, of `WRITERS` agents with `each` reports. */
const keptByHerdmind = async (context: Context, each: number): Promise<number> => {
  const { swarm, ticket } = await openSwarm(context);
  const join = async (name: string) => {
    const agent = context.start("agent");
    await agent.call("join", { ticket, dir: await context.dir(), name, watch: false });
    return agent;
  };
  const agents = await Promise.all(Array.from({ length: WRITERS }, (_, i) => join(`agent ${i}`)));
  await Promise.all(agents.map((agent, i) => agent.call("reportMany", each, WRITERS * each, i * each, each)));
  const reader = await join("reader");
  const kept = await reader.call<number>("kept", WRITERS * each);
  await Promise.all([...agents, reader, swarm].map((child) => child.kill()));
  return kept;
};
