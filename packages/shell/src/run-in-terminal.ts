/**
 * Runs a command in a terminal of its own, as a terminal's window would: what it draws, its size, its keys and its jobs are its own.
 *
 * A shell between us and the command leads the terminal's session, because somebody has to give the command the terminal, take it back when
 * the command is stopped by Ctrl-Z, and tell us. Then we stop ourselves, so that the user's shell has its prompt; `fg` brings both back.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { closeQuietly, openPipe } from "./anonymous-pipe.js";
import { createExcerpt } from "./excerpt.js";
import { LEADER } from "./leader.js";
import { foregroundGroupOf, isInForeground, type OuterTerminal, sizeOf } from "./outer-terminal.js";
import { openPseudoTerminal, type PseudoTerminal } from "./pseudo-terminal.js";
import { pump } from "./pump.js";
import { catchSignals, codeOf, INTERRUPTS } from "./signals.js";
import type { Ran, Streams } from "./streams.js";

export interface TerminalOptions {
  readonly streams: Streams;
  readonly cwd: string;
  readonly outer: OuterTerminal;
}

/** A job that was brought to the foreground by its shell is not told; it looks this often. */
const LOOK_MS = 300;

/** `undefined` where no terminal could be made, and nothing was run. */
export const runInTerminal = async (
  command: readonly string[],
  { streams, cwd, outer }: TerminalOptions,
): Promise<Ran | undefined> => {
  using terminal = openPseudoTerminal(sizeOf(streams.stdout));
  if (terminal === undefined) return undefined;
  const isWhole = streams.stderr.isTTY === true;
  const errors = isWhole ? undefined : openPipe();
  if (!isWhole && errors === undefined) return undefined;
  outer.takeKeys();
  const excerpt = createExcerpt();
  const child = spawn(
    "/bin/sh",
    ["-c", LEADER, "sh", terminal.path, outer.settings, isWhole ? "terminal" : "", ...command],
    { cwd, detached: true, stdio: terminal.stdio(["ignore", "ignore", errors?.to ?? "ignore", "pipe"]) },
  );
  if (errors !== undefined) closeQuietly(errors.to);
  const screen = pump(terminal.keyboard, streams.stdout, excerpt);
  const pumps = errors === undefined ? [screen] : [screen, pump(errors.from, streams.stderr, excerpt)];
  const exited = new Promise<number>((resolve) => {
    child.once("exit", (code, signal) => resolve(codeOf(code, signal)));
    child.once("error", () => resolve(126));
  });

  let isInterrupted = false;
  using keys = hand(streams, terminal, () => {
    isInterrupted = true;
  });
  using _signals = catchSignals(INTERRUPTS, (name) => {
    isInterrupted = true;
    const group = child.pid === undefined ? undefined : foregroundGroupOf(child.pid);
    if (group !== undefined && group !== child.pid) process.kill(-group, name);
    // It is stopped, and would hear it when it goes on; the end of its session wakes it.
    else if (name === "SIGTERM" || name === "SIGHUP") child.kill("SIGHUP");
  });
  const resize = (): void => terminal.resize(sizeOf(streams.stdout));
  streams.stdout.on("resize", resize);

  const control = child.stdio[3] as ChildProcess["stdin"] & Readable;
  let isOver = false;
  const takeBack = async (): Promise<void> => {
    outer.takeKeys();
    // While we were away nobody told us of a new size: now Node looks, and tells if there is one.
    const looked = once(process, "SIGWINCH");
    process.kill(process.pid, "SIGWINCH");
    await looked;
    keys.resume();
  };
  control.on("error", () => undefined);
  control.on("data", () => {
    void (async () => {
      await screen.drained();
      keys.pause();
      outer.giveBack();
      // Everybody of our job, as the system would have done. It comes back here when the job goes on.
      process.kill(0, "SIGTSTP");
      if (isInForeground()) await takeBack();
      control.write("go on\n");
      while (keys.isPaused && !isOver) {
        await pause(LOOK_MS);
        if (keys.isPaused && !isOver && isInForeground()) await takeBack();
      }
    })();
  });

  const code = await exited;
  isOver = true;
  terminal.hangUp();
  await Promise.all(pumps.map((one) => one.drained()));
  streams.stdout.off("resize", resize);
  control.destroy();
  errors?.from.destroy();
  return { code, isInterrupted, output: excerpt.bytes() };
};

const CTRL_C = 0x03;
const CTRL_BACKSLASH = 0x1c;

interface Keys extends Disposable {
  readonly isPaused: boolean;
  pause(): void;
  resume(): void;
}

/** Hands every key to the command's terminal, which makes signals of some. */
const hand = ({ stdin }: Streams, { keyboard }: PseudoTerminal, interrupted: () => void): Keys => {
  let isPaused = false;
  const onKeys = (keys: Uint8Array): void => {
    if (keys.includes(CTRL_C) || keys.includes(CTRL_BACKSLASH)) interrupted();
    if (keyboard.write(keys)) return;
    stdin.pause();
    keyboard.once("drain", () => {
      if (!isPaused) stdin.resume();
    });
  };
  // Our terminal is gone, so the command's is, and the system tells it.
  const onGone = (): void => void keyboard.destroy();
  stdin.on("error", onGone);
  stdin.on("data", onKeys);
  stdin.resume();
  return {
    get isPaused() {
      return isPaused;
    },
    pause: () => {
      isPaused = true;
      stdin.pause();
    },
    resume: () => {
      isPaused = false;
      stdin.resume();
    },
    [Symbol.dispose]: () => {
      stdin.off("data", onKeys);
      stdin.off("error", onGone);
      stdin.pause();
    },
  };
};
