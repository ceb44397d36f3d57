import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type AnyRecord, type LogId, MAX_PAYLOAD_BYTES, MAX_RECORDS_PER_BLOCK, record } from "@herdmind/protocol";
import { createMemoryDisk, createMemoryStorage } from "@herdmind/storage-memory";
import { type SampleMember, sampleGeneration, signalAbout } from "@herdmind/testing";
import { describe, expect, it } from "vitest";
import type * as Y from "yjs";
import { createLogs } from "./create-logs.js";
import type { Accepted, AppendReceipt, OpeningReason } from "./logs.js";
import type { Storage } from "./storage.js";

import {
  copyOver,
  genesis,
  member,
  must,
  onDisk,
  openLogs,
  openWriter,
  recordsIn,
  signalsOf,
  swarm,
} from "./writer.fixture.js";

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
