/**
 * One schema for the logs of all processes: one JSON object a line, with `time` (ISO 8601), `level`, `event`, `message`, `pid`, and the
 * fields of the event. What others wrote may stand in a message: it is bounded, nothing in it can end a line, move a cursor or turn the
 * direction of a text, and what looks like a ticket or a token is taken out.
 */
import type { LogLine } from "herdmind";

export type Level = LogLine["level"];

/** Least first. */
const LEVELS: readonly Level[] = ["debug", "info", "warn", "error"];

export interface LogLevel {
  readonly level: Level | "silent";
  /** What the environment says, where that is no level. */
  readonly unknown?: string;
}

/** As `HERDMIND_LOG_LEVEL` says; default `info`. */
export const logLevelOf = (env: { readonly [name: string]: string | undefined }): LogLevel => {
  const said = (env.HERDMIND_LOG_LEVEL ?? "").trim().toLowerCase();
  if (said === "" || said === "silent") return { level: said === "" ? "info" : "silent" };
  const level = LEVELS.find((one) => one === said);
  return level === undefined ? { level: "info", unknown: said.slice(0, 40) } : { level };
};

export const isLogged = (level: Level, from: LogLevel["level"]): boolean =>
  from !== "silent" && LEVELS.indexOf(level) >= LEVELS.indexOf(from);

/** Characters of a message and of a field: a stack trace fits, a text that somebody made up to fill the log does not. */
const MAX_MESSAGE_CHARS = 4000;
const MAX_FIELD_CHARS = 300;

/** What JSON leaves as it is and a terminal or an editor does not: controls of the second set, marks of direction, line separators. */
const UNSHOWN = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/g;
/** Tickets, access tokens (JWT, with and without our prefix), and names and passwords in addresses. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/herdmind1\.[\w-]{8,}/g, "[ticket]"],
  [/\beyJ[\w-]{4,}\.[\w-]+\.[\w-]*/g, "[token]"],
  [/\bBearer [\w.~+/=-]{8,}/g, "Bearer [token]"],
  [/(\b[a-z][a-z\d+.-]{1,15}:\/\/)[^\s/@]{1,256}@/g, "$1[removed]@"],
];

const cleaned = (text: string, max: number): string => {
  let clean = text.length > max ? `${text.slice(0, max)}...` : text;
  for (const [pattern, instead] of SECRETS) clean = clean.replace(pattern, instead);
  return clean.toWellFormed();
};

export const formatLine = (
  { level, event, message, fields = {} }: LogLine,
  { now, pid }: { readonly now: number; readonly pid: number },
): string => {
  const own = { time: new Date(now).toISOString(), level, event, message: cleaned(message, MAX_MESSAGE_CHARS), pid };
  const more = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === "string" ? cleaned(value, MAX_FIELD_CHARS) : value,
  ]);
  // A field never takes the place of what every line has.
  const line = { ...own, ...Object.fromEntries(more), ...own };
  return JSON.stringify(line).replace(UNSHOWN, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
};
