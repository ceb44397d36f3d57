import { expect, test } from "vitest";
import { createExcerpt, HEAD_BYTES, TAIL_BYTES } from "./excerpt.js";
import { boundedText, plainText } from "./plain-text.js";

test.each([
  ["\u001b[31mred\u001b[0m", "red"],
  ["one\r\ntwo\r\n", "one\ntwo\n"],
  ["10 %\r50 %\r100 %\r\ndone", "100 %\ndone"],
  ["\u001b]0;title\u0007text\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\", "textlink"],
  ["\u001b]6973;secret;b\u0007said", "said"],
  ["\u001b]0;title\u009ctext", "text"],
  ["\u001b]0;a title without an end", "0;a title without an end"],
  ["N\bNA\bA", "NA"],
  ["\b\bab\b\b\bc", "c"],
  ["😀\b:)", ":)"],
  ["before\u001b[?1049hdrawn \u001b[2Jscreen\u001b[?1049lafter", "beforeafter"],
  ["before\u001b[?1049hnever left", "before"],
  ["bell\u0007 and null\u0000", "bell and null"],
  ["tab\there", "tab\there"],
])("%j is seen as %j", (written, seen) => {
  expect(plainText(Buffer.from(written))).toBe(seen);
});

test("L7 what is made to be slow is read in time that grows with its length only: a test's time is over before its square", () => {
  const count = 256 * 1024;
  expect(plainText(Buffer.from("\u001b]".repeat(count)))).toBe("");
  expect(plainText(Buffer.from(`${"x".repeat(count)}${"\b".repeat(count)}`))).toBe("");
});

test("bytes that are no text do no harm", () => {
  expect(plainText(Uint8Array.from([0xff, 0xfe, 0x41]))).toContain("A");
});

test("L7 a long text keeps its beginning and its end", () => {
  const text = boundedText(`${"begin ".repeat(2000)}middle${" end".repeat(4000)}`);
  expect(text).toHaveLength(8000);
  expect(text.startsWith("begin")).toBe(true);
  expect(text.endsWith("end")).toBe(true);
  expect(text).not.toContain("middle");
  expect(boundedText("  short \n")).toBe("short");
});

test("L7 an output of any size keeps 16 KiB of its beginning and 64 KiB of its end, however it was cut", () => {
  const all = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
  const wanted = Buffer.concat([all.subarray(0, HEAD_BYTES), all.subarray(-TAIL_BYTES)]);
  for (const size of [1000, 4096, 65_536, 300_000]) {
    const excerpt = createExcerpt();
    for (let at = 0; at < all.length; at += size) excerpt.add(all.subarray(at, at + size));
    expect(Buffer.compare(excerpt.bytes(), wanted), String(size)).toBe(0);
  }
  const short = createExcerpt();
  short.add(all.subarray(0, 20_000));
  expect(Buffer.compare(short.bytes(), all.subarray(0, 20_000))).toBe(0);
});
