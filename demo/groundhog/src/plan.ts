/**
 * The seam between tasks and remedies. A task says how its program is run (a plan); a remedy changes the plan or the
 * files in the task's directory; neither knows the other.
 */

/** How a program is about to be run. A remedy changes it in place. */
export interface RunPlan {
  /** The task's own directory, absolute. Made anew for each run, so that a remedy that did not help leaves no trace. */
  readonly dir: string;
  /** Program and arguments. */
  command: string[];
  /** Working directory, absolute. */
  cwd: string;
  /** The whole environment: nothing is inherited. */
  env: Record<string, string>;
  /** Asked after a failed run: milliseconds to wait before the program is run again, or `undefined` to give up. */
  rerun?: (failed: Failure) => number | undefined;
}

/** What a program left behind when it failed. Texts are printable and bounded (see `run-program.ts`). */
export interface Failure {
  /** `null` when a signal ended it, or when it could not be started. */
  readonly exitCode: number | null;
  readonly signalName: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `wallMs`: from the fresh directory to the program's end, remedy and reruns included. */
export type RunResult =
  | { readonly ok: true; readonly wallMs: number; readonly stdout: string }
  | { readonly ok: false; readonly wallMs: number; readonly failure: Failure; readonly problem: TaskProblem };

/** The problem as an agent reports it; fits the `problem` of a signal record. */
export interface TaskProblem {
  readonly error: { readonly name?: string; readonly message: string; readonly code?: string; readonly output: string };
}

/** A change of a plan. `undefined` or a resolved promise means "done"; a remedy with nothing to change changes nothing. */
export type Change = (plan: RunPlan) => void | Promise<void>;
