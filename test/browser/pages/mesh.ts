// A page with a peer in it that reaches its swarm over the mesh, and, where a test wants it, over a relay as well.
import { type Mesh, viaMesh } from "@herdmind/mesh";
import * as herdmind from "herdmind/browser";

const hour = 3_600_000;
const heard: string[] = [];

const start = async (ticket: string, relay: boolean): Promise<string> => {
  const backoff = { minMs: 50, maxMs: 200 };
  // No exchange but the one on each connection: whatever else arrives was gossip.
  const via = viaMesh({ exchangeEveryMs: { min: hour, max: hour }, backoff });
  const known = async (context: Parameters<typeof via>[0]): Promise<Mesh> => {
    const mesh = await via(context);
    Object.assign(globalThis, { mesh });
    return mesh;
  };
  const transports = relay ? [known, herdmind.viaRelay({ backoff })] : [known];
  const peer = await herdmind.join(ticket, { name: "page", dir: "page", transports });
  peer.on("connection", ({ transport, state }) => heard.push(`${transport} ${state}`));
  for (const name of ["refused", "alarm", "withdrawn"] as const) peer.on(name, () => heard.push(name));
  Object.assign(globalThis, { peer });
  return peer.id;
};

Object.assign(globalThis, { heard, start });
