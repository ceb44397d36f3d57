/** From what a failed program printed to the problem an agent reports. Reads any program's output; knows no cause. */
import type { TaskProblem } from "./plan.js";
import type { ProgramEnd } from "./run-program.js";

const errorHeader = /^(?:Uncaught |<ref \*\d+> )?((?:[A-Z][A-Za-z]*)?(?:Error|Exception))(?: \[([A-Z0-9_]+)\])?: /m;
const codeProperty = /^\s*code: '([A-Z0-9_]+)'/m;
const fatalLine = /^FATAL ERROR: .*$/m;
/** A message may have several lines; the stack follows. More than this many are a dump, not a message. */
const MESSAGE_LINES = 8;

export const problemOf = (end: ProgramEnd): TaskProblem => {
  const printed = [end.stderr, end.stdout].filter((text) => text.trim() !== "").join("\n");
  const header = errorHeader.exec(end.stderr);
  const name = header?.[1];
  const code = header?.[2] ?? codeProperty.exec(end.stderr)?.[1];
  const message =
    (header === null ? undefined : messageAfter(header, end.stderr)) ??
    fatalLine.exec(end.stderr)?.[0] ??
    end.startError ??
    firstLine(end.stderr) ??
    endedHow(end);
  return {
    error: {
      ...(name === undefined ? {} : { name }),
      message,
      ...(code === undefined ? {} : { code }),
      output: printed === "" ? endedHow(end) : printed,
    },
  };
};

const messageAfter = (header: RegExpExecArray, text: string): string => {
  const lines = text.slice(header.index + header[0].length).split("\n", MESSAGE_LINES);
  const stack = lines.findIndex((line) => /^\s+at /.test(line));
  return (stack === -1 ? lines.slice(0, 1) : lines.slice(0, Math.max(1, stack))).join("\n").trim();
};

const firstLine = (text: string): string | undefined =>
  text
    .split("\n")
    .map((line) => line.trim())
    .find((line) => line !== "");

const endedHow = (end: ProgramEnd): string =>
  end.signalName === null
    ? `the program ended with exit code ${end.exitCode}`
    : `the program was ended by ${end.signalName}`;
