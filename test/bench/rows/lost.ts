import { setTimeout as pause } from "node:timers/promises";
import { createCut } from "../frame/cut.ts";
import type { Child, Context, Measured, Row } from "../frame/figures.ts";
import { reportOf, seeded } from "../load/signals.ts";

const AGENTS = 3;
const STEP_MS = 120_000;

interface Acknowledged {
  readonly says: string;
  readonly ref: {
    readonly writer: string;
    readonly generation: string;
    readonly sequence: number;
    readonly index: number;
  };
}

interface Told {
  readonly acknowledged?: number;
  readonly ref?: Acknowledged["ref"];
}

/** What happens to the swarm in a round. */
const BLOWS = [
  "kill an agent",
  "kill the orchestrator",
  "cut an agent off",
  "restart an agent",
  "restart the orchestrator",
  "kill all",
] as const;

const runRounds = async (context: Context, rounds: number, seed: number) => {
  const random = seeded(seed);
  const swarmDir = await context.dir();
  let swarm = context.start("swarm");
  const { ticket, port } = await swarm.call<{ ticket: string; port: number }>("open", swarmDir);
  const cuts = await Promise.all(Array.from({ length: AGENTS }, () => createCut(port)));
  const dirs = await Promise.all(cuts.map(() => context.dir()));
  const agents: Child[] = [];
  const acknowledged: Acknowledged[] = [];
  let problem = 0;

  const reopenSwarm = async (): Promise<void> => {
    swarm = context.start("swarm");
    await swarm.within(STEP_MS).call("open", swarmDir, port);
  };
  const startAgent = async (i: number): Promise<void> => {
    const agent = context.start("agent");
    agents[i] = agent;
    agent.onEvent((event) => {
      const { acknowledged: n, ref } = event as Told;
      if (n !== undefined && ref !== undefined) acknowledged.push({ says: reportOf(n).mitigation.text, ref });
    });
    await agent.within(STEP_MS).call("join", {
      ticket,
      dir: dirs[i],
      name: `agent ${i}`,
      watch: false,
      addresses: [`ws://127.0.0.1:${cuts[i]?.port}`],
      wait: false,
    });
    problem += 1000;
    await agent.call("reportForEver", problem, 2);
  };
  const agentAt = (i: number): Child => agents[i] as Child;
  const restart = async (child: Child): Promise<void> => {
    await child.within(STEP_MS).call("close");
    await child.kill();
  };

  for (let i = 0; i < AGENTS; i++) await startAgent(i);
  for (let round = 0; round < rounds; round++) {
    await pause(50 + random() * 400);
    const i = Math.floor(random() * AGENTS);
    switch (BLOWS[Math.floor(random() * BLOWS.length)]) {
      case "kill an agent":
        await agentAt(i).kill();
        await startAgent(i);
        break;
      case "kill the orchestrator":
        await swarm.kill();
        await reopenSwarm();
        break;
      case "cut an agent off":
        cuts[i]?.cut();
        await pause(300);
        cuts[i]?.mend();
        break;
      case "restart an agent":
        await restart(agentAt(i));
        await startAgent(i);
        break;
      case "restart the orchestrator":
        await restart(swarm);
        await reopenSwarm();
        break;
      case "kill all":
        await Promise.all([swarm, ...agents].map((child) => child.kill()));
        await reopenSwarm();
        for (let at = 0; at < AGENTS; at++) await startAgent(at);
        break;
      case undefined:
    }
  }
  // What was acknowledged must arrive, and must have a verdict, once everybody can talk again.
  for (let i = 0; i < AGENTS; i++) {
    await agentAt(i).kill();
    const agent = context.start("agent");
    agents[i] = agent;
    const address = `ws://127.0.0.1:${cuts[i]?.port}`;
    await agent
      .within(STEP_MS)
      .call("join", { ticket, dir: dirs[i], name: `agent ${i}`, watch: false, addresses: [address] });
  }
  const lost = await swarm.within(STEP_MS).call<number>("missing", acknowledged, 60_000);
  for (const child of [...agents, swarm]) await restart(child);
  for (const cut of cuts) cut.close();
  return { lost, acknowledged: acknowledged.length };
};

export const lost: Row = {
  name: "lost",
  runs: 2,
  combine: "sum",
  timed:
    "Nothing is timed. Three agent processes report without end; in each of 50 rounds, at a random moment, a process is killed with SIGKILL (an agent, the orchestrator with its relay, or all), restarted, or an agent is cut off the network. In the end every record that any agent was told is durable is looked for at the orchestrator: the very record at its place, below canon's watermark.",
  figures: [
    {
      name: "lost",
      title: "acknowledged records lost by kill -9, partition or restart",
      unit: "records",
      better: "less",
      goal: 0,
    },
    { name: "lost-of", title: "records acknowledged meanwhile", unit: "records", better: "more", goal: null },
    { name: "lost-rounds", title: "rounds", unit: "rounds", better: "more", goal: null },
  ],
  run: async (context: Context): Promise<Readonly<Record<string, Measured>>> => {
    const rounds = context.quick ? 3 : 50;
    const seed = Math.floor(Math.random() * 2 ** 31);
    context.say(`lost: seed ${seed}`);
    const result = await runRounds(context, rounds, seed);
    return {
      lost: { value: result.lost },
      "lost-of": { value: result.acknowledged },
      "lost-rounds": { value: rounds },
    };
  },
};
