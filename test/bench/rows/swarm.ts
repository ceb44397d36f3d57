/** Starting the processes that rows over sockets have in common. */
import type { Child, Context } from "../frame/figures.ts";

export interface RunningSwarm {
  readonly swarm: Child;
  readonly ticket: string;
  readonly agents: readonly Child[];
}

const JOIN_MS = 120_000;

/** Joins that are under way at once: starting fifty Node processes at the same moment starves all of them. */
const JOINING = 5;

const startAgents = async (
  context: Context,
  ticket: string,
  count: number,
  { watch = false, inMemory = false } = {},
): Promise<readonly Child[]> => {
  const agents: Child[] = [];
  for (let at = 0; at < count; at += JOINING) {
    const some = Array.from({ length: Math.min(JOINING, count - at) }, () => context.start("agent"));
    await Promise.all(
      some.map(async (agent, i) =>
        agent
          .within(JOIN_MS)
          .call("join", { ticket, dir: inMemory ? undefined : await context.dir(), name: `agent ${at + i}`, watch }),
      ),
    );
    agents.push(...some);
  }
  return agents;
};

/** A swarm process with its relay, or on the mesh without one, and agents that have joined it over their sockets; all of them on disk. */
export const startSwarm = async (
  context: Context,
  agents: number,
  watch = false,
  way: "relay" | "mesh" = "relay",
): Promise<RunningSwarm> => {
  const swarm = context.start("swarm");
  const { ticket } = await swarm.call<{ ticket: string }>("open", await context.dir(), 0, way);
  return { swarm, ticket, agents: await startAgents(context, ticket, agents, { watch }) };
};

/** A stock server with clients, each in the given rooms. */
export const startStock = async (
  context: Context,
  clients: readonly { readonly rooms: readonly string[]; readonly watch: boolean }[],
): Promise<{ readonly url: string; readonly clients: readonly Child[] }> => {
  const server = context.start("stock-server");
  const url = await server.call<string>("listen");
  const started = clients.map(() => context.start("stock-client"));
  for (const [i, { rooms, watch }] of clients.entries()) {
    for (const room of rooms) await started[i]?.call("open", url, room, watch);
  }
  return { url, clients: started };
};
