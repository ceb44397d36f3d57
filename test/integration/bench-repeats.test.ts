import { fingerprint } from "@herdmind/experience";
import { expect, test } from "vitest";
import { drawCurves } from "../bench/frame/chart.ts";
import { countEncounters, dealOf, type Encounter, percentOfRepeats } from "../bench/load/encounters.ts";
import { outputOf, remedyOf } from "../bench/load/outputs.ts";
import { seeded } from "../bench/load/signals.ts";

test("a deal is the same for the same seed, whoever else is dealt to, and what is common comes to many", () => {
  const deal = dealOf(12, 40, 120, 4);
  expect(deal.map((hand) => hand.length)).toEqual(Array(12).fill(40));
  expect(dealOf(3, 40, 120, 4)).toEqual(deal.slice(0, 3));
  expect(dealOf(12, 40, 120, 5)).not.toEqual(deal);
  expect(deal[0]).not.toEqual(deal[1]);
  const all = deal.flat();
  expect(all.every((n) => Number.isInteger(n) && n >= 0 && n < 120)).toBe(true);
  // The first is due every 5.37th time (the sum of 1 / n up to 120), the tenth a tenth as often.
  const often = all.filter((n) => n === 0).length;
  expect(often).toBeGreaterThan(480 / 5.37 / 2);
  expect(often).toBeGreaterThan(4 * all.filter((n) => n === 9).length);
  expect(new Set(all).size).toBeLessThan(120);
});

test("what tools print of a problem is recognised each time, and as no other", () => {
  const random = seeded(1);
  const known = new Map<string, number>();
  for (let n = 0; n < 120; n++) {
    const first = outputOf(n, random);
    const { fingerprint: key } = fingerprint({ text: first });
    expect(known.get(key), first).toBeUndefined();
    known.set(key, n);
    for (let time = 0; time < 5; time++) {
      const again = outputOf(n, random);
      expect(again).not.toBe(first);
      expect(fingerprint({ text: again }).fingerprint, again).toBe(key);
    }
  }
  expect(new Set([...known.values()].map((n) => remedyOf(n).text)).size).toBe(120);
});

const met = (agent: number, problem: number, metAt: number, solvedAt?: number): Encounter => ({
  agent,
  problem,
  metAt,
  solvedAt,
});

test("repeats are counted after the first of a problem by anybody, and beside them what other memories would avoid", () => {
  const counts = countEncounters([
    met(0, 7, 0, 10),
    // While that was searched for, another one searches too: a repeat that no memory avoids.
    met(1, 7, 5, 15),
    // Known by then.
    met(1, 7, 20),
    met(2, 7, 30),
    // It waited for the one who searched; memory alone would not have.
    met(0, 8, 40, 60),
    met(1, 8, 50),
    // Nobody told it, although it had been found long before.
    met(2, 8, 70, 80),
  ]);
  expect(counts).toEqual({ encounters: 7, repeats: 5, avoided: 3, byOwnMemory: 1, bySharedMemory: 3 });
  expect(percentOfRepeats(counts, counts.avoided)).toBe(60);
  expect(percentOfRepeats(countEncounters([met(0, 1, 0, 1)]), 0)).toBe(100);
});

test("memory behind gaps: what is found in one is shared at its end, and in one an agent knows what was shared before", () => {
  const gaps = [[{ from: 5, to: 50 }], [{ from: 60, to: 90 }], [{ from: 25, to: 75 }]];
  const shared = (asker: Encounter): number => countEncounters([met(0, 1, 0, 10), asker], gaps).bySharedMemory;
  // The finder is cut off until 50.
  expect([shared(met(1, 1, 49)), shared(met(1, 1, 50))]).toEqual([0, 1]);
  // It heard of it before it was cut off itself.
  expect(shared(met(1, 1, 70))).toBe(1);
  // It was cut off before, and hears of it when it is back.
  expect([shared(met(2, 1, 74)), shared(met(2, 1, 75))]).toEqual([0, 1]);
  // Its own is known to the finder at once.
  expect([shared(met(0, 1, 9)), shared(met(0, 1, 11))]).toEqual([0, 1]);
});

/** The names of the elements that are open when each tag comes; throws where one is closed that is not the last. */
const checkNesting = (svg: string): void => {
  const open: string[] = [];
  for (const [, closing, name, rest = ""] of svg.matchAll(/<(\/?)([a-zA-Z]+)((?:[^<>"]|"[^"<]*")*)>/g)) {
    if (closing === "/") expect(open.pop()).toBe(name);
    else if (!rest.endsWith("/")) open.push(name as string);
  }
  expect(open).toEqual([]);
  // Nothing that is left looks like a tag, and every ampersand begins an entity.
  expect(svg.replace(/<\/?[a-zA-Z]+(?:[^<>"]|"[^"<]*")*>/g, "")).not.toContain("<");
  expect(svg).not.toMatch(/&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)/i);
};

test("a chart is well-formed, has one line a curve, and shows every text as it is", () => {
  const names = ["a < b & c", 'the </text> of "d"', "own memory"];
  const svg = drawCurves({
    title: "T&T <1>",
    subtitle: "5 agents & <5> problems",
    x: { name: "agents & <more>" },
    y: { name: "%", min: 0, max: 100 },
    curves: names.map((name, i) => ({ name, points: [1, 2, 3].map((x) => [x, x * (i + 1)] as const) })),
  });
  checkNesting(svg);
  const escaped = (text: string): string =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  for (const text of ["T&T <1>", "5 agents & <5> problems", "agents & <more>", "%", names[0] as string, "own memory"])
    expect(svg).toContain(`>${escaped(text)}</text>`);
  expect(svg).not.toContain("the </text>");
  // Lines are open paths with three points; the legend and the grid have two.
  const lines = [...svg.matchAll(/<path d="(M[^"Z]*)" fill="none" stroke="(#[\da-f]{6})"/g)].filter(
    ([, path = ""]) =>
      path
        .trim()
        .split(/[ML\s,]+/)
        .filter(Boolean).length === 6,
  );
  expect(new Set(lines.map(([, , colour]) => colour)).size).toBe(names.length);
  expect(lines).toHaveLength(names.length);
});
