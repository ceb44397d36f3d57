/** The storage against plain maps: random batches, reopenings and crashes; everything is compared after every step. */
import type { Storage, StorageBatch } from "@herdmind/log";
import { type BlockHash, equalBytes, type LogId, logKey } from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleBytes, sampleHash, sampleLog } from "./sample-ids.js";
import { headTexts, type StorageHarness, unwrap } from "./storage-harness.js";

const LOGS = [0, 1, 2].map((n) => sampleLog(40 + n));
const KEYS = ["", "a", "b", "__proto__"];

interface ModelLog {
  readonly blocks: Uint8Array[];
  hash: BlockHash;
  cut: boolean;
}
interface Model {
  readonly logs: Map<string, ModelLog>;
  readonly meta: Map<string, Uint8Array>;
  readonly proofs: Uint8Array[];
  /** Numbers blocks and hashes, so that no two are equal. */
  made: number;
}

/** A batch as drawn: log and key are indexes, sizes are relative to what the model holds when its turn comes. */
const drawnBatch = fc.record({
  cuts: fc.array(fc.record({ log: fc.nat(2), keep: fc.double({ min: 0, max: 1, noNaN: true }) }), { maxLength: 1 }),
  appends: fc.array(fc.record({ log: fc.nat(2), sizes: fc.array(fc.nat(300), { minLength: 1, maxLength: 6 }) }), {
    maxLength: 3,
  }),
  meta: fc.array(fc.record({ key: fc.nat(KEYS.length - 1), size: fc.option(fc.nat(20)) }), { maxLength: 2 }),
  proofs: fc.array(fc.nat(5), { maxLength: 2 }),
});
type DrawnBatch = typeof drawnBatch extends fc.Arbitrary<infer T> ? T : never;

const drawnStep = fc.record({
  /** Asked for together, none waiting for the one before. */
  batches: fc.array(drawnBatch, { minLength: 1, maxLength: 3 }),
  bug: fc.boolean(),
  end: fc.constantFrom("go on", "go on", "go on", "reopen", "crash"),
});

const logAt = (index: number): LogId => LOGS[index] as LogId;

/** Applies a drawn batch to the model and answers the real one. */
const apply = (model: Model, drawn: DrawnBatch): StorageBatch => {
  const held = (index: number) => model.logs.get(logKey(logAt(index)));
  const cuts = drawn.cuts.flatMap(({ log, keep }) => {
    const entry = held(log);
    if (entry === undefined) return [];
    const length = Math.floor(keep * entry.blocks.length);
    entry.blocks.length = length;
    entry.cut = true;
    entry.hash = sampleHash(++model.made);
    return [{ log: logAt(log), length, hash: length === 0 ? undefined : entry.hash }];
  });
  const appends = drawn.appends.map(({ log, sizes }) => {
    const entry = held(log) ?? { blocks: [], hash: sampleHash(0), cut: false };
    model.logs.set(logKey(logAt(log)), entry);
    const from = entry.blocks.length;
    const blocks = sizes.map((size) => sampleBytes(++model.made, size));
    entry.blocks.push(...blocks);
    entry.hash = sampleHash(model.made);
    return { log: logAt(log), from, blocks, hash: entry.hash };
  });
  const meta = drawn.meta.map(({ key, size }) => {
    const name = KEYS[key] as string;
    const value = size === null ? undefined : sampleBytes(++model.made, size);
    if (value === undefined) model.meta.delete(name);
    else model.meta.set(name, value);
    return { key: name, value };
  });
  const proofs = drawn.proofs.map((n) => sampleBytes(n, 20));
  for (const proof of proofs) {
    if (!model.proofs.some((kept) => equalBytes(kept, proof))) model.proofs.push(proof);
  }
  return { cuts, appends, meta, proofs };
};

const compare = async (storage: Storage, model: Model): Promise<void> => {
  const expectedHeads = LOGS.flatMap((log) => {
    const entry = model.logs.get(logKey(log));
    return entry === undefined || entry.blocks.length === 0
      ? []
      : [{ ...log, length: entry.blocks.length, hash: entry.hash }];
  });
  expect(headTexts(unwrap(await storage.heads()))).toEqual(headTexts(expectedHeads));
  for (const log of LOGS) {
    const entry = model.logs.get(logKey(log));
    const blocks = entry?.blocks ?? [];
    for (const from of [0, blocks.length >> 1]) {
      const read = unwrap(await storage.read(log, from, blocks.length + 3));
      expect(read.map((block) => [...block])).toEqual(blocks.slice(from).map((block) => [...block]));
    }
    expect(storage.originOf(log)).toBe(entry?.cut === true ? "moved" : "created-here");
  }
  for (const key of KEYS) {
    const value = unwrap(await storage.meta(key));
    expect(value && [...value]).toEqual(model.meta.has(key) ? [...(model.meta.get(key) as Uint8Array)] : undefined);
  }
  expect(unwrap(await storage.proofs()).map((proof) => [...proof])).toEqual(model.proofs.map((proof) => [...proof]));
};

export const modelSuite = <Medium>(name: string, harness: StorageHarness<Medium>): void => {
  describe(`${name}: storage against a model`, () => {
    it("equals plain maps after every step, reopened and crashed at random", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(drawnStep, { minLength: 1, maxLength: 8 }), async (steps) => {
          const model: Model = { logs: new Map(), meta: new Map(), proofs: [], made: 0 };
          const medium = await harness.create();
          let storage = unwrap(await harness.open(medium));
          try {
            for (const step of steps) {
              const calls = step.batches.map((drawn) => storage.appendBatch(apply(model, drawn)));
              if (step.bug) {
                const gap = (model.logs.get(logKey(logAt(0)))?.blocks.length ?? 0) + 1;
                const append = { log: logAt(0), from: gap, blocks: [sampleBytes(1, 1)], hash: sampleHash(1) };
                await expect(
                  storage.appendBatch({ appends: [append], proofs: [sampleBytes(99, 9)] }),
                ).rejects.toThrow();
              }
              for (const call of calls) unwrap(await call);
              await compare(storage, model);
              if (step.end === "go on") continue;
              if (step.end === "crash" && harness.crash !== undefined) await harness.crash(medium, storage);
              else await storage.close();
              storage = unwrap(await harness.open(medium));
              await compare(storage, model);
            }
          } finally {
            await storage.close();
            await harness.dispose(medium);
          }
        }),
        { numRuns: harness.rounds ?? 40 },
      );
    }, 120_000);
  });
};
