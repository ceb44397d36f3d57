/**
 * The storage contract as vitest suites: `storageContract("mine", harness)` in the adapter's own test file.
 *
 * Covered: single calls (this file), what crashes and injected faults leave behind (`storage-crashes.ts`), and a model
 * test that compares the storage with plain maps after every step (`storage-model.ts`).
 */
import type { Storage, StorageBatch, StorageResult } from "@herdmind/log";
import { equalBytes, type LogId } from "@herdmind/protocol";
import { describe, expect, it } from "vitest";
import { generationOf, sampleBytes, sampleHash, sampleLog, writerOf } from "./sample-ids.js";
import { crashSuite } from "./storage-crashes.js";
import { headTexts, type StorageHarness, unwrap } from "./storage-harness.js";
import { modelSuite } from "./storage-model.js";

const A = sampleLog(1);
const B = sampleLog(2);
const C = sampleLog(3);

/** An append of blocks `from` to `to`, each with its own bytes. */
const appendOf = (log: LogId, from: number, to: number, size = 60) => ({
  log,
  from,
  blocks: Array.from({ length: to - from }, (_, i) => sampleBytes(from + i, size)),
  hash: sampleHash(to),
});
const blocksOf = (from: number, to: number, size = 60) => appendOf(A, from, to, size).blocks;
const plain = (blocks: readonly Uint8Array[]): readonly number[][] => blocks.map((block) => [...block]);

/** The storage as it is, and then reopened: what holds must hold for both. */
async function* twice(storage: Storage, reopen: () => Promise<Storage>): AsyncGenerator<Storage> {
  yield storage;
  yield await reopen();
}

