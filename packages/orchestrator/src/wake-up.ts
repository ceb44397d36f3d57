import type { Schedule } from "@herdmind/canon";

/** Waits that end early: for work, or for a pause between two attempts. */
export interface WakeUp {
  /** How often it rang. Read it before looking for work, so that a ring in between is not missed. */
  count(): number;
  ring(): void;
  /** Resolves when it has rung more than `count` times. */
  after(count: number): Promise<void>;
  /** Resolves after a time, or when `end` is called. */
  sleep(ms: number): Promise<void>;
  end(): void;
}

export const createWakeUp = (schedule: Schedule): WakeUp => {
  let rings = 0;
  let next = Promise.withResolvers<void>();
  let endSleep: (() => void) | undefined;
  return {
    count: () => rings,
    ring: () => {
      rings += 1;
      next.resolve();
      next = Promise.withResolvers<void>();
    },
    after: async (count) => {
      if (rings <= count) await next.promise;
    },
    sleep: async (ms) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = schedule(resolve, ms);
      endSleep = resolve;
      await promise;
      cancel();
      endSleep = undefined;
    },
    end: () => endSleep?.(),
  };
};
