/**
 * Runs a command as if we were not there, and sees what it says.
 *
 * - On a terminal in the foreground the command gets one of its own, with job control (`run-in-terminal.ts`).
 * - Elsewhere it stays in our process group, on our terminal and our standard input. What it writes goes through pipes or, where it
 *   would have been a terminal, through a pseudo terminal that stands for it (`run-beside.ts`).
 * - Where there is neither (Windows, a platform without the prebuilt binary), and for editors, pagers and their like, it inherits everything,
 *   and nothing is seen.
 */
import { fstatSync } from "node:fs";
import { findProgram } from "./find-program.js";
import { isVisit } from "./ordinary-codes.js";
import { isInForeground, openOuterTerminal } from "./outer-terminal.js";
import { hasPseudoTerminals } from "./pseudo-terminal.js";
import { inherit, runBeside } from "./run-beside.js";
import { runInTerminal } from "./run-in-terminal.js";
import type { Ran, Streams } from "./streams.js";

export interface RunOptions {
  readonly streams?: Streams;
  readonly cwd?: string;
}

const isSameFile = (a: number, b: number): boolean => {
  try {
    const [one, other] = [fstatSync(a), fstatSync(b)];
    return one.dev === other.dev && one.ino === other.ino;
  } catch {
    return false;
  }
};

/** Never throws for what the command does. */
export const runCommand = async (
  command: readonly string[],
  { streams = process, cwd = process.cwd() }: RunOptions = {},
): Promise<Ran> => {
  const [name = ""] = command;
  const found = findProgram(name, cwd, process.env.PATH);
  if (found !== "found") {
    const says = found === "missing" ? "command not found" : "permission denied";
    const line = `${name}: ${says}\n`;
    streams.stderr.write(line);
    return { code: found === "missing" ? 127 : 126, isInterrupted: false, output: Buffer.from(line) };
  }
  const [stdin, stdout, stderr] = [streams.stdin, streams.stdout, streams.stderr].map(({ isTTY }) => isTTY === true);
  // Nothing is asked about these, and some of them set a terminal through streams that are none of ours.
  if (isVisit(command)) return inherit(command, { streams, cwd });
  if (stdin && stdout && hasPseudoTerminals && isInForeground()) {
    using outer = openOuterTerminal();
    const ran = outer === undefined ? undefined : await runInTerminal(command, { streams, cwd, outer });
    if (ran !== undefined) return ran;
  }
  return runBeside(command, { streams, cwd, isOneFile: !stdout && !stderr && isSameFile(1, 2) });
};
