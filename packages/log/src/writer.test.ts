import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  type AnyRecord,
  clientIdOf,
  encodeForkProof,
  headOf,
  type LogHead,
  type LogId,
  MAX_PAYLOAD_BYTES,
  MAX_RECORDS_PER_BLOCK,
  readBlock,
  record,
} from "@herdmind/protocol";
import { copyDisk, createMemoryDisk, createMemoryStorage, type MemoryDisk } from "@herdmind/storage-memory";
import {
  atEveryCrashPoint,
  type FaultyStorage,
  failWrites,
  type SampleMember,
  sampleBlock,
  sampleChain,
  sampleGeneration,
  sampleSwarm,
  signalAbout,
  withFaults,
} from "@herdmind/testing";
import { describe, expect, it } from "vitest";
import type * as Y from "yjs";
import { createLogs } from "./create-logs.js";
import { encodeUpdate } from "./grammar.js";
import type { Accepted, AppendReceipt, HeldBlock, Logs, OpeningReason, OpenWriter, Writer } from "./logs.js";
import type { Storage, StorageResult } from "./storage.js";

const swarm = await sampleSwarm(5);
const { genesis } = swarm;
const member = await swarm.member(1);

const openLogs = async (storage: Storage = createMemoryStorage()): Promise<Logs> => {
  const logs = await createLogs({ genesis, storage });
  if (!logs.ok) throw new Error(logs.refusal.message);
  return logs.value;
};
const onDisk = (disk: MemoryDisk) => openLogs(createMemoryStorage({ disk }));
const openWriter = async (
  logs: Logs,
  options: Partial<OpenWriter> = {},
  by: SampleMember = member,
): Promise<Writer> => {
  const writer = await logs.openWriter({ key: by.key, chain: by.chain, ...options });
  if (!writer.ok) throw new Error(writer.refusal.message);
  return writer.value;
};
const must = (receipt: AppendReceipt) => {
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  return receipt;
};
const recordsIn = async (logs: Logs, log: LogId): Promise<readonly (readonly AnyRecord[])[]> => {
  const blocks: (readonly AnyRecord[])[] = [];
  for await (const { records } of logs.read(log)) blocks.push(records);
  return blocks;
};
/** `at` of every signal of a writer, generation by generation. */
const signalsOf = async (logs: Logs): Promise<readonly number[]> => {
  const signals: number[] = [];
  for (const log of logs.list()) {
    for (const records of await recordsIn(logs, log)) {
      for (const each of records) if (each.type === "signal") signals.push(each.body.at);
    }
  }
  return signals;
};
/** Takes over every log of `from` as a peer would: that it is accepted proves that a peer accepts it. */
const copyOver = async (from: Logs, to: Logs): Promise<void> => {
  for (const log of from.list()) {
    const update = await from.update(log, to.get(log)?.length ?? 0, 4_000_000);
    if (update !== undefined) expect(await to.ingest(log, update.update, "copy")).toMatchObject({ ok: true });
  }
};

