/** From what a failed program printed to the problem an agent reports. Reads any program's output; knows no cause. */
import type { ProgramEnd } from "./run-program.js";
import type { TaskProblem } from "./plan.js";

const errorLine = /^(?:Uncaught )?([A-Z][A-Za-z]*(?:Error|Exception))(?: \[([A-Z0-9_]+)\])?: (.*)$/m;
const codeProperty = /^\s*code: '([A-Z0-9_]+)'/m;
const fatalLine = /^FATAL ERROR: .*$/m;

export const problemOf = (end: ProgramEnd): TaskProblem => {
  const output = [end.stderr, end.stdout].filter((text) => text.trim() !== "").join("\n");
  const named = errorLine.exec(end.stderr);
  const fatal = fatalLine.exec(end.stderr)?.[0];
  const message = named?.[3] ?? fatal ?? end.startError ?? lastLine(end.stderr) ?? endedHow(end);
  const code = named?.[2] ?? codeProperty.exec(end.stderr)?.[1];
  return {
    error: {
      ...(named?.[1] === undefined ? {} : { name: named[1] }),
      message,
      ...(code === undefined ? {} : { code }),
      output: output === "" ? endedHow(end) : output,
    },
  };
};

const lastLine = (text: string): string | undefined =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .at(-1);

const endedHow = (end: ProgramEnd): string =>
  end.signalName === null ? `the program ended with exit code ${end.exitCode}` : `the program was ended by ${end.signalName}`;
