import { describe, expect, it } from "vitest";
import { clipped, plainLine, stretchesOf } from "./printable.js";

describe("texts of others, as they are shown", () => {
  it("E4 spells out what cannot be seen, and marks it", () => {
    expect(stretchesOf("safe \u202eevil\u202c\x1b[31m")).toEqual([
      { text: "safe ", isSpelled: false },
      { text: "\\u{202e}", isSpelled: true },
      { text: "evil", isSpelled: false },
      { text: "\\u{202c}\\x1b", isSpelled: true },
      { text: "[31m", isSpelled: false },
    ]);
    expect(stretchesOf("\u{e0041}\u200b")).toEqual([{ text: "\\u{e0041}\\u{200b}", isSpelled: true }]);
  });

  it("leaves lines, tabs' neighbours and pictures as they are", () => {
    expect(stretchesOf("one\ntwo \u2764\ufe0f")).toEqual([{ text: "one\ntwo \u2764\ufe0f", isSpelled: false }]);
    expect(stretchesOf("")).toEqual([]);
  });

  it("makes few stretches of many unseen characters", () => {
    expect(stretchesOf("\u200b".repeat(10_000))).toHaveLength(1);
  });

  it("cuts lines and says so, and never through a character", () => {
    expect(plainLine("a\nb\tc")).toBe("a b c");
    expect(plainLine("x".repeat(300), 10)).toBe(`${"x".repeat(9)}\u2026`);
    expect(clipped("ab\u{1f600}", 3)).toBe("ab");
    expect(clipped("abc", 3)).toBe("abc");
  });
});
