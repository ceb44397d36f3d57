/**
 * Runs an interactive shell in a pseudo terminal of ours, for as long as the user stays in it. All that its commands do with their
 * terminal, they do with that one, which the system itself looks after: job control, keys, size, full screen. We hand on bytes, and keep the
 * beginning and the end of what the running command has written.
 */
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { constants, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeQuietly } from "./anonymous-pipe.js";
import { createExcerpt } from "./excerpt.js";
import { findProgram } from "./find-program.js";
import { createMarks } from "./marks.js";
import { openOuterTerminal, sizeOf } from "./outer-terminal.js";
import { openPseudoTerminal } from "./pseudo-terminal.js";
import { pump } from "./pump.js";
import { answersPath, asksPath, endedPath, type Session, type ShellName, startOf } from "./shell-hooks.js";
import { COULD_NOT } from "./shell-init.js";
import { catchSignals, codeOf } from "./signals.js";
import type { Streams } from "./streams.js";

/** A command of the hosted shell that ended. */
export interface EndedLine {
  readonly line: string;
  readonly cwd: string;
  readonly code: number;
  /** Ctrl-C or Ctrl-\ was typed while it ran. */
  readonly isInterrupted: boolean;
  /** What it wrote, base64. */
  readonly output: string;
}

export interface HostOptions {
  readonly streams?: Streams;
  readonly herdmind: readonly string[];
  /** Whether there is something to tell or to ask. The prompt waits for the answer. */
  readonly hasNews: (ended: EndedLine) => Promise<boolean>;
}

/** A shell whose marks do not come through our terminal, because it has another one, must not wait for them. */
const MARK_MS = 1000;
/** Commands that ended and were not asked about: marks of shells that do not ask. */
const MAX_WAITING = 16;
const CTRL_C = 0x03;
const CTRL_BACKSLASH = 0x1c;

/** Exit code of the shell, or `COULD_NOT`. */
export const hostShell = async (
  shell: ShellName,
  { streams = process, herdmind, hasNews }: HostOptions,
): Promise<number> => {
  if (findProgram(shell, process.cwd(), process.env.PATH) !== "found") return COULD_NOT;
  const folder = mkdtempSync(join(tmpdir(), "herdmind-shell-"));
  const session: Session = { folder, secret: randomBytes(12).toString("hex"), herdmind };
  try {
    const paths = [asksPath(session), answersPath(session)];
    if (spawnSync("mkfifo", ["-m", "600", ...paths], { stdio: "ignore" }).status !== 0) return COULD_NOT;
    return await host(shell, session, streams, hasNews);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const host = async (
  shell: ShellName,
  session: Session,
  streams: Streams,
  hasNews: HostOptions["hasNews"],
): Promise<number> => {
  using outer = openOuterTerminal();
  using terminal = outer === undefined ? undefined : openPseudoTerminal(sizeOf(streams.stdout));
  if (outer === undefined || terminal === undefined) return COULD_NOT;
  // Both ends, so that neither waits for the other, and neither ends when the shell closes its own.
  const both = constants.O_RDWR | constants.O_NONBLOCK;
  const answers = openSync(answersPath(session), both);
  const asks = new Socket({ fd: openSync(asksPath(session), both), readable: true, writable: false });

  outer.takeKeys();
  const { args, env } = startOf(shell, session);
  const child = spawn(
    "/bin/sh",
    [
      "-c",
      'exec 0<>"$1" 1>&0 2>&0; stty "$2"; shift 2; exec "$@"',
      "sh",
      terminal.path,
      outer.settings,
      shell,
      ...args,
    ],
    {
      detached: true,
      stdio: terminal.stdio(["ignore", "ignore", "ignore"]),
      env: { ...process.env, ...env, HERDMIND_SHELL: terminal.path },
    },
  );

  let isInterrupted = false;
  const outputs = new Map<string, { readonly output: Uint8Array; readonly isInterrupted: boolean }>();
  const waiting = new Map<string, () => void>();
  const marks = createMarks(session.secret, {
    // What was typed at the prompt interrupted nothing.
    began: () => {
      isInterrupted = false;
    },
    ended: (name, output) => {
      outputs.set(name, { output, isInterrupted });
      if (outputs.size > MAX_WAITING) outputs.delete(outputs.keys().next().value as string);
      waiting.get(name)?.();
    },
  });
  const marked = (name: string): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(end, MARK_MS);
      function end(): void {
        clearTimeout(timer);
        waiting.delete(name);
        resolve();
      }
      waiting.set(name, end);
      if (outputs.has(name)) end();
    });

  const screen = pump(terminal.keyboard, streams.stdout, createExcerpt());
  terminal.keyboard.on("data", (part: Uint8Array) => marks.add(part));
  const onKeys = (keys: Uint8Array): void => {
    if (keys.includes(CTRL_C) || keys.includes(CTRL_BACKSLASH)) isInterrupted = true;
    if (terminal.keyboard.write(keys)) return;
    streams.stdin.pause();
    terminal.keyboard.once("drain", () => streams.stdin.resume());
  };
  // Our terminal is gone, so the shell's is, and the system tells it.
  const onGone = (): void => void terminal.keyboard.destroy();
  streams.stdin.on("error", onGone);
  streams.stdin.on("data", onKeys);
  streams.stdin.resume();
  const resize = (): void => terminal.resize(sizeOf(streams.stdout));
  streams.stdout.on("resize", resize);
  // Its terminal goes with us, and the system tells it so.
  using _ = catchSignals(["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP"], (name) => {
    if (name === "SIGTERM" || name === "SIGHUP") child.kill("SIGHUP");
  });

  /** Where it cannot be, on a disk that is full for one, nothing is told: the shell goes on. */
  const isWritten = (name: string, ended: EndedLine): boolean => {
    try {
      writeFileSync(endedPath(session, name), JSON.stringify(ended), { mode: 0o600 });
      return true;
    } catch {
      return false;
    }
  };
  const answer = async (name: string, code: number, cwd: string, line: string): Promise<void> => {
    await marked(name);
    const known = outputs.get(name);
    outputs.delete(name);
    const ended: EndedLine | undefined =
      known === undefined
        ? undefined
        : { line, cwd, code, isInterrupted: known.isInterrupted, output: Buffer.from(known.output).toString("base64") };
    const isNews = ended !== undefined && (await hasNews(ended).catch(() => false)) && isWritten(name, ended);
    writeSync(answers, `${name} ${isNews ? "tell" : "quiet"}\n`);
  };
  let asked = Buffer.alloc(0);
  asks.on("data", (part: Uint8Array) => {
    asked = Buffer.concat([asked, part]);
    for (;;) {
      const fields: string[] = [];
      let from = 0;
      for (let at = asked.indexOf(0); at >= 0 && fields.length < 4; at = asked.indexOf(0, from)) {
        fields.push(asked.toString("utf8", from, at));
        from = at + 1;
      }
      const [name = "", code = "", cwd = "", line = ""] = fields;
      if (fields.length < 4) return;
      asked = asked.subarray(from);
      if (/^\d+-\d+$/.test(name)) void answer(name, Number(code), cwd, line);
    }
  });

  const code = await new Promise<number>((resolve) => {
    child.once("exit", (status, signal) => resolve(codeOf(status, signal)));
    child.once("error", () => resolve(COULD_NOT));
  });
  terminal.hangUp();
  await screen.drained();
  streams.stdin.off("data", onKeys);
  streams.stdin.off("error", onGone);
  streams.stdin.pause();
  streams.stdout.off("resize", resize);
  asks.destroy();
  closeQuietly(answers);
  return code;
};
