/** Opens whatever a directory holds, without a ticket: the orchestrator of a swarm, or a member. */
import { refuse, verifyChain } from "@herdmind/protocol";
import { openSwarm, type RelayAddress } from "./create-swarm.js";
import { refusalError } from "./failure.js";
import { openPeer } from "./join.js";
import { type JoinHereOptions, platformWith } from "./node-platform.js";
import { openDirectory } from "./open-directory.js";
import type { Peer } from "./peer.js";

export interface OpenNodeOptions extends Omit<JoinHereOptions, "name" | "dir"> {
  readonly dir: string;
  /** For an orchestrator's directory: where its relay listens; default `false`, no relay. */
  readonly relay?: RelayAddress | false;
}

/** Throws a `HerdmindError`: S1 when the directory holds no peer, S2 when another process has it. */
export const openNode = async ({ relay = false, ...options }: OpenNodeOptions): Promise<Peer> => {
  const opened = await openDirectory(options.dir);
  if (!opened.ok) throw refusalError(opened);
  try {
    const saved = await opened.value.vault.peer();
    if (!saved.ok) throw refusalError(saved);
    const peer = saved.value;
    if (peer === undefined) {
      throw refusalError(
        refuse(
          "S1",
          "none",
          `${options.dir} holds no peer yet. Create a swarm there (herdmind up), or join one (herdmind join TICKET).`,
        ),
      );
    }
    const membership = await verifyChain(peer.chain, peer.genesis);
    if (!membership.ok) throw refusalError(membership);
    const isOrchestrator = membership.value.role === "orchestrator";
    return await (isOrchestrator
      ? openSwarm(opened.value, { ...options, name: peer.name, relay })
      : openPeer(platformWith(options.mesh), opened.value, peer, options));
  } catch (error) {
    await opened.value.storage.close();
    throw error;
  }
};
