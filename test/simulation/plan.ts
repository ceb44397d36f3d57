/** What a schedule does: drawn from its seed before it runs, as plain data, so that it can be printed, cut down and run again. */
import { createRandom, type Random } from "./random.ts";
import type { WriteFault } from "./simulated-disk.ts";

/** Peers, links and the like are named by numbers, taken modulo what there is: an operation stays valid when others are dropped. */
export type Operation =
  | { readonly do: "report"; readonly peer: number; readonly problem: number; readonly remedy: number }
  | { readonly do: "outcome"; readonly peer: number; readonly entry: number; readonly worked: boolean }
  /** A write to the memory: `kind` is one of `KINDS`. */
  | { readonly do: "remember"; readonly peer: number; readonly key: number; readonly kind: number }
  | { readonly do: "roll-over"; readonly peer: number }
  | { readonly do: "crash"; readonly peer: number; readonly keep: number }
  | { readonly do: "crash-at-write"; readonly peer: number; readonly nth: number; readonly when: "before" | "after" }
  | { readonly do: "start"; readonly peer: number }
  | { readonly do: "stop"; readonly peer: number }
  /** The directory is copied after a crash, and the peer goes on with the copy. */
  | { readonly do: "move"; readonly peer: number; readonly keep: number }
  /** A copy of a directory goes on as a further peer, beside the original. */
  | { readonly do: "clone"; readonly peer: number }
  | { readonly do: "backup"; readonly peer: number }
  /** The newest backup takes the place of the directory. */
  | { readonly do: "restore"; readonly peer: number }
  /** A crash after which a log has lost its end. */
  | { readonly do: "damage"; readonly peer: number; readonly log: number; readonly keep: number }
  | { readonly do: "fail-writes"; readonly peer: number; readonly kind: WriteFault; readonly writes: number }
  | { readonly do: "cut"; readonly link: number }
  | { readonly do: "partition"; readonly sides: number }
  | { readonly do: "heal" }
  | { readonly do: "clock"; readonly peer: number; readonly by: number }
  | { readonly do: "newcomer"; readonly agent: boolean }
  /** The one cheat of the swarm signs two blocks for one place and shows them to different peers. */
  | { readonly do: "fork"; readonly peer: number; readonly other: number; readonly back: number }
  | { readonly do: "garbage"; readonly peer: number; readonly log: number; readonly at: number };

export interface Step {
  /** Milliseconds after the step before. */
  readonly after: number;
  readonly operation: Operation;
}

export type Topology = "star" | "mesh" | "line";

export interface Plan {
  readonly seed: number;
  readonly topology: Topology;
  readonly agents: number;
  /** Peers without a writer that carry everything. A star has at least one: its hub. */
  readonly carriers: number;
  readonly delayMs: number;
  readonly gossips: boolean;
  readonly gossipDelayMs: number;
  readonly loss: number;
  readonly duplication: number;
  readonly slowDisk: number;
  readonly blocksPerGeneration: { readonly agent: number; readonly canon: number };
  readonly recordsPerBlock: number;
  readonly cheats: boolean;
  readonly steps: readonly Step[];
}

export const PROBLEMS = 6;
export const REMEDIES = 3;
/** Kinds of writes to the memory. */
export const KINDS = 6;

const drawOperation = (random: Random, cheats: boolean): Operation => {
  const peer = random.integer(0, 15);
  const roll = random.integer(0, 99);
  if (roll < 10) return { do: "remember", peer, key: random.integer(0, 3), kind: random.integer(0, KINDS - 1) };
  if (roll < 34)
    return { do: "report", peer, problem: random.integer(0, PROBLEMS - 1), remedy: random.integer(0, REMEDIES - 1) };
  if (roll < 46) return { do: "outcome", peer, entry: random.integer(0, 31), worked: random.chance(0.5) };
  if (roll < 48) return { do: "roll-over", peer };
  if (roll < 54) return { do: "crash", peer, keep: random.integer(0, 2) };
  if (roll < 62)
    return { do: "crash-at-write", peer, nth: random.integer(1, 4), when: random.chance(0.5) ? "before" : "after" };
  if (roll < 72) return { do: "start", peer };
  if (roll < 74) return { do: "stop", peer };
  if (roll < 76) return { do: "move", peer, keep: random.integer(0, 2) };
  if (roll < 77) return { do: "clone", peer };
  if (roll < 78) return { do: "backup", peer };
  if (roll < 80) return { do: "restore", peer };
  if (roll < 82) return { do: "damage", peer, log: random.integer(0, 15), keep: random.integer(0, 6) };
  if (roll < 86)
    return { do: "fail-writes", peer, kind: random.chance(0.5) ? "full" : "reported", writes: random.integer(1, 3) };
  if (roll < 89) return { do: "cut", link: random.integer(0, 15) };
  if (roll < 92) return { do: "partition", sides: random.integer(1, 254) };
  if (roll < 94) return { do: "heal" };
  if (roll < 96) return { do: "clock", peer, by: random.integer(-3_600_000, 3_600_000) };
  if (roll < 97) return { do: "newcomer", agent: random.chance(0.5) };
  if (cheats && roll < 98) return { do: "fork", peer, other: random.integer(0, 15), back: random.integer(0, 2) };
  return { do: "garbage", peer, log: random.integer(0, 15), at: random.integer(0, 4000) };
};

/** The plan of a seed. */
export const planOf = (seed: number): Plan => {
  const random = createRandom(seed, "plan");
  const topology = random.pick<Topology>(["star", "star", "mesh", "line"]);
  const cheats = random.chance(0.15);
  const wait = (): number =>
    random.chance(0.4) ? 0 : random.chance(0.8) ? random.integer(1, 60) : random.integer(100, 2500);
  return {
    seed,
    topology,
    agents: random.integer(2, 3),
    carriers: topology === "star" ? 1 : random.integer(0, 1),
    delayMs: random.pick([0, 5, 40]),
    gossips: random.chance(0.6),
    gossipDelayMs: random.pick([10, 100, 1500]),
    loss: random.pick([0, 0.1, 0.5]),
    duplication: random.pick([0, 0.2]),
    slowDisk: random.pick([0, 0.2, 0.6]),
    blocksPerGeneration: { agent: random.pick([3, 6, 1000]), canon: random.pick([3, 6, 1000]) },
    recordsPerBlock: random.pick([1, 4, 1024]),
    cheats,
    steps: Array.from({ length: random.integer(12, 36) }, () => ({
      after: wait(),
      operation: drawOperation(random, cheats),
    })),
  };
};
