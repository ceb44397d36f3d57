import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSwarm } from "./create-swarm.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("T3 a node whose transport cannot start leaves nothing running behind the error", async () => {
  const taken = (): never => {
    throw new Error("the port is taken");
  };
  await expect(createSwarm({ name: "taken", relay: false, transports: [taken] })).rejects.toThrow("the port is taken");
  expect(vi.getTimerCount()).toBe(0);
});
