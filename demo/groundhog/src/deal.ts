/** Who gets which tasks, and in which order each agent tries its remedies: all from one seed. */
import { causes } from "./causes.js";
import { createRandom } from "./random.js";
import { remedies } from "./remedies.js";
import type { TaskSpec } from "./workshop.js";

export interface DealOptions {
  readonly seed: number;
  readonly agents: number;
  /** As many different causes; at most `problems`. */
  readonly tasksPerAgent: number;
  /** Causes in this deal, drawn by the seed from all; 24 unless given. */
  readonly problems?: number;
}

export interface AgentDeal {
  readonly name: string;
  /** In the order in which the agent works. */
  readonly tasks: readonly TaskSpec[];
  /** Names of all remedies in the order in which this agent tries them. */
  readonly remedyOrder: readonly string[];
}

export interface Deal {
  readonly seed: number;
  readonly agents: readonly AgentDeal[];
  /** Different causes dealt to at least one agent. */
  readonly problems: number;
}

const agentNames = [
  "ada",
  "grace",
  "edsger",
  "barbara",
  "alan",
  "margaret",
  "donald",
  "frances",
  "tony",
  "radia",
] as const;

/** Throws when there are fewer causes than asked for. */
export const deal = ({ seed, agents, tasksPerAgent, problems = 24 }: DealOptions): Deal => {
  if (problems > causes.length) throw new Error(`deal: ${problems} problems asked for, ${causes.length} known`);
  if (tasksPerAgent > problems) throw new Error(`deal: ${tasksPerAgent} different causes asked for, ${problems} dealt`);
  const drawn = createRandom(seed, "causes").shuffle(causes).slice(0, problems);
  const dealt = new Set<string>();
  const dealOf = (index: number): AgentDeal => {
    const random = createRandom(seed, "agent", index);
    const hand = random.shuffle(drawn).slice(0, tasksPerAgent);
    for (const cause of hand) dealt.add(cause.name);
    return {
      name: agentNames[index] ?? `agent-${index + 1}`,
      tasks: hand.map((cause, place) => ({
        id: `${index + 1}.${place + 1}`,
        cause: cause.name,
        seed: `${seed}/${index}/${place}`,
      })),
      remedyOrder: random.shuffle(remedies).map((remedy) => remedy.name),
    };
  };
  const hands = Array.from({ length: agents }, (_, index) => dealOf(index));
  return { seed, agents: hands, problems: dealt.size };
};
