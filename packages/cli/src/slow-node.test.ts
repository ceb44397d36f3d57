import type { LogLine } from "herdmind";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SLOW_MS, tellIfSlow } from "./slow-node.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("who waits for a node that hangs is told once, and gets the answer when it comes", async () => {
  const told: LogLine[] = [];
  const answer = Promise.withResolvers<string>();
  const waiting = tellIfSlow("/data", (line) => told.push(line), answer.promise);
  await vi.advanceTimersByTimeAsync(SLOW_MS - 1);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(10 * SLOW_MS);
  expect(told).toMatchObject([{ event: "node.slow", message: expect.stringMatching(/\/data .*herdmind stop/) }]);
  answer.resolve("here");
  expect(await waiting).toBe("here");
});

test("an answer or a failure in time is no reason to say anything", async () => {
  const told: LogLine[] = [];
  await tellIfSlow("/data", (line) => told.push(line), Promise.resolve());
  await expect(tellIfSlow("/data", (line) => told.push(line), Promise.reject(new Error("gone")))).rejects.toThrow();
  await vi.advanceTimersByTimeAsync(10 * SLOW_MS);
  expect(told).toEqual([]);
});
