/**
 * The loop an agent wraps around its work: run; on an error recall; apply what is known, best first; tell the outcome; if
 * nothing works, solve and report.
 */
import type { RecalledEntry } from "@herdmind/experience";
import type { JsonObject, Problem } from "@herdmind/protocol";
import type { Agent, Known, Receipt } from "./agent.js";
import { type Facts, type MitigationInput, problemOfError } from "./problem.js";

/** What is being done, as far as it defines the problem. */
export interface Task {
  /** For people. */
  readonly name?: string;
  /** Facts that are part of a problem's identity. */
  readonly facts?: Facts;
}

/** What `solve` found. Without `value`, `run` is tried again to prove it. */
export interface Solution<T> {
  readonly mitigation: MitigationInput;
  readonly discovery?: string;
  readonly context?: JsonObject;
  readonly value?: T;
}

export interface AttemptOptions<T> {
  /** Applies a recalled remedy; `run` follows. A remedy that cannot be applied here: return `false`, nothing is counted. */
  readonly apply?: (entry: RecalledEntry, error: unknown) => unknown;
  /** Finds a remedy when nothing known helped; `undefined`: gives up, and the error is thrown. */
  readonly solve?: (error: unknown, known: Known) => Solution<T> | undefined | Promise<Solution<T> | undefined>;
  /** How a thrown value becomes a problem; default: name, message, code, stack and output of an error. */
  readonly toProblem?: (error: unknown) => Problem;
  /** Remedies tried at most; default 3. */
  readonly limit?: number;
  /** Told of each report and outcome that the loop writes. */
  readonly onReceipt?: (receipt: Receipt) => void;
}

/** Remedies tried at most: exploration is bounded, and the best come first. */
const DEFAULT_TRIES = 3;

type Tried<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

const tried = async <T>(run: () => T | Promise<T>): Promise<Tried<T>> => {
  try {
    return { ok: true, value: await run() };
  } catch (error) {
    return { ok: false, error };
  }
};

export const attempt = async <T>(
  agent: Pick<Agent, "recall" | "report" | "outcome">,
  host: { count(what: "repeatsPrevented", by: number): void },
  task: Task,
  run: () => T | Promise<T>,
  { apply, solve, toProblem, limit = DEFAULT_TRIES, onReceipt }: AttemptOptions<T>,
): Promise<T> => {
  const first = await tried(run);
  if (first.ok) return first.value;
  const { error } = first;
  const problem = withFacts(toProblem?.(error) ?? problemOfError(error), task.facts);
  const known = await agent.recall({ problem, limit });
  const asked = known.fingerprints[0];

  for (const entry of apply === undefined ? [] : known.entries) {
    if ((await apply?.(entry, error)) === false) continue;
    const again = await tried(run);
    if (again.ok) {
      onReceipt?.(await agent.outcome(entry, { success: true }));
      host.count("repeatsPrevented", 1);
      return again.value;
    }
    // Another problem now: whether the remedy cured the first one cannot be told, so no outcome is claimed.
    const now = withFacts(toProblem?.(again.error) ?? problemOfError(again.error), task.facts);
    const same = (await agent.recall({ problem: now, limit: 1, similar: "never" })).fingerprints[0] === asked;
    if (same) onReceipt?.(await agent.outcome(entry, { success: false }));
  }

  const solution = await solve?.(error, known);
  if (solution === undefined) throw error;
  const value = "value" in solution ? (solution.value as T) : await run();
  onReceipt?.(
    await agent.report({
      type: "ERROR_RESOLVED",
      problem,
      mitigation: solution.mitigation,
      ...(solution.discovery === undefined ? {} : { discovery: solution.discovery }),
      ...(solution.context === undefined ? {} : { context: solution.context }),
    }),
  );
  return value;
};

const withFacts = (problem: Problem, facts: Facts | undefined): Problem =>
  facts === undefined ? problem : { ...problem, facts: { ...problem.facts, ...facts } };
