import { followCanon } from "@herdmind/canon";
import { checkpointRecords, verdictOf, viewHash } from "@herdmind/experience";
import type { Storage } from "@herdmind/log";
import { openEphemeral, readHeartbeat } from "@herdmind/protocol";
import { copyDisk, createMemoryDisk, createMemoryStorage } from "@herdmind/storage-memory";
import { failWrites, withFaults } from "@herdmind/testing";
import { describe, expect, it } from "vitest";
import { createOrchestrator } from "./create-orchestrator.js";
import type { OrchestratorEvent } from "./orchestrator.js";
import {
  type Agent,
  blocksOf,
  canonRecords,
  carry,
  carryAll,
  createSwarmFixture,
  must,
  signal,
  signalOf,
  unlike,
} from "./swarm.fixture.js";

const say = async (who: Agent, error: string, remedy = "do it"): Promise<void> => {
  const receipt = await who.writer.append([signal(error, remedy)]);
  if (!receipt.ok) throw new Error(receipt.refusal.message);
};

describe("the office of the orchestrator", () => {
  it("derives everything from canon after a restart: nothing twice, nothing forgotten", async () => {
    const swarm = await createSwarmFixture();
    const disk = createMemoryDisk();
    const ada = await swarm.agent(createMemoryStorage());
    const bob = await swarm.agent(createMemoryStorage());
    let hash = "";
    for (let round = 0; round < 4; round++) {
      const office = await swarm.office(createMemoryStorage({ disk }));
      if (round > 0) expect(viewHash(office.canon.view)).toBe(hash);
      for (let i = 0; i < 3; i++) await say(ada, unlike(round * 3 + i));
      await say(bob, unlike(round));
      await carry(ada.logs, office.logs, ada.writer.log as never);
      await carry(bob.logs, office.logs, bob.writer.log as never);
      await office.orchestrator.flush();
      expect(office.canon.view.entries.size).toBe((round + 1) * 3);
      hash = viewHash(office.canon.view);
      await office.close();
    }
    // Blocks that arrived while nobody admitted are found by their watermark.
    await say(ada, unlike(100));
    const logs = await swarm.logs(createMemoryStorage({ disk }));
    await carry(ada.logs, logs, ada.writer.log as never);
    await logs.close();
    const office = await swarm.office(createMemoryStorage({ disk }));
    await office.orchestrator.flush();
    expect(office.canon.view.entries.size).toBe(13);
    await office.close();
  });

  it("A2 rolls canon over when a generation is full; newcomers and old peers see the same", async () => {
    const swarm = await createSwarmFixture();
    const disk = createMemoryDisk();
    const office = await swarm.office(createMemoryStorage({ disk }), {
      limits: { blocksPerGeneration: 6, recordsPerBlock: 4 },
    });
    const old = await swarm.logs(createMemoryStorage());
    const oldCanon = await followCanon({ logs: old });
    const { view } = oldCanon;
    const ada = await swarm.agent(createMemoryStorage());
    const bob = await swarm.agent(createMemoryStorage());
    for (let i = 0; i < 30; i++) {
      await say(ada, unlike(i));
      if (i % 2 === 0) await say(bob, unlike(i));
      await carry(ada.logs, office.logs, ada.writer.log as never);
      if (bob.writer.log !== undefined) await carry(bob.logs, office.logs, bob.writer.log);
      if (i % 3 === 0) await office.orchestrator.flush();
      if (i % 5 === 0) await carryAll(office.logs, old);
    }
    await office.orchestrator.flush();
    await carryAll(office.logs, old);
    await oldCanon.settled();
    expect(office.canon.parts().length).toBeGreaterThan(3);
    expect(office.orchestrator.stats().stopped).toBeUndefined();
    expect(office.canon.view.entries.size).toBe(30);
    expect(oldCanon.view).toBe(view);
    expect(viewHash(oldCanon.view)).toBe(viewHash(office.canon.view));
    expect(oldCanon.alarms()).toEqual([]);
    const fresh = await swarm.logs(createMemoryStorage());
    await carry(office.logs, fresh, office.canon.head() as never);
    const newcomer = await followCanon({ logs: fresh });
    expect(viewHash(newcomer.view)).toBe(viewHash(office.canon.view));
    expect(newcomer.freshness().historyUnverified).toBe(true);
    // And on a restart in the newest generation.
    const hash = viewHash(office.canon.view);
    const term = office.canon.head()?.term;
    await office.close();
    const again = await swarm.office(createMemoryStorage({ disk }));
    expect(viewHash(again.canon.view)).toBe(hash);
    expect(again.canon.head()?.term).toBe(term);
    for (const close of [
      () => again.close(),
      () => oldCanon.close(),
      () => newcomer.close(),
      () => old.close(),
      () => fresh.close(),
    ])
      await close();
  });

  it("A2 L8 opens the next term on a restored directory, and admits again what its canon does not have", async () => {
    const swarm = await createSwarmFixture();
    const disk = createMemoryDisk();
    const ada = await swarm.agent(createMemoryStorage());
    const first = await swarm.office(createMemoryStorage({ disk }));
    await say(ada, unlike(1));
    await carryAll(ada.logs, first.logs);
    await first.orchestrator.flush();
    const backup = copyDisk(disk);
    await say(ada, unlike(2));
    await carryAll(ada.logs, first.logs);
    await first.orchestrator.flush();
    await carryAll(first.logs, ada.logs);
    const peer = await followCanon({ logs: ada.logs });
    expect(peer.view.entries.size).toBe(2);
    await first.close();

    const second = await swarm.office(createMemoryStorage({ disk: backup }));
    expect(second.canon.head()?.term).toBe(2);
    expect(second.canon.view.entries.size).toBe(1);
    await carryAll(ada.logs, second.logs);
    await second.orchestrator.flush();
    expect(second.canon.view.entries.size).toBe(2);
    await carryAll(second.logs, ada.logs);
    await peer.settled();
    expect(viewHash(peer.view)).toBe(viewHash(second.canon.view));
    expect(peer.head()?.term).toBe(2);
    await peer.close();
    await second.close();
  });

  it("A2 refuses to write beside another orchestrator, and without the role", async () => {
    const swarm = await createSwarmFixture();
    const office = await swarm.office(createMemoryStorage());
    const logs = await swarm.logs(createMemoryStorage());
    await carryAll(office.logs, logs);
    const canon = await followCanon({ logs });
    const other = await swarm.agent(createMemoryStorage(), { role: "orchestrator" });
    expect(await createOrchestrator({ logs, canon, key: other.key, chain: other.chain })).toMatchObject({
      ok: false,
      refusal: { rule: "A2" },
    });
    const empty = await swarm.logs(createMemoryStorage());
    const emptyCanon = await followCanon({ logs: empty });
    const agent = await swarm.agent(createMemoryStorage());
    expect(
      await createOrchestrator({ logs: empty, canon: emptyCanon, key: agent.key, chain: agent.chain }),
    ).toMatchObject({ ok: false, refusal: { rule: "A1" } });
    await office.close();
  });

  it("S4 waits for a full disk, says so, and forgets nothing", async () => {
    const swarm = await createSwarmFixture();
    const events: OrchestratorEvent[] = [];
    let isFull = false;
    const plain = createMemoryStorage();
    const storage: Storage = withFaults(plain, (_, batch) =>
      isFull && batch.appends?.some(({ log }) => log.writer === swarm.key.id) ? { kind: "full" } : undefined,
    );
    const stalled = Promise.withResolvers<void>();
    const office = await swarm.office(storage, {
      limits: { retryMs: 1 },
      onEvent: (event) => {
        events.push(event);
        if (event.type === "stalled") stalled.resolve();
      },
    });
    const ada = await swarm.agent(createMemoryStorage());
    isFull = true;
    for (let i = 0; i < 5; i++) {
      await say(ada, unlike(i));
      await carryAll(ada.logs, office.logs);
    }
    await stalled.promise;
    expect(office.canon.view.entries.size).toBe(0);
    expect(events[0]).toMatchObject({ type: "stalled", refusal: { rule: "L8" } });
    isFull = false;
    await office.orchestrator.flush();
    expect(office.canon.view.entries.size).toBe(5);
    expect(events.at(-1)).toEqual({ type: "resumed" });
    expect(office.orchestrator.stats()).toMatchObject({ units: 6, immunized: 5 });
    await office.close();
    expect(failWrites("full", 1)(1, {})).toEqual({ kind: "full" });
  });

  it("lets a writer with 10,000 records waiting delay only itself", async () => {
    const swarm = await createSwarmFixture();
    const disk = createMemoryDisk();
    const flood = await swarm.agent(createMemoryStorage());
    const calm = await swarm.agent(createMemoryStorage());
    for (let i = 0; i < 40; i++)
      await flood.writer.append(Array.from({ length: 250 }, (_, j) => signal(unlike((i * 250 + j) % 50), "same")));
    await say(calm, "something else broke");
    const logs = await swarm.logs(createMemoryStorage({ disk }));
    await carryAll(flood.logs, logs);
    await carryAll(calm.logs, logs);
    await logs.close();
    const office = await swarm.office(createMemoryStorage({ disk }), { limits: { cacheBytes: 4096 } });
    // Whoever comes first in the queue: the first block of canon with effects has the calm writer's, and a part of the flood.
    await office.orchestrator.flush();
    const [, first] = await blocksOf(office.logs, office.canon.head() as never);
    const effects = first?.records ?? [];
    expect(effects.some((one) => one.type === "immunization" && one.body.author === calm.key.id)).toBe(true);
    const watermark = effects.find((one) => one.type === "watermark" && one.body.writer === flood.key.id);
    expect(watermark?.type === "watermark" && watermark.body.length).toBeLessThan(8);
    await office.orchestrator.flush();
    expect(office.orchestrator.stats()).toMatchObject({ rejected: 0, records: 10_003 });
    expect(office.orchestrator.stats().waiting.size).toBe(0);
    const ref = { ...(flood.writer.log as never as { writer: never; generation: never }), sequence: 40, index: 249 };
    expect(verdictOf(office.canon.view, signalOf(unlike(49), "same"), ref).verdict).toBe("corroborates");
    await office.close();
  });

  it("L6 admits nothing behind a proved fork, and goes on with the others", async () => {
    const swarm = await createSwarmFixture();
    const disk = createMemoryDisk();
    const office = await swarm.office(createMemoryStorage());
    const ada = await swarm.agent(createMemoryStorage({ disk }));
    await say(ada, unlike(1));
    const twinStorage = createMemoryStorage({ disk: copyDisk(disk) });
    const twin = await swarm.agent(
      { ...twinStorage, origin: "created-here", originOf: () => "created-here" },
      { key: ada.key },
    );
    await carryAll(ada.logs, office.logs);
    await office.orchestrator.flush();
    await say(ada, unlike(2));
    await say(twin, unlike(3));
    await carryAll(ada.logs, office.logs);
    await office.orchestrator.flush();
    const log = ada.writer.log as never;
    const update = await twin.logs.update(log, 0, 1e6);
    expect((await office.logs.ingest(log, update?.update as Uint8Array, "test")).ok).toBe(false);
    const other = await swarm.agent(createMemoryStorage());
    await say(other, unlike(4));
    await carryAll(other.logs, office.logs);
    await office.orchestrator.flush();
    expect(office.canon.view.entries.size).toBe(3);
    expect(office.orchestrator.stats().waiting.size).toBe(0);
    await office.close();
  });

  it("E6 signs heartbeats whose counter grows, also over a restart with a clock set back", async () => {
    const swarm = await createSwarmFixture();
    const disk = createMemoryDisk();
    const counters: number[] = [];
    for (const clock of [5000, 6000]) {
      const beats: Uint8Array[] = [];
      const three = Promise.withResolvers<void>();
      const office = await swarm.office(createMemoryStorage({ disk }), {
        now: () => clock,
        limits: { heartbeatMs: 1 },
        heartbeats: {
          offer: async (bytes) => {
            beats.push(bytes);
            if (beats.length === 3) three.resolve();
          },
        },
      });
      await three.promise;
      for (const bytes of beats.slice(0, 3)) {
        const message = must(await openEphemeral(bytes, swarm.genesis.swarm));
        const heartbeat = must(readHeartbeat(message));
        const { term, generation, length, hash } = office.canon.head() as NonNullable<
          ReturnType<typeof office.canon.head>
        >;
        expect(heartbeat).toEqual({ term, generation, length, hash, at: clock });
        counters.push(message.counter);
      }
      await office.close();
    }
    expect(counters).toEqual([5000, 5001, 5002, 6000, 6001, 6002]);
  });

  it("answers calls after it was closed", async () => {
    const swarm = await createSwarmFixture();
    const office = await swarm.office(createMemoryStorage());
    await office.close();
    await office.orchestrator.flush();
    expect(await office.orchestrator.registerType("team/x", ["a"])).toMatchObject({ ok: false });
  });

  it("writes checkpoints that a stranger can fold", async () => {
    const swarm = await createSwarmFixture();
    const office = await swarm.office(createMemoryStorage(), { limits: { blocksPerGeneration: 3 } });
    const ada = await swarm.agent(createMemoryStorage());
    for (let i = 0; i < 6; i++) {
      await say(ada, unlike(i));
      await carryAll(ada.logs, office.logs);
      await office.orchestrator.flush();
    }
    const ends = (await canonRecords(office)).filter(({ type }) => type === "checkpoint-end");
    expect(ends.length).toBe(office.canon.parts().length - 1);
    expect([...checkpointRecords(office.canon.view)].length).toBeGreaterThan(6);
    await office.close();
  });
});
