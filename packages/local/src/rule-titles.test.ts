import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ruleTitle } from "./rule-titles.js";

test("every rule of PROTOCOL.md has a title, and no other name has", () => {
  const protocol = readFileSync(new URL("../../protocol/PROTOCOL.md", import.meta.url), "utf8");
  const rules = [...protocol.matchAll(/^\| \*\*([A-Z]\d+)\*\* /gm)].map(([, rule]) => rule as string);
  expect(rules).toContain("E11");
  expect(rules.filter((rule) => ruleTitle(rule) === rule)).toEqual([]);
  for (const other of ["E99", "toString", "__proto__"]) expect(ruleTitle(other)).toBe(other);
});
