import type { Context, Measured, Row } from "../frame/figures.ts";

interface Opened {
  readonly ms: number;
  readonly heap: number;
  readonly rss: number;
}
interface Filled {
  readonly bytes: number;
  readonly blocks: number;
}

const PER_BLOCK = 64;
const PROBLEMS = 1000;
const STEP_MS = 1_200_000;

/** Fills a full peer, closes it, and opens it again in a new process. */
const fillAndReopen = async (context: Context, writers: number, each: number, perBlock: number, problems: number) => {
  const dir = await context.dir();
  const execArgv = ["--expose-gc"];
  const filling = context.start("holding", { execArgv }).within(STEP_MS);
  const empty = await filling.call<Opened>("open", dir);
  const filled = await filling.call<Filled>("fill", writers, each, perBlock, problems);
  const heap = await filling.call<number>("heap");
  await filling.call("close");
  const disk = await filling.call<number>("disk", dir);
  const again = context.start("holding", { execArgv });
  const reopened = await again.within(STEP_MS).call<Opened>("open", dir);
  await again.call("recall", problems, 100);
  const recall = await again.call<{ p50: number; p99: number }>("recall", problems, context.quick ? 100 : 10_000);
  await again.kill();
  const signals = writers * each;
  return {
    heapEach: (heap - empty.heap) / signals,
    diskEach: disk / signals,
    disk,
    filled,
    signals,
    empty,
    reopened,
    recall,
  };
};

export const held: Row = {
  name: "held",
  timed:
    "What signals cost the full peer that holds and has admitted them: 100 writers with 1,000 signals each about 1,000 problems, in blocks of 64 and, apart, 10,000 signals in blocks of 1. Memory is the heap after garbage collection less that of the same peer before; disk is every file of its directory after closing, canon included. How long filling takes is not part of it.",
  figures: [
    {
      name: "memory-signal",
      title: "memory per held signal, 64 a block",
      short: "memory per held signal",
      unit: "B",
      better: "less",
      goal: 1000,
    },
    { name: "memory-signal-single", title: "memory per held signal, 1 a block", unit: "B", better: "less", goal: null },
    {
      name: "disk-signal",
      title: "bytes on disk per signal, 64 a block",
      short: "bytes on disk per signal",
      unit: "B",
      better: "less",
      goal: 450,
      limitIs: "for disk: the bytes of the Yjs updates that carry the same signed blocks",
    },
    { name: "disk-signal-single", title: "bytes on disk per signal, 1 a block", unit: "B", better: "less", goal: null },
  ],
  run: async (context: Context): Promise<Readonly<Record<string, Measured>>> => {
    const { quick } = context;
    const many = await fillAndReopen(context, quick ? 3 : 100, quick ? 64 : 1000, PER_BLOCK, quick ? 64 : PROBLEMS);
    const single = await fillAndReopen(context, quick ? 2 : 10, quick ? 20 : 1000, 1, quick ? 20 : PROBLEMS);
    return {
      "memory-signal": { value: many.heapEach },
      "memory-signal-single": { value: single.heapEach },
      "disk-signal": { value: many.diskEach, limit: many.filled.bytes / many.signals },
      "disk-signal-single": { value: single.diskEach, limit: single.filled.bytes / single.signals },
    };
  },
};

export const million: Row = {
  name: "million",
  runs: 1,
  timed:
    "1,000,000 signals from 1,000 writers in blocks of 64, held and admitted by one full peer, which is then opened again in a new process: timed from the call of `createSwarm` until it answers, every chain checked. Recall is exact, after that. Filling is not timed. Measured once.",
  figures: [
    {
      name: "million-heap",
      title: "heap after opening 1,000,000 signals again",
      unit: "MB",
      better: "less",
      goal: null,
    },
    { name: "million-rss", title: "resident memory then", unit: "MB", better: "less", goal: null },
    { name: "million-disk", title: "disk", unit: "MB", better: "less", goal: null },
    {
      name: "million-restart",
      title: "opening again",
      unit: "ms",
      better: "less",
      goal: null,
      limitIs: "for opening: a bare SHA-256 of 400 bytes for each signal",
    },
    { name: "million-recall-p99", title: "exact recall, p99", unit: "us", better: "less", goal: null },
  ],
  run: async (context: Context): Promise<Readonly<Record<string, Measured>>> => {
    const { quick } = context;
    const big = await fillAndReopen(context, quick ? 5 : 1000, quick ? 64 : 1000, PER_BLOCK, quick ? 64 : PROBLEMS);
    const hashes = await context.start("limits").call<number>("sha256", quick ? 1000 : 1_000_000);
    return {
      "million-heap": { value: big.reopened.heap / 1e6 },
      "million-rss": { value: big.reopened.rss / 1e6 },
      "million-disk": { value: big.disk / 1e6 },
      "million-restart": { value: big.reopened.ms, limit: (big.signals / hashes) * 1000 },
      "million-recall-p99": { value: big.recall.p99 },
    };
  },
};
