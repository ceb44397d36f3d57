/** Letting go of another writer's log: nothing of it stays but proofs, and nothing that was written here can be lost by it. */
import { encodeForkProof, headOf, record } from "@herdmind/protocol";
import { createMemoryDisk, createMemoryStorage } from "@herdmind/storage-memory";
import { failWrites, sampleChain, signalAbout, withFaults } from "@herdmind/testing";
import { describe, expect, it } from "vitest";
import { chain, log, swarm as other, updateOf } from "./attacks.fixture.js";
import { createLogs } from "./create-logs.js";
import type { Logs } from "./logs.js";
import type { Storage } from "./storage.js";
import { copyOver, must, onDisk, openLogs, openWriter, swarm } from "./writer.fixture.js";

const held = async (storage: Storage = createMemoryStorage()): Promise<Logs> => {
  const logs = await createLogs({ genesis: other.genesis, storage });
  if (!logs.ok) throw new Error(logs.refusal.message);
  expect(await logs.value.ingest(log, updateOf(chain, 0, 5), "test")).toMatchObject({ ok: true, length: 5 });
  return logs.value;
};

describe("forgetting a log", () => {
  it("leaves nothing of it, in memory or on the disk, and takes it again from the start", async () => {
    const disk = createMemoryDisk();
    const logs = await held(createMemoryStorage({ disk }));
    const document = await logs.document(log);
    const gone = document.ok && new Promise<void>((resolve) => document.value.doc.on("destroy", () => resolve()));
    expect(logs.count()).toBe(1);
    expect(await logs.forget(log, 4)).toEqual({ ok: true, value: false });
    expect(logs.get(log)?.length).toBe(5);
    expect(await logs.forget(log, 5)).toEqual({ ok: true, value: true });
    await gone;
    expect(logs.count()).toBe(0);
    expect(logs.list()).toEqual([]);
    expect(logs.get(log)).toBeUndefined();
    expect(logs.ofWriter(log.writer)).toEqual([]);
    expect(await logs.signedHead(log)).toBeUndefined();
    expect(await logs.update(log, 0, 10_000)).toBeUndefined();
    expect(await logs.forget(log)).toEqual({ ok: true, value: false });
    expect(await logs.ingest(log, updateOf(chain, 5, 6), "late")).toMatchObject({ ok: false, refusal: { need: 0 } });
    expect(await logs.ingest(log, updateOf(chain, 0, 7), "again")).toMatchObject({ ok: true, length: 7, added: 7 });
    expect(logs.count()).toBe(1);
    await logs.forget(log);
    await logs.close();
    const reopened = await createLogs({ genesis: other.genesis, storage: createMemoryStorage({ disk }) });
    expect(reopened.ok && [reopened.value.list(), reopened.value.damage]).toEqual([[], []]);
  });

  it("L6 keeps proofs: a writer that forked is not taken again from where it forked", async () => {
    const logs = await held();
    const fork = await sampleChain(other, await other.member(1), 4, { fork: { of: chain, keep: 3 } });
    const proof = encodeForkProof(headOf(chain.bytes[3] as Uint8Array), headOf(fork.bytes[3] as Uint8Array));
    expect(await logs.offerProof(proof, "x")).toMatchObject({ ok: true });
    await logs.forget(log);
    expect(logs.proofs()).toHaveLength(1);
    await logs.ingest(log, updateOf(chain, 0, 3), "again");
    expect(await logs.ingest(log, updateOf(chain, 3, 5), "again")).toMatchObject({
      ok: false,
      refusal: { rule: "L6" },
    });
  });

  it("L8 refuses what was written here, also after a restart and without an open writer", async () => {
    const disk = createMemoryDisk();
    const logs = await onDisk(disk);
    const writer = await openWriter(logs);
    const own = must(await writer.append([signalAbout(1)])).log;
    expect(await logs.forget(own)).toMatchObject({ ok: false, refusal: { rule: "L8", fault: "none" } });
    await logs.close();
    const again = await onDisk(disk);
    expect(await again.forget(own)).toMatchObject({ ok: false, refusal: { rule: "L8" } });
    expect(again.get(own)?.length).toBe(2);
  });

  it("A2 refuses canon", async () => {
    const [office, peer] = [await openLogs(), await openLogs()];
    const { key, chain: credentials } = await swarm.member(2, "orchestrator");
    const writer = await office.openWriter({
      key,
      chain: credentials,
      opening: () => [record("term", { term: 1, holder: key.id })],
    });
    if (!writer.ok) throw new Error(writer.refusal.message);
    const canon = must(await writer.value.append([signalAbout(1)])).log;
    await copyOver(office, peer);
    expect(await peer.forget(canon)).toMatchObject({ ok: false, refusal: { rule: "A2", fault: "none" } });
    expect(peer.get(canon)?.length).toBeGreaterThan(0);
  });

  it("holds the log as before when the disk refuses", async () => {
    const logs = await held(withFaults(createMemoryStorage(), failWrites("full", 2)));
    expect(await logs.forget(log)).toMatchObject({ ok: false, refusal: { rule: "L8", fault: "none" } });
    expect(logs.get(log)?.length).toBe(5);
    expect(logs.count()).toBe(1);
    expect(await logs.ingest(log, updateOf(chain, 5, 6), "next")).toMatchObject({ ok: true, length: 6 });
  });

  it("ends what is read meanwhile, and has one object for offers under way", async () => {
    const logs = await held();
    const seen: number[] = [];
    for await (const { sequence } of logs.read(log)) {
      seen.push(sequence);
      if (sequence === 1) await logs.forget(log);
    }
    expect(seen).toEqual([0, 1]);
    const [, forgotten, ...again] = await Promise.all([
      logs.ingest(log, updateOf(chain, 0, 5), "a"),
      logs.forget(log),
      logs.ingest(log, updateOf(chain, 0, 5), "b"),
      logs.ingest(log, updateOf(chain, 0, 6), "c"),
    ]);
    expect(forgotten).toMatchObject({ ok: true });
    expect(again.every(({ ok }) => ok)).toBe(true);
    expect(logs.get(log)?.length).toBe(6);
    expect(logs.count()).toBe(1);
  });
});
