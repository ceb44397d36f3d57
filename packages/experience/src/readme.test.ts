import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { KEEP } from "./mask.js";
import { masks } from "./masks.js";
import { recognisers } from "./recognisers.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const cell = (text: string): string => text.replaceAll("|", "\\|");

/** Why a row is there: the comment above it, which no page has to load. */
const whysIn = (file: string): ReadonlyMap<string, string> => {
  const source = readFileSync(new URL(file, import.meta.url), "utf8");
  const rows = source.matchAll(/((?: {2}\/\/ .*\n)+) {2}\{\n {4}name: "([^"]+)"/g);
  return new Map(
    [...rows].map(([, comment = "", name = ""]) => [
      name,
      comment.replaceAll(/ *\/\/ |\n$/g, "").replaceAll("\n", " "),
    ]),
  );
};
const maskWhys = new Map([...whysIn("./kept.ts"), ...whysIn("./masked.ts")]);
const recogniserWhys = new Map(
  ["traces", "builds", "packages", "systems"].flatMap((part) => [...whysIn(`./recognisers-${part}.ts`)]),
);
const whyOf = (whys: ReadonlyMap<string, string>, name: string): string =>
  cell(whys.get(name) ?? "no comment above it");

const maskRow = ({ name, replacement, identityOnly }: (typeof masks)[number]): string => {
  const stands = replacement === KEEP ? "kept" : replacement === "" ? "removed" : `\`${cell(replacement as string)}\``;
  return `| ${name} | ${stands} | ${identityOnly === true ? "identity" : "both"} | ${whyOf(maskWhys, name)} |`;
};
const recogniserRow = ({ name, strength, prefer }: (typeof recognisers)[number]): string =>
  `| ${name} | ${strength} | ${prefer} | ${whyOf(recogniserWhys, name)} |`;

/** The rows of the table under a heading. */
const rowsUnder = (heading: string): readonly string[] => {
  const section = readme.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  return section
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| name |"))
    .filter((line) => !line.startsWith("| ---"));
};

it("the README's table of masks is the table", () => {
  expect(rowsUnder("Masks")).toEqual(masks.map(maskRow));
});

it("the README's table of recognisers is the table", () => {
  expect(rowsUnder("Recognisers")).toEqual(recognisers.map(recogniserRow));
});
