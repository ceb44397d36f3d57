/** Where a command says what it has to say: one JSON document or lines for people on stdout, failures on stderr. */
import { styleText } from "node:util";
import type { ExitCode, Failure } from "./exit-codes.js";
import type { Io } from "./io.js";
import { jsonLine, oneLine } from "./printable.js";

type Style = "bold" | "dim" | "green" | "yellow" | "red" | "cyan";
/** Colours only on a terminal, and never where NO_COLOR is set. Takes text that is printable already. */
export type Paint = (style: Style, text: string) => string;

export interface Output {
  readonly json: boolean;
  readonly paint: Paint;
  /** The answer of the command: exactly once. */
  answer(value: unknown, lines: (paint: Paint) => readonly string[]): void;
  /** One event of a feed, a line each. */
  event(value: unknown, line: string): void;
  /** News for people; nothing with `--json`. */
  note(line: string): void;
  /** What a person should know beside the answer; on stderr, so that a script has the answer alone. Nothing with `--json`. */
  aside(line: string): void;
  /** Something to look at that is no failure; on stderr. */
  warn(message: string): void;
  fail(failure: Failure): ExitCode;
}

export const createOutput = (json: boolean, { stdout, stderr }: Pick<Io, "stdout" | "stderr">): Output => {
  const paint: Paint = (style, text) => styleText(style, text, { stream: stdout });
  const say = (line: string): void => void stdout.write(`${line}\n`);
  return {
    json,
    paint,
    answer: (value, lines) => {
      if (json) say(jsonLine(value));
      else for (const line of lines(paint)) say(line);
    },
    event: (value, line) => say(json ? jsonLine(value) : line),
    note: (line) => {
      if (!json) say(line);
    },
    aside: (line) => {
      if (!json) stderr.write(`${styleText("dim", line, { stream: stderr })}\n`);
    },
    warn: (message) => {
      const text = oneLine(message, 2000);
      stderr.write(
        `${json ? jsonLine({ level: "warn", message: text }) : `${styleText("yellow", "warning", { stream: stderr })} ${text}`}\n`,
      );
    },
    fail: ({ ok, rule, message, code }) => {
      const head = styleText("red", "error", { stream: stderr });
      const shown = oneLine(message, 4000);
      stderr.write(
        `${json ? jsonLine({ ok, rule, message }) : `${head} ${rule === "usage" ? "" : `${oneLine(rule)}: `}${shown}`}\n`,
      );
      return code;
    },
  };
};

/** Rows of two columns, aligned; empty labels continue the row above. */
export const rows = (paint: Paint, pairs: readonly (readonly [label: string, text: string])[]): readonly string[] => {
  const width = Math.max(...pairs.map(([label]) => label.length)) + 2;
  return pairs.map(([label, text]) => `${paint("dim", label.padEnd(width))}${text}`.trimEnd());
};
