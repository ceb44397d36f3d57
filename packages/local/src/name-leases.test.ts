import fc from "fast-check";
import { expect, test } from "vitest";
import { createNameLeases, MAX_LEASES, type NameLease } from "./name-leases.js";

test("two clients that are called alike have two names, and a third one has that of one that went", () => {
  const leases = createNameLeases();
  const [first, second] = [leases.take("ada"), leases.take("ada")];
  expect([first?.as, second?.as, leases.take("ben")?.as]).toEqual(["ada", "ada 2", "ben"]);
  first?.[Symbol.dispose]();
  expect([leases.take("ada")?.as, leases.take("ada")?.as]).toEqual(["ada", "ada 3"]);
});

test("after a restart of the node a client is called as before, unless somebody else is, or it never was", () => {
  const leases = createNameLeases();
  expect(leases.take("ada", "ada 3")?.as).toBe("ada 3");
  expect(leases.take("ada", "ada 3")?.as).toBe("ada");
  for (const before of ["ben", "ada 999", "ada 02", "ada  2", "ada 1", "ada 2000"])
    expect(leases.take("ada", before)?.as).toMatch(/^ada \d$/);
});

test("L7 no more than 512 clients are named; those that are keep their names", () => {
  const leases = createNameLeases();
  const held = Array.from({ length: MAX_LEASES }, () => leases.take("ada"));
  expect(new Set(held.map((lease) => lease?.as)).size).toBe(MAX_LEASES);
  expect([leases.take("ben"), leases.take("ada", "ada 7")]).toEqual([undefined, undefined]);
  held[6]?.[Symbol.dispose]();
  expect(leases.take("ada")?.as).toBe("ada 7");
});

test("a name with its number still fits the file of its key, in every script", () => {
  const leases = createNameLeases();
  const name = "編".repeat(20);
  const names = Array.from({ length: 12 }, () => leases.take(name)?.as ?? "");
  expect(new Set(names).size).toBe(12);
  for (const one of names) expect(encodeURIComponent(one).length).toBeLessThanOrEqual(180);
  expect(names[0]).toBe(name);
});

test("a thousand sessions, three at a time, have three names", () => {
  const leases = createNameLeases();
  const names = new Set<string>();
  const here: NameLease[] = [];
  for (let session = 0; session < 1000; session += 1) {
    if (here.length === 3) here.splice((session * 7) % 3, 1)[0]?.[Symbol.dispose]();
    const lease = leases.take("ada");
    if (lease === undefined) throw new Error("refused");
    here.push(lease);
    names.add(lease.as);
  }
  expect([...names].sort()).toEqual(["ada", "ada 2", "ada 3"]);
});

test("whoever comes and goes: no two have one name", () => {
  const base = fc.constantFrom("ada", "ada 2", "ben");
  const step = fc.oneof(
    fc.record({ come: base, before: fc.option(fc.constantFrom("ada 2", "ada 4", "ben"), { nil: undefined }) }),
    fc.record({ go: fc.nat(20) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const leases = createNameLeases();
      const here: NameLease[] = [];
      for (const one of steps) {
        if ("come" in one) {
          const lease = leases.take(one.come, one.before);
          if (lease === undefined) throw new Error("refused");
          expect(here.map(({ as }) => as)).not.toContain(lease.as);
          here.push(lease);
        } else here.splice(one.go, 1)[0]?.[Symbol.dispose]();
        expect(leases.size).toBe(here.length);
      }
    }),
  );
});
