import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { adviceOn } from "./rule-advice.js";

it("knows what follows from every rule of PROTOCOL.md, and says so where it does not know one", () => {
  const protocol = readFileSync(new URL("../../../../protocol/PROTOCOL.md", import.meta.url), "utf8");
  const rules = [...protocol.matchAll(/^\| \*\*([A-Z]\d+)\*\* /gm)].map(([, rule]) => rule as string);
  expect(rules.length).toBeGreaterThan(30);
  const unknown = adviceOn("X1");
  expect(rules.filter((rule) => adviceOn(rule) === unknown)).toEqual([]);
  expect(adviceOn("constructor")).toBe(unknown);
});
