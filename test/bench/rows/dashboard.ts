import { askNode, type DashboardCode, socketPath, type VerbName } from "@herdmind/local/client";
import type { JsonObject } from "@herdmind/protocol";
import { type Context, type FigureKind, type Measured, quantile, type Row } from "../frame/figures.ts";
import { word } from "../load/signals.ts";

/** Milliseconds of a node that was asked. */
interface Cost {
  /** The longest that its event loop was blocked. */
  readonly wall: number;
  /** Processor time of its thread: in the longest go, and in all. */
  readonly own: number;
  readonly spent: number;
}

/** What is asked, and what it is called. */
const ASKED = {
  overview: "overview",
  entries: "first page of the entries",
  search: "filtered search through all entries, another one each time",
  entry: "one entry with its evidence and history, as the page asks for it",
  story: "one entry's whole story, every log read",
  graph: "problem graph, first answer",
  timeline: "timeline, first answer",
  replay: "replay: the first moment in the past that a node is asked for",
  back: "replay: a jump back from there, or from a later moment",
} as const;
type Asked = keyof typeof ASKED;

interface PageTimes {
  readonly rows: readonly number[];
  readonly end: readonly number[];
  readonly typed: readonly number[];
  /** Longest tasks. */
  readonly scroll: number;
  readonly drawing: number;
}

/** What a person waits for in the page. */
const SEEN = {
  rows: "page: loaded to the first rows",
  end: "page: the key End to the last row",
  typed: "page: a search to its rows",
} as const;

interface Goal {
  readonly goal: number;
  readonly short: string;
}

/** 100 ms are felt as at once, 1,000 ms do not break a train of thought (Miller 1968). */
const GOALS: { readonly [name: string]: Goal } = {
  search: { goal: 100, short: "dashboard: search through 100,000 entries, p50" },
  rows: { goal: 1000, short: "dashboard: page loaded to the first rows of 100,000 entries, p50" },
  back: { goal: 1000, short: "dashboard: jump back in time over 100,000 entries, p50" },
};

const figure = (name: string, title: string, goal?: Goal): FigureKind => ({
  name: `dashboard-${name}`,
  title,
  unit: "ms",
  better: "less",
  goal: null,
  ...(Object.hasOwn(ASKED, name.replace(/-.*$/, "")) || name === "blocked-worst"
    ? {
        limitIs:
          "the processor time that the node's thread spent meanwhile, measuring included; the rest is waiting for a processor, and the asker",
      }
    : {}),
  ...goal,
});

/** A node with these entries, asked over its socket. */
const startNode = async (context: Context, dir: string) => {
  const child = context.start("dashboard");
  const node = child.within(MAKING_MS);
  await node.call("open", dir);
  const ask = async <T>(verb: VerbName, input: JsonObject = {}): Promise<T> => {
    const answer = await askNode(socketPath(dir), verb, input);
    if (answer?.ok !== true) throw new Error(answer === undefined ? "the node is gone" : answer.message);
    return answer.value as T;
  };
  return { node, ask, end: () => child.kill() };
};
type AskedNode = Pick<Awaited<ReturnType<typeof startNode>>, "node" | "ask">;

/** Asks one node, and notes what it took. */
const askAll = async (
  { node, ask }: AskedNode,
  calls: number,
  turn: number,
  note: (asked: Asked, ms: number, cost: Cost) => void,
): Promise<void> => {
  const timed = async <T>(asked: Asked, verb: VerbName, input: JsonObject = {}): Promise<T> => {
    await node.call("blocked");
    const before = performance.now();
    const value = await ask<T>(verb, input);
    const ms = performance.now() - before;
    note(asked, ms, await node.call<Cost>("blocked"));
    return value;
  };
  const times = Array.from({ length: calls }, (_, i) => i + turn * calls);
  for (const _ of times) await timed("overview", "overview");
  for (const _ of times) await timed("entries", "entries");
  for (const i of times) await timed("search", "entries", { text: `lease ${word(i * 1009).slice(0, 4)}` });
  await timed("graph", "graph");
  const { from, to } = await timed<{ from: number; to: number }>("timeline", "timeline");
  const { total } = await ask<{ total: number }>("entries", { limit: 1 });
  for (const i of times) {
    const offset = (i * 7919) % total;
    const { rows } = await ask<{ rows: readonly { id: string }[] }>("entries", { sort: "oldest", offset, limit: 1 });
    await timed("entry", "why", { id: rows[0]?.id ?? "", isBrief: true });
    if (i === times[0]) await timed("story", "why", { id: rows[0]?.id ?? "" });
  }
  const at = (share: number): JsonObject => ({ blocks: Math.max(1, Math.round(from + (to - from) * share)) });
  await timed("replay", "moment", at(0.95));
  for (const share of BACK) await timed("back", "moment", at(share));
};

