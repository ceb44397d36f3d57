// A terminal with somebody at it: starts a program on a real one, types, and reads what stands there.
import { spawn } from "node:child_process";
import { openPseudoTerminal } from "@herdmind/shell";

export interface Seated extends AsyncDisposable {
  /** What was written since the last `read`, once that matches; everything up to the end of the match is taken. */
  read(matches: RegExp): Promise<RegExpExecArray>;
  type(text: string): void;
  resize(columns: number, rows: number): void;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Everything that was ever written. */
  readonly all: string;
}

const PATIENCE_MS = 20_000;

export const sitDown = (
  command: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Seated => {
  const terminal = openPseudoTerminal({ columns: 100, rows: 30 });
  if (terminal === undefined) throw new Error("no pseudo terminals here");
  // The leader of a session takes the terminal that it opens first.
  const child = spawn("/bin/sh", ["-c", 'exec 0<>"$1" 1>&0 2>&0; shift; exec "$@"', "sh", terminal.path, ...command], {
    cwd,
    env,
    detached: true,
    stdio: terminal.stdio(["ignore", "ignore", "ignore"]),
  });
  let all = "";
  let taken = 0;
  const looks = new Set<() => void>();
  const decoder = new TextDecoder();
  terminal.keyboard.on("data", (part: Uint8Array) => {
    all += decoder.decode(part, { stream: true });
    for (const look of [...looks]) look();
  });
  const ended = new Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>((done) => {
    child.once("exit", (code, signal) => done({ code, signal }));
  });
  return {
    get all() {
      return all;
    },
    ended,
    type: (text) => void terminal.keyboard.write(text),
    resize: (columns, rows) => terminal.resize({ columns, rows }),
    read: (matches) =>
      new Promise((found, failed) => {
        const timer = setTimeout(() => {
          looks.delete(look);
          failed(new Error(`nothing like ${matches} in ${JSON.stringify(all.slice(taken).slice(-2000))}`));
        }, PATIENCE_MS);
        function look(): void {
          const match = matches.exec(all.slice(taken));
          if (match === null) return;
          taken += match.index + match[0].length;
          clearTimeout(timer);
          looks.delete(look);
          found(match);
        }
        looks.add(look);
        look();
      }),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGHUP");
      terminal[Symbol.dispose]();
      const timer = setTimeout(() => child.kill("SIGKILL"), 2000);
      await ended;
      clearTimeout(timer);
    },
  };
};
