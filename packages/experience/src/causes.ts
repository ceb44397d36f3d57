/**
 * Long tool output is reduced to the lines that say *why*. A table of recognisers, one per kind of tool, each with the
 * strength of what it recognises: a root cause beats the error that wraps it, a typed error beats a line with "failed" in it,
 * and a bare "exit code 1" counts only when there is nothing else. The strongest line is the cause.
 *
 * Bounded work: at most `MAX_TEXT_CHARS` characters and `MAX_LINES` lines are looked at (the start, where compilers put the
 * first error, and the end, where programs die), each line cut to `MAX_LINE_CHARS`, each pattern anchored or linear.
 */
import { MAX_LINE_CHARS } from "./mask.js";
import { PLAIN_NAMES, type Recogniser } from "./recogniser.js";
import { recognisers } from "./recognisers.js";

/** Characters of tool output that are looked at: a quarter from its start, the rest from its end. */
export const MAX_TEXT_CHARS = 64 * 1024;
/** Lines that are looked at, divided in the same way. */
export const MAX_LINES = 2000;

/** One reason found in a problem, as it stands there (not normalised). */
export interface Cause {
  /** Name of the recogniser, for example `typed-error`. */
  readonly kind: string;
  /** Type of the error without its package: `TypeError`, `NullPointerException`. */
  readonly name?: string;
  /** Symbolic code: `EADDRINUSE`, `ERR_REQUIRE_ESM`, `E0308`. */
  readonly code?: string;
  readonly message: string;
  readonly strength: number;
  /** Index of the line it was found in. */
  readonly line: number;
}

/** Lines that are never a cause: stack frames, source excerpts, what Node and Maven print around an error. */
const NOISE =
  /^(?:\s{1,20}at .*|[\s|]{0,40}[\^~][\s^~]*|[\s|]{0,40}File ".{1,400}", line \d{1,7}(?:, in .*)?|[^\s@]{0,200}@(?:https?|file|webpack|chrome-extension|moz-extension):\/\/.*|\[native code\]|\s{0,8}(?:throw er;|errno:|syscall:|address:|port:|path:|dest:|spawnargs:|requireStack:|stack:).*|node:[\w/]{1,100}:\d{1,6}|Node\.js v[\d.]{1,20}|Emitted 'error' event .*|\[(?:INFO|WARNING|WARN|DEBUG)\].*|\s{0,20}\.\.\. \d{1,5} (?:more|common frames omitted)|\s{0,20}Suppressed: .*|\s{0,8}--- End of .*|exit status \d{1,3}|\s{0,200}[})\]],?\s{0,20}|\(Use `node --trace.{0,100}|npm (?:ERR!|error) A complete log.*)$/;

/** Whether a line tells nothing of why something failed. */
export const isNoise = (line: string): boolean => NOISE.test(line);

const COLOUR = /\u001b\[[0-?]{0,40}[ -/]{0,4}[@-~]|\u001b\][^\u0007\u001b]{0,400}(?:\u0007|\u001b\\)/g;

/** Stands between the message, the stack and the output of a problem. */
export const BOUNDARY = "\u0003";

/** Cuts a text to bounded lines: its start and its end. Linear in the bound, not in the text. */
export const cutLines = (text: string, maxChars = MAX_TEXT_CHARS, maxLines = MAX_LINES): string[] => {
  const head = Math.floor(maxChars / 4);
  const short =
    text.length <= maxChars ? text : `${text.slice(0, head)}\n${text.slice(text.length - (maxChars - head))}`;
  // Most messages are one line.
  let lines = short.includes("\n") || short.includes("\r") ? short.split(/\r\n|\n|\r/) : [short];
  if (lines.length > maxLines) {
    const first = Math.floor(maxLines / 4);
    lines = [...lines.slice(0, first), ...lines.slice(lines.length - (maxLines - first))];
  }
  return lines.map((line) => {
    const cut = line.length > MAX_LINE_CHARS ? line.slice(0, MAX_LINE_CHARS) : line;
    const plain = cut.includes("\u001b") ? cut.replace(COLOUR, "") : cut;
    // By hand: /[ ]+$/ is quadratic, and trimEnd() would take a byte order mark, which is a cause.
    let end = plain.length;
    while (end > 0 && (plain[end - 1] === " " || plain[end - 1] === "\t")) end--;
    return plain.slice(0, end);
  });
};

/**
 * Lines right below a message that says nothing by itself, up to the stack: what an assertion expected. At most `max` lines
 * of what the message says first, or of the same message further down (in the output) when nothing follows the first.
 */
export const detailsBelow = (lines: readonly string[], cause: Cause, max = 3): readonly string[] => {
  for (let at = cause.line; at < lines.length; at++) {
    if (at !== cause.line && !(lines[at] as string).endsWith(cause.message)) continue;
    const details: string[] = [];
    for (let i = at + 1; i < lines.length && details.length < max; i++) {
      const line = lines[i] as string;
      if (line === BOUNDARY || /^\s{1,20}at |^\s{0,8}File "|^[A-Za-z_$][\w.$]{1,150}(?:Error|Exception)\b/.test(line))
        break;
      if (line !== "" && !isNoise(line)) details.push(line);
    }
    if (details.length > 0 || cause.message === "") return details;
  }
  return [];
};

/** Looks at one line of each list with every recogniser; the strongest matches, best first (three at most). */
export const findCauses = (lines: readonly string[]): Cause[] => {
  const found = new Map<Recogniser, Cause[]>();
  let strongest = 0;
  for (let line = 0; line < lines.length; line++) {
    const text = lines[line] as string;
    if (text === "" || text === BOUNDARY || isNoise(text)) continue;
    for (const recogniser of recognisers) {
      if (recogniser.strength < strongest) break;
      if (recogniser.needs !== undefined && !text.includes(recogniser.needs)) continue;
      const match = recogniser.pattern.exec(text);
      if (match === null) continue;
      const read = recogniser.read === undefined ? { message: match[0] } : recogniser.read(match, lines, line);
      if (read === undefined) continue;
      strongest = recogniser.strength;
      const cause: Cause = {
        kind: recogniser.name,
        message: read.message,
        strength: recogniser.strength,
        line,
        ...(read.name === undefined || PLAIN_NAMES.has(read.name) ? {} : { name: read.name }),
        ...(read.code === undefined ? {} : { code: read.code }),
      };
      const list = found.get(recogniser);
      if (list === undefined) found.set(recogniser, [cause]);
      else if (recogniser.prefer !== "first") list.push(cause);
      break;
    }
  }
  for (const recogniser of recognisers) {
    const list = found.get(recogniser);
    if (list === undefined || recogniser.strength < strongest) continue;
    if (recogniser.prefer === "first") return list.slice(0, 1);
    if (recogniser.prefer === "first-of-3") return list.slice(0, 3);
    return recogniser.prefer === "last" ? list.slice(-1) : list.slice(-3);
  }
  return [];
};
