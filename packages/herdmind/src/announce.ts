/** Says ephemeral messages in the name of this node's writers: signs, counts, and hears them first itself. */
import { type JsonObject, type KeyPair, type SwarmId, sealEphemeral } from "@herdmind/protocol";
import type { Ephemerals } from "@herdmind/sync";

/** `false`: it was not taken here, so nobody else hears it either. Never rejects. */
export type Announce = (key: KeyPair, kind: string, body: JsonObject) => Promise<boolean>;

export const createAnnounce = (swarm: SwarmId, ephemerals: Pick<Ephemerals, "offer">, now: () => number): Announce => {
  let counter = 0;
  return async (key, kind, body) => {
    // Begins with the time, so that it also grows over restarts, and then grows by itself, also while a clock stands still.
    counter = Math.max(counter + 1, now());
    try {
      const taken = await ephemerals.offer(await sealEphemeral(key, swarm, { kind, counter, body }));
      return taken.ok && taken.value;
    } catch {
      // No key can sign any more: the node is closing.
      return false;
    }
  };
};
