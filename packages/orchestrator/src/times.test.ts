// When canon was written, and how its blocks are counted.
import { followCanon, historyHeld, viewAt } from "@herdmind/canon";
import { viewHash } from "@herdmind/experience";
import { copyDisk, createMemoryDisk, createMemoryStorage } from "@herdmind/storage-memory";
import { afterEach, describe, expect, it } from "vitest";
import { blocksOf, canonRecords, carry, carryAll, createSwarmFixture, must, signal, unlike } from "./swarm.fixture.js";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe("A4 the time of canon", () => {
  it("stands in each block, once, is the orchestrator's, and never goes back, also not over a restart", async () => {
    const swarm = await createSwarmFixture();
    const disk = createMemoryDisk();
    let clock = 5000.7;
    const office = await swarm.office(createMemoryStorage({ disk }), { now: () => clock });
    const ada = await swarm.agent(createMemoryStorage());
    for (const [i, at] of [6000, 5500, 7000].entries()) {
      clock = at;
      await ada.writer.append([signal(unlike(i), "mend it")]);
      await carryAll(ada.logs, office.logs);
      await office.orchestrator.flush();
    }
    const blocks = await blocksOf(office.logs, office.canon.head() as never);
    const times = blocks.map(({ records }) =>
      records.flatMap((one) => (one.type === "time" ? [[one.body.at, one.body.before]] : [])),
    );
    expect(times).toEqual([[[5000, 0]], [[6000, undefined]], [[6000, undefined]], [[7000, undefined]]]);
    await office.close();

    clock = 1;
    const again = await swarm.office(createMemoryStorage({ disk }), { now: () => clock });
    closing.push(
      () => again.close(),
      () => ada.logs.close(),
    );
    await ada.writer.append([signal(unlike(9), "mend it")]);
    await carryAll(ada.logs, again.logs);
    await again.orchestrator.flush();
    expect(again.canon.view.clock).toMatchObject({ at: 7000, before: 0 });
  });

  it("numbers each block alike for who holds all of canon and who holds the newest generation only", async () => {
    const swarm = await createSwarmFixture();
    const disk = createMemoryDisk();
    let clock = 1000;
    const limits = { blocksPerGeneration: 4 };
    const office = await swarm.office(createMemoryStorage({ disk }), { now: () => ++clock, limits });
    const ada = await swarm.agent(createMemoryStorage());
    closing.push(() => ada.logs.close());
    const say = async (to: typeof office, n: number): Promise<void> => {
      await ada.writer.append([signal(unlike(n), "mend it")]);
      await carryAll(ada.logs, to.logs);
      await to.orchestrator.flush();
    };
    for (let n = 0; n < 9; n++) await say(office, n);
    const backup = copyDisk(disk);
    await office.close();
    // Another term goes on.
    const moved = await swarm.office(createMemoryStorage({ disk: backup }), { now: () => ++clock, limits });
    closing.push(() => moved.close());
    await say(moved, 10);
    const all = historyHeld(moved.logs, moved.canon);
    expect(all.parts.length).toBeGreaterThan(3);
    expect(all.parts.at(-1)?.term).toBe(2);
    expect([all.from, all.isNumbered]).toEqual([0, true]);
    expect((await canonRecords(moved)).some(({ type }) => type === "time")).toBe(true);

    const newcomer = await swarm.logs(createMemoryStorage());
    const tip = moved.canon.head() as never;
    await carry(moved.logs, newcomer, tip);
    const canon = await followCanon({ logs: newcomer });
    closing.push(
      () => newcomer.close(),
      () => canon.close(),
    );
    const part = historyHeld(newcomer, canon);
    expect(part.parts).toEqual(all.parts.slice(-1));
    expect([part.from, part.to, part.isNumbered]).toEqual([all.parts.at(-1)?.before, all.to, true]);
    // A newcomer knows when the checkpoint was written.
    const opened = must(await viewAt(newcomer, part, { number: part.from + (part.parts[0]?.opening ?? 0) }));
    expect(opened.at).toBeGreaterThan(1000);
    expect(opened.view.entries.size).toBe(9);
    const there = must(await viewAt(moved.logs, all, { time: opened.at as number }));
    expect([there.number, viewHash(there.view)]).toEqual([opened.number, viewHash(opened.view)]);
  });
});
