/** What faults and crashes may leave behind: all of an acknowledged batch, and all or nothing of any other. */
import type { Storage, StorageBatch } from "@herdmind/log";
import { describe, expect, it } from "vitest";
import { atEveryCrashPoint } from "./crash-points.js";
import { failWrites, withFaults } from "./faults.js";
import { sampleBytes, sampleHash, sampleLog } from "./sample-ids.js";
import { type StorageHarness, unwrap } from "./storage-harness.js";

const LOGS = [sampleLog(11), sampleLog(12)] as const;
const BATCHES = 8;

/** Batch n touches everything, so that a half of one would show. */
const batchOf = (n: number): StorageBatch => ({
  appends: LOGS.map((log, i) => ({
    log,
    from: n * 3,
    blocks: [0, 1, 2].map((k) => sampleBytes(n * 3 + k + i, 200)),
    hash: sampleHash(n),
  })),
  meta: [{ key: "batches", value: Uint8Array.of(n + 1) }],
  proofs: [sampleBytes(n, 50)],
});

/** How many batches are there, after checking that each is whole. */
const wholeBatches = async (storage: Storage): Promise<number> => {
  const heads = unwrap(await storage.heads());
  const batches = unwrap(await storage.meta("batches"))?.[0] ?? 0;
  expect(heads.map((head) => head.length)).toEqual(batches === 0 ? [] : [batches * 3, batches * 3]);
  expect(new Set(heads.map((head) => head.hash))).toEqual(new Set(batches === 0 ? [] : [sampleHash(batches - 1)]));
  expect(unwrap(await storage.proofs()).length).toBe(batches);
  for (const [i, log] of LOGS.entries()) {
    const blocks = unwrap(await storage.read(log, 0, BATCHES * 3 + 3));
    expect(blocks.map((block) => [...block])).toEqual(
      Array.from({ length: batches * 3 }, (_, n) => [...sampleBytes(n + i, 200)]),
    );
  }
  return batches;
};

export const crashSuite = <Medium>(name: string, harness: StorageHarness<Medium>): void => {
  describe(`${name}: storage under faults`, { timeout: 60_000 }, () => {
    it.each(["full", "read-only", "io"] as const)(
      "goes on after a fault of kind %s, with nothing of the failed write",
      async (kind) => {
        const medium = await harness.create();
        const storage = unwrap(await harness.open(medium));
        try {
          const faulty = withFaults(storage, failWrites(kind, 4, 5));
          for (let n = 0; n < 3; n++) unwrap(await faulty.appendBatch(batchOf(n)));
          for (let tries = 0; tries < 2; tries++) {
            const answer = await faulty.appendBatch(batchOf(3));
            expect(answer.ok ? "ok" : answer.fault.kind).toBe(kind);
            expect(await wholeBatches(faulty)).toBe(3);
          }
          for (let n = 3; n < BATCHES; n++) unwrap(await faulty.appendBatch(batchOf(n)));
          expect(await wholeBatches(faulty)).toBe(BATCHES);
        } finally {
          await storage.close();
          await harness.dispose(medium);
        }
      },
    );

    const { crash } = harness;
    if (crash !== undefined) {
      it("L8 has every acknowledged batch, whole, after a crash between any two steps", async () => {
        let acknowledged = 0;
        const points = await atEveryCrashPoint<Medium>({
          create: () => harness.create(),
          open: async (medium) => unwrap(await harness.open(medium)),
          crash,
          work: async (storage) => {
            acknowledged = 0;
            for (let n = 0; n < BATCHES; n++) {
              unwrap(await storage.appendBatch(batchOf(n)));
              acknowledged = n + 1;
            }
            acknowledged = 0;
          },
          check: async (medium, point) => {
            const storage = unwrap(await harness.open(medium));
            const expected = point.startsWith("after") ? acknowledged + 1 : acknowledged;
            expect(await wholeBatches(storage), point).toBe(expected);
            expect(storage.origin, point).toBe("created-here");
            for (let n = expected; n < BATCHES; n++) unwrap(await storage.appendBatch(batchOf(n)));
            expect(await wholeBatches(storage), point).toBe(BATCHES);
            await storage.close();
          },
          dispose: (medium) => harness.dispose(medium),
        });
        expect(points).toBe(BATCHES * 2);
      });

      it("L8 has every acknowledged batch, and the others whole or not at all, after a crash with writes under way", async () => {
        for (let waitFor = 0; waitFor < BATCHES; waitFor++) {
          const medium = await harness.create();
          const storage = unwrap(await harness.open(medium));
          const calls = Array.from({ length: BATCHES }, (_, n) => storage.appendBatch(batchOf(n)));
          for (const call of calls.slice(0, waitFor)) unwrap(await call);
          await crash(medium, storage);
          await Promise.allSettled(calls);
          const reopened = unwrap(await harness.open(medium));
          expect(await wholeBatches(reopened)).toBeGreaterThanOrEqual(waitFor);
          await reopened.close();
          await harness.dispose(medium);
        }
      });
    }
  });
};
