import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { backoffMs, type Ended, keepConnected, refusalOfClose } from "./keep-connected.js";

const LOST: Ended = { useful: false, code: 1006, reason: "" };

describe("keep connected", () => {
  it("makes a new token for each attempt, tries the addresses in turn, and ends with its signal", async () => {
    const controller = new AbortController();
    const tried: string[] = [];
    const states: string[] = [];
    let tokens = 0;
    await keepConnected({
      urls: ["ws://a", "ws://b"],
      token: async () => `token ${++tokens}`,
      backoff: { minMs: 0 },
      signal: controller.signal,
      onState: (state) => states.push(state),
      connect: async (url, token) => {
        tried.push(`${url} ${token}`);
        if (tried.length === 4) controller.abort();
        return LOST;
      },
    });
    expect(tried).toEqual(["ws://a token 1", "ws://b token 2", "ws://a token 3", "ws://b token 4"]);
    expect(states.slice(0, 3)).toEqual(["connecting", "offline", "connecting"]);
  });

  it("waits longer with every round that failed, and starts small after a connection that was useful", async () => {
    const controller = new AbortController();
    const timers = vi.spyOn(globalThis, "setTimeout");
    const ends: Ended[] = [LOST, LOST, { ...LOST, useful: true }, { useful: false, code: 4401, reason: "T2 no" }, LOST];
    let attempt = 0;
    await keepConnected({
      urls: ["ws://a"],
      token: async () => "token",
      backoff: { minMs: 1, maxMs: 100 },
      random: () => 1,
      signal: controller.signal,
      onState: () => {},
      connect: async () => {
        const end = ends[attempt++];
        if (end === undefined) controller.abort();
        return end ?? LOST;
      },
    });
    const waits = timers.mock.calls.map(([, ms]) => ms);
    timers.mockRestore();
    expect(waits).toEqual([2, 4, 1, 64, 100]);
  });

  it("goes on when the token cannot be made or the address is none", async () => {
    const controller = new AbortController();
    const whys: string[] = [];
    let attempts = 0;
    await keepConnected({
      urls: ["ws://a"],
      token: async () => {
        if (++attempts === 1) throw new Error("the key is locked");
        return "token";
      },
      backoff: { minMs: 0 },
      signal: controller.signal,
      onState: (state, why) => {
        if (state === "offline") whys.push(why);
        if (whys.length === 2) controller.abort();
      },
      connect: async () => {
        throw new Error("not an address");
      },
    });
    expect(whys).toEqual(["ws://a: the key is locked", "ws://a: not an address"]);
  });

  it("spreads clients evenly from nothing to the bound, which doubles and ends", () => {
    fc.assert(
      fc.property(fc.nat(100), fc.double({ min: 0, max: 0.999, noNaN: true }), (failures, random) => {
        const wait = backoffMs(failures, { minMs: 200, maxMs: 30_000 }, () => random);
        const bound = Math.min(30_000, 200 * 2 ** failures);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(bound);
        expect(wait).toBe(Math.round(random * bound));
      }),
    );
  });

  it("reads a refusal from a close reason, and only from one of ours", () => {
    expect(refusalOfClose(4401, "T2 The token expired.")).toEqual({
      rule: "T2",
      fault: "sender",
      message: "The token expired.",
    });
    expect(refusalOfClose(4503, "T3 Full.")).toMatchObject({ fault: "none" });
    expect(refusalOfClose(1006, "T2 no")).toBeUndefined();
    expect(refusalOfClose(4400, "something else")).toBeUndefined();
  });
});
