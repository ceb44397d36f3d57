/** The orchestrator's heartbeat (E6): every 2 s it signs how far canon reaches, so that withholding can be noticed. */
import type { Canon, Schedule } from "@herdmind/canon";
import { type KeyPair, type SwarmId, sealEphemeral, type WriterId } from "@herdmind/protocol";

/** Where heartbeats go. `createHeartbeats` of @herdmind/sync fits. */
export interface HeartbeatSink {
  offer(bytes: Uint8Array): Promise<unknown>;
  /** The newest one that it holds, which may be one from before a restart that peers have sent back. */
  latest?(): { readonly writer: WriterId; readonly counter: number } | undefined;
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
  readonly schedule: Schedule;
  readonly onError: (error: unknown) => void;
}): Heart => {
  const { canon, key, swarm, heartbeats, now, everyMs, schedule, onError } = options;
  let counter = 0;
  let beating: Promise<void> | undefined;
  const beat = async (): Promise<void> => {
    const head = canon.head();
    if (head === undefined || head.writer !== key.id) return;
    // Begins with the time, so that it also grows over restarts, and then grows by itself, also while a clock stands still. One set
    // back before a restart would leave it below what peers have: they send that back, and it goes on from there.
    const heard = heartbeats.latest?.();
    counter = Math.max(counter + 1, now(), heard?.writer === key.id ? heard.counter + 1 : 0);
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
  const tick = (): void => {
    start();
    cancel = schedule(tick, everyMs);
  };
  let cancel = (): void => {};
  tick();
  return {
    stop: async () => {
      cancel();
      await beating;
    },
  };
};
