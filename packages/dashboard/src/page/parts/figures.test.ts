import { expect, it } from "vitest";
import { agoText, duration, isoText, momentText, percent, plural, shortFigure } from "./figures.js";

it("says figures and times in words", () => {
  expect([0, 999, 1500, 30_000, 180_000, 7_200_000, 400_000_000].map(duration)).toEqual([
    "0 ms",
    "999 ms",
    "1.5 s",
    "30 s",
    "3 min",
    "2 h",
    "5 days",
  ]);
  expect([shortFigure(12_345), shortFigure(1_234_567)]).toEqual(["12,345", "1.2M"]);
  expect([plural(1, "entry", "entries"), plural(2, "entry", "entries")]).toEqual(["1 entry", "2 entries"]);
  expect(percent(0.666)).toBe("67 %");
});

it("shows clocks that stand anywhere", () => {
  expect(agoText(1000, 2000)).toBe("just now");
  expect(agoText(0, 61_000)).toBe("1 min ago");
  expect(momentText(9e15)).toBe("9000000000000000 ms since 1970");
  expect(isoText(Number.NaN)).toBe("NaN ms since 1970");
  expect(agoText(Date.UTC(2030, 0, 1, 12), Date.UTC(2029, 0, 1))).not.toContain("ago");
});
