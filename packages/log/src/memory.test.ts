/** What refused and accepted updates leave in memory. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Block, clientIdOf } from "@herdmind/protocol";
import { sampleBlock, sampleBytes, sampleLog, signalAbout } from "@herdmind/testing";
import { describe, expect, it } from "vitest";
import { chain, clientId, genesis, HELD, holding, log, member, next, swarm, updateOf } from "./attacks.fixture.js";
import { encodeUpdate } from "./grammar.js";
import type { HeldBlock } from "./logs.js";

describe("memory of what was accepted", () => {
  it("L7 keeps the records of an update within a bound, and reads the others again when they are looked at", async () => {
    const { logs } = await holding();
    // 90 blocks of 5 KB on the wire that inflate to 90 times 200 KB.
    const blocks: Block[] = [...chain.blocks];
    for (let n = 0; n < 90; n++) {
      const records = Array.from({ length: 8 }, (_, i) => signalAbout(100 * n + i, 5_000));
      blocks.push(await sampleBlock(swarm, member, { log, after: blocks.at(-1) }, records));
    }
    const accepted: HeldBlock[] = [];
    logs.subscribe((each) => accepted.push(...each.blocks));
    const update = encodeUpdate(
      clientId,
      HELD,
      blocks.slice(HELD).map(({ bytes }) => bytes),
    );
    expect(await logs.ingest(log, update, "x")).toMatchObject({ ok: true, added: 95 });
    const isKept = (block: HeldBlock) => Object.getOwnPropertyDescriptor(block, "records")?.get === undefined;
    expect(accepted.filter(isKept).length).toBeLessThan(95);
    expect(isKept(accepted[0] as HeldBlock)).toBe(true);
    for (const [i, block] of accepted.entries()) {
      expect(block.records.length).toBe(i < 5 ? 1 : 8);
      expect(block.sequence).toBe(HELD + i);
    }
  });
  it("L8 keeps nothing of the sender's buffer", async () => {
    const { logs, state } = await holding();
    const accepted: HeldBlock[] = [];
    logs.subscribe((each) => accepted.push(...each.blocks));
    const update = updateOf(chain, HELD);
    await logs.ingest(log, update, "x");
    const before = await state();
    update.fill(0);
    expect(accepted.map(({ bytes }) => bytes)).toEqual(chain.bytes.slice(HELD));
    expect(await state()).toEqual(before);
  });
});

describe("memory after refusals", () => {
  it("L7 leaves nothing of 10,000 refused offers for as many unknown logs", async () => {
    const { logs, state } = await holding();
    const before = await state();
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    collect();
    const heapBefore = process.memoryUsage().heapUsed;
    const offer = async (n: number, update: Uint8Array) => logs.ingest(sampleLog(n + 10), update, "x");
    for (let n = 0; n < 10_000; n += 100) {
      const receipts = await Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          offer(
            n + i,
            i % 2 === 0
              ? sampleBytes(i, 100)
              : encodeUpdate(clientIdOf(genesis.swarm, sampleLog(n + i + 10)), 0, [next.b]),
          ),
        ),
      );
      expect(receipts.every((receipt) => !receipt.ok)).toBe(true);
    }
    expect(await state()).toEqual(before);
    // A holder that stayed would cost 2.7 KB: 27 MB of them.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(8_000_000);
  });
  it("L7 judges 1,000 gaps without parking a byte in Yjs", async () => {
    const { logs, state } = await holding();
    const before = await state();
    for (let n = 0; n < 1000; n++) {
      const update = encodeUpdate(clientId, HELD + 1 + n, [sampleBytes(n, 1000)]);
      expect(await logs.ingest(log, update, "x")).toMatchObject({ refusal: { rule: "L3", need: HELD } });
    }
    expect(await state()).toEqual(before);
  });
});
