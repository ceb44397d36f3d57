import type { Refusal } from "@herdmind/protocol";
import { describe, expect, it } from "vitest";
import { createArrivals } from "./arrivals.js";
import { createChannelPair } from "./channel.js";
import { SESSION_LIMITS, type SessionLimits } from "./limits.js";

const frame = new Uint8Array(10);

/** Arrivals on a clock that stands still until it is moved. */
const create = (limits: Partial<SessionLimits>, done?: () => Promise<number>) => {
  let time = 0;
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  const [channel] = createChannelPair();
  const seen = { handled: 0, delays: 0, overflow: undefined as Refusal | undefined, paused: false };
  const arrivals = createArrivals({
    channel: {
      ...channel,
      pause: () => {
        seen.paused = true;
      },
      resume: () => {
        seen.paused = false;
      },
    },
    limits: { ...SESSION_LIMITS, ...limits },
    now: () => time,
    schedule: (run, ms) => {
      const timer = { at: time + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    handle: () => {
      seen.handled++;
      return { cost: 1, done: done?.() };
    },
    onDelay: () => {
      seen.delays++;
    },
    onOverflow: (refusal) => {
      seen.overflow = refusal;
    },
  });
  const pass = (ms: number): void => {
    time += ms;
    const due = timers.filter(({ at }) => at <= time);
    timers = timers.filter(({ at }) => at > time);
    for (const { run } of due) run();
  };
  return { arrivals, seen, pass };
};

describe("arrivals", () => {
  it("T3 delays what is over the rate, pauses reading meanwhile, and loses none of it", () => {
    const { arrivals, seen, pass } = create({ workPerSecond: 100 });
    for (let i = 0; i < 300; i++) arrivals.push(frame);
    expect(seen).toMatchObject({ handled: 100, paused: true, overflow: undefined });
    for (let i = 0; i < 400; i++) pass(10);
    expect(seen).toMatchObject({ handled: 300, paused: false });
    expect(seen.delays).toBeGreaterThan(1);
  });

  it("T3 refuses a sender who ignores the window", () => {
    const { arrivals, seen } = create({ queuedFrames: 50 }, () => new Promise(() => {}));
    for (let i = 0; i < 50; i++) arrivals.push(frame);
    expect(seen).toMatchObject({ paused: true, overflow: undefined });
    arrivals.push(frame);
    expect(seen.overflow).toMatchObject({ rule: "T3", fault: "sender" });
  });

  it("is idle when everything is handled", async () => {
    let finish = (_cost: number): void => {};
    const { arrivals } = create({}, () => new Promise<number>((resolve) => (finish = resolve)));
    arrivals.push(frame);
    let idle = false;
    const waiting = arrivals.idle().then(() => {
      idle = true;
    });
    await Promise.resolve();
    expect(idle).toBe(false);
    finish(0);
    await waiting;
    expect(idle).toBe(true);
  });
});
