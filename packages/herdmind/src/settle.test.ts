import { describe, expect, it } from "vitest";
import { roundTrip, type SettleParts, settle } from "./settle.js";

/** A clock and a schedule of the test's own; `ping` is answered after so many milliseconds. */
const scene = (links: readonly { readonly state?: "connected" | "offline"; readonly pingMs?: number | "none" }[]) => {
  let now = 0;
  let due: { readonly at: number; readonly run: () => void }[] = [];
  const schedule: SettleParts["schedule"] = (run, ms) => {
    const one = { at: now + ms, run };
    due.push(one);
    return () => {
      due = due.filter((other) => other !== one);
    };
  };
  const transports: SettleParts["transports"] = links.map(({ state = "connected", pingMs }) =>
    pingMs === "none"
      ? { state }
      : {
          state,
          ping: () =>
            new Promise<void>((resolve) => {
              if (pingMs !== undefined) schedule(resolve, pingMs);
            }),
        },
  );
  let settledAt: number | undefined;
  const cancel = settle({ transports, monotonic: () => now, schedule }, () => {
    settledAt = now;
  });
  return {
    cancel,
    async settledAt(): Promise<number | undefined> {
      for (let i = 0; i < 100; i++) {
        for (let turn = 0; turn < 20; turn++) await Promise.resolve();
        const next = due.toSorted((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        due = due.filter((other) => other !== next);
        now = Math.max(now, next.at);
        next.run();
      }
      return settledAt;
    },
    timers: () => due.length,
  };
};

describe("E8 the settle time", () => {
  it.each([
    ["two round trips of the connection", [{ pingMs: 80 }], 160],
    ["of the slowest one", [{ pingMs: 80 }, { pingMs: 200 }], 400],
    ["never less than a busy process needs", [{ pingMs: 1 }], 50],
    ["a default where no round trip can be measured", [{ pingMs: "none" as const }], 200],
    ["bounded where nobody answers", [{}], 1000],
    ["bounded where the answer is late", [{ pingMs: 900 }], 1000],
    ["not that of a connection that is gone", [{ pingMs: 40 }, { state: "offline" as const }], 80],
  ])("E8 is %s", async (_, links, ms) => {
    const { settledAt, timers } = scene(links);
    expect(await settledAt()).toBe(ms);
    expect(timers()).toBe(0);
  });

  it("E8 is that of the others where one connection fails while it is asked", async () => {
    const failing = { state: "connected" as const, ping: () => Promise.reject(new Error("closed meanwhile")) };
    for (const wait of [settle, roundTrip]) {
      let isDone = false;
      const due: (() => void)[] = [];
      const schedule: SettleParts["schedule"] = (run) => {
        due.push(run);
        return () => due.splice(due.indexOf(run), 1);
      };
      wait({ transports: [failing], monotonic: () => 0, schedule }, () => {
        isDone = true;
      });
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      // The longest wait is one timer; a rejection that nobody heard would have ended the process.
      due.at(-1)?.();
      expect(isDone).toBe(true);
    }
  });

  it("E8 can be cancelled", async () => {
    const { cancel, settledAt } = scene([{ pingMs: 80 }]);
    cancel();
    expect(await settledAt()).toBeUndefined();
  });
});
