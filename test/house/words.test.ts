import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { filesBelow, repository, shown } from "./workspace.ts";

const text = /\.(ts|mts|js|mjs|json|md|sh|yml|yaml)$|^\.|^LICENSE$/;
const source = /\.(ts|mjs)$/;
const everything = [
  ...filesBelow(repository, (name) => text.test(name)),
  ...filesBelow(join(repository, ".ci"), () => true),
];

/** "file:line" of every line that matches, in the files whose name `accept` takes. */
const linesWith = (pattern: RegExp, accept: (path: string) => boolean): readonly string[] =>
  everything.filter(accept).flatMap((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${shown(repository, path)}:${index + 1}`] : [])),
  );

const notThisFile = (path: string) => path !== import.meta.filename;

test("no registry is named: a checkout installs from wherever npm is told to", () => {
  expect(linesWith(/\bregistry\.[a-z0-9-]+\.[a-z]+|npmmirror|verdaccio/i, notThisFile)).toEqual([]);
});

test("the lockfile names no address at all", () => {
  expect(linesWith(/"resolved": "(https?|git|ssh|file)/, (path) => basename(path) === "package-lock.json")).toEqual([]);
});

test("no page promises a reader of canon alone that its orchestrator says what members said", () => {
  // It can be proved with the member's log, not prevented: PROTOCOL.md, section 16, and packages/canon/src/anothers-words.test.ts.
  const promise = /cannot (forge|fake|invent) (what|another|a member)|cannot speak for a member/i;
  expect(linesWith(promise, (path) => path.endsWith(".md"))).toEqual([]);
});

test("nothing is left for later, and no check is turned off", () => {
  const pattern =
    /\bTODO\b|\bFIXME\b|@ts-ignore|@ts-nocheck|@ts-expect-error|\bas any\b|\b(test|it|describe)\.(skip|only|todo)\b/;
  expect(linesWith(pattern, (path) => source.test(path) && notThisFile(path))).toEqual([]);
});

test("a file is one concept: at most 500 lines, and its name says which", () => {
  const sources = everything.filter((path) => source.test(path));
  const tooLong = sources.filter((path) => readFileSync(path, "utf8").split("\n").length > 501);
  expect(tooLong.map((path) => shown(repository, path))).toEqual([]);
  const vague = sources.filter((path) =>
    /^(utils?|helpers?|common|misc|manager)\b|-(utils?|helpers?|manager)\b/.test(basename(path)),
  );
  expect(vague.map((path) => shown(repository, path))).toEqual([]);
});
