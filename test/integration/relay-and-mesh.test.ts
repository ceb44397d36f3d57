/** Relay and mesh at once: a block that comes both ways is taken once, and losing one of them shows in `connection` events only. */
import { logKey } from "@herdmind/protocol";
import { createSwarm, join, type Peer } from "herdmind";
import { expect, it } from "vitest";

const problem = (n: number): Error => new Error(`connect ECONNREFUSED of service ${"abcdefghijklmnopqrst"[n]}`);

/** Which blocks a peer was told of, and what else it heard. */
const watch = (peer: Peer) => {
  const blocks: string[] = [];
  const heard: string[] = [];
  peer.logs.subscribe((accepted) => {
    for (const { sequence } of accepted.blocks) blocks.push(`${logKey(accepted.log)}/${sequence}`);
  });
  peer.on("connection", ({ transport, state }) => heard.push(`${transport} ${state}`));
  for (const name of ["refused", "alarm", "withdrawn"] as const) peer.on(name, () => heard.push(name));
  return { blocks, heard };
};

it("L3 a block that comes by relay and mesh is taken once; a lost relay is news, and nothing else changes", {
  timeout: 60_000,
}, async () => {
  await using swarm = await createSwarm({ name: "both", mesh: true });
  const ticket = await swarm.invite();
  await using ada = await join(ticket, { name: "ada" });
  await using ben = await join(ticket, { name: "ben" });
  const seen = [swarm, ada, ben].map(watch);
  for (const peer of [ada, ben])
    await expect.poll(() => peer.stats().connections).toEqual({ relay: "connected", mesh: "connected" });
  for (const { heard } of seen) heard.length = 0;

  const solve = async (peer: Peer, n: number): Promise<void> => {
    const receipt = await peer.report({ problem: problem(n), mitigation: `start service ${n}` });
    if (!receipt.ok) throw new Error(receipt.refusal.message);
    expect((await receipt.verdict).status).toBe("admitted");
    for (const other of [ada, ben])
      await expect.poll(async () => (await other.recall({ error: problem(n) })).entries.length).toBe(1);
  };
  for (let n = 0; n < 5; n++) await solve(n % 2 === 0 ? ada : ben, n);
  expect(seen.map(({ heard }) => heard)).toEqual([[], [], []]);

  await swarm.relay?.close();
  for (let n = 5; n < 10; n++) await solve(n % 2 === 0 ? ada : ben, n);
  for (const { blocks } of seen) expect(blocks).toEqual([...new Set(blocks)]);
  expect(seen[0]?.heard).toEqual([]);
  for (const { heard } of seen.slice(1)) {
    expect(heard).toContain("relay offline");
    expect(heard.every((news) => news.startsWith("relay "))).toBe(true);
  }
});
