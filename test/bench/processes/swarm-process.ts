/** A swarm in one process: root, orchestrator, relay and disk. */
import { createSwarm, type Peer } from "herdmind";
import { heapUsed, serve } from "../frame/serve.ts";

let peer: Peer | undefined;
const own = (): Peer => {
  if (peer === undefined) throw new Error("there is no swarm yet");
  return peer;
};

serve({
  /** Creates or reopens the swarm in `dir`; answers a ticket that any number of agents may use. */
  open: async (dir: string, port = 0) => {
    const before = performance.now();
    peer = await createSwarm({ name: "bench", dir, relay: { port } });
    const ms = performance.now() - before;
    return { ticket: await peer.invite(), addresses: peer.addresses, ms };
  },
  stats: () => ({ ...own().stats(), freshness: undefined }),
  blocks: () =>
    own()
      .logs.list()
      .map(({ writer, length, membership }) => ({ writer, length, role: membership.role })),
  heap: heapUsed,
  rss: () => process.memoryUsage().rss,
  close: async () => {
    await peer?.close();
    peer = undefined;
  },
});
