/** Runs a command in our own process group: Ctrl-C, Ctrl-Z and the terminal's end reach it from the system itself. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { closeQuietly, openPipe } from "./anonymous-pipe.js";
import { createExcerpt } from "./excerpt.js";
import { sizeOf } from "./outer-terminal.js";
import { openPseudoTerminal, type PseudoTerminal } from "./pseudo-terminal.js";
import { type Pump, pump } from "./pump.js";
import { catchSignals, codeOf, INTERRUPTS } from "./signals.js";
import type { Ran, Streams } from "./streams.js";

interface Place {
  readonly streams: Streams;
  readonly cwd: string;
}

export interface BesideOptions extends Place {
  /** Both outputs are one file: what is written to them keeps its order. */
  readonly isOneFile: boolean;
}

/** Where a command writes, and where we read it. */
interface Outlet {
  readonly fd: number | "pipe";
  /** Where Node made the pipe itself, it is the child's. */
  readonly from: Readable | undefined;
  readonly to: Writable;
}

export const runBeside = async (
  command: readonly string[],
  { streams, cwd, isOneFile }: BesideOptions,
): Promise<Ran> => {
  const [name = "", ...args] = command;
  const terminals = [streams.stdout, streams.stderr].filter(({ isTTY }) => isTTY === true);
  using terminal = terminals[0] === undefined ? undefined : openPseudoTerminal(sizeOf(terminals[0]));
  if (process.platform === "win32" || (terminals[0] !== undefined && terminal === undefined))
    return inherit(command, { streams, cwd });
  // Our own terminal does the line ends: twice would be once too often.
  terminal?.stty("raw", "-echo");

  const excerpt = createExcerpt();
  const opened: number[] = [];
  const pipeTo = (to: Writable): Outlet => {
    const pipe = openPipe();
    if (pipe === undefined) return { fd: "pipe", from: undefined, to };
    opened.push(pipe.to);
    return { fd: pipe.to, from: pipe.from, to };
  };
  const outletOf = (stream: Streams["stdout"]): Outlet =>
    stream.isTTY === true && terminal !== undefined
      ? { fd: terminal.device, from: terminal.keyboard, to: stream }
      : pipeTo(stream);
  const stdout = outletOf(streams.stdout);
  const isShared = isOneFile || (streams.stdout.isTTY === true && streams.stderr.isTTY === true);
  const stderr = isShared && stdout.fd !== "pipe" ? stdout : outletOf(streams.stderr);

  const stdio = [0, stdout.fd, stderr.fd];
  const child = spawn(name, args, { cwd, stdio: terminal?.stdio(stdio) ?? stdio });
  for (const fd of opened) closeQuietly(fd);
  const pumps: Pump[] = [pump(stdout.from ?? (child.stdout as Readable), stdout.to, excerpt)];
  if (stderr !== stdout) pumps.push(pump(stderr.from ?? (child.stderr as Readable), stderr.to, excerpt));
  using _ = resizing(terminals[0], terminal, child);
  const { code, isInterrupted } = await ended(child, streams);
  terminal?.hangUp();
  await Promise.all(pumps.map((one) => one.drained()));
  for (const { from } of [stdout, stderr]) from?.destroy();
  return { code, isInterrupted, output: excerpt.bytes() };
};

/** With our own standard streams. */
export const inherit = async (command: readonly string[], { streams, cwd }: Place): Promise<Ran> => {
  const [name = "", ...args] = command;
  const child = spawn(name, args, { cwd, stdio: "inherit" });
  return { ...(await ended(child, streams)), output: undefined };
};

/** The system tells all who share the terminal; those that ask the one that stands for it must find the new size. */
const resizing = (
  outer: Streams["stdout"] | undefined,
  terminal: PseudoTerminal | undefined,
  child: ChildProcess,
): Disposable => {
  const resize = (): void => {
    if (outer === undefined || terminal === undefined) return;
    terminal.resize(sizeOf(outer));
    child.kill("SIGWINCH");
  };
  outer?.on("resize", resize);
  return { [Symbol.dispose]: () => void outer?.off("resize", resize) };
};

/** Whether the system sends us what is typed: then the command, in the same group, has heard it too. */
const hasTerminal = (): boolean => {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
};

const ended = async (child: ChildProcess, { stderr }: Streams): Promise<Omit<Ran, "output">> => {
  let isInterrupted = false;
  const isTyped = hasTerminal();
  using _ = catchSignals(INTERRUPTS, (name) => {
    isInterrupted = true;
    if (!isTyped || (name !== "SIGINT" && name !== "SIGQUIT")) child.kill(name);
  });
  const code = await new Promise<number>((resolve) => {
    child.once("exit", (status, signal) => resolve(codeOf(status, signal)));
    child.once("error", (error: NodeJS.ErrnoException) => {
      stderr.write(`${error.message}\n`);
      resolve(error.code === "ENOENT" ? 127 : 126);
    });
  });
  return { code, isInterrupted };
};
