import type { Context, Measured, Row } from "../frame/figures.ts";

interface Fsync {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}
interface Ed25519 {
  readonly sign: number;
  readonly verify: number;
}

const PER_BLOCK = 64;

export const parts: Row = {
  name: "parts",
  timed:
    "Where the time goes, each part alone in one process. Append: `Writer.append` until durable, one call after the other. Ingest: `Logs.ingest` of updates of up to 256 KiB, verified and durable. Admission: an orchestrator that is opened over 99,840 verified signals on disk, from opening until canon has passed the last. Otherwise opening, keys and the making of the logs are not timed. Bare: a loop of write and fdatasync of 4 KiB, and WebCrypto over 200 bytes with 64 calls under way.",
  figures: [
    { name: "bare-fsync", title: "bare write and fdatasync", unit: "/s", better: "more", goal: null },
    { name: "bare-fsync-p50", title: "bare write and fdatasync, p50", unit: "ms", better: "less", goal: null },
    { name: "bare-sign", title: "bare Ed25519 signatures", unit: "/s", better: "more", goal: null },
    { name: "bare-verify", title: "bare Ed25519 checks", unit: "/s", better: "more", goal: null },
    {
      name: "append-64",
      title: "append alone, 64 signals a block",
      unit: "signals/s",
      better: "more",
      goal: null,
      limitIs: "for append: one bare signature and one bare fdatasync a block",
    },
    { name: "append-1", title: "append alone, 1 signal a block", unit: "signals/s", better: "more", goal: null },
    {
      name: "ingest-64",
      title: "ingest alone, 64 signals a block",
      unit: "signals/s",
      better: "more",
      goal: null,
      limitIs: "for ingest: one bare check of a signature a block",
    },
    {
      name: "admission-64",
      title: "admission alone, 10 writers, 64 signals a block, 1,000 problems",
      unit: "signals/s",
      better: "more",
      goal: null,
    },
    { name: "ingest-1", title: "ingest alone, 1 signal a block", unit: "signals/s", better: "more", goal: null },
  ],
  run: async ({ quick, start, dir }: Context): Promise<Readonly<Record<string, Measured>>> => {
    const bare = start("limits");
    const place = await dir();
    const fsync = await bare.call<Fsync>("fsync", place, 4096, quick ? 20 : 2000);
    const keys = await bare.call<Ed25519>("ed25519", quick ? 64 : 10_000);
    await bare.kill();
    const logs = start("log");
    const many = quick ? 2 * PER_BLOCK : 100_000;
    const few = quick ? 20 : 5000;
    const blocks = 1 / (1 / fsync.perSecond + 1 / keys.sign);
    return {
      "bare-fsync": { value: fsync.perSecond },
      "bare-fsync-p50": { value: fsync.p50 },
      "bare-sign": { value: keys.sign },
      "bare-verify": { value: keys.verify },
      "append-64": { value: await logs.call<number>("append", place, many, PER_BLOCK), limit: blocks * PER_BLOCK },
      "append-1": { value: await logs.call<number>("append", place, few, 1), limit: blocks },
      "ingest-64": { value: await logs.call<number>("ingest", place, many, PER_BLOCK), limit: keys.verify * PER_BLOCK },
      "admission-64": {
        value: await start("holding").call<number>(
          "admission",
          await dir(),
          10,
          quick ? 64 : 9984,
          PER_BLOCK,
          quick ? 64 : 1000,
        ),
      },
      "ingest-1": { value: await logs.call<number>("ingest", place, few, 1), limit: keys.verify },
    };
  },
};