describe("append", () => {
  it("L8 answers where a record stands once it is durable", async () => {
    const disk = createMemoryDisk();
    const logs = await onDisk(disk);
    const writer = await openWriter(logs);
    expect(writer.log).toBeUndefined();
    const receipt = must(await writer.append([signalAbout(1), signalAbout(2)]));
    expect(receipt).toMatchObject({ sequence: 1, index: 0, log: writer.log });
    const again = await onDisk(disk);
    expect(again.get(receipt.log)).toMatchObject({ length: 2, hash: receipt.hash });
    expect(await signalsOf(again)).toEqual([1, 2]);
  });

  it("L7 shares blocks under load, keeps each append in one, and tells each where it stands", async () => {
    const logs = await openLogs();
    const writer = await openWriter(logs);
    const sizes = Array.from({ length: 300 }, (_, n) => 1 + ((n * 7) % 40));
    const receipts = await Promise.all(
      sizes.map((size, n) => writer.append(Array.from({ length: size }, () => signalAbout(n)))),
    );
    const blocks = await recordsIn(logs, writer.log as LogId);
    for (const [n, receipt] of receipts.entries()) {
      const { sequence, index } = must(receipt);
      const mine = (blocks[sequence] as readonly AnyRecord[]).slice(index, index + (sizes[n] as number));
      expect(mine).toEqual(Array.from({ length: sizes[n] as number }, () => signalAbout(n)));
    }
    expect(Math.max(...blocks.map((records) => records.length))).toBeLessThanOrEqual(MAX_RECORDS_PER_BLOCK);
    expect(blocks.length).toBeLessThan(12);
    await copyOver(logs, await openLogs());
  });

  it("L7 never fills a block beyond its bytes", async () => {
    const logs = await openLogs();
    const writer = await openWriter(logs);
    const long = Array.from({ length: 60 }, (_, n) => signalAbout(n, 5_000));
    const receipts = await Promise.all(long.map((one) => writer.append([one])));
    expect(receipts.every((receipt) => receipt.ok)).toBe(true);
    const bytes = 60 * 25_000;
    const blocks = await recordsIn(logs, writer.log as LogId);
    expect(blocks.length).toBeGreaterThanOrEqual(1 + Math.ceil(bytes / MAX_PAYLOAD_BYTES));
    await copyOver(logs, await openLogs());
  });

  it("L7 refuses what does not fit one block, and takes what just fits", async () => {
    const logs = await openLogs();
    const writer = await openWriter(logs);
    const most = Array.from({ length: MAX_RECORDS_PER_BLOCK }, (_, n) => signalAbout(n));
    must(await writer.append(most));
    expect(await writer.append([...most, signalAbout(0)])).toMatchObject({ refusal: { rule: "L7", fault: "writer" } });
    expect(await writer.append(Array.from({ length: 20 }, (_, n) => signalAbout(n, 6_000)))).toMatchObject({
      refusal: { rule: "L7" },
    });
    expect(await writer.append([signalAbout(0, 7_000)])).toMatchObject({ refusal: { rule: "L7" } });
    await copyOver(logs, await openLogs());
  });

  it("R1 refuses no record, a malformed one, and those that frame a generation", async () => {
    const logs = await openLogs();
    const writer = await openWriter(logs);
    const bad: readonly (readonly AnyRecord[])[] = [
      [],
      [record("outcome", { entry: "nonsense" as never, success: true, at: 1 })],
      [signalAbout(1), record("next", { generation: sampleGeneration(1) })],
      [record("open", { chain: [...member.chain] })],
      [record("term", { term: 1, holder: member.key.id })],
    ];
    for (const records of bad)
      expect(await writer.append(records)).toMatchObject({ refusal: { rule: "R1", fault: "writer" } });
    expect(logs.list()).toEqual([]);
  });

  it("A4 shows what was signed, whatever the caller does to his records afterwards", async () => {
    const disk = createMemoryDisk();
    const logs = await onDisk(disk);
    const writer = await openWriter(logs);
    const accepted: Accepted[] = [];
    logs.subscribe((each) => accepted.push(each));
    const mine = JSON.parse(JSON.stringify(signalAbout(1))) as { body: { at: number; context?: object } };
    mine.body.context = { "-0": -0, nested: [1, { a: null }] };
    const appending = writer.append([mine as unknown as AnyRecord]);
    mine.body.at = 99;
    const { log } = must(await appending);
    const live = accepted.flatMap(({ blocks }) => blocks.map(({ records }) => records));
    const reopened = await recordsIn(await onDisk(disk), log);
    expect(live).toEqual(reopened);
    expect(live[1]?.[0]).toMatchObject({ body: { at: 1 } });
  });

  it("E5 signs and shows a record of a type this version does not know", async () => {
    const logs = await openLogs();
    const writer = await openWriter(logs);
    const future: AnyRecord = { type: "unknown", of: "lesson", version: 3, body: { a: [1, null, "x"] } };
    must(await writer.append([future]));
    expect((await recordsIn(logs, writer.log as LogId))[1]).toEqual([future]);
  });

  it("A1 opens a writer only for a member who may append, with his own chain, once", async () => {
    const logs = await openLogs();
    const other = await swarm.member(2);
    const observer = await swarm.member(3, "observer");
    const open = (key: SampleMember, chain: SampleMember) => logs.openWriter({ key: key.key, chain: chain.chain });
    expect(await open(member, other)).toMatchObject({ refusal: { rule: "A1" } });
    expect(await open(observer, observer)).toMatchObject({ refusal: { rule: "A1" } });
    const [one, two] = await Promise.all([open(member, member), open(member, member)]);
    expect([one.ok, two.ok].sort()).toEqual([false, true]);
    if (one.ok) await one.value.close();
    if (two.ok) await two.value.close();
    expect(await open(member, member)).toMatchObject({ ok: true });
  });

  it("A2 refuses to open a generation of canon that every peer would refuse", async () => {
    const holder = await swarm.member(4, "orchestrator");
    const logs = await openLogs();
    const without = await openWriter(logs, {}, holder);
    expect(await without.append([signalAbout(1)])).toMatchObject({ refusal: { rule: "A2" } });
    expect(logs.list()).toEqual([]);
    await without.close();
    const term = () => [record("term", { term: 1, holder: holder.key.id })];
    const writer = await openWriter(logs, { opening: term }, holder);
    must(await writer.append([signalAbout(1)]));
    await copyOver(logs, await openLogs());
  });

  it("isolates a listener that throws, and an observer of the document", async () => {
    const errors: unknown[] = [];
    const made = await createLogs({
      genesis,
      storage: createMemoryStorage(),
      onListenerError: (error) => errors.push(error),
    });
    if (!made.ok) throw new Error(made.refusal.message);
    const logs = made.value;
    const writer = await openWriter(logs);
    must(await writer.append([signalAbout(1)]));
    const heard: number[] = [];
    logs.subscribe(() => {
      throw new Error("listener");
    });
    logs.subscribe(({ blocks }) => heard.push(blocks.length));
    const document = await logs.document(writer.log as LogId);
    if (!document.ok) throw new Error(document.refusal.message);
    document.value.doc.on("update", () => {
      throw new Error("observer");
    });
    must(await writer.append([signalAbout(2)]));
    must(await writer.append([signalAbout(3)]));
    expect(heard).toEqual([1, 1]);
    expect(errors.map(String)).toEqual(["Error: observer", "Error: listener", "Error: observer", "Error: listener"]);
    expect(document.value.doc.getArray("segment/0").length).toBe(4);
  });
});

