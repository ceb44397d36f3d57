/**
 * Problem and remedy of signals, remembered for a while. Finding the cause in a tool's output is the dearest step of admission,
 * and under load the same problem comes from many agents within seconds. Texts that only a new entry needs are made on demand.
 */
import { type Named, nameProblem, remedyIdOf, type SignalTypes } from "@herdmind/experience";
import { accept, type Mitigation, type RemedyId, type Result, type Signal } from "@herdmind/protocol";

export interface SignalNames extends Named {
  readonly remedyId: RemedyId;
}

/** What is kept: at most 2,048 problems and as many remedies, of at most 4,096 characters each. */
const KEPT = 2048;
const MAX_KEY_CHARS = 4096;

const remember = <T>(known: Map<string, T>, key: string, make: () => T): T => {
  const held = known.get(key);
  if (held !== undefined) return held;
  const made = make();
  if (key.length > MAX_KEY_CHARS) return made;
  if (known.size >= KEPT) known.delete(known.keys().next().value as string);
  known.set(key, made);
  return made;
};

export const createIdentities = (): ((signal: Signal, customTypes: SignalTypes) => Result<SignalNames>) => {
  const problems = new Map<string, Result<Named>>();
  const remedies = new Map<string, RemedyId>();
  const remedyOf = (mitigation: Mitigation): RemedyId =>
    remember(remedies, JSON.stringify(mitigation), () => remedyIdOf(mitigation));
  return ({ type, problem, mitigation }, customTypes) => {
    const name = (): Result<Named> => nameProblem(type, problem, customTypes);
    // The fields of a custom type may be registered anew, so those are not kept.
    const named = type.includes("/") ? name() : remember(problems, JSON.stringify([type, problem]), name);
    return named.ok ? accept({ ...named.value, remedyId: remedyOf(mitigation) }) : named;
  };
};
