/** Says ephemeral messages in the name of this node's writers: signs, counts, and hears them first itself. */
import { type JsonObject, type KeyPair, type Result, refuse, type SwarmId, sealEphemeral } from "@herdmind/protocol";
import type { Ephemerals } from "@herdmind/sync";

/** What this node itself made of it; what is not taken here nobody else hears. Never rejects. */
export type Announce = (key: KeyPair, kind: string, body: JsonObject) => Promise<Result<boolean>>;

export const createAnnounce = (swarm: SwarmId, ephemerals: Pick<Ephemerals, "offer">, now: () => number): Announce => {
  let counter = 0;
  return async (key, kind, body) => {
    // Begins with the time, so that it also grows over restarts, and then grows by itself, also while a clock stands still.
    counter = Math.max(counter + 1, now());
    try {
      return await ephemerals.offer(await sealEphemeral(key, swarm, { kind, counter, body }));
    } catch {
      // No key can sign any more.
      return refuse("S4", "none", "This node is closing, so nothing is said any more.");
    }
  };
};
