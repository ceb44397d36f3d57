import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as access from "./access-token.js";
import * as limits from "./limits.js";
import { recordSchemas } from "./records.js";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
const page = read("../PROTOCOL.md");
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

describe("PROTOCOL.md agrees with the code", () => {
  test("every rule that a refusal can cite is specified, and every specified rule can be cited", () => {
    const [, union = ""] = /export type Rule =([^;]*);/.exec(read("./refusal.ts")) ?? [];
    const cited = [...union.matchAll(/"([A-Z]\d+)"/g)].map(([, rule]) => rule);
    const specified = rows.flatMap(([first = ""]) =>
      [...first.matchAll(/^\*\*([A-Z]\d+)\*\*/g)].map(([, rule]) => rule),
    );
    expect(cited.length).toBeGreaterThan(25);
    expect(specified.toSorted()).toEqual(cited.toSorted());
  });

  test("every rule says what it stops, whose fault it is, and whether it is enforced", () => {
    for (const [first = "", ...cells] of rows.filter(([cell = ""]) => cell.startsWith("**"))) {
      expect(cells.length, first).toBe(4);
      for (const cell of cells) expect(cell, first).not.toBe("");
      expect(cells[2], first).toMatch(/^(writer|sender|none)/);
      expect(cells[3], first).toMatch(/in force|specified, not enforced yet/);
    }
  });

  test("L7 the table of limits equals the constants, and none is missing", () => {
    const constants: { readonly [name: string]: number } = {
      ...limits,
      MAX_ACCESS_TOKEN_CHARS: access.MAX_ACCESS_TOKEN_CHARS,
      TOKEN_LIFETIME_S: access.TOKEN_LIFETIME_S,
    };
    const table = rows.flatMap(([name = "", value = "", why = ""]) => {
      const [, constant] = /^`([A-Z][A-Z_]+)`$/.exec(name) ?? [];
      if (constant === undefined || !/^[\d,]+$/.test(value)) return [];
      expect(why).not.toBe("");
      return [[constant, Number(value.replaceAll(",", ""))] as const];
    });
    expect(Object.fromEntries(table)).toEqual(constants);
  });

  test("R1 every record type and version is specified, and no other", () => {
    const heading = "| record, version 1 |";
    const start = page.indexOf(heading);
    const types = page
      .slice(start, page.indexOf("\n\n", start))
      .split("\n")
      .slice(2)
      .map((line) => /^\| `([a-z-]+)`/.exec(line)?.[1]);
    expect(types).toEqual(Object.keys(recordSchemas));
    const later = rows.flatMap(([first = ""]) =>
      [...first.matchAll(/^`([a-z-]+)` (\d+)$/g)].map(([, ...of]) => of.join("/")),
    );
    const known = Object.entries(recordSchemas).flatMap(([type, versions]) =>
      Object.keys(versions)
        .filter((version) => version !== "1")
        .map((version) => `${type}/${version}`),
    );
    expect(later).toEqual(known);
  });
});
