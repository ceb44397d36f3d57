/** Opens an agent's peer: what this browser holds of it, or, the first time, with a ticket from the server. */
import { type BrowserPeer, isHerdmindError, join, openNode, type viaRelay } from "herdmind/browser";
import type { DemoAgent } from "./team.js";

type Transport = ReturnType<typeof viaRelay>;

/** The demo's server begins a new swarm each time it starts; what belongs to older ones is of no use any more. */
const forgetOthers = async (swarm: string): Promise<void> => {
  for (const { name } of await indexedDB.databases())
    if (name?.startsWith("herdmind/") === true && !name.includes(swarm)) indexedDB.deleteDatabase(name);
};

/** Which swarm the server runs; without a network, the one that was last heard of. */
const swarmNow = async (): Promise<string> => {
  const known = localStorage.getItem("swarm");
  const asked = await fetch("/swarm").then(
    async (response) => (response.ok ? ((await response.json()) as { readonly swarm: string }).swarm : undefined),
    () => undefined,
  );
  const swarm = asked ?? known;
  if (swarm === null || swarm === undefined)
    throw new Error("The first start of an agent needs the network, to get a ticket. Switch it on and reload.");
  if (swarm !== known) {
    localStorage.setItem("swarm", swarm);
    await forgetOthers(short(swarm));
  }
  return short(swarm);
};

const short = (swarm: string): string => swarm.slice(0, 10);

const fetchTicket = async (): Promise<string> => {
  const response = await fetch("/ticket", { method: "POST" });
  if (!response.ok) throw new Error("The server gave no ticket. Is it still running?");
  return ((await response.json()) as { readonly ticket: string }).ticket;
};

/** Also says whether it came from this browser alone. */
export const openAgent = async (
  { key, name }: DemoAgent,
  transport: Transport,
): Promise<{ readonly peer: BrowserPeer; readonly isNew: boolean }> => {
  const dir = `${key}-${await swarmNow()}`;
  const transports = [transport];
  try {
    return { peer: await openNode({ dir, transports }), isNew: false };
  } catch (error) {
    if (!isHerdmindError(error) || error.refusal.rule !== "S1") throw error;
    return { peer: await join(await fetchTicket(), { name, dir, transports }), isNew: true };
  }
};
