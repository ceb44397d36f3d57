import type { FeedEvent } from "@herdmind/local/client";
import { expect, test } from "vitest";
import { showEvent } from "./show-event.js";

const plainly = (event: Omit<FeedEvent, "at">): string =>
  showEvent((_, text) => text, { at: "2026-01-01T00:00:00.000Z", ...event } as FeedEvent).slice(25);
const ada = `ada${"A".repeat(40)}`;
const bob = `bob${"A".repeat(40)}`;
const fingerprint = `f1_${"p".repeat(32)}`;

test.each([
  [
    { event: "present", writer: ada, name: "ada\u001b[2J", isHere: true },
    /^present {4}ada\\x1b\[2J \(adaA+…\) is here$/,
  ],
  [{ event: "present", writer: ada, name: "ada", isHere: false }, /has left$/],
  [{ event: "claim", writer: ada, fingerprint, isHeld: true }, / solves f1_p+$/],
  [{ event: "claim", writer: ada, fingerprint, isHeld: false }, / has ended f1_p+$/],
  [
    { event: "waiting", agent: bob, holder: ada, fingerprint, patienceMs: 30_000 },
    /bob.* waits for ada.*at most 30000 ms/,
  ],
  [
    { event: "waited", agent: bob, holder: ada, fingerprint, ms: 12, isLearned: true },
    /waited 12 ms for ada.*a remedy is known/,
  ],
  [{ event: "waited", agent: bob, holder: ada, fingerprint, ms: 12, isLearned: false }, /nothing came/],
])("E7 E8 %o is told in words", (event, told) => {
  expect(plainly(event as unknown as Omit<FeedEvent, "at">)).toMatch(told);
});
