/**
 * Any function, with the loop around it. What the function throws is what its caller gets: a swarm that cannot be reached changes
 * nothing but that a line says so.
 */
import type { RecalledEntry, Task } from "herdmind";
import { type AttemptOptions, type OnUnreachable, problemOfError, type Search, type Solution } from "herdmind/loop";
import { attemptOver } from "./attempt-over.js";
import type { Experience } from "./experience.js";
import { attachKnown, type HerdmindKnown, isAbort, knownAbout, warn } from "./known.js";

export interface WrapOptions<Args extends readonly unknown[], T>
  extends Omit<AttemptOptions<T>, "apply" | "solve" | "onUnreachable"> {
  readonly experience: Experience;
  /** What is being done: its facts are part of a problem's identity. */
  readonly task?: Task | ((...args: Args) => Task);
  /**
   * Applies a known remedy, best first; the function runs again then, and the outcome is told. A remedy that cannot be applied here:
   * return `false`, nothing is counted.
   */
  readonly apply?: (entry: RecalledEntry, error: unknown, args: Args) => unknown;
  /** Finds a remedy when nothing known helped; the problem is claimed before, and what was found is reported. `undefined`: gives up. */
  readonly solve?: (
    error: unknown,
    search: Search,
    args: Args,
  ) => Solution<T> | undefined | Promise<Solution<T> | undefined>;
  /** Told what is known, similar problems too, before the error is thrown on; it is also at `knownOf(error)`. */
  readonly onKnown?: (known: HerdmindKnown, error: unknown, args: Args) => unknown;
  /** Told when the swarm could not be asked; default: a line by `console.warn`. */
  readonly onUnreachable?: OnUnreachable;
  /** What is worth a recall; default: all but an `AbortError`, because somebody wanted that. Anything else is thrown on at once. */
  readonly isFailure?: (error: unknown) => boolean;
  /** Tokens at most of the text that the error carries; default 1200. */
  readonly budgetTokens?: number;
}

/** The function with the loop around it, for the same arguments and `this`. */
export const wrap = <This, Args extends readonly unknown[], T>(
  fn: (this: This, ...args: Args) => T | Promise<T>,
  options: WrapOptions<Args, T>,
): ((this: This, ...args: Args) => Promise<T>) => {
  const {
    experience,
    task = {},
    apply,
    solve,
    onKnown,
    onUnreachable = warn,
    isFailure = (error) => !isAbort(error),
    budgetTokens,
    ...loop
  } = options;
  const attempt = experience.attempt ?? attemptOver(experience);

  return async function (this: This, ...args: Args): Promise<T> {
    let failure: { readonly error: unknown };
    try {
      return await fn.apply(this, args as never);
    } catch (error) {
      if (!isFailure(error)) throw error;
      failure = { error };
    }
    const doing = typeof task === "function" ? task(...args) : task;
    let first: typeof failure | undefined = failure;
    let isReachable = true;
    const run = (): T | Promise<T> => {
      if (first === undefined) return fn.apply(this, args as never);
      const { error } = first;
      first = undefined;
      throw error;
    };
    try {
      if (apply === undefined && solve === undefined) throw failure.error;
      return await attempt(doing, run, {
        ...loop,
        isFailure,
        ...(apply === undefined ? {} : { apply: (entry, error) => apply(entry, error, args) }),
        ...(solve === undefined ? {} : { solve: (error, search) => solve(error, search, args) }),
        onUnreachable(error, verb) {
          isReachable = false;
          onUnreachable(error, verb);
        },
      });
    } catch (error) {
      if (!isFailure(error)) throw error;
      const about = { problem: loop.toProblem?.(error) ?? problemOfError(error), facts: doing.facts };
      const asking = { onUnreachable, ...(budgetTokens === undefined ? {} : { budgetTokens }) };
      const known = isReachable ? await knownAbout(experience, about, asking) : undefined;
      if (known !== undefined) {
        attachKnown(error, known);
        await onKnown?.(known, error, args);
      }
      throw error;
    }
  };
};
