import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createVectorRanking } from "./vector-ranking.js";

const DIMENSION = 48;
const vector = fc
  .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: DIMENSION, maxLength: DIMENSION })
  .map((numbers) => Float32Array.from(numbers));
const cosine = (a: Float32Array, b: Float32Array): number => {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number;
    const y = b[i] as number;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return dot / Math.sqrt(aa * bb);
};
/** A repeatable stream of numbers between -1 and 1. */
const noise = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
  return seed / 2 ** 31;
};
const all = () => true;

describe("the ranking of vectors", () => {
  test("property: cosines are those of exact arithmetic to 2 %, nearest first", () => {
    fc.assert(
      fc.property(fc.array(vector, { maxLength: 40 }), vector, (vectors, asked) => {
        fc.pre([asked, ...vectors].every((one) => one.some((x) => Math.abs(x) > 1e-3)));
        const ranking = createVectorRanking(DIMENSION);
        for (const one of vectors) ranking.add(one);
        const near = ranking.nearest(asked, all, 100);
        expect(near.length).toBe(vectors.length);
        for (const { text, cosine: found } of near)
          expect(Math.abs(found - cosine(asked, vectors[text] as Float32Array))).toBeLessThan(0.02);
        for (let i = 1; i < near.length; i++)
          expect((near[i - 1] as { cosine: number }).cosine).toBeGreaterThanOrEqual(
            (near[i] as { cosine: number }).cosine,
          );
      }),
    );
  });

  test("finds the nearest of 5,000 through the signs, and only among those it may take", () => {
    const next = noise(7);
    const random = () => Float32Array.from({ length: DIMENSION }, next);
    const ranking = createVectorRanking(DIMENSION);
    const vectors = Array.from({ length: 5000 }, random);
    for (const one of vectors) ranking.add(one);
    expect(ranking.size).toBe(5000);
    for (let n = 0; n < 50; n++) {
      const near = n * 97;
      const asked = (vectors[near] as Float32Array).map((x) => x + 0.4 * next());
      expect(ranking.nearest(asked, all, 1)[0]?.text).toBe(near);
      expect(ranking.nearest(asked, (text) => text !== near, 1)[0]?.text).not.toBe(near);
      expect(ranking.nearest(asked, (text) => text === 4999 - near, 5).map(({ text }) => text)).toEqual([4999 - near]);
    }
  });

  test("what has no vector, or one without direction, is near nothing and keeps its number", () => {
    const ranking = createVectorRanking(2);
    ranking.add(undefined);
    ranking.add(new Float32Array(2));
    ranking.add(Float32Array.of(0, 2));
    expect(ranking.nearest(Float32Array.of(0, 1), all, 5)).toEqual([{ text: 2, cosine: 1 }]);
    expect(ranking.nearest(new Float32Array(2), all, 5)).toEqual([]);
    expect(createVectorRanking(2).nearest(Float32Array.of(0, 1), all, 5)).toEqual([]);
  });

  test("copies of one vector do not make a question slow, and the first of them are given", () => {
    const ranking = createVectorRanking(DIMENSION);
    const next = noise(3);
    const copy = Float32Array.from({ length: DIMENSION }, next);
    for (let i = 0; i < 20_000; i++) ranking.add(copy);
    let compared = 0;
    const near = ranking.nearest(copy, () => ++compared > 0, 1e6);
    expect(compared).toBe(20_000);
    expect(near.length).toBe(4096);
    expect(near.slice(0, 3).map(({ text }) => text)).toEqual([0, 1, 2]);
  });
});
