import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonLine, lines, moment, oneLine } from "./printable.js";

describe("E4 foreign text is made visible", () => {
  test.each([
    ["\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"],
    ["\u009b2J", "\\x9b2J"],
    ["a\rb\x07\x08\x7f\0", "a\\x0db\\x07\\x08\\x7f\\x00"],
    ["\u202etxt.exe", "\\u{202e}txt.exe"],
    ["zero\u200bwidth\u2060\ufeff", "zero\\u{200b}width\\u{2060}\\u{feff}"],
    ["tags \u{e0041}", "tags \\u{e0041}"],
    ["hidden \u{e0100}", "hidden \\u{e0100}"],
    ["\u2028line\u2029", "\\u{2028}line\\u{2029}"],
    ["\ud800", "\\u{d800}"],
    ["two\nlines\tand a tab", "two lines and a tab"],
    ["Zoë 日本語 ✅ ❤\ufe0f a\ufe0f", "Zoë 日本語 ✅ ❤\ufe0f a\\u{fe0f}"],
  ])("%j is shown as %j", (foreign, shown) => {
    expect(oneLine(foreign)).toBe(shown);
  });

  test("a long line is cut and says so; many lines are counted", () => {
    expect(oneLine("x".repeat(600))).toBe(`${"x".repeat(499)}…`);
    expect(lines("a\r\nb\n\n")).toEqual(["a", "b"]);
    const many = lines("x\n".repeat(100));
    expect([many.length, many.at(-1)]).toEqual([41, "(60 more lines: --json has them)"]);
  });

  const anything = fc.string({ unit: "binary" });

  test("property: nothing but text comes out", () => {
    fc.assert(
      fc.property(anything, (foreign) => {
        for (const line of [oneLine(foreign), ...lines(foreign)])
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  test("property: JSON stays the same value, on one line without unseen characters", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        const line = jsonLine(value);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("a number that is no moment does not end the command", () => {
    expect(moment(0)).toBe("1970-01-01T00:00:00.000Z");
    expect(moment(Number.MAX_SAFE_INTEGER)).toBe("9007199254740991 ms since 1970");
  });
});
