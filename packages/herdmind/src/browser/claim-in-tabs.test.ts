import type { Fingerprint, JsonObject, JsonValue } from "@herdmind/protocol";
import { expect, it } from "vitest";
import { claimThrough } from "./claim-in-tabs.js";
import type { TabLink } from "./tab-link.js";

it("E8 waits in all as long as it was told, also when tabs hand over, and not at all where it is at work", async () => {
  let now = 0;
  let asked: () => JsonObject = () => ({});
  let news: (news: JsonValue | undefined) => void = () => undefined;
  const link: Pick<TabLink, "watch"> = {
    watch: (_, args, onNews) => {
      asked = args;
      news = onNews;
      return { tell: () => undefined, end: () => undefined };
    },
  };
  const wanted = {
    fingerprint: `f1_${"A".repeat(32)}` as Fingerprint,
    patienceMs: 10_000,
    learned: new AbortController().signal,
  };
  const turn = claimThrough(link as TabLink, "ada", wanted, () => now);
  const patience = (): JsonValue | undefined => asked()["patienceMs"];
  expect(patience()).toBe(10_000);
  now = 4_000;
  expect(patience()).toBe(6_000);
  now = 11_000;
  expect(patience()).toBe(0);
  now = 5_000;
  news({ turn: "search", isClaimed: true });
  expect((await turn).type).toBe("search");
  expect(patience()).toBe(0);
});
