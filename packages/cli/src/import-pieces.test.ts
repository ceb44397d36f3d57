import { describe, expect, test } from "vitest";
import { exportPieces, type Piece, unitPieces } from "./import-pieces.js";

const unit = (summary: string) => ({
  id: `ku_${"0".repeat(32)}`,
  domains: ["ci"],
  insight: { summary, detail: "", action: "wait" },
});
const source = async function* (text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
};
const told = async (pieces: AsyncIterable<Piece>): Promise<readonly (readonly [string, string])[]> => {
  const all: [string, string][] = [];
  for await (const { place, read } of pieces) all.push([place, read.type]);
  return all;
};

describe("cq knowledge units", () => {
  test("one a line, or as a list over many lines, or alone", async () => {
    const [one, two] = [unit("the first"), unit("the second")];
    const lines = `\uFEFF${JSON.stringify(one)}\r\n\n${JSON.stringify(two)}\n`;
    expect(await told(unitPieces(source(lines)))).toEqual([
      ["line 1", "proposal"],
      ["line 3", "proposal"],
      ["end", "end"],
    ]);
    for (const list of [JSON.stringify([one, two]), JSON.stringify([one, two], null, 2)])
      expect(await told(unitPieces(source(list)))).toEqual([
        ["unit 1", "proposal"],
        ["unit 2", "proposal"],
        ["end", "end"],
      ]);
    expect(await told(unitPieces(source(JSON.stringify(one, null, 2))))).toEqual([
      ["unit 1", "proposal"],
      ["end", "end"],
    ]);
    expect(await told(unitPieces(source("\n")))).toEqual([["end", "end"]]);
  });

  test("a bad one is told by its place and passed over; a file of something else is not read on", async () => {
    const lines = [unit("good"), 7, { ...unit("x"), id: "ku_1" }].map((each) => JSON.stringify(each)).join("\n");
    expect(await told(unitPieces(source(`${lines}\n{not json\n`)))).toEqual([
      ["line 1", "proposal"],
      ["line 2", "bad"],
      ["line 3", "bad"],
      ["line 4", "bad"],
      ["end", "end"],
    ]);
    expect(await told(unitPieces(source("hello\nworld\n")))).toEqual([["file", "foreign"]]);
    const endless = async function* (): AsyncIterable<Uint8Array> {
      for (;;) yield Buffer.from(`[${"[".repeat(65_535)}\n`);
    };
    expect(await told(unitPieces(endless()))).toEqual([["file", "foreign"]]);
  });
});

test("a file that is no export of herdmind is not read on; units are known as such", async () => {
  const lines = `${JSON.stringify(unit("x"))}\n{}\n`;
  expect(await told(exportPieces(source(lines)))).toEqual([
    ["line 1", "bad"],
    ["line 1", "foreign"],
  ]);
  const messages: string[] = [];
  for (const text of [lines, "{}\n"])
    for await (const { read } of exportPieces(source(text))) if (read.type === "foreign") messages.push(read.message);
  expect(messages).toEqual([
    "This is no export of herdmind: these are cq knowledge units. Read them with --format cq.",
    expect.stringContaining("no header"),
  ]);
});
