import { claimRank, type Fingerprint, type WriterId } from "@herdmind/protocol";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ClaimsFleet, createFleet } from "./claims.fixture.js";

const P = `f1_${"p".repeat(32)}` as Fingerprint;
const Q = `f1_${"q".repeat(32)}` as Fingerprint;
const byRank = (fleet: ClaimsFleet, fingerprint = P): readonly WriterId[] =>
  fleet.writers.toSorted((a, b) => (claimRank(fingerprint, a) < claimRank(fingerprint, b) ? -1 : 1));

describe("E8 who searches", () => {
  it("E8 of claims made at the same moment the smallest rank wins, and the others wait for it", async () => {
    const fleet = createFleet({ peers: 5, delayMs: () => 10, settleMs: 50 });
    const [winner] = byRank(fleet);
    const turns = fleet.writers.map((writer) => fleet.take(writer, P));
    await fleet.run(40);
    expect(fleet.searching(P)).toEqual([]);
    await fleet.run(60);
    expect(fleet.searching(P)).toEqual([winner]);
    await fleet.run(20_000);
    expect(fleet.searching(P)).toEqual([winner]);
    fleet.learn(P);
    await fleet.run(100);
    expect((await Promise.all(turns)).map(({ type }) => type).toSorted()).toEqual([
      ...Array.from({ length: 4 }, () => "learned"),
      "search",
    ]);
  });

  it("E8 a claim that stands wins over a later one, whatever the ranks", async () => {
    const fleet = createFleet({ peers: 2, delayMs: () => 10, settleMs: 50 });
    const [small, large] = byRank(fleet) as [WriterId, WriterId];
    void fleet.take(large, P);
    await fleet.run(100);
    void fleet.take(small, P);
    await fleet.run(1000);
    expect(fleet.searching(P)).toEqual([large]);
  });

  it("E8 who has not heard of a claim at work hears of it while it settles: it is answered", async () => {
    let isDeaf = true;
    const fleet = createFleet({ peers: 2, delayMs: () => (isDeaf ? undefined : 10), settleMs: 50 });
    const [small, large] = byRank(fleet) as [WriterId, WriterId];
    void fleet.take(large, P);
    await fleet.run(100);
    isDeaf = false;
    void fleet.take(small, P);
    await fleet.run(1000);
    expect(fleet.searching(P)).toEqual([large]);
  });

  it("E8 the next in line takes over when the claimant gives up", async () => {
    const fleet = createFleet({ peers: 3, delayMs: () => 10, settleMs: 50 });
    const [first, second] = byRank(fleet) as [WriterId, WriterId];
    const turn = fleet.take(first, P);
    await fleet.run(100);
    for (const writer of fleet.writers) if (writer !== first) void fleet.take(writer, P);
    await fleet.run(500);
    const won = await turn;
    if (won.type === "search") won.end();
    await fleet.run(500);
    expect(fleet.searching(P)).toEqual([second]);
  });

  it("E8 others go on when the claimant is gone: its claim expires by their own clock", async () => {
    const fleet = createFleet({ peers: 2, delayMs: () => 10, settleMs: 50 });
    const [small, large] = byRank(fleet) as [WriterId, WriterId];
    void fleet.take(small, P);
    await fleet.run(100);
    void fleet.take(large, P, 60_000);
    fleet.kill(small);
    await fleet.run(14_000);
    expect(fleet.searching(P)).toEqual([]);
    await fleet.run(2_000);
    expect(fleet.searching(P)).toEqual([large]);
  });

  it("E8 a claimant that goes on is waited for only as long as the patience of each lasts", async () => {
    const fleet = createFleet({ peers: 2, delayMs: () => 10, settleMs: 50 });
    const [small, large] = byRank(fleet) as [WriterId, WriterId];
    void fleet.take(small, P);
    await fleet.run(100);
    void fleet.take(large, P, 3_000);
    await fleet.run(2_900);
    expect(fleet.searching(P)).toEqual([small]);
    await fleet.run(300);
    expect(fleet.searching(P).toSorted()).toEqual([small, large].toSorted());
    expect(fleet.waits).toMatchObject([{ holder: small, isLearned: false }]);
  });

  it("E8 a liar that claims everything costs one patience, then less and less, then nothing", async () => {
    const fleet = createFleet({ peers: 2, delayMs: () => 10, settleMs: 50 });
    const [honest, liar] = fleet.writers as [WriterId, WriterId];
    const costs: number[] = [];
    for (let i = 0; i < 10; i++) {
      const problem = `f1_${String(i).padStart(32, "0")}` as Fingerprint;
      fleet.lie(liar, problem);
      await fleet.run(100);
      const before = fleet.now();
      const turn = fleet.take(honest, problem, 8_000);
      while (fleet.searching(problem).length === 0) await fleet.run(50);
      costs.push(fleet.now() - before);
      const won = await turn;
      if (won.type === "search") won.end();
      await fleet.run(100);
    }
    // The settle time, and what the clock of this test steps, come on top.
    for (const [i, cost] of costs.entries()) expect(cost).toBeLessThanOrEqual(i < 6 ? 8_000 / 2 ** i + 150 : 150);
    expect(costs[0]).toBeGreaterThan(7_900);
  });

  it("E8 a liar that claims and releases without end costs no more than the patience either", async () => {
    const fleet = createFleet({ peers: 2, delayMs: () => 10, settleMs: 50 });
    const [honest, liar] = fleet.writers as [WriterId, WriterId];
    let on = true;
    const nag = async (): Promise<void> => {
      for (; fleet.searching(P).length === 0; on = !on) {
        fleet.lie(liar, P, on ? 15_000 : 0);
        await fleet.run(30);
      }
    };
    void fleet.take(honest, P, 5_000);
    const before = fleet.now();
    await nag();
    expect(fleet.now() - before).toBeLessThanOrEqual(5_200);
    expect(fleet.searching(P)).toEqual([honest]);
  });

  it("E8 a liar that enters each contest and is gone again at once costs no more than the patience either", async () => {
    const fleet = createFleet({ peers: 2, delayMs: () => 10, settleMs: 50, signMs: 5 });
    const [liar, honest] = byRank(fleet) as [WriterId, WriterId];
    for (let ms = 0; ms < 20_000; ms += 20) {
      // It has not begun: it wins by its rank, and its release is heard before the loser has withdrawn.
      fleet.at(ms, () => fleet.lie(liar, P, 15_000, false));
      fleet.at(ms + 1, () => fleet.lie(liar, P, 0, false));
    }
    const turn = fleet.take(honest, P, 3_000);
    await fleet.run(2_900);
    expect(fleet.searching(P)).toEqual([]);
    await fleet.run(300);
    expect(fleet.searching(P)).toEqual([honest]);
    expect(await turn).toMatchObject({ type: "search" });
  });

  it("E8 a writer whose remedy was learned is trusted as before", async () => {
    const fleet = createFleet({ peers: 2, delayMs: () => 10, settleMs: 50 });
    const [ada, bob] = fleet.writers as [WriterId, WriterId];
    const waitFor = async (problem: Fingerprint, solves: boolean): Promise<number> => {
      fleet.lie(bob, problem);
      await fleet.run(100);
      const turn = fleet.take(ada, problem, 8_000);
      await fleet.run(50);
      const longest = fleet.holds.at(-1)?.patienceMs ?? 0;
      if (solves) fleet.learn(problem);
      await fleet.run(9_000);
      const ended = await turn;
      if (ended.type === "search") ended.end();
      return longest;
    };
    expect(await waitFor(P, false)).toBe(8_000);
    expect(await waitFor(Q, true)).toBe(4_000);
    expect(await waitFor(`f1_${"r".repeat(32)}` as Fingerprint, true)).toBe(8_000);
  });

  it("E8 a release does not overtake the remedy: it comes a settle time after canon's verdict", async () => {
    const fleet = createFleet({ peers: 2, delayMs: () => 10, settleMs: 50 });
    const [small, large] = byRank(fleet) as [WriterId, WriterId];
    const first = fleet.take(small, P);
    await fleet.run(100);
    const second = fleet.take(large, P);
    const turn = await first;
    if (turn.type === "search") turn.end(Promise.resolve());
    // The remedy is slower than any claim.
    await fleet.run(70);
    fleet.learn(P, large);
    await fleet.run(200);
    expect([(await second).type, fleet.searching(P)]).toEqual(["learned", []]);
    expect(fleet.standing(large, P)).toEqual([]);
  });

  it("E8 without a connection nobody waits, also not for a claim that was heard before", async () => {
    const fleet = createFleet({ peers: 2, delayMs: () => 10, settleMs: 50 });
    const [small, large] = byRank(fleet) as [WriterId, WriterId];
    void fleet.take(small, P);
    await fleet.run(100);
    void fleet.take(large, P);
    await fleet.run(100);
    expect(fleet.searching(P)).toEqual([small]);
    fleet.disconnect();
    await fleet.run(1);
    expect(fleet.searching(P)).toHaveLength(2);
    void fleet.take(large, Q);
    await fleet.run(1);
    expect(fleet.searching(Q)).toEqual([large]);
  });

  it("E8 a wait ends soon when nothing can be learned any more, also when nothing says so", async () => {
    const fleet = createFleet({ peers: 2, delayMs: () => 10, settleMs: 50 });
    const [small, large] = byRank(fleet) as [WriterId, WriterId];
    void fleet.take(small, P);
    await fleet.run(100);
    void fleet.take(large, P);
    await fleet.run(100);
    fleet.disconnect("silently");
    await fleet.run(2_100);
    expect(fleet.searching(P)).toHaveLength(2);
  });

  it("E8 attempts of one agent at one problem search one after another", async () => {
    const fleet = createFleet({ peers: 1, delayMs: () => 10, settleMs: 50 });
    const [ada] = fleet.writers as [WriterId];
    const turns = [fleet.take(ada, P), fleet.take(ada, P)];
    await fleet.run(1000);
    expect(fleet.searching(P)).toEqual([ada]);
    const first = await turns[0];
    if (first?.type === "search") first.end();
    await fleet.run(100);
    expect([fleet.searching(P), (await turns[1])?.type]).toEqual([[ada], "search"]);
  });

  it("E8 who is not heard, because canon does not list it, searches without a claim", async () => {
    const fleet = createFleet({ peers: 2, delayMs: () => 10, settleMs: 50 });
    const [ada] = fleet.writers as [WriterId];
    fleet.silence(ada);
    const turn = fleet.take(ada, P);
    await fleet.run(1);
    expect(await turn).toMatchObject({ type: "search", isClaimed: false });
  });

  it("E8 closing ends every wait and releases every claim", async () => {
    const fleet = createFleet({ peers: 2, delayMs: () => 10, settleMs: 50 });
    const [small, large] = byRank(fleet) as [WriterId, WriterId];
    void fleet.take(small, P);
    await fleet.run(100);
    const turn = fleet.take(large, P);
    await fleet.run(100);
    await fleet.close(large);
    expect((await turn).type).toBe("search");
    await fleet.close(small);
    await fleet.run(20);
    expect(fleet.standing(large, P)).toEqual([]);
    expect(fleet.timers()).toBe(0);
  });
});

