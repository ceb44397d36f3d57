import { expect, test } from "vitest";
import { fuse } from "./fusion.js";

const order = (fused: ReadonlyMap<string, number>) => [...fused].sort(([, a], [, b]) => b - a).map(([id]) => id);

test("ranks count, not scores: what two rankings have beats what one has at its top", () => {
  const words = new Map([
    ["a", 0.99],
    ["b", 0.61],
  ]);
  const meaning = new Map([
    ["c", 0.95],
    ["b", 0.5],
  ]);
  const fused = fuse([words, meaning]);
  expect(order(fused)[0]).toBe("b");
  expect(fused.get("a")).toBe(1 / 61);
  expect(fused.get("b")).toBe(1 / 62 + 1 / 62);
  expect(fuse([new Map([...words].map(([id, worth]) => [id, worth * 1000])), meaning])).toEqual(fused);
});

test("what is equal in a ranking has one rank, and the next one counts both", () => {
  const fused = fuse([
    new Map([
      ["a", 2],
      ["b", 2],
      ["c", 1],
    ]),
  ]);
  expect([fused.get("a"), fused.get("b"), fused.get("c")]).toEqual([1 / 61, 1 / 61, 1 / 63]);
});
