/** The swarm that a replay runs in: root, orchestrator and relay in one process, on a disk of its own. */
import { createSwarm, type Peer } from "herdmind";
import { serve } from "../../bench/frame/serve.ts";

let peer: Peer | undefined;

serve({
  /** Creates the swarm in `dir`; answers a ticket that any number of agents may use. */
  open: async (dir: string) => {
    peer = await createSwarm({ name: "replay", dir });
    return peer.invite();
  },
  close: () => peer?.close(),
});
