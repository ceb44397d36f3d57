import { clientIdOf } from "@herdmind/protocol";
import { createMemoryDisk, createMemoryStorage, type MemoryDisk } from "@herdmind/storage-memory";
import {
  atEveryCrashPoint,
  type FaultyStorage,
  failWrites,
  sampleChain,
  signalAbout,
  withFaults,
} from "@herdmind/testing";
import { describe, expect, it } from "vitest";
import { encodeUpdate } from "./grammar.js";
import type { Storage, StorageResult } from "./storage.js";

import { copyOver, genesis, member, must, onDisk, openLogs, openWriter, signalsOf, swarm } from "./writer.fixture.js";

describe("a failing disk", () => {
  /** A storage whose `n`th write reaches the disk although it answers a fault; reads fail while `blind`. */
  const lying = (inner: Storage, lies: number) => {
    let writes = 0;
    const state = { blind: false };
    const fault = { ok: false, fault: { kind: "io", message: "the cable was pulled" } } as const;
    const storage: Storage = {
      ...inner,
      appendBatch: async (batch) => {
        writes += 1;
        const answer = await inner.appendBatch(batch);
        return writes === lies ? fault : answer;
      },
      read: async (...range): Promise<StorageResult<readonly Uint8Array[]>> =>
        state.blind ? fault : inner.read(...range),
    };
    return { storage, state };
  };

  it("L8 full in the middle: not acknowledged, nothing shown, goes on when there is room, loses nothing", async () => {
    const disk = createMemoryDisk();
    const logs = await openLogs(withFaults(createMemoryStorage({ disk }), failWrites("full", 3, 12)));
    const writer = await openWriter(logs, { blocksPerGeneration: 5 });
    const acknowledged: number[] = [];
    let refused = 0;
    for (let n = 0; n < 40; n++) {
      const before = logs.list();
      const receipt = await writer.append([signalAbout(n)]);
      if (receipt.ok) acknowledged.push(n);
      else {
        refused += 1;
        expect(receipt).toMatchObject({ refusal: { rule: "L8", fault: "none" }, fault: { kind: "full" } });
        expect(logs.list()).toEqual(before);
      }
    }
    expect(refused).toBe(10);
    const reopened = await onDisk(disk);
    expect(await signalsOf(reopened)).toEqual(acknowledged);
    expect(reopened.damage).toEqual([]);
    await copyOver(reopened, await openLogs());
  });

  it("L8 a disk that is full from the start leaves no trace in memory", async () => {
    const logs = await openLogs(withFaults(createMemoryStorage(), failWrites("full", 1, 200)));
    const writer = await openWriter(logs);
    for (let n = 0; n < 200; n++) expect((await writer.append([signalAbout(n)])).ok).toBe(false);
    expect(logs.list()).toEqual([]);
    expect(logs.ofWriter(member.key.id)).toEqual([]);
    expect(writer.log).toBeUndefined();
  });

  it("L8 a write that fails and still reached the disk is acknowledged, and never signed twice", async () => {
    for (let lies = 1; lies <= 6; lies++) {
      const disk = createMemoryDisk();
      const { storage } = lying(createMemoryStorage({ disk }), lies);
      const logs = await openLogs(storage);
      const writer = await openWriter(logs, { blocksPerGeneration: 3 });
      for (let n = 0; n < 6; n++) must(await writer.append([signalAbout(n)]));
      const reopened = await onDisk(disk);
      expect(await signalsOf(reopened)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(reopened.list()).toEqual(logs.list());
    }
  });

  it("L6 a write whose fate cannot be read is settled before anything else is signed: never a fork of our own", async () => {
    for (let lies = 1; lies <= 6; lies++) {
      const disk = createMemoryDisk();
      const { storage, state } = lying(createMemoryStorage({ disk }), lies);
      const logs = await openLogs(storage);
      const writer = await openWriter(logs, { blocksPerGeneration: 3 });
      const peer = await openLogs();
      const acknowledged: number[] = [];
      for (let n = 0; n < 8; n++) {
        state.blind = n >= lies - 3 && n < lies + 2;
        if ((await writer.append([signalAbout(n)])).ok) acknowledged.push(n);
        state.blind = false;
        await copyOver(logs, peer);
      }
      expect(acknowledged.length).toBeGreaterThan(2);
      const reopened = await onDisk(disk);
      const later = await openWriter(reopened);
      must(await later.append([signalAbout(100)]));
      await copyOver(reopened, peer);
      expect(peer.proofs()).toEqual([]);
      for (const n of [...acknowledged, 100]) expect(await signalsOf(peer)).toContain(n);
    }
  });

  it("L8 an ingest that fails is refused, changes nothing, and can be repeated", async () => {
    const chain = await sampleChain(swarm, await swarm.member(7), 4);
    const update = encodeUpdate(clientIdOf(genesis.swarm, chain.log), 0, chain.bytes);
    const logs = await openLogs(withFaults(createMemoryStorage(), failWrites("io", 1)));
    expect(await logs.ingest(chain.log, update, "x")).toMatchObject({ refusal: { rule: "L8", fault: "none" } });
    expect(logs.list()).toEqual([]);
    expect(await logs.ingest(chain.log, update, "x")).toMatchObject({ ok: true, added: 4 });
    const doubtful = lying(createMemoryStorage(), 1);
    doubtful.state.blind = true;
    const blind = await openLogs(doubtful.storage);
    for (let n = 0; n < 3; n++) {
      expect(await blind.ingest(chain.log, update, "x")).toMatchObject({ refusal: { rule: "L8", fault: "none" } });
    }
    doubtful.state.blind = false;
    expect(await blind.ingest(chain.log, update, "x")).toMatchObject({ ok: true, added: 4 });
    const { storage } = lying(createMemoryStorage(), 1);
    const lied = await openLogs(storage);
    expect(await lied.ingest(chain.log, update, "x")).toMatchObject({ ok: true, added: 4 });
  });

  it("L8 a crash between any two writes loses nothing acknowledged, and a roll-over is whole or not there", async () => {
    let acknowledged: number[] = [];
    const points = await atEveryCrashPoint<MemoryDisk>({
      create: async () => {
        acknowledged = [];
        return createMemoryDisk();
      },
      open: async (disk) => createMemoryStorage({ disk }),
      crash: async (disk) => void createMemoryStorage({ disk }),
      dispose: async () => undefined,
      work: async (storage: FaultyStorage) => {
        const logs = await openLogs(storage);
        const writer = await openWriter(logs, { blocksPerGeneration: 3 });
        for (let n = 0; n < 8; n++) {
          must(await writer.append([signalAbout(n)]));
          acknowledged.push(n);
        }
      },
      check: async (disk, point) => {
        const logs = await onDisk(disk);
        expect(logs.damage, point).toEqual([]);
        const found = await signalsOf(logs);
        // At most the one append that was under way is there as well.
        expect(found, point).toEqual(Array.from({ length: found.length }, (_, n) => n));
        expect(found.length - acknowledged.length, point).toBeOneOf([0, 1]);
        for (const { next } of logs.list()) {
          if (next !== undefined)
            expect(
              logs.list().some(({ generation }) => generation === next),
              point,
            ).toBe(true);
        }
        const writer = await openWriter(logs);
        must(await writer.append([signalAbout(50)]));
        await copyOver(logs, await openLogs());
      },
    });
    expect(points).toBeGreaterThan(18);
  });
});
