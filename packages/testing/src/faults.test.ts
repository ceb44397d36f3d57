import type { Storage, StorageBatch, StorageResult } from "@herdmind/log";
import { describe, expect, it } from "vitest";
import { atEveryCrashPoint } from "./crash-points.js";
import { crashAt, failWrites, withFaults } from "./faults.js";

/** The least storage that shows what passed through: it counts. */
const counting = (): Storage & { written: number } => {
  const ok = async <T>(value: T): Promise<StorageResult<T>> => ({ ok: true, value });
  return {
    written: 0,
    origin: "created-here",
    originOf: () => "created-here",
    async appendBatch() {
      this.written += 1;
      return ok(undefined);
    },
    read: () => ok([]),
    heads: () => ok([]),
    meta: () => ok(undefined),
    proofs: () => ok([]),
    close: async () => undefined,
  };
};
const batch: StorageBatch = {};
/** Whether a promise is still open after everything that can settle has settled. */
const isOpen = async (promise: Promise<unknown>): Promise<boolean> => {
  let settled = false;
  void promise.finally(() => {
    settled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return !settled;
};

describe("injected faults", () => {
  it("answer at the planned writes, and let the others through", async () => {
    const real = counting();
    const faulty = withFaults(real, failWrites("full", 2, 3));
    const answers = [];
    for (let n = 0; n < 5; n++) answers.push(await faulty.appendBatch(batch));
    expect(answers.map((answer) => (answer.ok ? "ok" : answer.fault.kind))).toEqual(["ok", "full", "full", "ok", "ok"]);
    expect([real.written, faulty.writes()]).toEqual([3, 5]);
  });

  it.each([
    ["before", 1],
    ["after", 2],
  ] as const)("crash %s a write: nobody is answered any more", async (when, written) => {
    const real = counting();
    const faulty = withFaults(real, crashAt(2, when));
    expect((await faulty.appendBatch(batch)).ok).toBe(true);
    const lost = faulty.appendBatch(batch);
    expect(await faulty.crashed).toBe("crashed");
    const later = [lost, faulty.appendBatch(batch), faulty.heads(), faulty.meta("k"), faulty.proofs(), faulty.close()];
    for (const call of later) expect(await isOpen(call)).toBe(true);
    expect(real.written).toBe(written);
  });

  it("lose the answer of a read that was under way when the crash came", async () => {
    const faulty = withFaults(counting(), crashAt(1, "before"));
    const reading = faulty.heads();
    void faulty.appendBatch(batch);
    expect(await isOpen(reading)).toBe(true);
  });

  it("try every point between two writes, in order", async () => {
    const seen: string[] = [];
    let places = 0;
    const points = await atEveryCrashPoint({
      create: async () => {
        places += 1;
      },
      open: async () => counting(),
      crash: async () => undefined,
      work: async (storage) => {
        for (let n = 0; n < 3; n++) await storage.appendBatch(batch);
      },
      check: async (_medium, point) => void seen.push(point),
      dispose: async () => {
        places -= 1;
      },
    });
    expect([points, places]).toEqual([6, 0]);
    expect(seen).toEqual([
      "before write 1",
      "after write 1",
      "before write 2",
      "after write 2",
      "before write 3",
      "after write 3",
    ]);
  });
});
