/**
 * What has arrived and is not handled yet. Bounded by frames and bytes, and paced: work over the rate waits, and where the
 * channel can be paused, reading waits with it, so that a flood queues at its sender.
 */
import { type Refusal, refuse } from "@herdmind/protocol";
import type { Channel } from "./channel.js";
import type { SessionLimits } from "./limits.js";
import type { Schedule } from "./schedule.js";

export interface Arrivals {
  push(bytes: Uint8Array): void;
  /** Resolves when everything that has arrived is handled. */
  idle(): Promise<void>;
  stop(): void;
}

export const createArrivals = (options: {
  readonly channel: Channel;
  readonly limits: SessionLimits;
  readonly schedule: Schedule;
  readonly now: () => number;
  /**
   * Begins to handle a frame; answers what it costs at once, and when it is done, what it has cost beyond that: what a
   * frame of blocks inflates to is only known then.
   */
  readonly handle: (bytes: Uint8Array) => { readonly cost: number; readonly done: Promise<number> | undefined };
  readonly onDelay: () => void;
  /** The other side sends more than the window allows. */
  readonly onOverflow: (refusal: Refusal) => void;
}): Arrivals => {
  const { channel, limits, schedule, now, handle } = options;
  let queue: Uint8Array[] = [];
  let head = 0;
  let frames = 0;
  let bytes = 0;
  // A bucket that holds one second's worth.
  let tokens = limits.workPerSecond;
  let filledAt = now();
  let cancelDelay: (() => void) | undefined;
  let paused = false;
  let stopped = false;
  let draining = false;
  let idlers: (() => void)[] = [];

  const pace = (): void => {
    const over = frames > limits.queuedFrames / 2 || bytes > limits.queuedBytes / 2 || cancelDelay !== undefined;
    if (over === paused) return;
    paused = over;
    if (over) channel.pause?.();
    else channel.resume?.();
  };

  const finish = (size: number): void => {
    frames--;
    bytes -= size;
    pace();
    if (frames === 0) {
      const waiting = idlers;
      idlers = [];
      for (const go of waiting) go();
    }
  };

  const delayed = (): boolean => {
    const time = now();
    // A clock that was set back gives no tokens and takes none.
    tokens = Math.min(limits.workPerSecond, tokens + (Math.max(0, time - filledAt) * limits.workPerSecond) / 1000);
    filledAt = time;
    if (tokens >= 1) return false;
    options.onDelay();
    cancelDelay = schedule(
      () => {
        cancelDelay = undefined;
        drain();
        pace();
      },
      Math.ceil(((1 - tokens) * 1000) / limits.workPerSecond) + 5,
    );
    pace();
    return true;
  };

  const drain = (): void => {
    if (draining || cancelDelay !== undefined) return;
    draining = true;
    while (head < queue.length && !stopped) {
      if (tokens < 1 && delayed()) break;
      const frame = queue[head++] as Uint8Array;
      const { cost, done } = handle(frame);
      tokens -= cost;
      if (done === undefined) finish(frame.length);
      else {
        const end = (more: number): void => {
          tokens -= more;
          finish(frame.length);
        };
        done.then(end, () => end(0));
      }
    }
    if (head === queue.length || head > 1024) {
      queue = queue.slice(head);
      head = 0;
    }
    draining = false;
  };

  return {
    push(frame) {
      if (stopped) return;
      frames++;
      bytes += frame.length;
      if (frames > limits.queuedFrames || bytes > limits.queuedBytes) {
        const message = `${frames} frames and ${bytes} bytes wait here, ${limits.queuedFrames} and ${limits.queuedBytes} allowed. Wait for receipts.`;
        return options.onOverflow(refuse("T3", "sender", message).refusal);
      }
      queue.push(frame);
      drain();
      pace();
    },
    idle: () => (frames === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
    stop() {
      stopped = true;
      cancelDelay?.();
      cancelDelay = undefined;
      frames -= queue.length - head;
      queue = [];
      head = 0;
      if (frames === 0) for (const go of idlers) go();
    },
  };
};
