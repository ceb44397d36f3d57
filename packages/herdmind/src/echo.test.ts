import { describe, expect, it } from "vitest";
import { createSwarm } from "./create-swarm.js";
import { join } from "./node-platform.js";
import type { Receipt } from "./report.js";

const verdictOn = async (receipt: Receipt) => {
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  return receipt.verdict;
};

describe("E9 what an author is told of a proposal that adds nothing", () => {
  it("E9 which entry it repeats, or why it was turned away", async () => {
    await using swarm = await createSwarm({ name: "echoes" });
    const ticket = await swarm.invite();
    await using other = await join(ticket, { name: "other" });
    const problem = new Error("the spool of the press is full");
    const first = await verdictOn(await swarm.report({ problem, mitigation: "Empty the spool by hand." }));
    expect(first.status).toBe("admitted");
    const again = await verdictOn(
      await other.report({ problem, mitigation: "I fixed it by emptying the spool by hand, thanks!" }),
    );
    expect(again).toMatchObject({ status: "corroborates", rule: "E9", entry: first.entry });
    expect(again.reason).toContain(first.entry as string);
    const cited = await verdictOn(
      await other.report({ problem: new Error("no ink any more"), mitigation: `Applied herdmind:${first.entry}` }),
    );
    expect(cited).toMatchObject({ status: "corroborates", entry: first.entry });
    const junk = await verdictOn(await other.report({ problem: new Error("no ink any more"), mitigation: "Done!" }));
    expect(junk).toMatchObject({ status: "rejected", rule: "E9", reason: expect.stringMatching(/Say what/) });
    expect(swarm.stats().immunizations).toBe(1);
  });
});
