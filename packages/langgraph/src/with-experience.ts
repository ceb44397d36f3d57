/**
 * A node of a graph that knows what others have solved. When it fails it recalls; a known remedy is applied and the node runs again, or
 * what is known goes into the state, where the graph's model reads it. What LangGraph throws to steer a graph (interrupts, commands to a
 * parent, drains) is no failure and passes through.
 */
import { type Experience, type HerdmindKnown, type ReportAsked, type WrapOptions, wrap } from "@herdmind/wrap";
import { isGraphBubbleUp, type LangGraphRunnableConfig } from "@langchain/langgraph";
import type { RecalledEntry } from "herdmind";
import { problemOfError, type Search, type Solution } from "herdmind/loop";
import { createFailures } from "./failures.js";

/** A run of a node that failed. */
export interface Failed<State> {
  readonly error: unknown;
  readonly state: State;
  readonly config: LangGraphRunnableConfig;
  /** What the swarm knew of it then. */
  readonly known?: HerdmindKnown;
}

/** What helped. With `entry`: a recalled one did, or did not. */
export type Learned =
  | Omit<Solution<never>, "value">
  | { readonly entry: string; readonly success: boolean; readonly note?: string };

type FromWrap =
  | "onUnreachable"
  | "toProblem"
  | "isFailure"
  | "limit"
  | "patienceMs"
  | "claim"
  | "onReceipt"
  | "budgetTokens";

export interface NodeOptions<State, Update> extends Pick<WrapOptions<never, Update>, FromWrap> {
  readonly experience: Experience;
  /** Facts that are part of the problem's identity, such as the version of an interface. */
  readonly facts?: (state: State) => { readonly [name: string]: string | number | boolean };
  /**
   * Applies a known remedy, best first; the node runs again, and the outcome is told. Fields that it gives are laid over the node's
   * input for that run. A remedy that cannot be applied here: `false`, nothing is counted.
   */
  readonly apply?: (
    entry: RecalledEntry,
    failed: Failed<State>,
  ) => false | Partial<State> | undefined | Promise<false | Partial<State> | undefined>;
  /** Looks for a remedy when nothing known helped, while the problem is claimed; what it finds is reported. */
  readonly solve?: (
    failed: Failed<State>,
    search: Search,
  ) => Solution<Update> | undefined | Promise<Solution<Update> | undefined>;
  /**
   * What the node gives instead of failing, when something is known: an update with `known.text` for the model, or a `Command`. Without
   * it, or when it gives `undefined`, the node fails as it would have, and `knownOf(error)` has what is known.
   */
  readonly tell?: (known: HerdmindKnown, failed: Failed<State>) => Update | undefined | Promise<Update | undefined>;
  /**
   * Asked when the node succeeds that failed before in this thread (without a thread id: in this run), for example after the model has
   * tried again: what made the difference is reported. `undefined`: nobody knows, and nothing is said.
   */
  readonly learn?: (
    failed: Failed<State>,
    done: { readonly state: State; readonly update: Update },
  ) => Learned | undefined | Promise<Learned | undefined>;
}

/** A function, or what has `invoke`: a runnable, a compiled graph. */
export type Node<State, Update> =
  | ((state: State, config: LangGraphRunnableConfig) => Update | Promise<Update>)
  | { invoke(state: State, config: LangGraphRunnableConfig): Promise<Update> };

export const withExperience = <State extends object, Update>(
  node: Node<State, Update>,
  options: NodeOptions<State, Update>,
): ((state: State, config: LangGraphRunnableConfig) => Promise<Update>) => {
  const { experience, facts, apply, solve, tell, learn, isFailure = isNoAbort, ...rest } = options;
  const run = (state: State, config: LangGraphRunnableConfig): Update | Promise<Update> =>
    typeof node === "function" ? node(state, config) : node.invoke(state, config);
  const isProblem = (error: unknown): boolean => !isSteering(error) && isFailure(error);
  const failures = createFailures<Failed<State>>();

  const say = async ({ error, state }: Failed<State>, learned: Learned): Promise<void> => {
    const { onUnreachable = warn, toProblem = problemOfError } = rest;
    const verb = "entry" in learned ? "outcome" : "report";
    try {
      const answered =
        "entry" in learned
          ? await experience.outcome(learned.entry, { success: learned.success, note: learned.note })
          : await experience.report({ ...learned, problem: toProblem(error), facts: facts?.(state) } as ReportAsked);
      if (!answered.ok) onUnreachable(new Error(`${answered.rule}: ${answered.message}`), verb);
    } catch (thrown) {
      onUnreachable(thrown, verb);
    }
  };

  return async (state, config) => {
    let input = state;
    let runs = 0;
    let known: HerdmindKnown | undefined;
    const task = facts === undefined ? {} : { facts: facts(state) };
    const tryNode = wrap(
      () => {
        if (runs > 0) answerAgain(config);
        runs += 1;
        return run(input, config);
      },
      {
        ...rest,
        experience,
        task,
        isFailure: (error) => isProblem(error) && config?.signal?.aborted !== true,
        onKnown: (told) => {
          known = told;
        },
        ...(apply === undefined
          ? {}
          : {
              apply: async (entry: RecalledEntry, error: unknown) => {
                const changed = await apply(entry, { error, state, config });
                input = typeof changed === "object" ? { ...state, ...changed } : state;
                return changed;
              },
            }),
        ...(solve === undefined
          ? {}
          : { solve: (error: unknown, search: Search) => solve({ error, state, config }, search) }),
      },
    );
    let update: Update;
    try {
      update = await tryNode();
    } catch (error) {
      if (!isProblem(error) || config?.signal?.aborted === true) throw error;
      const failed: Failed<State> = { error, state, config, ...(known === undefined ? {} : { known }) };
      if (learn !== undefined) failures.keep(config, failed);
      const instead = known === undefined ? undefined : await tell?.(known, failed);
      if (instead === undefined) throw error;
      return instead;
    }
    const before = failures.take(config);
    // What cured this very run was told by the loop.
    const learned = before === undefined || runs > 1 ? undefined : await learn?.(before, { state, update });
    if (before !== undefined && learned !== undefined) await say(before, learned);
    return update;
  };
};

const isSteering = (error: unknown): boolean => typeof error === "object" && error !== null && isGraphBubbleUp(error);
const isNoAbort = (error: unknown): boolean => !(error instanceof Error && error.name === "AbortError");
const warn = (error: unknown, verb: string): void =>
  console.warn(`herdmind: ${verb} failed: ${error instanceof Error ? error.message : String(error)}`);

/**
 * As LangGraph's own retries do: what a person has answered in this run of the node answers it again. Should a version keep this elsewhere,
 * the person is asked once more.
 */
const answerAgain = (config: LangGraphRunnableConfig): void => {
  const scratchpad: unknown = config?.configurable?.__pregel_scratchpad;
  if (typeof scratchpad === "object" && scratchpad !== null && "interruptCounter" in scratchpad)
    scratchpad.interruptCounter = -1;
};
