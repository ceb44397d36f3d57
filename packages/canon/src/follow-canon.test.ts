import { emptyView, fold, viewHash } from "@herdmind/experience";
import type { Logs, Storage } from "@herdmind/log";
import { type LogHead, record } from "@herdmind/protocol";
import { copyDisk, createMemoryDisk, createMemoryStorage } from "@herdmind/storage-memory";
import { afterEach, describe, expect, it } from "vitest";
import { blocksOf, carry, createCanonFixture, entry, entryOf, evidence, forkProof, type Lie } from "./canon.fixture.js";
import type { Canon, CanonEvent, CanonHeartbeat } from "./canon.js";
import { followCanon } from "./follow-canon.js";
import { historyHeld, viewAt } from "./history.js";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const begin = async () => {
  const swarm = await createCanonFixture();
  const follow = async (
    logs: Logs,
    more: Partial<Parameters<typeof followCanon>[0]> = {},
  ): Promise<{ canon: Canon; events: CanonEvent[] }> => {
    const events: CanonEvent[] = [];
    const canon = await followCanon({ logs, listener: (event) => events.push(event), ...more });
    closing.push(() => canon.close());
    return { canon, events };
  };
  const scribe: typeof swarm.scribe = async (storage, options) => {
    const one = await swarm.scribe(storage, options);
    closing.push(() => one.close());
    return one;
  };
  const peer = async (storage: Storage = createMemoryStorage()): Promise<Logs> => {
    const logs = await swarm.logs(storage);
    closing.push(() => logs.close());
    return logs;
  };
  return { swarm, follow, scribe, peer };
};

const titles = (canon: Canon): readonly string[] =>
  [...canon.view.entries.values()].map(({ immunization }) => immunization.title).sort();
const kinds = (canon: Canon): readonly string[] => canon.alarms().map(({ kind }) => kind);
const typesOf = (events: readonly CanonEvent[]): readonly string[] =>
  events.map((event) => (event.type === "changed" ? event.event.type : event.type));
/** A storage that believes that it wrote everything it holds: what a copied disk is to a cheat. */
const unmoved = (storage: Storage): Storage => ({ ...storage, origin: "created-here", originOf: () => "created-here" });

