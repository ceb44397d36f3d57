/** The orchestrator's heartbeat (E6): every 2 s it signs how far canon reaches, so that withholding can be noticed. */
import type { Canon } from "@herdmind/canon";
import { type KeyPair, type SwarmId, sealEphemeral } from "@herdmind/protocol";

/** Where heartbeats go. `createHeartbeats` of @herdmind/sync fits. */
export interface HeartbeatSink {
  offer(bytes: Uint8Array): Promise<unknown>;
}

export interface Heart {
  stop(): Promise<void>;
}

export const startHeart = (options: {
  readonly canon: Canon;
  readonly key: KeyPair;
  readonly swarm: SwarmId;
  readonly heartbeats: HeartbeatSink;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly everyMs: number;
  readonly onError: (error: unknown) => void;
}): Heart => {
  const { canon, key, swarm, heartbeats, now, everyMs, onError } = options;
  let counter = 0;
  let beating: Promise<void> | undefined;
  const beat = async (): Promise<void> => {
    const head = canon.head();
    if (head === undefined || head.writer !== key.id) return;
    // Begins with the time, so that it also grows over restarts, and then grows by itself, also while a clock stands still.
    counter = Math.max(counter + 1, now());
    const body = { term: head.term, generation: head.generation, length: head.length, hash: head.hash, at: now() };
    await heartbeats.offer(await sealEphemeral(key, swarm, { kind: "heartbeat", counter, body }));
  };
  const start = (): void => {
    beating ??= beat()
      .catch(onError)
      .finally(() => {
        beating = undefined;
      });
  };
  start();
  const timer = setInterval(start, everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await beating;
    },
  };
};
