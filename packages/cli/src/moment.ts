/** Moments as people write them: a number of canon's blocks, a time, or how long ago. */
import { parseDuration } from "./duration.js";

/** Years to seconds of ISO 8601; without a zone it is UTC, as every time that is printed here. */
const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?)?$/;

/** Milliseconds since 1970; `undefined` when the text is no time. */
export const parseTime = (text: string, now: number): number | undefined => {
  const trimmed = text.trim();
  if (trimmed === "now") return now;
  const ago = parseDuration(trimmed.replace(/\s+ago$/, ""));
  if (ago !== undefined) return Math.max(0, now - ago);
  const match = ISO.exec(trimmed);
  if (match === null) return undefined;
  const ms = Date.parse(`${match[1]}T${match[2] ?? "00:00"}${match[3] ?? "Z"}`);
  return Number.isNaN(ms) || ms < 0 ? undefined : ms;
};

export const TIME_WORDS = "a time (2026-05-04, 2026-05-04T12:30Z), or how long ago (90s, 15m, 2h, 7d ago)";

/** A block's number, or a time. */
export const parseMoment = (
  text: string,
  now: number,
): { readonly number: number } | { readonly time: number } | undefined => {
  if (/^\d{1,15}$/.test(text.trim())) return { number: Number(text.trim()) };
  const time = parseTime(text, now);
  return time === undefined ? undefined : { time };
};