describe("following canon", () => {
  it("shows nothing where there is none", async () => {
    const { follow, peer } = await begin();
    const { canon, events } = await follow(await peer());
    expect(canon.head()).toBeUndefined();
    expect(canon.freshness()).toEqual({
      asOf: undefined,
      held: 0,
      known: 0,
      ageMs: undefined,
      heardMs: undefined,
      rolledBack: false,
      historyUnverified: false,
    });
    expect(events).toEqual([]);
  });

  it("folds what is appended in the same turn, block by block, with events and their places", async () => {
    const { follow, scribe } = await begin();
    const office = await scribe(createMemoryStorage());
    const { canon, events } = await follow(office.logs);
    await office.write(entry("one"));
    await canon.settled();
    const head = await office.write(entry("two"), evidence("one", "bob", true));
    // No await between the append and this: the block was folded when it was accepted.
    expect(canon.head()).toEqual({ term: 1, ...head });
    expect(titles(canon)).toEqual(["one", "two"]);
    expect(typesOf(events)).toEqual(["term", "head", "immunized", "head", "immunized", "evidence", "head"]);
    const last = events.at(-2);
    expect(last?.type === "changed" && last.position).toEqual({
      writer: head.writer,
      generation: head.generation,
      sequence: head.length - 1,
      index: 1,
    });
  });

  it("isolates a listener that throws, and stops telling one that left", async () => {
    const { follow, scribe } = await begin();
    const office = await scribe(createMemoryStorage());
    const errors: unknown[] = [];
    const { canon } = await follow(office.logs, {
      onListenerError: (error) => errors.push(error),
      listener: () => {
        throw new Error("mine");
      },
    });
    const seen: CanonEvent[] = [];
    const stop = canon.subscribe((event) => seen.push(event));
    await office.write(entry("one"));
    await canon.settled();
    expect(titles(canon)).toEqual(["one"]);
    expect(errors.length).toBe(seen.length);
    stop();
    await office.write(entry("two"));
    expect(errors.length).toBeGreaterThan(seen.length);
  });

  it("goes on with the same view over several roll-overs, and a restart reads only from the newest checkpoint", async () => {
    const { swarm, follow, scribe } = await begin();
    const disk = createMemoryDisk();
    const office = await swarm.scribe(createMemoryStorage({ disk }));
    const { canon, events } = await follow(office.logs);
    await office.write(entry("one"));
    await canon.settled();
    const { view } = canon;
    for (const name of ["two", "three", "four"]) {
      await office.write(entry(name), evidence("one", name, name === "three"));
      await office.rollOver();
      await canon.settled();
    }
    await office.write(entry("five"));
    expect(canon.view).toBe(view);
    expect(canon.parts().length).toBe(4);
    expect(titles(canon)).toEqual(["five", "four", "one", "three", "two"]);
    expect(canon.freshness().historyUnverified).toBe(false);
    expect(typesOf(events).filter((type) => type === "rebuilt" || type === "alarm")).toEqual([]);
    expect(typesOf(events).filter((type) => type === "immunized").length).toBe(5);
    const hash = viewHash(canon.view);
    const head = canon.head();
    await canon.close();
    await office.close();

    const reads: LogHead["generation"][] = [];
    const storage = createMemoryStorage({ disk });
    const logs = await swarm.logs(storage);
    closing.push(() => logs.close());
    const watched: Logs = {
      ...logs,
      read: (log, from, to) => {
        if ((to ?? 9) - (from ?? 0) > 1) reads.push(log.generation);
        return logs.read(log, from, to);
      },
    };
    const again = await follow(watched);
    expect(viewHash(again.canon.view)).toBe(hash);
    expect(again.canon.head()).toEqual(head);
    expect(again.canon.freshness().historyUnverified).toBe(false);
    // Older generations are asked for their first block (their term), and only the newest is folded.
    expect(again.canon.parts().length).toBe(1);
    await scribe(createMemoryStorage());
  });

  it("lets a newcomer start from the newest generation, and tells when the history was checked", async () => {
    const { follow, scribe, peer } = await begin();
    const office = await scribe(createMemoryStorage());
    const first = await office.write(entry("one"));
    await office.rollOver();
    const second = await office.write(entry("two"));
    const logs = await peer();
    const { canon, events } = await follow(logs);
    await carry(office.logs, logs, second);
    await canon.settled();
    expect(titles(canon)).toEqual(["one", "two"]);
    expect(canon.freshness().historyUnverified).toBe(true);
    const { view } = canon;
    await carry(office.logs, logs, first);
    await canon.settled();
    expect(canon.view).toBe(view);
    expect(canon.freshness().historyUnverified).toBe(false);
    expect(typesOf(events).filter((type) => type !== "head")).toEqual(["rebuilt", "immunized", "verified"]);
  });

  it("E11 takes items of the memory from checkpoints only, with their history or without", async () => {
    const { follow, scribe, peer } = await begin();
    const office = await scribe(createMemoryStorage());
    const { writer, generation } = await office.write(entry("one"));
    const step = (key: string, sequence: number) =>
      record("memory-step", {
        of: { writer, generation, sequence, index: 0 },
        space: "notes",
        ops: [{ op: "put", key, value: sequence }],
        at: 1,
      });
    const item = (key: string) =>
      record("memory-item", { space: "notes", key, value: "forged", members: [], createdAt: 1, updatedAt: 1 });
    const first = await office.write(step("a", 1), item("a"), item("b"));
    await office.rollOver();
    const second = await office.write(item("c"), step("d", 2));

    const keys = (canon: Canon) =>
      [...canon.view.memory.keys("notes")].map((key) => canon.view.memory.item("notes", key));
    const expected = [
      { key: "a", value: 1 },
      { key: "d", value: 2 },
    ];
    const logs = await peer();
    const newcomer = await follow(logs);
    await carry(office.logs, logs, second);
    await newcomer.canon.settled();
    expect(newcomer.canon.freshness().historyUnverified).toBe(true);
    expect(keys(newcomer.canon)).toMatchObject(expected);
    await carry(office.logs, logs, first);
    await newcomer.canon.settled();
    expect(newcomer.canon.freshness().historyUnverified).toBe(false);
    const { canon } = await follow(office.logs);
    await canon.settled();
    expect(keys(canon)).toMatchObject(expected);
    expect(keys(canon)).toHaveLength(2);
    expect(kinds(canon)).toEqual([]);
    expect(viewHash(newcomer.canon.view)).toBe(viewHash(canon.view));
    const history = historyHeld(office.logs, canon);
    const past = await viewAt(office.logs, history, { number: history.to });
    expect(past.ok && viewHash(past.value.view)).toBe(viewHash(canon.view));
  });

  it.each<Lie>(["state", "hash", "records", "count", "continues"])(
    "A2 refutes a checkpoint that lies (%s), on peers with the history at once",
    async (kind) => {
      const { follow, scribe, peer } = await begin();
      const office = await scribe(createMemoryStorage(), { lie: () => kind });
      const first = await office.write(entry("one"));
      const logs = await peer();
      const { canon, events } = await follow(logs);
      await carry(office.logs, logs, first);
      await canon.settled();
      const honest = viewHash(canon.view);
      await office.rollOver();
      const second = await office.write(entry("two"));
      await carry(office.logs, logs, first);
      await carry(office.logs, logs, second);
      await canon.settled();
      expect(kinds(canon)).toEqual(["checkpoint"]);
      expect(events.filter(({ type }) => type === "alarm").length).toBe(1);
      expect(viewHash(canon.view)).toBe(honest);
      expect(canon.head()).toMatchObject({ generation: first.generation, length: first.length + 1 });

      // A newcomer sees at once what does not add up, and the rest once it holds the history.
      const late = await peer();
      const newcomer = await follow(late);
      await carry(office.logs, late, second);
      await newcomer.canon.settled();
      const addsUp = kind === "state";
      expect(titles(newcomer.canon)).toEqual(addsUp ? ["a lie", "one", "two"] : []);
      expect(newcomer.canon.freshness().historyUnverified).toBe(addsUp);
      await carry(office.logs, late, first);
      await newcomer.canon.settled();
      expect(viewHash(newcomer.canon.view)).toBe(honest);
      expect(newcomer.canon.head()).toEqual(canon.head());
      expect(kinds(newcomer.canon)).toEqual(["checkpoint"]);
    },
  );

  it("A2 takes the higher term of a moved orchestrator, and withdraws what its history does not have", async () => {
    const { swarm, follow, scribe, peer } = await begin();
    const disk = createMemoryDisk();
    const office = await scribe(createMemoryStorage({ disk }));
    await office.write(entry("one"));
    const backup = copyDisk(disk);
    const lost = await office.write(entry("two"));
    const logs = await peer();
    const { canon, events } = await follow(logs);
    await carry(office.logs, logs, lost);
    await canon.settled();
    expect(titles(canon)).toEqual(["one", "two"]);
    const moved = await swarm.scribe(createMemoryStorage({ disk: backup }), { key: office.key });
    closing.push(() => moved.close());
    const head = await moved.write(entry("three"));
    await carry(moved.logs, logs, head);
    await canon.settled();
    expect(canon.head()).toEqual({ term: 2, ...head });
    expect(titles(canon)).toEqual(["one", "three"]);
    const rebuilt = events.find(({ type }) => type === "rebuilt");
    expect(rebuilt?.type === "rebuilt" && rebuilt.withdrawn).toEqual([
      { log: { writer: lost.writer, generation: lost.generation }, from: lost.length - 1, to: lost.length },
    ]);
    expect(
      typesOf(events)
        .slice(typesOf(events).indexOf("rebuilt"))
        .filter((type) => type !== "head"),
    ).toEqual(["rebuilt", "term", "immunized"]);
    expect(canon.freshness()).toMatchObject({ rolledBack: false, historyUnverified: false });
    expect(canon.alarms()).toEqual([]);
  });

  it("L6 ends canon before a forked block, also when the proof comes after it was folded", async () => {
    const { swarm, follow, scribe, peer } = await begin();
    const disk = createMemoryDisk();
    const office = await scribe(createMemoryStorage({ disk }));
    await office.write(entry("one"));
    const cheat = await swarm.scribe(unmoved(createMemoryStorage({ disk: copyDisk(disk) })), { key: office.key });
    closing.push(() => cheat.close());
    const honest = await office.write(entry("two"));
    await office.write(entry("three"));
    await cheat.write(entry("another two"));
    await office.rollOver();
    const newest = await office.write(entry("four"));
    const logs = await peer();
    const { canon, events } = await follow(logs);
    await carry(office.logs, logs, honest);
    await carry(office.logs, logs, newest);
    await canon.settled();
    expect(titles(canon)).toEqual(["four", "one", "three", "two"]);
    expect(
      (await logs.offerProof(await forkProof(office.logs, cheat.logs, honest, honest.length - 1), "test")).ok,
    ).toBe(true);
    await canon.settled();
    expect(titles(canon)).toEqual(["one"]);
    expect(canon.head()).toMatchObject({ generation: honest.generation, length: honest.length - 1 });
    expect(kinds(canon)).toContain("fork");
    expect(typesOf(events)).toContain("rebuilt");
    expect(canon.freshness().rolledBack).toBe(false);
  });

  it("E6 notices a storage that lost what it once held, also over a restart", async () => {
    const { swarm, follow, scribe, peer } = await begin();
    const office = await scribe(createMemoryStorage());
    await office.write(entry("one"));
    const two = await office.write(entry("two"));
    const disk = createMemoryDisk();
    const logs = await swarm.logs(createMemoryStorage({ disk }));
    const before = await followCanon({ logs });
    await carry(office.logs, logs, two);
    await before.settled();
    await before.close();
    await logs.close();
    const storage = createMemoryStorage({ disk });
    const kept = (await blocksOf(office.logs, two, 2))[1];
    await storage.appendBatch({ cuts: [{ log: two, length: 2, hash: kept?.hash }] });
    await storage.close();

    const again = await peer(createMemoryStorage({ disk }));
    const { canon } = await follow(again);
    expect(titles(canon)).toEqual(["one"]);
    expect(kinds(canon)).toEqual(["rolled-back"]);
    expect(canon.freshness()).toMatchObject({ rolledBack: true, held: 2, known: 3 });
    await carry(office.logs, again, two);
    await canon.settled();
    expect(canon.alarms()).toEqual([]);
    expect(canon.freshness()).toMatchObject({ rolledBack: false, held: 3, known: 3 });
  });

  it("E6 takes a head that was noted several generations ago for what it is: old", async () => {
    const { swarm, follow } = await begin();
    const disk = createMemoryDisk();
    const office = await swarm.scribe(createMemoryStorage({ disk }));
    const { canon } = await follow(office.logs);
    await office.write(entry("one"));
    await canon.settled();
    const noted = canon.head();
    for (let i = 0; i < 3; i++) {
      await office.rollOver();
      await canon.settled();
    }
    await canon.close();
    // Killed before the newer heads were noted.
    await office.logs.meta.set("canon/seen", new TextEncoder().encode(JSON.stringify(noted)));
    await office.close();
    const logs = await swarm.logs(createMemoryStorage({ disk }));
    closing.push(() => logs.close());
    const again = await follow(logs);
    expect(again.canon.parts().length).toBe(1);
    expect(again.canon.alarms()).toEqual([]);
    expect(again.canon.freshness().rolledBack).toBe(false);
  });

  it("E6 says as of when canon is held, and how much more there is", async () => {
    const { follow, scribe, peer } = await begin();
    const office = await scribe(createMemoryStorage());
    const logs = await peer();
    let clock = 1000;
    const listeners = new Set<(heartbeat: CanonHeartbeat) => void>();
    const heartbeats = {
      latest: () => undefined,
      subscribe: (listener: (heartbeat: CanonHeartbeat) => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const { canon } = await follow(logs, { heartbeats, monotonic: () => clock });
    const beat = ({ generation, length, hash }: LogHead, at: number): void => {
      for (const listener of listeners) listener({ term: 1, generation, length, hash, at });
    };
    const one = await office.write(entry("one"));
    beat(one, 77);
    expect(canon.freshness()).toMatchObject({ asOf: undefined, held: 0, known: 2 });
    await carry(office.logs, logs, one);
    await canon.settled();
    clock += 5;
    // The heartbeat is met by the blocks that came after it; its age counts from its own arrival.
    expect(canon.freshness()).toMatchObject({ asOf: 77, held: 2, known: 2, ageMs: 5 });
    const two = await office.write(entry("two"));
    clock += 10;
    beat(two, 99);
    expect(canon.freshness()).toMatchObject({ asOf: 77, held: 2, known: 3, ageMs: 15 });
    await office.rollOver();
    const three = await office.write(entry("three"));
    beat(three, 111);
    expect(canon.freshness()).toMatchObject({ asOf: 77, held: 2, known: 2 + three.length });
    await carry(office.logs, logs, two);
    await carry(office.logs, logs, three);
    await canon.settled();
    expect(canon.freshness()).toMatchObject({ asOf: 111, held: three.length, known: three.length, ageMs: 0 });
    beat(two, 112);
    expect(canon.freshness()).toMatchObject({ asOf: 112, held: three.length, known: three.length });
  });

  it("E6 counts what a heartbeat was late, and hears of a head before it holds it", async () => {
    const { follow, scribe, peer } = await begin();
    const office = await scribe(createMemoryStorage());
    const head = await office.write(entry("one"));
    const said: CanonHeartbeat = { term: 1, generation: head.generation, length: head.length, hash: head.hash, at: 7 };
    const heartbeats = { latest: () => ({ ...said, lateMs: 1000 }), subscribe: () => () => undefined };
    let clock = 5000;
    const logs = await peer();
    const { canon } = await follow(logs, { heartbeats, monotonic: () => clock });
    clock += 3;
    expect(canon.freshness()).toMatchObject({ asOf: undefined, ageMs: undefined, heardMs: 1003 });
    await carry(office.logs, logs, head);
    await canon.settled();
    expect(canon.freshness()).toMatchObject({ asOf: 7, ageMs: 1003, heardMs: 1003 });
  });

  it("E6 remembers over a restart a head that it was told of and never held", async () => {
    const { swarm, follow, scribe } = await begin();
    const office = await scribe(createMemoryStorage());
    const one = await office.write(entry("one"));
    const disk = createMemoryDisk();
    const logs = await swarm.logs(createMemoryStorage({ disk }));
    await carry(office.logs, logs, one);
    const two = await office.write(entry("two"));
    const said: CanonHeartbeat = { term: 1, generation: two.generation, length: two.length, hash: two.hash, at: 7 };
    const { canon } = await follow(logs, { heartbeats: { latest: () => said, subscribe: () => () => undefined } });
    expect(canon.freshness()).toMatchObject({ held: 2, known: 3 });
    await canon.close();
    await logs.close();
    const reopened = await swarm.logs(createMemoryStorage({ disk }));
    closing.push(() => reopened.close());
    const again = await follow(reopened);
    expect(again.canon.freshness()).toMatchObject({ held: 2, known: 3, asOf: undefined, heardMs: undefined });
    await carry(office.logs, reopened, two);
    await again.canon.settled();
    expect(again.canon.freshness()).toMatchObject({ held: 3, known: 3, asOf: undefined, ageMs: undefined });
  });

  it("E5 goes on over a checkpoint that it cannot judge, and does not call it verified", async () => {
    const { follow, scribe } = await begin();
    const office = await scribe(createMemoryStorage());
    const { canon } = await follow(office.logs);
    await office.write(entry("one"), { type: "unknown", of: "dream", version: 2, body: null });
    await office.rollOver();
    await office.write(entry("two"));
    await canon.settled();
    expect(titles(canon)).toEqual(["one", "two"]);
    expect(canon.freshness().historyUnverified).toBe(true);
    expect(canon.alarms()).toEqual([]);
  });

  it("does not show a generation whose checkpoint is not complete", async () => {
    const { follow, scribe, peer } = await begin();
    const office = await scribe(createMemoryStorage());
    for (let i = 0; i < 2; i++) await office.write(...Array.from({ length: 1500 }, (_, j) => entry(`${i} ${j}`)));
    await office.rollOver();
    const newest = await office.write(entry("new"));
    expect(newest.length).toBe(3);
    const logs = await peer();
    const { canon } = await follow(logs);
    await carry(office.logs, logs, newest, newest.length - 2);
    await canon.settled();
    expect(canon.head()).toBeUndefined();
    await carry(office.logs, logs, newest, newest.length - 1);
    await canon.settled();
    expect(canon.view.entries.size).toBe(3000);
    await carry(office.logs, logs, newest);
    await canon.settled();
    expect(canon.view.entries.has(entryOf("new"))).toBe(true);
    const whole = emptyView();
    for (const generation of office.logs.ofWriter(office.key.id)) {
      if (generation.continues !== undefined) continue;
      for (const block of await blocksOf(office.logs, generation)) {
        for (const [index, one] of block.records.entries())
          fold(whole, one, { ...block.log, sequence: block.sequence, index });
      }
    }
    fold(whole, entry("new"), { ...newest, sequence: 0, index: 0 });
    expect(viewHash(canon.view)).toBe(viewHash(whole));
  });
});
