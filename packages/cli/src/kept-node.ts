/** The node of a directory for a command that asks it again and again: it may end between two questions, and is started again. */
import { askNode, type EnsuredNode, ensureNode } from "@herdmind/local/client";
import type { Ask } from "@herdmind/mcp";

/** What a swarm is called that begins because an assistant was started. */
const DEFAULT_SWARM = "herd";

export interface KeptNode {
  /** Rejects with an `Error` when it could not be started. */
  node(): Promise<EnsuredNode>;
  readonly ask: Ask;
}

/** `create`: what the swarm is called that begins when the directory holds none. */
export const keepNode = (dir: string, create = DEFAULT_SWARM, ending?: AbortSignal): KeptNode => {
  const node = async (): Promise<EnsuredNode> => {
    const ensured = await ensureNode({ dir, create, ...(ending === undefined ? {} : { signal: ending }) });
    if (!ensured.ok) throw new Error(ensured.refusal.message);
    return ensured.value;
  };
  return {
    node,
    ask: async (verb, input, signal) => {
      for (;;) {
        const { socket } = await node();
        const answered = await askNode(socket, verb, input, signal);
        if (answered !== undefined) return answered;
      }
    },
  };
};
