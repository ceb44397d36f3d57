/**
 * The workshop deals tasks and runs them. A task is one instance of a root cause with names and numbers of its own; a
 * run sets it up in a fresh directory, lets the remedy change the plan, runs the real program, and clears everything away.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Setup } from "./cause.js";
import { causesByName } from "./causes.js";
import { createNames } from "./names.js";
import type { Change, RunPlan, RunResult } from "./plan.js";
import { problemOf } from "./problem.js";
import { runProgram } from "./run-program.js";
import { createSite } from "./site.js";

/** What names a task: small and JSON, so that a coordinator can send it to an agent process. */
export interface TaskSpec {
  /** Unique within a deal. */
  readonly id: string;
  /** Name of the cause. Agents must not look at it; the coordinator counts by it. */
  readonly cause: string;
  /** With the cause it gives the task's names and numbers. */
  readonly seed: string;
}

export interface RunOptions {
  /** The remedy's `apply`; without it the task fails. */
  readonly change?: Change;
  /** Kills the program and everything it started; the run then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface Task {
  readonly spec: TaskSpec;
  /** One real run from a fresh directory. Runs of one task must not overlap: they share the directory's path. */
  run(options?: RunOptions): Promise<RunResult>;
}

export interface Workshop extends AsyncDisposable {
  /** Absolute; everything the tasks write lies below it. */
  readonly dir: string;
  /** Throws for an unknown cause. */
  task(spec: TaskSpec): Task;
}

/** How often a remedy may run the program again. */
const MOST_RERUNS = 3;

/** `dir`: absolute; where the workshop makes its own folder. Disposing it stops its runs and removes that folder. */
export const createWorkshop = async (options: { readonly dir: string }): Promise<Workshop> => {
  if (process.platform === "win32") throw new Error("workshop: the tasks need a POSIX shell; run it in WSL");
  // A space in every path would be a cause of its own.
  if (/\s/.test(options.dir)) throw new Error(`workshop: white space in "${options.dir}"; choose another TMPDIR`);
  const dir = await mkdtemp(join(options.dir, "groundhog-"));
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();

  const task = (spec: TaskSpec): Task => {
    const cause = causesByName.get(spec.cause);
    if (cause === undefined) throw new Error(`workshop: no cause is named "${spec.cause}"`);
    const names = createNames(spec.seed, spec.cause);
    const taskDir = join(dir, `${names.tool()}-${names.hex(6)}`);
    const setUp = cause.invent(names);

    const run = async ({ change, signal }: RunOptions): Promise<RunResult> => {
      const startedAt = performance.now();
      await using site = await createSite(taskDir);
      const setup = await setUp(site);
      const plan = planOf(taskDir, setup);
      await change?.(plan);
      for (let reruns = 0; ; reruns++) {
        const end = await runProgram(plan, signal);
        const wallMs = performance.now() - startedAt;
        if (end.exitCode === 0 && end.stdout.includes(setup.proof)) return { ok: true, wallMs, stdout: end.stdout };
        const again = reruns < MOST_RERUNS ? plan.rerun?.(end) : undefined;
        if (again === undefined) return { ok: false, wallMs, failure: end, problem: problemOf(end) };
        await wait(again, undefined, signal === undefined ? {} : { signal });
      }
    };

    return {
      spec,
      run: async (options = {}) => {
        const signal =
          options.signal === undefined ? closing.signal : AbortSignal.any([options.signal, closing.signal]);
        const result = run({ ...options, signal });
        const settled = result.catch(() => undefined);
        running.add(settled);
        try {
          return await result;
        } finally {
          running.delete(settled);
        }
      },
    };
  };

  return {
    dir,
    task,
    [Symbol.asyncDispose]: async () => {
      closing.abort(new Error("the workshop is closed"));
      await Promise.all(running);
      await rm(dir, { recursive: true, force: true });
    },
  };
};

/** A clean environment: what the surrounding shell has set must neither cause nor cure anything. */
const planOf = (dir: string, setup: Setup): RunPlan => ({
  dir,
  command: [...setup.command],
  cwd: setup.cwd ?? dir,
  env: {
    // First the Node that runs the demo: scripts that say `node` get the same one.
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: dir,
    LC_ALL: "C",
    TZ: "UTC",
    ...setup.env,
  },
});