describe("generations", () => {
  it("L8 rolls over by itself at the bound, and a peer accepts all of it", async () => {
    const logs = await openLogs();
    const reasons: OpeningReason[] = [];
    const writer = await openWriter(logs, {
      blocksPerGeneration: 4,
      opening: (why) => {
        reasons.push(why);
        return [];
      },
    });
    for (let n = 0; n < 10; n++) must(await writer.append([signalAbout(n)]));
    const states = logs.ofWriter(member.key.id);
    expect(states.map(({ length }) => length)).toEqual([5, 5, 5, 2]);
    expect(reasons.map(({ kind }) => kind)).toEqual(["first", "roll-over", "roll-over", "roll-over"]);
    for (const [i, state] of states.entries()) {
      expect(state.next).toBe(states[i + 1]?.generation);
      const before = states[i - 1];
      expect(state.continues).toEqual(
        before && { writer: before.writer, generation: before.generation, length: 5, hash: before.hash },
      );
    }
    expect(await signalsOf(logs)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await copyOver(logs, await openLogs());
  });

  it("L4 signs nothing after a next record, however appends and roll-overs mix", async () => {
    const logs = await openLogs();
    const writer = await openWriter(logs, { blocksPerGeneration: 6 });
    const work: Promise<AppendReceipt>[] = [];
    for (let n = 0; n < 60; n++) {
      work.push(writer.append([signalAbout(n)]));
      if (n % 7 === 0) work.push(writer.rollOver());
      if (n % 14 === 0) work.push(writer.rollOver());
      if (n % 5 === 0) await work.at(-1);
    }
    for (const receipt of await Promise.all(work)) expect(receipt.ok).toBe(true);
    expect(await signalsOf(logs)).toEqual(Array.from({ length: 60 }, (_, n) => n));
    await copyOver(logs, await openLogs());
  });

  it("L8 opens over several blocks when the opening records need them, all in one batch", async () => {
    const storage = createMemoryStorage();
    let writes = 0;
    const appendBatch: Storage["appendBatch"] = (batch) => {
      writes += 1;
      return storage.appendBatch(batch);
    };
    const logs = await openLogs({ ...storage, appendBatch });
    const opening = () => Array.from({ length: 3000 }, (_, n) => signalAbout(n));
    const writer = await openWriter(logs, { opening });
    expect(must(await writer.rollOver()).sequence).toBe(2);
    expect(writes).toBe(1);
    must(await writer.rollOver());
    expect(writes).toBe(2);
    expect(logs.list().map(({ length }) => length)).toEqual([4, 3]);
    await copyOver(logs, await openLogs());
  });

  it("L8 leaves an archived generation readable and its document out of memory", async () => {
    const logs = await openLogs();
    const writer = await openWriter(logs);
    for (let n = 0; n < 5; n++) must(await writer.append([signalAbout(n)]));
    const archived = writer.log as LogId;
    const document = await logs.document(archived);
    const same = await logs.document(archived);
    if (!document.ok || !same.ok) throw new Error("no document");
    expect(same.value.doc).toBe(document.value.doc);
    must(await writer.rollOver());
    expect(document.value.doc.getArray("segment/0").length).toBe(7);
    document.value.release();
    document.value.release();
    expect(document.value.doc.isDestroyed).toBe(false);
    same.value.release();
    expect(document.value.doc.isDestroyed).toBe(true);
    expect((await recordsIn(logs, archived)).length).toBe(7);
    const again = await logs.document(archived);
    expect(again.ok && again.value.doc.getArray("segment/0").length).toBe(7);
  });

  it("L8 lets the memory of a released document go", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const logs = await openLogs();
    const writer = await openWriter(logs);
    const { log } = must(await writer.append([signalAbout(1)]));
    const use = async (): Promise<WeakRef<Y.Doc>> => {
      const document = await logs.document(log);
      if (!document.ok) throw new Error(document.refusal.message);
      document.value.release();
      return new WeakRef(document.value.doc);
    };
    const released = await use();
    for (let round = 0; round < 20 && released.deref() !== undefined; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    expect(released.deref()).toBeUndefined();
  });

  it.each([
    ["a block", (doc: Y.Doc) => doc.getArray("segment/0").push([{ b: "mine" }])],
    ["another type", (doc: Y.Doc) => doc.getText("notes").insert(0, "mine")],
  ])("L8 gives up a document that somebody wrote %s into, and loads a clean one", async (_, write) => {
    const errors: unknown[] = [];
    const made = await createLogs({
      genesis,
      storage: createMemoryStorage(),
      onListenerError: (error) => errors.push(error),
    });
    if (!made.ok) throw new Error(made.refusal.message);
    const writer = await openWriter(made.value);
    const { log } = must(await writer.append([signalAbout(1)]));
    const document = await made.value.document(log);
    if (!document.ok) throw new Error("no document");
    write(document.value.doc);
    must(await writer.append([signalAbout(2)]));
    expect(errors).toHaveLength(1);
    expect(document.value.doc.isDestroyed).toBe(true);
    const clean = await made.value.document(log);
    expect(clean.ok && clean.value.doc.getArray("segment/0").length).toBe(3);
  });
});

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

describe("closing and concurrency", () => {
  it("L8 closing the logs stores what writers were asked for, then refuses", async () => {
    const disk = createMemoryDisk();
    const logs = await onDisk(disk);
    const writer = await openWriter(logs);
    const appends = Array.from({ length: 20 }, (_, n) => writer.append([signalAbout(n)]));
    const chain = await sampleChain(swarm, await swarm.member(7), 4);
    const update = encodeUpdate(clientIdOf(genesis.swarm, chain.log), 0, chain.bytes);
    const ingesting = logs.ingest(chain.log, update, "x");
    await logs.close();
    for (const receipt of await Promise.all(appends)) expect(receipt.ok).toBe(true);
    expect((await ingesting).ok).toBe((await onDisk(disk)).get(chain.log) !== undefined);
    expect(await writer.append([signalAbout(1)])).toMatchObject({ refusal: { rule: "L8" } });
    expect(await writer.rollOver()).toMatchObject({ refusal: { rule: "L8" } });
    expect(await logs.ingest(chain.log, update, "x")).toMatchObject({ refusal: { rule: "L8", fault: "none" } });
    expect(await logs.openWriter({ key: member.key, chain: member.chain })).toMatchObject({ refusal: { rule: "L8" } });
    expect(await signalsOf(await onDisk(disk))).toEqual(
      expect.arrayContaining(Array.from({ length: 20 }, (_, n) => n)),
    );
  });

  it("L8 an append asked for in any later turn is always answered", async () => {
    const logs = await openLogs();
    const writer = await openWriter(logs);
    for (let turns = 0; turns < 40; turns++) {
      const first = writer.append([signalAbout(turns)]);
      const second = first.then(async () => {
        for (let turn = 0; turn < turns % 8; turn++) await undefined;
        return writer.append([signalAbout(turns)]);
      });
      must(await first);
      must(await second);
    }
  });

  it("L3 takes many offers of one unknown log at once, in any mixture of good and bad", async () => {
    const chain = await sampleChain(swarm, await swarm.member(7), 30);
    const clientId = clientIdOf(genesis.swarm, chain.log);
    const logs = await openLogs();
    const heard: number[] = [];
    logs.subscribe(({ blocks }) => heard.push(...blocks.map(({ sequence }) => sequence)));
    const offers = Array.from({ length: 60 }, (_, n) => {
      const from = (n * 7) % 20;
      const blocks = n % 3 === 0 ? [new Uint8Array(9)] : chain.bytes.slice(0, from + 10);
      return logs.ingest(chain.log, encodeUpdate(clientId, 0, blocks), n);
    });
    await Promise.all(offers);
    expect(logs.get(chain.log)?.length).toBe(29);
    expect(heard).toEqual(Array.from({ length: 29 }, (_, n) => n));
  });

  it("L8 own blocks that come back while the writer appends are recognised, and new ones are continued", async () => {
    const logs = await openLogs();
    const peer = await openLogs();
    const writer = await openWriter(logs);
    for (let n = 0; n < 20; n++) {
      const appending = writer.append([signalAbout(n)]);
      await copyOver(peer, logs);
      must(await appending);
      await copyOver(logs, peer);
    }
    expect(peer.list()).toEqual(logs.list());
    expect(peer.proofs()).toEqual([]);
  });
});

/** What a copy of the writer sends that closed this generation. */
const closingUpdate = async (logs: Logs, log: LogId): Promise<Uint8Array> => {
  let last: HeldBlock | undefined;
  for await (const block of logs.read(log)) last = block;
  const after = readBlock(last?.bytes as Uint8Array);
  if (!after.ok) throw new Error(after.refusal.message);
  const next = record("next", { generation: sampleGeneration(1) });
  const { bytes, header } = await sampleBlock(swarm, member, { log, after: after.value }, [next]);
  return encodeUpdate(clientIdOf(genesis.swarm, log), header.sequence, [bytes]);
};

describe("where a writer goes on (L8)", () => {
  const generationsAfter = async (logs: Logs): Promise<LogHead> => {
    const writer = await openWriter(logs);
    const { log } = must(await writer.append([signalAbout(77)]));
    return logs.get(log) as LogHead;
  };
  const written = async () => {
    const disk = createMemoryDisk();
    const logs = await onDisk(disk);
    const writer = await openWriter(logs);
    for (let n = 0; n < 3; n++) must(await writer.append([signalAbout(n)]));
    await logs.close();
    return { disk, log: writer.log as LogId, head: logs.get(writer.log as LogId) as LogHead };
  };

  it("L8 continues its generation in the directory that it created", async () => {
    const { disk, log } = await written();
    expect(await generationsAfter(await onDisk(disk))).toMatchObject({ generation: log.generation, length: 5 });
  });

  it("L8 opens one that names the old head in a copied directory, and both copies go on without a fork", async () => {
    const { disk, log, head } = await written();
    const copies = [copyDisk(disk), copyDisk(disk)];
    const peer = await openLogs();
    for (const each of [disk, ...copies]) {
      const logs = await onDisk(each);
      const mine = await generationsAfter(logs);
      expect(mine.generation === log.generation).toBe(each === disk);
      if (each !== disk)
        expect(logs.get(mine)?.continues).toMatchObject({
          generation: head.generation,
          length: head.length,
          hash: head.hash,
        });
      await copyOver(logs, peer);
      // The copy is now at home: after a restart it continues what it opened itself.
      await logs.close();
      expect((await generationsAfter(await onDisk(each))).generation).toBe(mine.generation);
    }
    expect(peer.proofs()).toEqual([]);
    expect(peer.list()).toHaveLength(3);
  });

  it("L8 opens one that names what was kept of a damaged log", async () => {
    const { disk, log } = await written();
    const inner = createMemoryStorage({ disk });
    const damaged: Storage = {
      ...inner,
      read: async (of, from, to) => {
        const read = await inner.read(of, from, to);
        return read.ok
          ? { ok: true, value: read.value.map((bytes, i) => (from + i === 2 ? bytes.slice(1) : bytes)) }
          : read;
      },
    };
    const logs = await openLogs(damaged);
    expect(logs.damage).toMatchObject([{ log, kept: 2, had: 4 }]);
    const mine = await generationsAfter(logs);
    expect(logs.get(mine)).toMatchObject({ continues: { generation: log.generation, length: 2 } });
    expect(mine.generation).not.toBe(log.generation);
  });

  it("L8 with a wiped directory and a restored key, takes its old log back from a peer beside the new one", async () => {
    const { disk, log } = await written();
    const peer = await onDisk(disk);
    const wiped = createMemoryDisk();
    const logs = await onDisk(wiped);
    const mine = await generationsAfter(logs);
    expect(logs.get(mine)?.continues).toBeUndefined();
    await copyOver(peer, logs);
    await copyOver(logs, peer);
    await logs.close();
    const again = await onDisk(wiped);
    expect((await generationsAfter(again)).generation).toBe(mine.generation);
    expect(again.list()).toHaveLength(2);
    expect(again.get(log)?.length).toBe(4);
    expect(peer.proofs()).toEqual([]);
  });

  it("L8 with a wiped directory, names the old log that a peer brought before the first append, however far it had come", async () => {
    const { disk, head } = await written();
    const peer = await onDisk(disk);
    const logs = await openLogs();
    const writer = await openWriter(logs);
    await copyOver(peer, logs);
    const { log } = must(await writer.append([signalAbout(1)]));
    expect(logs.get(log)?.continues).toMatchObject({
      generation: head.generation,
      length: head.length,
      hash: head.hash,
    });
  });

  it("L4 does not write into a generation that was closed, here or by a copy of this writer", async () => {
    const logs = await openLogs();
    const writer = await openWriter(logs);
    const { log } = must(await writer.append([signalAbout(1)]));
    expect(await logs.ingest(log, await closingUpdate(logs, log), "copy")).toMatchObject({ ok: true });
    const second = must(await writer.append([signalAbout(2)]));
    expect(second.log.generation).not.toBe(log.generation);
    expect(logs.get(second.log)?.continues).toMatchObject({ generation: log.generation, length: 3 });
    await copyOver(logs, await openLogs());
  });

  it("L4 does not either when the closing block is being taken in while it appends", async () => {
    const logs = await openLogs();
    const writer = await openWriter(logs);
    const first = must(await writer.append([signalAbout(1)]));
    const copy = await openLogs();
    await copyOver(logs, copy);
    const update = await closingUpdate(copy, first.log);
    const [taken, second] = await Promise.all([
      logs.ingest(first.log, update, "copy"),
      writer.append([signalAbout(2)]),
    ]);
    expect(taken).toMatchObject({ ok: true, length: 3 });
    expect(must(second).log.generation).not.toBe(first.log.generation);
    await copyOver(logs, copy);
  });

  it("L6 stores nothing when a fork is proved while the block is being signed", async () => {
    const logs = await openLogs();
    const chain = await sampleChain(swarm, member, 3, { generation: 4 });
    const fork = await sampleChain(swarm, member, 3, { generation: 4, fork: { of: chain, keep: 1 } });
    const [one, other] = [chain, fork].map(({ bytes }) => headOf(bytes[1] as Uint8Array));
    const proof = encodeForkProof(one as Uint8Array, other as Uint8Array);
    let signing = false;
    const key = {
      ...member.key,
      sign: async (bytes: Uint8Array) => {
        if (signing) await logs.offerProof(proof, undefined);
        return member.key.sign(bytes);
      },
    };
    const writer = await openWriter(logs, { key });
    const { log } = must(await writer.append([signalAbout(1)]));
    signing = true;
    expect(await writer.append([signalAbout(2)])).toMatchObject({ refusal: { rule: "L6" } });
    expect(logs.get(log)?.length).toBe(2);
  });
});
