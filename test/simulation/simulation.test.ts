import { describe, expect, it } from "vitest";
import { describeFailure } from "./failure.ts";
import { planOf } from "./plan.ts";
import { runSchedule } from "./run-schedule.ts";

/** All of them in one test would show nothing until the last one; 100 take a few seconds. */
const PER_TEST = 100;
const SCHEDULES = 1000;

describe("a swarm on a simulated network, with simulated disks and clocks", () => {
  for (let first = 1; first <= SCHEDULES; first += PER_TEST) {
    it(`L8 A4 A2 loses nothing and agrees everywhere: seeds ${first} to ${first + PER_TEST - 1}`, async () => {
      for (let seed = first; seed < first + PER_TEST; seed++) {
        const plan = planOf(seed);
        const outcome = await runSchedule(plan);
        if (outcome.violations.length > 0) expect.fail(await describeFailure(plan, outcome));
      }
    });
  }

  it("does the same with real Ed25519 signatures", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      expect((await runSchedule(planOf(seed), "ed25519")).violations).toEqual([]);
    }
  });

  it("writes the same bytes for the same seed, twice", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const [once, again] = [await runSchedule(planOf(seed)), await runSchedule(planOf(seed))];
      expect(once.digest).toMatch(/^[0-9a-f]{64}$/);
      expect([again.digest, again.lines, again.counts]).toEqual([once.digest, once.lines, once.counts]);
    }
  });

  it("has schedules in which much happens", async () => {
    const counts = { acknowledged: 0, blocks: 0, events: 0 };
    for (let seed = 1; seed <= 50; seed++) {
      const outcome = await runSchedule(planOf(seed));
      counts.acknowledged += outcome.counts.acknowledged;
      counts.blocks += outcome.counts.blocks;
      counts.events += outcome.counts.events;
    }
    // A simulator that does nothing finds nothing: a plan has 24 steps on average, a third of them reports.
    expect(counts.acknowledged).toBeGreaterThan(50 * 4);
    expect(counts.blocks).toBeGreaterThan(50 * 10);
    expect(counts.events).toBeGreaterThan(50 * 100);
  });
});
