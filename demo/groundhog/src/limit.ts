/**
 * What sharing could save at best for a deal, computed from what its tasks cost when nothing was shared. Two bounds,
 * because they answer different questions:
 *
 * - `foresight`: each cause is solved by whoever happens to need the fewest tries, and work is spread evenly. Nothing can
 *   beat it, and nobody could reach it without knowing beforehand who will be lucky.
 * - `inOrder`: each agent keeps its order of tasks, the first to meet a cause solves it, everybody else waits for that
 *   solution at no cost, and it is everywhere at once. It is what perfect sharing without luck comes to; a run in which
 *   two agents solve the same cause at once can beat it by chance, when the second one is luckier.
 */

/** What one task cost in the isolated run, in milliseconds. Listed per agent in the order of its work. */
export interface TaskCost {
  readonly agent: string;
  readonly cause: string;
  /** The first run, which fails. */
  readonly failedMs: number;
  /** From the first run's start to success, every try included. */
  readonly solvedMs: number;
  /** The run with the working remedy. */
  readonly fixedMs: number;
}

export interface Bound {
  readonly sharedMs: number;
  /** `100 * (1 - sharedMs / isolatedMs)` */
  readonly savedPct: number;
}

export interface Limits {
  /** The longest agent's sum of `solvedMs`. */
  readonly isolatedMs: number;
  readonly foresight: Bound;
  readonly inOrder: Bound;
}

/** Throws when there are no costs. */
export const limitsOf = (costs: readonly TaskCost[]): Limits => {
  if (costs.length === 0) throw new Error("limitsOf: no task was measured");
  const hands = [...groupBy(costs, (cost) => cost.agent).values()];
  const isolatedMs = Math.max(...hands.map((hand) => sum(hand.map((cost) => cost.solvedMs))));
  const bound = (sharedMs: number): Bound => ({ sharedMs, savedPct: 100 * (1 - sharedMs / isolatedMs) });
  return { isolatedMs, foresight: bound(leastMs(costs, hands)), inOrder: bound(inOrderMs(hands)) };
};

const knownMs = (cost: TaskCost): number => Math.min(cost.solvedMs, cost.failedMs + cost.fixedMs);

const leastMs = (costs: readonly TaskCost[], hands: readonly (readonly TaskCost[])[]): number => {
  const searches = [...groupBy(costs, (cost) => cost.cause).values()].map((same) =>
    Math.min(...same.map((cost) => cost.solvedMs - knownMs(cost))),
  );
  const leastWork = sum(costs.map(knownMs)) + sum(searches);
  return Math.max(leastWork / hands.length, ...hands.map((hand) => sum(hand.map(knownMs))));
};

/** Replays the deal: always the agent whose clock is furthest back takes its next task. */
const inOrderMs = (hands: readonly (readonly TaskCost[])[]): number => {
  const workers = hands.map((hand) => ({ clock: 0, left: [...hand] }));
  const solvedAt = new Map<string, number>();
  for (;;) {
    const next = workers.filter((worker) => worker.left.length > 0).sort((a, b) => a.clock - b.clock)[0];
    const cost = next?.left.shift();
    if (next === undefined || cost === undefined) return Math.max(...workers.map((worker) => worker.clock));
    const known = solvedAt.get(cost.cause);
    if (known === undefined) {
      next.clock += cost.solvedMs;
      solvedAt.set(cost.cause, next.clock);
    } else {
      next.clock = Math.max(next.clock + knownMs(cost), known + cost.fixedMs);
    }
  }
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

// Not Map.groupBy: the package's oldest Node has it, the language level of the build does not promise it.
const groupBy = <T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
};
