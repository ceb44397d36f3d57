/**
 * Who meets which problem, and how often a problem was solved again. Pure: the deal depends on the seed alone, and the counts on what
 * agents tell of a run.
 */
import { seeded } from "./signals.ts";

/** For each agent the problems that it meets, in order. */
export type Deal = readonly (readonly number[])[];

/**
 * Deals each agent as many problems from a common pool, the nth of which comes as often as 1 / n (Zipf's law). What an agent is
 * dealt does not depend on how many others there are.
 */
export const dealOf = (agents: number, each: number, pool: number, seed: number): Deal => {
  const upTo: number[] = [];
  for (let n = 0; n < pool; n++) upTo.push((upTo[n - 1] ?? 0) + 1 / (n + 1));
  const all = upTo.at(-1) ?? 0;
  return Array.from({ length: agents }, (_, agent) => {
    const random = seeded(seed * 1000 + agent);
    return Array.from({ length: each }, () => {
      const at = random() * all;
      return upTo.findIndex((sum) => at < sum);
    });
  });
};

/** One agent met one problem; milliseconds on a clock that all share. */
export interface Encounter {
  readonly agent: number;
  readonly problem: number;
  readonly metAt: number;
  /** When its own search had found a remedy and told of it; `undefined`: a known one helped. */
  readonly solvedAt: number | undefined;
}

/** When an agent could reach nobody. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

export interface Counts {
  readonly encounters: number;
  /** Encounters after the first of each problem, by anybody. */
  readonly repeats: number;
  /** Repeats without a search that came to its end. */
  readonly avoided: number;
  /** Repeats that an agent would have avoided with nothing but its own memory. */
  readonly byOwnMemory: number;
  /** Repeats that memory shared without delay would have avoided: a remedy had been found, and could have been here. */
  readonly bySharedMemory: number;
}

/**
 * Counts a run, and beside it what two other memories would have made of the same encounters. The shared one takes no time, and is
 * behind the same gaps: a remedy is in it as soon as its finder can reach anybody, and an agent knows what was in it when it last
 * could. It waits for nobody: of two who search at once, both search.
 */
export const countEncounters = (encounters: readonly Encounter[], gaps: readonly (readonly Gap[])[] = []): Counts => {
  const gapAt = (agent: number, at: number): Gap | undefined =>
    gaps[agent]?.find(({ from, to }) => from <= at && at < to);
  const solutions = encounters.flatMap(({ agent, problem, solvedAt }) =>
    solvedAt === undefined ? [] : [{ agent, problem, solvedAt, sharedAt: gapAt(agent, solvedAt)?.to ?? solvedAt }],
  );
  const isKnown = ({ agent, problem, metAt }: Encounter): boolean => {
    const heardUntil = gapAt(agent, metAt)?.from ?? metAt;
    return solutions.some(
      (one) => one.problem === problem && (one.agent === agent ? one.solvedAt <= metAt : one.sharedAt <= heardUntil),
    );
  };
  const problems = new Set(encounters.map(({ problem }) => problem)).size;
  const own = new Set(encounters.map(({ agent, problem }) => `${agent} ${problem}`)).size;
  return {
    encounters: encounters.length,
    repeats: encounters.length - problems,
    avoided: encounters.filter(({ solvedAt }) => solvedAt === undefined).length,
    byOwnMemory: encounters.length - own,
    bySharedMemory: encounters.filter(isKnown).length,
  };
};

/** Percent of the repeats. */
export const percentOfRepeats = ({ repeats }: Counts, count: number): number =>
  repeats === 0 ? 100 : (100 * count) / repeats;
