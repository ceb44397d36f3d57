/** Two processes report 500 records each at once: 1,000 of 1,000 are admitted, each with a verdict. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { freePort, type PeerProcess, startPeer, until } from "./peer-processes.ts";

let dir = "";
const running: PeerProcess[] = [];
afterAll(async () => {
  await Promise.all(running.map((peer) => peer.kill()));
  await rm(dir, { recursive: true, force: true });
});

it("A2 two processes reporting 500 records each: 1,000 of 1,000 admitted, each with a verdict", {
  timeout: 120_000,
}, async () => {
  dir = await mkdtemp(join(tmpdir(), "herdmind-parallel-"));
  const orchestrator = await startPeer("orchestrator", [
    "orchestrator",
    join(dir, "orchestrator"),
    String(await freePort()),
  ]);
  running.push(orchestrator);
  const agents = await Promise.all(
    ["ada", "grace"].map((name) => startPeer(name, ["agent", join(dir, name), name, orchestrator.ticket ?? ""])),
  );
  running.push(...agents);
  for (const agent of agents) agent.tell({ type: "report", count: 500, parallel: 20, label: agent.name });
  await until(
    async () => agents.map((agent) => [...agent.verdicts.values()].reduce((sum, count) => sum + count, 0)),
    (counts) => counts.every((count) => count === 500),
    "a verdict for each record",
  );
  expect(agents.map((agent) => agent.verdicts.get("admitted"))).toEqual([500, 500]);
  expect((await orchestrator.held()).immunizations).toBe(1000);
});
