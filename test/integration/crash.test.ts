/** kill -9 of any process at random moments: nothing acknowledged is lost, nobody honest forks, all views are equal. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { freePort, type PeerProcess, startPeer, until } from "./peer-processes.ts";
import type { Ref } from "./processes/messages.ts";

const ROUNDS = Number(process.env["HERDMIND_CRASH_ROUNDS"] ?? 50);
const SEED = Number(process.env["HERDMIND_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

/** mulberry32: a small seeded generator, so that a failing order of kills can be run again. */
const seeded = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const AGENTS = ["ada", "grace", "edsger"];
const dirs: string[] = [];
const running = new Set<PeerProcess>();
afterAll(async () => {
  await Promise.all([...running].map((peer) => peer.kill()));
  await Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true })));
});

it(`L8 A2 A4 L6 nothing acknowledged is lost in ${ROUNDS} rounds of kill -9 (seed ${SEED})`, {
  timeout: 420_000,
}, async () => {
  const random = seeded(SEED);
  const dir = await mkdtemp(join(tmpdir(), "herdmind-crash-"));
  dirs.push(dir);
  const port = await freePort();
  const acknowledged: Ref[] = [];
  const keep = (peer: PeerProcess): void => {
    running.delete(peer);
    acknowledged.push(...peer.acknowledged);
  };
  const start = async (name: string, args: readonly string[]): Promise<PeerProcess> => {
    const peer = await startPeer(name, args);
    running.add(peer);
    return peer;
  };
  const startOrchestrator = (): Promise<PeerProcess> =>
    start("orchestrator", ["orchestrator", join(dir, "orchestrator"), String(port)]);
  let orchestrator = await startOrchestrator();
  const ticket = orchestrator.ticket ?? "";
  let lives = 0;
  const startAgent = async (name: string): Promise<PeerProcess> => {
    const agent = await start(name, ["agent", join(dir, name), name, ticket]);
    lives += 1;
    agent.tell({ type: "report", count: 0, parallel: 2, label: `${name} ${letters(lives)}` });
    return agent;
  };
  const agents = new Map<string, PeerProcess>();
  for (const name of AGENTS) agents.set(name, await startAgent(name));

  for (let round = 0; round < ROUNDS; round++) {
    // A random moment: between 0 and 300 ms of real work after the last restart.
    await new Promise((resolve) => setTimeout(resolve, random() * 300));
    const victim = Math.floor(random() * (AGENTS.length + 1));
    const name = AGENTS[victim];
    if (name === undefined) {
      await orchestrator.kill();
      keep(orchestrator);
      orchestrator = await startOrchestrator();
    } else {
      const agent = agents.get(name) as PeerProcess;
      await agent.kill();
      keep(agent);
      agents.set(name, await startAgent(name));
    }
  }

  for (const agent of agents.values()) {
    const done = agent.said("done");
    agent.tell({ type: "pause" });
    await done;
    acknowledged.push(...agent.acknowledged);
  }
  const missing = (watermarks: { readonly [log: string]: number }): number =>
    acknowledged.filter((ref) => (watermarks[`${ref.writer}/${ref.generation}`] ?? 0) <= ref.sequence).length;
  const canon = await until(
    () => orchestrator.held(),
    (held) => missing(held.watermarks) === 0,
    "every acknowledged record in canon",
  );
  expect(acknowledged.length).toBeGreaterThan(ROUNDS);
  expect(canon.proofs).toBe(0);
  expect(canon.refusals["L6"]).toBeUndefined();
  // One watermark for each agent and for the one of the orchestrator's node: nobody had to open another generation.
  expect(Object.keys(canon.watermarks)).toHaveLength(AGENTS.length + 1);
  for (const agent of agents.values()) {
    // Canon goes on when every record is judged: problems that turned out to be one are merged afterwards.
    const [held, whole] = await until(
      async () => [await agent.held(), await orchestrator.held()] as const,
      ([one, other]) => one.canonLength >= canon.canonLength && one.canonLength === other.canonLength,
      `${agent.name} holds canon`,
    );
    expect(held.viewHash).toBe(whole.viewHash);
    expect(held.proofs).toBe(0);
    expect(held.damage).toBe(0);
  }
  await Promise.all([...agents.values(), orchestrator].map((peer) => peer.stop()));
  running.clear();
});

const letters = (number: number): string =>
  number.toString(26).replaceAll(/[0-9]/g, (digit) => "qrstuvwxyz"[Number(digit)] as string);
