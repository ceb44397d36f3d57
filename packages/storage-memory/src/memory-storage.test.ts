import type { Storage, StorageResult } from "@herdmind/log";
import { sampleBytes, sampleHash, sampleLog, storageContract, unwrap } from "@herdmind/testing";
import { describe, expect, it } from "vitest";
import { copyDisk, createMemoryDisk, createMemoryStorage, type MemoryDisk } from "./index.js";

storageContract<MemoryDisk>("storage-memory", {
  create: async () => createMemoryDisk(),
  open: async (disk): Promise<StorageResult<Storage>> => ({ ok: true, value: createMemoryStorage({ disk }) }),
  // Opening the disk again is the crash: the storage before it is cut off.
  crash: async (disk) => void createMemoryStorage({ disk }),
  copy: async (disk) => copyDisk(disk),
  dispose: async () => undefined,
  rounds: 300,
});

describe("memory disk", () => {
  const log = sampleLog(1);
  const block = { log, from: 0, blocks: [sampleBytes(1, 9)], hash: sampleHash(1) };

  it("cuts the older storage off when it is opened again, also for a write under way", async () => {
    const disk = createMemoryDisk();
    const before = createMemoryStorage({ disk });
    const late = before.appendBatch({ appends: [block] });
    const after = createMemoryStorage({ disk });
    const answer = await late;
    expect(answer.ok ? "ok" : answer.fault.kind).toBe("closed");
    expect(unwrap(await after.heads())).toEqual([]);
  });

  it("shares nothing between a disk and its copy", async () => {
    const disk = createMemoryDisk();
    const storage = createMemoryStorage({ disk });
    unwrap(await storage.appendBatch({ appends: [block], proofs: [sampleBytes(1, 3)] }));
    const copy = createMemoryStorage({ disk: copyDisk(disk) });
    unwrap(await copy.appendBatch({ appends: [{ ...block, from: 1 }], proofs: [sampleBytes(2, 3)] }));
    expect(unwrap(await storage.read(log, 0, 9)).length).toBe(1);
    expect(unwrap(await storage.proofs()).length).toBe(1);
    expect(unwrap(await copy.read(log, 0, 9)).length).toBe(2);
  });

  it("refuses a disk that is not one", () => {
    expect(() => createMemoryStorage({ disk: { kind: "memory-disk" } })).toThrow(/createMemoryDisk/);
  });
});
