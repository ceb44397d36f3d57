/** An agent in a process of its own, with a disk of its own. */
import { setTimeout as pause } from "node:timers/promises";
import { join, type Peer } from "herdmind";
import { heapUsed, serve, sharedNow, tell } from "../frame/serve.ts";
import { reportOf } from "../load/signals.ts";

/** Milliseconds between two reports of one lane that reports without end: a busy agent, not a flood. */
const PACE_MS = 4;

let peer: Peer | undefined;
const own = (): Peer => {
  if (peer === undefined) throw new Error("this agent has not joined yet");
  return peer;
};

/** When an entry's problem could first be recalled here, by the problem's message. */
const recallableAt = new Map<string, number>();
const waiting = new Map<string, (at: number) => void>();

const watchEntries = (node: Peer): void => {
  node.on("immunized", async ({ title }) => {
    // Recallable means recalled: the event alone proves nothing.
    const message = title.replace(/^DeployError: /, "");
    const known = await node.recall({ error: { name: "DeployError", message } });
    if (known.entries[0]?.match !== "exact") throw new Error(`"${message}" is announced and cannot be recalled`);
    const at = sharedNow();
    recallableAt.set(message, at);
    waiting.get(message)?.(at);
    waiting.delete(message);
  });
};

const report = async (n: number): Promise<{ readonly verdict: Promise<{ readonly status: string }> }> => {
  const receipt = await own().report(reportOf(n));
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  return receipt;
};

serve({
  /** Joins; answers when canon is here as far as the relay had it. */
  join: async (given: {
    readonly ticket: string;
    readonly dir: string | undefined;
    readonly name: string;
    readonly watch: boolean;
    readonly addresses?: readonly string[];
    /** `false`: answers when the node is open, whether it reaches anybody or not. */
    readonly wait?: boolean;
  }) => {
    const { ticket, dir, name, watch, addresses, wait = true } = given;
    const before = performance.now();
    const options = { name, ...(dir === undefined ? {} : { dir }), ...(addresses === undefined ? {} : { addresses }) };
    peer = await join(ticket, options);
    if (watch) watchEntries(peer);
    if (wait) await peer.synced(AbortSignal.timeout(60_000));
    return performance.now() - before;
  },
  /** Joins, and recalls the newest of so many entries as soon as all of them are here; milliseconds. */
  firstRecall: async ({
    ticket,
    dir,
    entries,
  }: {
    readonly ticket: string;
    readonly dir: string;
    readonly entries: number;
  }) => {
    const before = performance.now();
    const node = await join(ticket, { name: "newcomer", dir });
    peer = node;
    while (node.canon.view.entries.size < entries) await pause(1);
    const newest = [...node.canon.view.entries.values()].at(-1)?.immunization;
    if (newest === undefined) throw new Error("canon is empty");
    const known = await node.recall({
      error: { name: "DeployError", message: newest.title.replace(/^DeployError: /, "") },
    });
    const ms = performance.now() - before;
    if (known.entries[0]?.id !== newest.id) throw new Error("the newest entry was not recalled");
    return ms;
  },
  /** Joins as a full peer; milliseconds until so many blocks of agents are held. */
  firstBlocks: async ({
    ticket,
    dir,
    blocks,
  }: {
    readonly ticket: string;
    readonly dir: string;
    readonly blocks: number;
  }) => {
    const before = performance.now();
    const node = await join(ticket, { name: "full peer", dir, carry: "all" });
    peer = node;
    const held = (): number =>
      node.logs
        .list()
        .filter(({ membership }) => membership.role === "agent")
        .reduce((sum, { length }) => sum + length, 0);
    while (held() < blocks) await pause(1);
    return performance.now() - before;
  },
  /**
   * Reports `count` signals about `problems` distinct problems and waits for every verdict, at most `inFlight` reports under
   * way. Answers when it began and ended, and how many blocks that made.
   */
  reportMany: async (count: number, problems: number, first: number, inFlight: number) => {
    const node = own();
    const blocksBefore = node.logs.ofWriter(node.id).reduce((sum, { length }) => sum + length, 0);
    const verdicts: Record<string, number> = {};
    const startedAt = sharedNow();
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < count) {
        const n = (first + next++) % problems;
        const { status } = await (await report(n)).verdict;
        verdicts[status] = (verdicts[status] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: Math.min(inFlight, count) }, lane));
    const endedAt = sharedNow();
    const blocks = node.logs.ofWriter(node.id).reduce((sum, { length }) => sum + length, 0) - blocksBefore;
    return { startedAt, endedAt, blocks, verdicts };
  },
  /** How many of the problems 0 to `count` (exclusive) are recalled here with the remedy that was reported. */
  kept: async (count: number) => {
    let kept = 0;
    for (let n = 0; n < count; n++) {
      const { problem, mitigation } = reportOf(n);
      const { entries } = await own().recall({ error: problem.error, similar: "never" });
      if (entries.some((entry) => entry.mitigation.text === mitigation.text)) kept += 1;
    }
    return kept;
  },
  /** Reports the nth problem; answers when that began, and when it was durable here. */
  reportOne: async (n: number) => {
    const at = sharedNow();
    await report(n);
    return { at, durableAt: sharedNow() };
  },
  /** When the nth problem was first recallable here; waits for it. */
  recallable: (n: number) => {
    const { message } = reportOf(n).problem.error;
    return recallableAt.get(message) ?? new Promise<number>((resolve) => waiting.set(message, resolve));
  },
  recallNow: async (n: number) => (await own().recall({ error: reportOf(n).problem.error })).entries.length,
  /** Reports without end, one after the other in a few lanes, each a few milliseconds after the other, and tells of each acknowledged one, until closed or killed. */
  reportForEver: async (first: number, lanes: number) => {
    let next = first;
    const lane = async (): Promise<void> => {
      // Closing ends it: `close` forgets the peer.
      while (peer !== undefined) {
        const n = next++;
        const receipt = await peer.report(reportOf(n));
        if (!receipt.ok) return tell({ refused: receipt.refusal.message });
        tell({ acknowledged: n, ref: receipt.ref });
        await pause(PACE_MS);
      }
    };
    void Promise.all(Array.from({ length: lanes }, lane));
  },
  stats: () => ({ ...own().stats(), freshness: undefined }),
  heap: heapUsed,
  rss: () => process.memoryUsage().rss,
  /** Milliseconds of processor time so far. */
  cpu: () => (process.cpuUsage().user + process.cpuUsage().system) / 1000,
  /** Ends as a program does, so that a profile is written. */
  exit: () => process.exit(),
  close: async () => {
    await peer?.close();
    peer = undefined;
  },
});
