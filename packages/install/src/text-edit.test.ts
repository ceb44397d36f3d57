import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { marked, putBlock, putFile, takeBlock, takeFile } from "./text-edit.js";

const WORDS = "Call recall first.\nThen work.";

test.each([
  ["", "\n"],
  ["# Mine\n", "\n"],
  ["# Mine", "\n"],
  ["# Mine\r\n\r\ntext\r\n", "\r\n"],
])("a block behind %j, and away again", (text, eol) => {
  const put = putBlock(text, WORDS);
  if (!put.ok) throw new Error(put.reason);
  expect(put.text?.startsWith(text)).toBe(true);
  expect(put.text?.endsWith(marked(WORDS).replaceAll("\n", eol))).toBe(true);
  expect(putBlock(put.text ?? "", WORDS, put.chunk)).toMatchObject({ isSame: true });
  expect(takeBlock(put.text ?? "", put.chunk)).toMatchObject({ text });
  expect(takeBlock(`${put.text}more`, put.chunk)).toMatchObject({ text: `${text}more` });
});

test("words of another version are replaced in their place, and every byte comes back after that as well", () => {
  const first = putBlock("a\n", "old words");
  if (!first.ok) throw new Error(first.reason);
  const second = putBlock(`${first.text}b\n`, WORDS, first.chunk);
  if (!second.ok) throw new Error(second.reason);
  expect(second.text).toContain(WORDS);
  expect(second.text).not.toContain("old words");
  expect(takeBlock(second.text ?? "", second.chunk)).toMatchObject({ text: "a\nb\n" });
});

describe("damaged marks are named, and left alone", () => {
  test.each([
    ["<!-- herdmind: begin -->\nx\n", 1],
    ["x\n<!-- herdmind: end -->\n", 2],
    ["<!-- herdmind: end -->\n<!-- herdmind: begin -->\n", 2],
    [marked("a") + marked("b"), 1],
  ])("%j", (text, line) => {
    for (const edited of [putBlock(text, WORDS), takeBlock(text)])
      expect(edited).toEqual({ ok: false, line, reason: expect.stringContaining("by hand") });
  });
});

test("whatever people write around it: every byte comes back", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "\n", "\r\n", "# ", "<!-- x -->"), maxLength: 12 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      const put = putBlock(before, WORDS);
      if (!put.ok) throw new Error(put.reason);
      expect(takeBlock((put.text ?? "") + after, put.chunk)).toMatchObject({ text: before + after });
    }),
  );
});

test("a file of ours: made, replaced, gone; one of a person with its name, and one that a person changed, stay", () => {
  const [old, now] = ["<!-- herdmind: begin old", "<!-- herdmind: begin new"];
  const put = (text: string | undefined) => putFile(text, now, "<!-- herdmind: begin");
  expect(put(undefined)).toMatchObject({ text: now });
  expect(put(old)).toMatchObject({ text: now });
  expect(put(now)).toMatchObject({ isSame: true });
  expect(put("mine")).toMatchObject({ ok: false });
  const take = (text: string | undefined, chunk?: { text: string }) =>
    takeFile(text, now, "<!-- herdmind: begin", chunk);
  expect(take(now)).toEqual({ ok: true, text: undefined });
  expect(take(old, { text: old })).toEqual({ ok: true, text: undefined });
  expect(take(`${now} and mine`)).toMatchObject({ ok: false, reason: expect.stringContaining("changed") });
  expect(take("mine")).toMatchObject({ isSame: true });
});
