import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { maskExamples } from "./mask-examples.fixture.js";
import { masks } from "./masks.js";
import { maskLine, normaliseLine } from "./normalise.js";

it("every mask has examples", () => {
  expect(Object.keys(maskExamples)).toEqual(masks.map(({ name }) => name));
});

for (const mask of masks) {
  const examples = maskExamples[mask.name] ?? [];
  for (const [line, expected] of examples) {
    it(`mask ${mask.name}: ${JSON.stringify(line)}`, () => {
      expect(normaliseLine(line)).toBe(expected);
    });
  }
  it(`mask ${mask.name} is needed: without it one of its examples comes out differently`, () => {
    const others = masks.filter((other) => other !== mask);
    expect(examples.some(([line, expected]) => maskLine(line, others) !== expected)).toBe(true);
  });
}

it("names of masks are distinct and every pattern is global", () => {
  expect(new Set(masks.map(({ name }) => name)).size).toBe(masks.length);
  for (const mask of masks) expect(mask.pattern.flags).toContain("g");
});

it("what a mask needs saves time and never changes a result", () => {
  const patient = masks.map(({ needs: _, ...mask }) => mask);
  const fixtures = readFileSync(new URL("./fixtures/fingerprints-2.json", import.meta.url), "utf8").split(/\\n|\n/);
  for (const line of [
    ...fixtures,
    ...Object.values(maskExamples).flatMap((examples) => examples.map(([example]) => example)),
  ]) {
    expect(maskLine(line, masks)).toBe(maskLine(line, patient));
  }
  // Text made of what masks look for, with pieces of it missing.
  const piece = fc.constantFrom(
    "'",
    '"',
    "/",
    "\\",
    ":",
    "@",
    "\u001b[1m",
    "\u2019",
    "17",
    "a",
    "x.js",
    "GET ",
    "module ",
    "::1",
    "0x",
    " ",
    "\ue030",
    "e\u0301",
    "ENOENT ",
    "port ",
    "-",
    "_",
    "=",
    ".com",
    "@1b6d",
    "5c:50:",
    "f",
    "ffffffff",
    "8f2c91d",
    "kQ3xT7vB",
    "arn:aws:",
    "sg-",
    "<",
    "<n>",
    "localhost",
    "LocalHost",
    "a.b",
    ":80",
    "[",
    "1:",
    "took ",
    "spawn ",
    "E2BIG ",
    "EAI_AGAIN undefined",
    "null",
    " Did you mean ",
    "; if the root CA",
    "Unexpected token x",
    " in JSON at position 3",
    "was<1>",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      expect(maskLine(pieces.join(""), masks)).toBe(maskLine(pieces.join(""), patient));
    }),
    { numRuns: 2000 },
  );
});

it("white space is one space, and none at the ends, whatever it was", () => {
  const piece = fc.constantFrom(" ", "  ", "\t", "\n", "\u00a0", "\u2028", "\ufeff", "a", "B", "\u00e9", "\ue030");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
      const text = pieces.join("");
      const plain = text
        .replace(/[\ue000-\uf8ff]/g, "\ufffd")
        .replace(/[\t\n\v\f\r \u00a0\u2028\u2029]+/g, " ")
        .toLowerCase()
        .replace(/^ | $/g, "");
      expect(maskLine(text, [])).toBe(plain);
    }),
    { numRuns: 2000 },
  );
});
