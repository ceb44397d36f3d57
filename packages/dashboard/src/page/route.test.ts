import { expect, it } from "vitest";
import { hrefOf, momentOf, readRoute } from "./route.js";

it("links and reads back every view with what is chosen in it", () => {
  const parameters = { id: "a/b?c=d&e", text: "50 % \u00fc", at: "40" };
  expect(readRoute(hrefOf("entries", parameters))).toEqual({ view: "entries", parameters });
  expect(hrefOf("graph", { around: undefined, domain: "" })).toBe("#/graph");
});

it("shows the overview where an address names nothing that it knows", () => {
  for (const hash of ["", "#", "#/", "#/nowhere", "#/constructor", "#main"])
    expect(readRoute(hash).view).toBe("overview");
});

it("takes whole numbers of blocks for moments, and nothing else", () => {
  const at = (text: string) => momentOf(readRoute(`#/entries?at=${text}`));
  expect([at("0"), at("40"), at("-1"), at("1.5"), at("9".repeat(20)), at("")]).toEqual([
    0,
    40,
    ...Array(4).fill(undefined),
  ]);
});
