import { expect, test } from "vitest";
import { deal } from "./deal.js";
import { limitsOf, type TaskCost } from "./limit.js";
import { remedies } from "./remedies.js";

const options = { seed: 7, agents: 5, tasksPerAgent: 20 };

test("deals 20 different causes to each of five agents, the same ones for the same seed", () => {
  const dealt = deal(options);
  expect(dealt.agents).toHaveLength(5);
  for (const agent of dealt.agents) {
    expect(new Set(agent.tasks.map((task) => task.cause)).size).toBe(20);
    expect(agent.remedyOrder.toSorted()).toEqual(remedies.map((remedy) => remedy.name).toSorted());
  }
  const tasks = dealt.agents.flatMap((agent) => agent.tasks);
  expect(new Set(tasks.map((task) => task.id)).size).toBe(100);
  expect(new Set(tasks.map((task) => task.seed)).size).toBe(100);
  expect(dealt.problems).toBe(new Set(tasks.map((task) => task.cause)).size);
  expect(deal(options)).toEqual(dealt);
  expect(deal({ ...options, seed: 8 })).not.toEqual(dealt);
});

test("each agent has an order of remedies of its own", () => {
  expect(new Set(deal(options).agents.map((agent) => agent.remedyOrder.join())).size).toBe(5);
});

test("asking for more causes than there are is an error", () => {
  expect(() => deal({ ...options, tasksPerAgent: 25 })).toThrow("25 different causes");
  expect(() => deal({ ...options, problems: 999 })).toThrow("999 problems");
});

const cost = (agent: string, cause: string, solvedMs: number): TaskCost => ({
  agent,
  cause,
  failedMs: 10,
  fixedMs: 10,
  solvedMs,
});

test("limits of a deal that can be checked by hand", () => {
  // Alone: ada 100 + 60, tony 200 + 40. In order: ada solves x (0 to 100), tony y (0 to 40); then tony waits for x
  // until 110, and ada knows y (100 to 120). With foresight: 4 tasks of 20, searches of 80 and 20; 180 over two agents.
  const limits = limitsOf([cost("ada", "x", 100), cost("ada", "y", 60), cost("tony", "y", 40), cost("tony", "x", 200)]);
  expect(limits.isolatedMs).toBe(240);
  expect(limits.inOrder).toEqual({ sharedMs: 120, savedPct: 50 });
  expect(limits.foresight).toEqual({ sharedMs: 90, savedPct: 62.5 });
});

test("where nothing is met twice, sharing in order saves nothing", () => {
  expect(limitsOf([cost("ada", "x", 100), cost("tony", "y", 100)]).inOrder.savedPct).toBe(0);
});
