/** Hands on what a command writes, no faster than it is taken. */
import type { Readable, Writable } from "node:stream";
import type { Excerpt } from "./excerpt.js";

export interface Pump {
  /** Everything was read, or nobody takes it any more. */
  readonly ended: Promise<void>;
  /** Resolves when everything is handed on, or nothing came for a moment: what a command leaves running may keep its output open for ever. */
  drained(): Promise<void>;
}

/** Longer than a kernel takes to hand on what was written before a process ended. */
const QUIET_MS = 50;

export const pump = (from: Readable, to: Writable, excerpt: Excerpt): Pump => {
  let last = performance.now();
  let isWaiting = false;
  const onData = (part: Uint8Array): void => {
    last = performance.now();
    excerpt.add(part);
    if (to.write(part) || isWaiting) return;
    isWaiting = true;
    from.pause();
    to.once("drain", () => {
      isWaiting = false;
      last = performance.now();
      from.resume();
    });
  };
  const ended = new Promise<void>((resolve) => {
    from.on("data", onData);
    from.once("close", resolve);
    from.once("end", resolve);
    from.once("error", () => resolve());
    // The reader went away: the command hears of it as it would without us, by SIGPIPE.
    to.once("error", () => {
      from.destroy();
      resolve();
    });
  });
  return {
    ended,
    drained: async () => {
      last = performance.now();
      let isOver = false;
      void ended.then(() => {
        isOver = true;
      });
      for (;;) {
        const left = last + QUIET_MS - performance.now();
        const wait = isWaiting ? QUIET_MS : left;
        if (wait <= 0) return;
        let timer: NodeJS.Timeout | undefined;
        const quiet = new Promise<void>((resolve) => {
          timer = setTimeout(resolve, wait);
        });
        await Promise.race([ended, quiet]);
        clearTimeout(timer);
        if (isOver) return;
      }
    },
  };
};
