import { type Context, type Measured, quantile, type Row } from "../frame/figures.ts";
import { startSwarm } from "./swarm.ts";

export const page: Row = {
  name: "page",
  timed:
    "A real Chromium, headless, with two tabs of one origin and one peer, its logs in IndexedDB; a Node peer; a swarm process with its relay. The tab that leads reports a new problem, one after the other; timed from its call of `report` until the other tab, and until the Node peer, has recalled the entry. Clocks are the wall clocks of one machine, which Chromium rounds to 0.1 ms. Memory is the JavaScript heap of the leading tab at the end.",
  figures: [
    {
      name: "page-tab-p50",
      title: "report in a page to recallable in another tab, p50",
      unit: "ms",
      better: "less",
      goal: null,
    },
    {
      name: "page-tab-p99",
      title: "report in a page to recallable in another tab, p99",
      unit: "ms",
      better: "less",
      goal: null,
    },
    {
      name: "page-node-p50",
      title: "report in a page to recallable in Node, p50",
      unit: "ms",
      better: "less",
      goal: null,
    },
    {
      name: "page-node-p99",
      title: "report in a page to recallable in Node, p99",
      unit: "ms",
      better: "less",
      goal: null,
    },
    { name: "page-heap", title: "JavaScript heap of a page with a peer", unit: "MB", better: "less", goal: null },
  ],
  runs: 2,
  run: async (context: Context): Promise<Readonly<Record<string, Measured>>> => {
    const { quick } = context;
    const { swarm, ticket } = await startSwarm(context, 0);
    const browser = context.start("page");
    const { passed, heap } = await browser
      .within(300_000)
      .call<{ passed: readonly { tab: number; node: number }[]; heap: number }>(
        "measure",
        ticket,
        await context.dir(),
        quick ? 1 : 20,
        quick ? 3 : 300,
      );
    await browser.call("close");
    await browser.kill();
    await swarm.kill();
    const tab = passed.map((one) => one.tab);
    const node = passed.map((one) => one.node);
    return {
      "page-tab-p50": { value: quantile(tab, 0.5) },
      "page-tab-p99": { value: quantile(tab, 0.99) },
      "page-node-p50": { value: quantile(node, 0.5) },
      "page-node-p99": { value: quantile(node, 0.99) },
      "page-heap": { value: heap / 2 ** 20 },
    };
  },
};
