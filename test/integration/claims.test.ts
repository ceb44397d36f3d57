/** E8: processes that meet one problem at the same moment, over a relay: one of them searches. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createSwarm } from "herdmind";
import { afterEach, describe, expect, it } from "vitest";
import type { FromClaimer, ToClaimer } from "./processes/claim-process.ts";

const program = fileURLToPath(new URL("processes/claim-process.ts", import.meta.url));
const children: ChildProcess[] = [];
afterEach(async () => {
  await Promise.all(
    children.splice(0).map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    }),
  );
});

interface Claimer {
  readonly name: string;
  readonly heard: readonly FromClaimer[];
  tell(message: ToClaimer): void;
  kill(): void;
}

const start = (name: string, ticket: string): Claimer => {
  const child = fork(program, [name, ticket], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  children.push(child);
  const heard: FromClaimer[] = [];
  child.on("message", (message: FromClaimer) => heard.push(message));
  return { name, heard, tell: (message) => child.send(message), kill: () => child.kill("SIGKILL") };
};

const LONG = { timeout: 60_000 };
const did = (claimers: readonly Claimer[], type: FromClaimer["type"], problem: string): readonly string[] =>
  claimers
    .filter(({ heard }) => heard.some((one) => one.type === type && "problem" in one && one.problem === problem))
    .map(({ name }) => name);

/** Processes that all hear of each other. */
const startAll = async (ticket: string, names: readonly string[]): Promise<readonly Claimer[]> => {
  const claimers = names.map((name) => start(name, ticket));
  const seesAll = ({ heard }: Claimer): boolean =>
    heard.some((message) => message.type === "here" && message.peers === names.length + 1);
  await expect.poll(() => claimers.every(seesAll), LONG).toBe(true);
  return claimers;
};

describe("E8 claims between processes", () => {
  it("E8 five processes hit one problem at the same moment: exactly one solves it, each time", {
    timeout: 120_000,
  }, async () => {
    await using swarm = await createSwarm({ name: "five at once" });
    const claimers = await startAll(await swarm.invite(), ["ada", "grace", "edsger", "barbara", "alan"]);
    const problems = ["lift", "gate", "door", "lamp", "lock"].map((thing) => `the ${thing} is stuck`);
    for (const problem of problems) {
      for (const claimer of claimers) claimer.tell({ type: "meet", problem, solveMs: 500 });
      await expect.poll(() => did(claimers, "done", problem).length, LONG).toBe(5);
      const [solver, ...others] = did(claimers, "solves", problem);
      expect(others).toEqual([]);
      expect(did(claimers, "waits", problem)).toHaveLength(4);
      const done = { type: "done", problem, remedy: `found by ${solver}` };
      for (const { heard } of claimers) expect(heard.at(-1)).toEqual(done);
    }
    expect(swarm.stats().immunizations).toBe(problems.length);
  });

  it("E8 the claimant is killed with -9: its claim expires, and exactly one other takes over", {
    timeout: 120_000,
  }, async () => {
    await using swarm = await createSwarm({ name: "killed" });
    const claimers = await startAll(await swarm.invite(), ["ada", "grace", "edsger"]);
    const problem = "the lift is stuck";
    for (const claimer of claimers) claimer.tell({ type: "meet", problem, solveMs: 5_000 });
    const counts = () => [did(claimers, "solves", problem).length, did(claimers, "waits", problem).length];
    await expect.poll(counts, LONG).toEqual([1, 2]);
    const [dead] = did(claimers, "solves", problem);
    const living = claimers.filter(({ name }) => name !== dead);
    for (const { name, kill } of claimers) if (name === dead) kill();
    await expect.poll(() => did(living, "done", problem).length, LONG).toBe(2);
    expect(did(living, "solves", problem)).toHaveLength(1);
    expect(swarm.stats().immunizations).toBe(1);
  });
});
