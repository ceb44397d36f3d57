import { describe, expect, it } from "vitest";
import { createSwarm } from "./create-swarm.js";
import type { HostingPeer } from "./hosting.js";
import type { Peer } from "./peer.js";

const body = {
  type: "ERROR_RESOLVED",
  problem: { error: { name: "Error", message: "connect ECONNREFUSED 127.0.0.1:5432" } },
  mitigation: { text: "Set DATABASE_HOST" },
  at: 1_700_000_000_000,
};

describe("a record that is asked for again", () => {
  it("stands in the log once, and its second receipt is the first one", async () => {
    await using swarm = (await createSwarm({ name: "again", relay: false })) as Peer as HostingPeer;
    const { hosting, id } = swarm;
    const first = await hosting.write(id, "signal", body);
    const again = await hosting.write(id, "signal", { ...body }, true);
    if (!first.ok || !again.ok) throw new Error("refused");
    expect(again.ref).toEqual(first.ref);
    expect(again.id).toBe(first.id);
    expect((await first.verdict).status).toBe("admitted");
    expect((await again.verdict).status).toBe("admitted");
  });

  it("is written when it is not there, and answers one asker each where two wrote the same", async () => {
    await using swarm = (await createSwarm({ name: "again", relay: false })) as Peer as HostingPeer;
    const { hosting, id } = swarm;
    await hosting.write(id, "signal", body);
    const [second, third] = [
      await hosting.write(id, "signal", body, true),
      await hosting.write(id, "signal", body, true),
    ];
    if (!second.ok || !third.ok) throw new Error("refused");
    expect(third.ref).not.toEqual(second.ref);
    const other = await hosting.write(id, "signal", { ...body, at: body.at + 1 }, true);
    expect(other.ok && other.ref).not.toEqual(second.ref);
  });

  it("E2 is found although it was redacted before it was signed", async () => {
    await using swarm = (await createSwarm({ name: "again", relay: false })) as Peer as HostingPeer;
    const { hosting, id } = swarm;
    const secret = { ...body, mitigation: { text: "export PGPASSWORD=correct-horse-battery" } };
    const first = await hosting.write(id, "signal", secret);
    const again = await hosting.write(id, "signal", secret, true);
    if (!first.ok || !again.ok) throw new Error("refused");
    expect(first.redactions).toHaveLength(1);
    expect(again.ref).toEqual(first.ref);
  });

  it("has the verdict that it had, also when that was an exception", async () => {
    await using swarm = (await createSwarm({ name: "again", relay: false })) as Peer as HostingPeer;
    const { hosting, id } = swarm;
    const outcome = { entry: "A".repeat(43), success: true, at: 1 };
    const first = await hosting.write(id, "outcome", outcome);
    const again = await hosting.write(id, "outcome", outcome, true);
    if (!first.ok || !again.ok) throw new Error("refused");
    const verdict = await first.verdict;
    expect(verdict).toMatchObject({ status: "ignored", reason: expect.stringMatching(/entry/) });
    expect(await again.verdict).toEqual(verdict);
  });
});
