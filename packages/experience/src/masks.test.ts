import { expect, it } from "vitest";
import { masks } from "./masks.js";
import { maskLine, normaliseLine } from "./normalise.js";

for (const mask of masks) {
  for (const [line, expected] of mask.examples) {
    it(`mask ${mask.name}: ${JSON.stringify(line)}`, () => {
      expect(normaliseLine(line)).toBe(expected);
    });
  }
  it(`mask ${mask.name} is needed: without it one of its examples comes out differently`, () => {
    const others = masks.filter((other) => other !== mask);
    expect(mask.examples.some(([line, expected]) => maskLine(line, others) !== expected)).toBe(true);
  });
}

it("names of masks are distinct and every pattern is global", () => {
  expect(new Set(masks.map(({ name }) => name)).size).toBe(masks.length);
  for (const mask of masks) expect(mask.pattern.flags).toContain("g");
});
