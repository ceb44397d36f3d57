/** Schedules that once failed, cut down, each by the name of what was wrong. They stay as they are when plans are drawn otherwise. */
import { describe, expect, it } from "vitest";
import type { Plan } from "./plan.ts";
import { runSchedule } from "./run-schedule.ts";

const found: { readonly [what: string]: Plan } = {
  "a session goes on with a log whose refused block came another way (L8)": {
    seed: 976,
    topology: "star",
    agents: 2,
    carriers: 1,
    delayMs: 5,
    gossips: true,
    gossipDelayMs: 100,
    loss: 0.1,
    duplication: 0,
    slowDisk: 0,
    blocksPerGeneration: { agent: 6, canon: 6 },
    recordsPerBlock: 1024,
    cheats: false,
    steps: [
      { after: 0, operation: { do: "report", peer: 13, problem: 5, remedy: 2 } },
      { after: 1557, operation: { do: "outcome", peer: 7, entry: 20, worked: false } },
      { after: 48, operation: { do: "report", peer: 9, problem: 5, remedy: 0 } },
      { after: 16, operation: { do: "report", peer: 14, problem: 1, remedy: 1 } },
      { after: 0, operation: { do: "outcome", peer: 11, entry: 26, worked: false } },
      { after: 0, operation: { do: "fail-writes", peer: 6, kind: "full", writes: 2 } },
      { after: 48, operation: { do: "report", peer: 13, problem: 4, remedy: 2 } },
    ],
  },
  "a session goes on with a log that was longer at the other side and came another way": {
    seed: 6557,
    topology: "star",
    agents: 2,
    carriers: 1,
    delayMs: 40,
    gossips: true,
    gossipDelayMs: 10,
    loss: 0.5,
    duplication: 0.2,
    slowDisk: 0.2,
    blocksPerGeneration: { agent: 3, canon: 1000 },
    recordsPerBlock: 1024,
    cheats: false,
    steps: [
      { after: 35, operation: { do: "crash-at-write", peer: 9, nth: 2, when: "after" } },
      { after: 0, operation: { do: "report", peer: 14, problem: 3, remedy: 2 } },
      { after: 60, operation: { do: "report", peer: 9, problem: 3, remedy: 2 } },
      { after: 0, operation: { do: "report", peer: 3, problem: 2, remedy: 0 } },
      { after: 55, operation: { do: "crash-at-write", peer: 10, nth: 2, when: "after" } },
      { after: 33, operation: { do: "report", peer: 11, problem: 3, remedy: 1 } },
      { after: 40, operation: { do: "report", peer: 0, problem: 0, remedy: 2 } },
      { after: 3606, operation: { do: "report", peer: 1, problem: 1, remedy: 0 } },
      { after: 403, operation: { do: "clone", peer: 7 } },
      { after: 19, operation: { do: "report", peer: 2, problem: 1, remedy: 1 } },
      { after: 800, operation: { do: "report", peer: 2, problem: 1, remedy: 0 } },
      { after: 0, operation: { do: "report", peer: 9, problem: 0, remedy: 0 } },
      { after: 0, operation: { do: "start", peer: 12 } },
      { after: 1747, operation: { do: "report", peer: 7, problem: 3, remedy: 0 } },
    ],
  },
  "E6 heartbeats are heard when the orchestrator's clock was set back before it started again": {
    seed: 1,
    topology: "star",
    agents: 2,
    carriers: 1,
    delayMs: 5,
    gossips: false,
    gossipDelayMs: 10,
    loss: 0,
    duplication: 0,
    slowDisk: 0,
    blocksPerGeneration: { agent: 1000, canon: 1000 },
    recordsPerBlock: 1024,
    cheats: false,
    steps: [
      { after: 5000, operation: { do: "report", peer: 0, problem: 0, remedy: 0 } },
      { after: 2500, operation: { do: "clock", peer: 0, by: -3600000 } },
      { after: 0, operation: { do: "crash", peer: 0, keep: 0 } },
      { after: 10, operation: { do: "start", peer: 0 } },
    ],
  },
  "A2 canon is not withdrawn because its history has not arrived yet": {
    seed: 28,
    topology: "line",
    agents: 2,
    carriers: 0,
    delayMs: 0,
    gossips: false,
    gossipDelayMs: 100,
    loss: 0,
    duplication: 0.2,
    slowDisk: 0.2,
    blocksPerGeneration: { agent: 3, canon: 6 },
    recordsPerBlock: 4,
    cheats: false,
    steps: [
      { after: 3377, operation: { do: "roll-over", peer: 5 } },
      { after: 2733, operation: { do: "report", peer: 15, problem: 1, remedy: 2 } },
      { after: 0, operation: { do: "report", peer: 2, problem: 3, remedy: 2 } },
      { after: 2414, operation: { do: "report", peer: 0, problem: 3, remedy: 1 } },
      { after: 51, operation: { do: "report", peer: 14, problem: 2, remedy: 2 } },
      { after: 23, operation: { do: "outcome", peer: 10, entry: 15, worked: false } },
    ],
  },
};

describe("schedules that once failed", () => {
  for (const [what, plan] of Object.entries(found)) {
    it(what, async () => {
      expect((await runSchedule(plan)).violations).toEqual([]);
    });
  }
});
