/**
 * Runs a real program in a process group of its own: output collected and bounded, the whole group killed on abort.
 */
import { spawn } from "node:child_process";
import type { Failure, RunPlan } from "./plan.js";

/** Characters kept of each stream, half from its beginning and half from its end: an endless print costs no memory. */
const OUTPUT_LIMIT = 16_384;
/** No task needs a second; a program that hangs must not hold up the whole demo. */
const DEADLINE_MS = 30_000;

export type ProgramEnd = Failure & { readonly startError?: string };

/** Aborting kills the program and everything it started, then rejects with the signal's reason. */
export const runProgram = async (plan: RunPlan, signal?: AbortSignal): Promise<ProgramEnd> => {
  signal?.throwIfAborted();
  const [file, ...args] = plan.command;
  if (file === undefined) throw new Error("runProgram: the plan has an empty command");
  return await new Promise<ProgramEnd>((resolve, reject) => {
    const stdout = boundedText();
    const stderr = boundedText();
    // Its own group (detached): what a shell started dies with it.
    const child = spawn(file, args, {
      cwd: plan.cwd,
      env: plan.env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const kill = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    };
    const deadline = setTimeout(kill, DEADLINE_MS);
    signal?.addEventListener("abort", kill, { once: true });
    child.stdout.on("data", stdout.add);
    child.stderr.on("data", stderr.add);
    let startError: string | undefined;
    child.on("error", (error) => {
      startError = error.message;
    });
    child.on("close", (exitCode, signalName) => {
      clearTimeout(deadline);
      signal?.removeEventListener("abort", kill);
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const end = { exitCode, signalName, stdout: stdout.text(), stderr: stderr.text() };
      resolve(startError === undefined ? end : { ...end, exitCode: null, startError });
    });
  });
};

interface BoundedText {
  readonly add: (chunk: Buffer) => void;
  readonly text: () => string;
}

const boundedText = (): BoundedText => {
  let first = Buffer.alloc(0);
  let last = Buffer.alloc(0);
  let dropped = 0;
  const half = OUTPUT_LIMIT / 2;
  const add = (chunk: Buffer): void => {
    const room = half - first.length;
    first = room > 0 ? Buffer.concat([first, chunk.subarray(0, room)]) : first;
    const rest = chunk.subarray(Math.max(0, room));
    const joined = Buffer.concat([last, rest]);
    last = joined.subarray(Math.max(0, joined.length - half));
    dropped += joined.length - last.length;
  };
  const text = (): string =>
    dropped === 0
      ? printable(Buffer.concat([first, last]))
      : `${printable(first)}\n[${dropped} bytes left out]\n${printable(last)}`;
  return { add, text };
};

/** Control characters as `\xNN`: a report is text, and a gzip body on a terminal is not. */
const printable = (bytes: Buffer): string =>
  bytes.toString("utf8").replace(/[^\P{Cc}\t\n]/gu, (c) => `\\x${hexByte(c)}`);

const hexByte = (c: string): string => c.charCodeAt(0).toString(16).padStart(2, "0");
