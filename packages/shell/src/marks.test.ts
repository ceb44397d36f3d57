import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { createMarks } from "./marks.js";

const seen = (parts: readonly string[]): readonly (readonly [string, string])[] => {
  const ended: [string, string][] = [];
  const marks = createMarks("s3", {
    began: () => undefined,
    ended: (name, output) => ended.push([name, Buffer.from(output).toString()]),
  });
  for (const part of parts) marks.add(Buffer.from(part));
  return ended;
};
const begin = "\u001b]6973;s3;b\u0007";
const end = (name: string): string => `\u001b]6973;s3;e;${name}\u0007`;
const stream = `prompt${begin}one \u001b[31mred\u001b[0m${end("7-1")}prompt${begin}\u001b]0;t\u0007two${end("7-2")}`;
const wanted = [
  ["7-1", "one \u001b[31mred\u001b[0m"],
  ["7-2", "\u001b]0;t\u0007two"],
];

test("what a command wrote stands between its marks, however the stream was cut", () => {
  expect(seen([stream])).toEqual(wanted);
  expect(seen(Array.from(stream))).toEqual(wanted);
  for (let at = 1; at < stream.length; at++) expect(seen([stream.slice(0, at), stream.slice(at)])).toEqual(wanted);
});

test("what a command prints is no mark without the session's secret", () => {
  expect(seen([`${begin}\u001b]6973;guess;e;7-1\u0007text${end("7-2")}`])).toEqual([
    ["7-2", "\u001b]6973;guess;e;7-1\u0007text"],
  ]);
});

test("an end without a beginning, and a beginning after a beginning", () => {
  expect(seen([`text${end("1-1")}`])).toEqual([["1-1", ""]]);
  expect(seen([`${begin}outer${begin}inner${end("1-1")}`])).toEqual([["1-1", "inner"]]);
});

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

test("L7 a mark that never ends does not fill memory", () => {
  const marks = createMarks("s3", { began: () => undefined, ended: () => undefined });
  const endless = Buffer.from(`${begin}\u001b]6973;s3;e;`);
  marks.add(endless);
  const held = (): number => {
    collectGarbage(); // what nobody holds does not count, whenever the engine would have freed it
    return process.memoryUsage().arrayBuffers;
  };
  const before = held();
  for (let i = 0; i < 2000; i++) marks.add(Buffer.alloc(64 * 1024, 0x41));
  expect(held() - before).toBeLessThan(64 * 1024 * 1024);
});