/** Registers the suites. Rule L8 (durable first) is what a storage is for; the titles say what else they prove. */
export const storageContract = <Medium>(name: string, harness: StorageHarness<Medium>): void => {
  /** Runs a test on a fresh medium; `reopen` closes and opens it again. */
  const on = async (test: (storage: Storage, reopen: () => Promise<Storage>, medium: Medium) => Promise<void>) => {
    const medium = await harness.create();
    let storage = unwrap(await harness.open(medium));
    const reopen = async () => {
      await storage.close();
      storage = unwrap(await harness.open(medium));
      return storage;
    };
    try {
      await test(storage, reopen, medium);
    } finally {
      await storage.close();
      await harness.dispose(medium);
    }
  };
  const write = async (storage: Storage, batch: StorageBatch) => unwrap(await storage.appendBatch(batch));
  const read = async (storage: Storage, log: LogId, from: number, to: number) =>
    plain(unwrap(await storage.read(log, from, to)));
  const heads = async (storage: Storage) => headTexts(unwrap(await storage.heads()));
  const headText = (log: LogId, length: number) => headTexts([{ ...log, length, hash: sampleHash(length) }]);

  describe(`${name}: storage contract`, { timeout: 60_000 }, () => {
    it("opens empty, and was created here", () =>
      on(async (storage, reopen) => {
        for await (const opened of twice(storage, reopen)) {
          expect(opened.origin).toBe("created-here");
          expect(opened.originOf(A)).toBe("created-here");
          expect(unwrap(await opened.heads())).toEqual([]);
          expect(unwrap(await opened.read(A, 0, 10))).toEqual([]);
          expect(unwrap(await opened.proofs())).toEqual([]);
          expect(unwrap(await opened.meta("x"))).toBeUndefined();
        }
      }));

    it("L8 keeps blocks in order and answers any range of them", () =>
      on(async (storage, reopen) => {
        await write(storage, { appends: [appendOf(A, 0, 3)] });
        await write(storage, { appends: [appendOf(A, 3, 4)] });
        await write(storage, { appends: [appendOf(A, 4, 10)] });
        for await (const opened of twice(storage, reopen)) {
          expect(await read(opened, A, 0, 10)).toEqual(plain(blocksOf(0, 10)));
          expect(await read(opened, A, 2, 5)).toEqual(plain(blocksOf(2, 5)));
          expect(await read(opened, A, 9, 10)).toEqual(plain(blocksOf(9, 10)));
          expect(await read(opened, A, 8, 1000)).toEqual(plain(blocksOf(8, 10)));
          expect(await read(opened, A, 10, 20)).toEqual([]);
          expect(await read(opened, A, 5, 5)).toEqual([]);
          expect(await read(opened, A, 5, 2)).toEqual([]);
          expect(await heads(opened)).toEqual(headText(A, 10));
          expect(opened.originOf(A)).toBe("created-here");
        }
      }));

    it("writes several logs, names and proofs in one batch", () =>
      on(async (storage, reopen) => {
        await write(storage, {
          appends: [appendOf(A, 0, 2), appendOf(B, 0, 1), appendOf(A, 2, 5)],
          meta: [{ key: "k", value: sampleBytes(9, 4) }],
          proofs: [sampleBytes(1, 30)],
        });
        for await (const opened of twice(storage, reopen)) {
          expect(await heads(opened)).toEqual([...headText(A, 5), ...headText(B, 1)].sort());
          expect(await read(opened, A, 0, 9)).toEqual(plain(blocksOf(0, 5)));
          expect(await read(opened, B, 0, 9)).toEqual(plain(blocksOf(0, 1)));
          expect(plain([unwrap(await opened.meta("k")) ?? new Uint8Array()])).toEqual(plain([sampleBytes(9, 4)]));
          expect(plain(unwrap(await opened.proofs()))).toEqual(plain([sampleBytes(1, 30)]));
        }
      }));

    it("takes an empty batch", () =>
      on(async (storage) => {
        await write(storage, {});
        await write(storage, { appends: [], meta: [], cuts: [], proofs: [] });
        expect(unwrap(await storage.heads())).toEqual([]);
      }));

    it("throws for what does not fit its log, and changes nothing", () =>
      on(async (storage, reopen) => {
        await write(storage, { appends: [appendOf(A, 0, 3)] });
        const rest: StorageBatch = { meta: [{ key: "k", value: sampleBytes(1, 1) }], proofs: [sampleBytes(2, 9)] };
        const bugs: readonly StorageBatch[] = [
          { appends: [appendOf(A, 2, 4)] },
          { appends: [appendOf(A, 4, 5)] },
          { appends: [appendOf(B, 1, 2)] },
          { appends: [appendOf(B, 0, 1), appendOf(A, 0, 1)] },
          { appends: [appendOf(A, 3, 4), appendOf(A, 3, 4)] },
          { appends: [{ ...appendOf(A, 3, 3) }] },
          { cuts: [{ log: A, length: 4, hash: sampleHash(4) }] },
          { cuts: [{ log: A, length: -1, hash: sampleHash(4) }] },
          { cuts: [{ log: A, length: 1, hash: undefined }] },
          { cuts: [{ log: A, length: 0, hash: sampleHash(0) }] },
          { cuts: [{ log: A, length: 1, hash: sampleHash(1) }], appends: [appendOf(A, 3, 4)] },
          { appends: [appendOf({ ...A, writer: writerOf(sampleBytes(1, 31)) }, 0, 1)] },
          { appends: [appendOf({ ...A, generation: generationOf(sampleBytes(1, 17)) }, 0, 1)] },
        ];
        for (const bug of bugs) await expect(storage.appendBatch({ ...rest, ...bug })).rejects.toThrow();
        for await (const opened of twice(storage, reopen)) {
          expect(await heads(opened)).toEqual(headText(A, 3));
          expect(await read(opened, A, 0, 9)).toEqual(plain(blocksOf(0, 3)));
          expect(await read(opened, B, 0, 9)).toEqual([]);
          expect(unwrap(await opened.meta("k"))).toBeUndefined();
          expect(unwrap(await opened.proofs())).toEqual([]);
          expect(opened.originOf(A)).toBe("created-here");
        }
        await write(await reopen(), { appends: [appendOf(A, 3, 4)] });
      }));

    it("takes calls in order, also when none waits for the one before", () =>
      on(async (storage, reopen) => {
        const calls: Promise<StorageResult>[] = [];
        for (let i = 0; i < 50; i++) {
          calls.push(
            storage.appendBatch({ appends: [appendOf(A, i, i + 1)], meta: [{ key: "n", value: Uint8Array.of(i) }] }),
          );
        }
        const bug = storage.appendBatch({ appends: [appendOf(A, 7, 8)] });
        calls.push(storage.appendBatch({ appends: [appendOf(A, 50, 51)] }));
        await expect(bug).rejects.toThrow();
        for (const call of calls) unwrap(await call);
        for await (const opened of twice(storage, reopen)) {
          expect(await read(opened, A, 0, 99)).toEqual(plain(blocksOf(0, 51)));
          expect([...(unwrap(await opened.meta("n")) ?? [])]).toEqual([49]);
        }
      }));

    it("cuts a log back, appends again in the same batch, and remembers that it was cut (L8)", () =>
      on(async (storage, reopen) => {
        await write(storage, { appends: [appendOf(A, 0, 9), appendOf(B, 0, 9), appendOf(C, 0, 2)] });
        await write(storage, {
          cuts: [
            { log: A, length: 4, hash: sampleHash(4) },
            { log: B, length: 0, hash: undefined },
          ],
          appends: [appendOf(A, 4, 6, 20)],
        });
        for await (const opened of twice(storage, reopen)) {
          expect(await heads(opened)).toEqual([...headText(A, 6), ...headText(C, 2)].sort());
          expect(await read(opened, A, 0, 99)).toEqual(plain([...blocksOf(0, 4), ...blocksOf(4, 6, 20)]));
          expect(await read(opened, B, 0, 99)).toEqual([]);
          expect([A, B, C].map((log) => opened.originOf(log))).toEqual(["moved", "moved", "created-here"]);
        }
        const opened = await reopen();
        expect(opened.origin).toBe("moved");
        await write(opened, { appends: [appendOf(B, 0, 2)] });
        expect(opened.originOf(B)).toBe("moved");
      }));

    it("sets, replaces and deletes named values, whatever the name", () =>
      on(async (storage, reopen) => {
        const keys = [
          "",
          "a",
          "a/b",
          "\u0000",
          "a\u0000",
          "__proto__",
          "constructor",
          "ключ",
          "💾",
          "\ud800",
          "\udfff",
          "\uffff",
        ];
        await write(storage, { meta: keys.map((key, i) => ({ key, value: sampleBytes(i, i) })) });
        let opened = await reopen();
        for (const [i, key] of keys.entries()) {
          expect([...(unwrap(await opened.meta(key)) ?? ["missing"])]).toEqual([...sampleBytes(i, i)]);
        }
        await write(opened, {
          meta: [
            { key: "a", value: undefined },
            { key: "never set", value: undefined },
            { key: "", value: Uint8Array.of(1) },
            { key: "", value: Uint8Array.of(2) },
          ],
        });
        opened = await reopen();
        expect(unwrap(await opened.meta("a"))).toBeUndefined();
        expect([...(unwrap(await opened.meta("")) ?? [])]).toEqual([2]);
        expect(unwrap(await opened.meta("a/b"))?.length).toBe(2);
        expect(unwrap(await opened.meta("toString"))).toBeUndefined();
      }));

    it("L6 keeps each fork proof once, in the order in which they came", () =>
      on(async (storage, reopen) => {
        const proof = (n: number) => sampleBytes(n, 40 + n);
        await write(storage, { proofs: [proof(5), proof(1), proof(5)] });
        await write(storage, { proofs: [proof(1), proof(3)] });
        const opened = await reopen();
        await write(opened, { proofs: [proof(3), proof(0), proof(5)] });
        for await (const last of twice(opened, reopen)) {
          expect(plain(unwrap(await last.proofs()))).toEqual(plain([proof(5), proof(1), proof(3), proof(0)]));
        }
      }));

    it("keeps logs apart whatever bytes their ids have", () =>
      on(async (storage, reopen) => {
        const edges = [0x00, 0x01, 0x2f, 0x7f, 0x80, 0xfe, 0xff];
        const logs = edges.flatMap((w) =>
          edges.map((g) => ({
            writer: writerOf(new Uint8Array(32).fill(w)),
            generation: generationOf(new Uint8Array(16).fill(g)),
          })),
        );
        for (const [i, log] of logs.entries())
          await write(storage, { appends: [appendOf(log, 0, 1 + (i % 3), 10 + i)] });
        for await (const opened of twice(storage, reopen)) {
          expect(unwrap(await opened.heads()).length).toBe(logs.length);
          for (const [i, log] of logs.entries()) {
            expect(await read(opened, log, 0, 2 ** 32)).toEqual(plain(blocksOf(0, 1 + (i % 3), 10 + i)));
          }
        }
      }));

    it("keeps any block: none, one byte, all zeros, 1 MiB", () =>
      on(async (storage, reopen) => {
        const blocks = [new Uint8Array(0), Uint8Array.of(7), new Uint8Array(5000), sampleBytes(1, 1024 * 1024)];
        await write(storage, { appends: [{ log: A, from: 0, blocks, hash: sampleHash(4) }] });
        const held = unwrap(await (await reopen()).read(A, 0, 9));
        expect(held.map((block) => block.length)).toEqual(blocks.map((block) => block.length));
        expect(held.every((block, i) => equalBytes(block, blocks[i] as Uint8Array))).toBe(true);
      }));

    it("does not share bytes with its caller", () =>
      on(async (storage) => {
        const mine = sampleBytes(1, 10);
        const whole = sampleBytes(2, 100);
        const view = whole.subarray(20, 30);
        const value = sampleBytes(3, 10);
        await write(storage, {
          appends: [{ log: A, from: 0, blocks: [mine, view], hash: sampleHash(2) }],
          meta: [{ key: "k", value }],
          proofs: [mine],
        });
        const expected = [sampleBytes(1, 10), sampleBytes(2, 100).subarray(20, 30)];
        for (const bytes of [mine, whole, value]) bytes.fill(0);
        for (const block of unwrap(await storage.read(A, 0, 2))) block.fill(1);
        for (const proof of unwrap(await storage.proofs())) proof.fill(1);
        unwrap(await storage.meta("k"))?.fill(1);
        expect(await read(storage, A, 0, 2)).toEqual(plain(expected));
        expect(plain(unwrap(await storage.proofs()))).toEqual(plain([sampleBytes(1, 10)]));
        expect([...(unwrap(await storage.meta("k")) ?? [])]).toEqual([...sampleBytes(3, 10)]);
      }));

    it("takes large batches: 10,000 blocks of one log, and one block of 1,000 logs", () =>
      on(async (storage, reopen) => {
        await write(storage, { appends: [appendOf(A, 0, 10_000, 16)] });
        const logs = Array.from({ length: 1000 }, (_, i) => sampleLog(100 + i));
        await write(storage, { appends: logs.map((log) => appendOf(log, 0, 1, 16)) });
        const opened = await reopen();
        expect(unwrap(await opened.heads()).length).toBe(1001);
        const held = unwrap(await opened.read(A, 0, 10_000));
        expect(held.length).toBe(10_000);
        expect([...(held[9_999] as Uint8Array)]).toEqual([...sampleBytes(9_999, 16)]);
        expect(await read(opened, A, 4_000, 4_003)).toEqual(plain(blocksOf(4_000, 4_003, 16)));
        await write(opened, { cuts: [{ log: A, length: 1, hash: sampleHash(1) }] });
        expect(await read(await reopen(), A, 0, 10_000)).toEqual(plain(blocksOf(0, 1, 16)));
      }));

    it("finishes writes under way when it is closed; answers `closed` after that, and closes twice", () =>
      on(async (storage, reopen) => {
        const last = storage.appendBatch({ appends: [appendOf(A, 0, 2)] });
        await storage.close();
        unwrap(await last);
        await storage.close();
        const answers: StorageResult<unknown>[] = [
          await storage.appendBatch({ appends: [appendOf(A, 2, 3)] }),
          await storage.read(A, 0, 1),
          await storage.heads(),
          await storage.meta("k"),
          await storage.proofs(),
        ];
        expect(answers.map((answer) => (answer.ok ? "ok" : answer.fault.kind))).toEqual(Array(5).fill("closed"));
        expect(await heads(await reopen())).toEqual(headText(A, 2));
      }));

    if (harness.exclusive === true) {
      it("L8 lets one process hold it: a second opening answers `held`", () =>
        on(async (storage, reopen, medium) => {
          const second = await harness.open(medium);
          expect(second.ok ? "opened" : second.fault.kind).toBe("held");
          await write(storage, { appends: [appendOf(A, 0, 1)] });
          expect(await heads(await reopen())).toEqual(headText(A, 1));
        }));
    }

    const { copy } = harness;
    if (copy !== undefined) {
      it("L8 a copy is `moved` even when it holds no log yet", () =>
        on(async (_storage, _reopen, medium) => {
          const copied = await copy(medium);
          try {
            const opened = unwrap(await harness.open(copied));
            expect([opened.origin, opened.originOf(A)]).toEqual(["moved", "created-here"]);
            await opened.close();
          } finally {
            await harness.dispose(copied);
          }
        }));

      it("L8 a copy is `moved` and its logs stay so; logs begun after that are its own", () =>
        on(async (storage, reopen, medium) => {
          await write(storage, { appends: [appendOf(A, 0, 3)], meta: [{ key: "k", value: Uint8Array.of(1) }] });
          const copied = await copy(medium);
          try {
            let opened = unwrap(await harness.open(copied));
            expect([opened.origin, opened.originOf(A), opened.originOf(B)]).toEqual(["moved", "moved", "created-here"]);
            expect(await read(opened, A, 0, 9)).toEqual(plain(blocksOf(0, 3)));
            expect([...(unwrap(await opened.meta("k")) ?? [])]).toEqual([1]);
            await write(opened, { appends: [appendOf(A, 3, 4), appendOf(B, 0, 1)] });
            for (let again = 0; again < 2; again++) {
              expect([opened.origin, opened.originOf(A), opened.originOf(B)]).toEqual([
                "moved",
                "moved",
                "created-here",
              ]);
              await opened.close();
              opened = unwrap(await harness.open(copied));
            }
            await opened.close();
          } finally {
            await harness.dispose(copied);
          }
          const original = await reopen();
          expect([original.origin, original.originOf(A)]).toEqual(["created-here", "created-here"]);
          expect(await heads(original)).toEqual(headText(A, 3));
        }));
    }
  });

  crashSuite(name, harness);
  modelSuite(name, harness);
};
