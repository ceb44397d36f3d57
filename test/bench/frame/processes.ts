/** Child processes and temporary directories of one run: all of them are gone when it ends, however it ends. */
import { type ChildProcess, fork } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Child } from "./figures.ts";

const benchPrograms = resolve(import.meta.dirname, "../processes");

/** Longer than any step of a row; a bench that hangs tells nothing. */
const CALL_TIMEOUT_MS = 120_000;

export interface Workshop {
  start(program: string, options?: { readonly execArgv?: readonly string[] }): Child;
  dir(): Promise<string>;
  /** Ends what was started since the last call and removes the directories. */
  clear(): Promise<void>;
  /** The same, and nothing can be started any more. */
  close(): Promise<void>;
  /** The same without waiting, for the end of this process. */
  closeNow(): void;
}

interface Reply {
  readonly id?: number;
  readonly value?: unknown;
  readonly error?: string;
  readonly event?: unknown;
}

const startChild = (
  programs: string,
  program: string,
  execArgv: readonly string[],
  running: Set<ChildProcess>,
): Child => {
  const child = fork(join(programs, `${program}-process.ts`), [], {
    // stdout belongs to the table.
    stdio: ["ignore", 2, 2, "ipc"],
    serialization: "advanced",
    execArgv: ["--disable-warning=ExperimentalWarning", ...execArgv],
  });
  running.add(child);
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const listeners: ((event: unknown) => void)[] = [];
  let next = 0;
  let isGone = false;
  const gone = new Promise<void>((settle) => {
    const end = (why: string): void => {
      isGone = true;
      running.delete(child);
      for (const { reject } of waiting.values()) reject(new Error(`${program} (${child.pid}) ended: ${why}`));
      waiting.clear();
      settle();
    };
    child.once("exit", (code, signal) => end(signal ?? `code ${code}`));
    child.once("error", (error) => end(error.message));
  });
  child.on("message", (message: Reply) => {
    if (message.id === undefined) {
      for (const listener of listeners) listener(message.event);
      return;
    }
    const one = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error === undefined) one?.resolve(message.value);
    else one?.reject(new Error(`${program} (${child.pid}): ${message.error}`));
  });

  const within = (ms: number): Pick<Child, "call"> => ({
    call: <T>(name: string, ...args: readonly unknown[]) =>
      new Promise<T>((settle, fail) => {
        if (isGone) return fail(new Error(`${program} (${child.pid}) is gone, so ${name} cannot be called`));
        const id = next++;
        const timer = setTimeout(() => {
          waiting.delete(id);
          fail(new Error(`${program} (${child.pid}) did not finish ${name} within ${ms} ms`));
        }, ms);
        const done =
          <V>(then: (value: V) => void) =>
          (value: V): void => {
            clearTimeout(timer);
            then(value);
          };
        waiting.set(id, { resolve: done((value) => settle(value as T)), reject: done(fail) });
        child.send({ id, name, args }, (error) => {
          if (error !== null && waiting.delete(id)) done(fail)(error);
        });
      }),
  });
  return {
    pid: child.pid ?? -1,
    call: within(CALL_TIMEOUT_MS).call,
    within,
    onEvent: (listener) => {
      listeners.push(listener);
    },
    kill: async (signal = "SIGKILL") => {
      child.kill(signal);
      await gone;
    },
  };
};

/** `programs`: the folder of the programs, `<name>-process.ts`. `what`: the name of the run, for directories and errors. */
export const openWorkshop = (programs = benchPrograms, what = "bench"): Workshop => {
  const running = new Set<ChildProcess>();
  const dirs = new Set<string>();
  const removeDirs = (): void => {
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    dirs.clear();
  };
  let isClosed = false;
  const checkOpen = (): void => {
    if (isClosed) throw new Error(`the ${what} is stopping`);
  };
  const clear = async (): Promise<void> => {
    await Promise.all(
      [...running].map((child) => {
        const gone = new Promise((settle) => child.once("exit", settle));
        child.kill("SIGKILL");
        return gone;
      }),
    );
    removeDirs();
  };
  return {
    start: (program, options) => {
      checkOpen();
      return startChild(programs, program, options?.execArgv ?? [], running);
    },
    dir: async () => {
      checkOpen();
      const dir = await mkdtemp(join(process.env.HERDMIND_BENCH_DIR ?? tmpdir(), `herdmind-${what}-`));
      dirs.add(dir);
      return dir;
    },
    clear,
    close: () => {
      isClosed = true;
      return clear();
    },
    closeNow: () => {
      isClosed = true;
      for (const child of running) child.kill("SIGKILL");
      removeDirs();
    },
  };
};
