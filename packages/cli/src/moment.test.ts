import { expect, test } from "vitest";
import { parseMoment, parseTime } from "./moment.js";

const NOW = Date.parse("2026-05-04T12:00:00Z");

test.each<[string, number | undefined]>([
  ["now", NOW],
  ["2h ago", NOW - 7_200_000],
  ["2h", NOW - 7_200_000],
  [" 90s  ago ", NOW - 90_000],
  ["2026-05-04", Date.parse("2026-05-04T00:00:00Z")],
  ["2026-05-04T10:30", Date.parse("2026-05-04T10:30:00Z")],
  ["2026-05-04 10:30:05.5Z", Date.parse("2026-05-04T10:30:05.500Z")],
  ["2026-05-04T10:30+02:00", Date.parse("2026-05-04T08:30:00Z")],
  ["2000w ago", NOW - 2000 * 604_800_000],
  ["2026-13-04", undefined],
  ["1969-01-01", undefined],
  ["2026-5-4", undefined],
  ["yesterday", undefined],
  ["ago", undefined],
  ["0s", undefined],
  ["", undefined],
])("%j is a time", (text, time) => {
  expect(parseTime(text, NOW)).toBe(time);
});

test("a bare number is a block, everything else a time", () => {
  expect(parseMoment("0", NOW)).toEqual({ number: 0 });
  expect(parseMoment("2026", NOW)).toEqual({ number: 2026 });
  expect(parseMoment("2h", NOW)).toEqual({ time: NOW - 7_200_000 });
  expect(parseMoment("-1", NOW)).toBeUndefined();
  expect(parseMoment("1234567890123456", NOW)).toBeUndefined();
});
