import type { WriterId } from "@herdmind/protocol";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Arrival, createExpiring, type ExpiringOptions } from "./expiring.js";

const writer = (name: string): WriterId => name as WriterId;
const arrival = (change: Partial<Arrival<string>> = {}): Arrival<string> => ({
  kind: "claim",
  writer: writer("ada"),
  subject: "p",
  counter: 1,
  body: "",
  bytes: new Uint8Array(0),
  origin: undefined,
  lifetimeMs: 100,
  ...change,
});

const store = (change: Partial<ExpiringOptions> = {}) => {
  const clock = { now: 1000 };
  const held = createExpiring<string>({
    perWriter: 4,
    total: 8,
    remembered: 16,
    graveMs: 500,
    monotonic: () => clock.now,
    ...change,
  });
  return { clock, held, subjects: () => held.list().map(({ subject }) => subject) };
};

describe("E8 messages that expire", () => {
  it("E8 lasts from its first sight, by this peer's own clock, and longer when it is renewed", () => {
    const { clock, held } = store();
    held.put(arrival());
    clock.now += 99;
    expect(held.get(writer("ada"), "p")).toMatchObject({ since: 1000, until: 1100, renewals: 0 });
    held.put(arrival({ counter: 2 }));
    expect(held.get(writer("ada"), "p")).toMatchObject({ since: 1000, until: 1199, renewals: 1 });
    clock.now += 100;
    expect(held.get(writer("ada"), "p")).toBeUndefined();
    expect(held.list()).toEqual([]);
  });

  it("E8 a lower counter is old, also after what it belongs to has expired: nothing is played again", () => {
    const { clock, held } = store();
    held.put(arrival({ counter: 7 }));
    expect([6, 7, 8].map((counter) => held.isOld(writer("ada"), "p", counter))).toEqual([true, true, false]);
    expect(held.isOld(writer("ada"), "q", 6)).toBe(false);
    clock.now += 100;
    expect([7, 8].map((counter) => held.isOld(writer("ada"), "p", counter))).toEqual([true, false]);
    expect(held.isOld(writer("bob"), "p", 0)).toBe(false);
  });

  it("E8 a release ends it at once, is itself remembered, and what begins again is new", () => {
    const { clock, held } = store();
    held.put(arrival());
    expect(held.put(arrival({ counter: 3, lifetimeMs: 0 }))).toBeUndefined();
    expect(held.list()).toEqual([]);
    // The renewal that was overtaken by the release.
    expect(held.isOld(writer("ada"), "p", 2)).toBe(true);
    clock.now += 50;
    expect(held.put(arrival({ counter: 4 }))).toMatchObject({ since: 1050, renewals: 0 });
  });

  it("E8 a writer's oldest is dropped over its bound, but first what it has released", () => {
    const { held, subjects } = store();
    for (const [i, subject] of ["a", "b", "c", "d"].entries()) held.put(arrival({ subject, counter: i }));
    held.put(arrival({ subject: "b", counter: 9, lifetimeMs: 0 }));
    held.put(arrival({ subject: "e", counter: 10 }));
    expect(subjects()).toEqual(["e", "d", "c", "a"]);
    held.put(arrival({ subject: "f", counter: 11 }));
    expect(subjects()).toEqual(["f", "e", "d", "c"]);
    held.put(arrival({ writer: writer("bob"), subject: "a" }));
    expect(subjects()).toEqual(["a", "f", "e", "d", "c"]);
  });

  it("E8 what a writer held is forgotten together", () => {
    const { held, subjects } = store();
    for (const name of ["ada", "bob"]) held.put(arrival({ writer: writer(name), subject: name }));
    held.forget(writer("ada"));
    expect(subjects()).toEqual(["bob"]);
    expect(held.isOld(writer("ada"), "other", 1)).toBe(true);
  });

  it("E8 whatever arrives: bounded, newest counters only, nothing longer than it says", () => {
    const step = fc.record({
      name: fc.constantFrom("ada", "bob", "cyd", "dan"),
      subject: fc.constantFrom("p", "q", "r", "s", "t", "u"),
      counter: fc.nat(40),
      lifetimeMs: fc.constantFrom(0, 1, 50, 100),
      wait: fc.constantFrom(0, 0, 10, 60),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { clock, held } = store();
        const highest = new Map<string, number>();
        for (const { name, subject, counter, lifetimeMs, wait } of steps) {
          clock.now += wait;
          const key = `${name}/${subject}`;
          const isOld = held.isOld(writer(name), subject, counter);
          // Whatever was taken once is never taken again.
          if (counter <= (highest.get(key) ?? -1)) expect(isOld).toBe(true);
          if (isOld) continue;
          highest.set(key, counter);
          held.put(arrival({ writer: writer(name), subject, counter, lifetimeMs }));
          const list = held.list();
          expect(list.length).toBeLessThanOrEqual(8);
          for (const one of list) {
            expect(one.until).toBeGreaterThan(clock.now);
            expect(one.until).toBeLessThanOrEqual(clock.now + 100);
            expect(list.filter((other) => other.writer === one.writer).length).toBeLessThanOrEqual(4);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