describe("E8 whatever the order", () => {
  it("E8 at most one of those that hear each other within half a settle time searches", async () => {
    const scenario = fc.record({
      peers: fc.integer({ min: 2, max: 6 }),
      // Each message is late in its own way; some start while others settle.
      delays: fc.array(fc.integer({ min: 0, max: 24 }), { minLength: 1, maxLength: 40 }),
      starts: fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 6, maxLength: 6 }),
      lengths: fc.array(fc.integer({ min: 5, max: 400 }), { minLength: 6, maxLength: 6 }),
      solver: fc.nat(5),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ peers, delays, starts, lengths, solver }) => {
        let sent = 0;
        const fleet = createFleet({
          peers,
          delayMs: () => delays[sent++ % delays.length] ?? 0,
          settleMs: 50,
        });
        let most = 0;
        let isSolved = false;
        for (const [i, writer] of fleet.writers.entries()) {
          fleet.at(starts[i] ?? 0, async () => {
            const turn = await fleet.take(writer, P, 100_000);
            if (turn.type === "learned") return;
            most = Math.max(most, fleet.searching(P).length);
            fleet.at(lengths[i] ?? 0, async () => {
              if (i % peers !== solver % peers) return turn.end();
              isSolved = true;
              turn.end(Promise.resolve());
              fleet.learn(P);
            });
          });
        }
        await fleet.run(5_000);
        expect(most).toBe(1);
        expect(isSolved).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
