import { describe, expect, it } from "vitest";
import { placeIn, without } from "./wording.js";

const words = (text: string): readonly string[] => text.split(" ").filter((word) => word !== "");

/** The same words, and how often one was read. */
const counted = (text: string): { readonly list: readonly string[]; readonly reads: () => number } => {
  let reads = 0;
  const list = new Proxy([...words(text)], {
    get: (target, name) => {
      if (typeof name === "string" && /^\d+$/.test(name)) reads++;
      return Reflect.get(target, name);
    },
  });
  return { list, reads: () => reads };
};

describe("words in words", () => {
  it.each([
    ["a b c d", "b c", 1, "a d"],
    ["a a b", "a b", 1, "a"],
    ["a a a b a a b", "a a b", 1, "a"],
    ["a b a b a c", "a b a c", 2, "a b"],
    ["a a a", "a a", 0, "a"],
    ["a b", "b a", -1, "a b"],
    ["a", "a b", -1, "a"],
    ["a b", "", -1, "a b"],
    ["", "a", -1, ""],
  ])("%s: %s stands at place %s of it", (whole, part, at, rest) => {
    expect(placeIn(words(whole), words(part))).toBe(at);
    expect(without(words(whole), words(part))).toEqual(words(rest));
  });

  it("L7 reads each word once, however often another text nearly stands there", () => {
    const { list, reads } = counted("x ".repeat(2000));
    expect(placeIn(list, words(`${"x ".repeat(900)}y`))).toBe(-1);
    expect(reads()).toBe(2000);
  });
});