/** From 0.95 on, each one before the one before it. */
const BACK = [0.8, 0.6, 0.4, 0.2];
const MAKING_MS = 600_000;
const NODES = 3;

export const dashboard: Row = {
  name: "dashboard",
  runs: 1,
  timed:
    "A node in a process of its own with a canon of 100,000 entries, each about a problem of its own, by 20 authors; 3 others tried every tenth. Another process asks what the dashboard asks, over the node's socket, one question after the other, from the call to the parsed answer. Of 3 nodes, each started anew: 5 questions of each kind to each, 4 jumps back, one where a first answer is meant. Blocked is the longest delay of the event loop of a node meanwhile (`monitorEventLoopDelay`). Both grow with whatever else runs on the machine, so the processor time that the node's thread took stands beside them, for blocking that of its longest go. Then a real Chromium, headless, signed in at the last of these nodes: from the beginning of loading the page to the first rows in it, from the key End to the last row, from the last letter of a search to its rows; and the longest task of the page. Making the entries and starting are not timed.",
  figures: [
    ...Object.entries({ ...ASKED, ...SEEN }).flatMap(([name, title]) => [
      figure(`${name}-p50`, `${title}: p50`, GOALS[name]),
      figure(`${name}-worst`, `${title}: worst`),
    ]),
    figure("blocked-worst", "the node's event loop, longest time blocked by any of these questions", {
      goal: 50,
      short: "longest that a question of the dashboard blocked a node with 100,000 entries",
    }),
    figure("scroll-worst", "page: longest task over 50 ms while scrolling (0: none)"),
    figure("drawing-worst", "page: longest task over 50 ms while the graph is drawn (0: none)"),
  ],
  run: async (context: Context): Promise<Readonly<Record<string, Measured>>> => {
    const { quick, say } = context;
    const dir = await context.dir();
    const maker = context.start("dashboard");
    await maker.within(MAKING_MS).call("make", dir, quick ? 400 : 100_000);
    await maker.kill();
    const times = new Map<Asked, number[]>();
    const spending = new Map<string, number[]>();
    let worst = { wall: 0, own: 0 };
    let page: PageTimes | undefined;
    for (let turn = 0; turn < (quick ? 1 : NODES); turn++) {
      say(`dashboard: node ${turn + 1}`);
      const { node, ask, end } = await startNode(context, dir);
      await askAll({ node, ask }, quick ? 1 : 5, turn, (asked, ms, { wall, own, spent }) => {
        times.set(asked, [...(times.get(asked) ?? []), ms]);
        spending.set(asked, [...(spending.get(asked) ?? []), spent]);
        worst = { wall: Math.max(worst.wall, wall), own: Math.max(worst.own, own) };
        say(
          `  ${asked} ${ms.toFixed(1)} ms, blocked ${wall.toFixed(1)} ms; processor ${spent.toFixed(1)} ms, longest go ${own.toFixed(1)} ms`,
        );
      });
      if (turn === (quick ? 0 : NODES - 1)) {
        const browser = context.start("dashboard-page");
        page = await browser
          .within(MAKING_MS)
          .call<PageTimes>("measure", await ask<DashboardCode>("dashboard"), quick ? 1 : 5);
        await browser.call("close");
        await browser.kill();
      }
      await end();
    }
    if (page === undefined) throw new Error("no page was measured");
    const { scroll, drawing, ...seen } = page;
    const measured = [...times, ...Object.entries(seen)].flatMap(([name, all]): readonly [string, Measured][] => {
      const spent = spending.get(name);
      const limits = spent === undefined ? [{}, {}] : [{ limit: quantile(spent, 0.5) }, { limit: Math.max(...spent) }];
      return [
        [`dashboard-${name}-p50`, { value: quantile(all, 0.5), ...limits[0] }],
        [`dashboard-${name}-worst`, { value: Math.max(...all), ...limits[1] }],
      ];
    });
    return {
      ...Object.fromEntries(measured),
      "dashboard-blocked-worst": { value: worst.wall, limit: worst.own },
      "dashboard-scroll-worst": { value: scroll },
      "dashboard-drawing-worst": { value: drawing },
    };
  },
};
