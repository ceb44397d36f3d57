import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { KEEP } from "./mask.js";
import { masks } from "./masks.js";
import { recognisers } from "./recognisers.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const cell = (text: string): string => text.replaceAll("|", "\\|");

const maskRow = ({ name, replacement, why, identityOnly }: (typeof masks)[number]): string => {
  const stands = replacement === KEEP ? "kept" : replacement === "" ? "removed" : `\`${cell(replacement as string)}\``;
  return `| ${name} | ${stands} | ${identityOnly === true ? "identity" : "both"} | ${cell(why)} |`;
};
const recogniserRow = ({ name, strength, prefer, why }: (typeof recognisers)[number]): string =>
  `| ${name} | ${strength} | ${prefer} | ${cell(why)} |`;

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
