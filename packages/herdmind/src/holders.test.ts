import type { GenerationId, WriterId } from "@herdmind/protocol";
import { describe, expect, it } from "vitest";
import { holdersOf } from "./holders.js";
import { createSwarm, join, type Peer, type StatusNews } from "./index.js";

const [old, now, strange] = ["old", "now", "strange"] as unknown as GenerationId[] as [
  GenerationId,
  GenerationId,
  GenerationId,
];
const parts = [{ generation: old }, { generation: now }];
const peer = (writer: string, generation?: GenerationId, length = 0) => ({
  writer: writer as WriterId,
  canon: generation === undefined ? undefined : { generation, length },
});

describe("E7 who holds a record of canon", () => {
  it("E7 is whoever reaches its block, or a later generation", () => {
    const present = [
      peer("short", old, 4),
      peer("just", old, 5),
      peer("later", now, 1),
      peer("silent"),
      peer("elsewhere", strange, 99),
    ];
    expect(holdersOf({ generation: old, sequence: 4 }, parts, present)).toEqual({
      held: ["just", "later"],
      behind: ["short"],
      unknown: ["silent", "elsewhere"],
    });
    expect(holdersOf({ generation: now, sequence: 1 }, parts, present)).toMatchObject({
      held: [],
      behind: ["short", "just", "later"],
    });
    expect(holdersOf({ generation: strange, sequence: 1 }, parts, present).unknown).toHaveLength(5);
  });
});

/** A machine that is busy. */
const LONG = { timeout: 15_000 };

describe("a revocation reaches every peer", { timeout: 30_000 }, () => {
  it("E7 is told to those that applied the remedy, and shows who has it", async () => {
    await using swarm = await createSwarm({ name: "revoked" });
    const ticket = await swarm.invite();
    const peers: Peer[] = [];
    for (const name of ["ada", "bob", "cyd", "dan"]) peers.push(await join(ticket, { name }));
    const [ada, bob, cyd, dan] = peers as [Peer, Peer, Peer, Peer];
    try {
      await Promise.all(peers.map((one) => one.synced()));
      await expect.poll(() => peers.map((one) => one.present().length), LONG).toEqual([5, 5, 5, 5]);
      const stuck = new Error("the lift is stuck");
      const receipt = await ada.report({ problem: stuck, mitigation: "jump" });
      expect(receipt.ok && (await receipt.verdict).status).toBe("admitted");
      const id = receipt.ok ? receipt.id : ("" as never);
      await expect.poll(() => peers.every((one) => one.canon.view.entries.has(id)), LONG).toBe(true);
      const heard = peers.map((one) => {
        const news: StatusNews[] = [];
        one.on("status", (status) => news.push(status));
        return news;
      });
      for (const one of [bob, cyd, dan]) {
        const told = await one.outcome(id, { success: false });
        expect(told.ok && (await told.verdict).status).toBe("counted");
      }
      await expect.poll(() => heard.map((news) => news.at(-1)?.status), LONG).toEqual(Array(4).fill("revoked"));
      const [atAda, atBob] = heard as [StatusNews[], StatusNews[]];
      expect(atAda.at(-1)).toMatchObject({
        id,
        before: "contested",
        appliedBy: [ada.id],
        mitigation: { text: "jump" },
      });
      expect(atBob.at(-1)).toMatchObject({ appliedBy: [bob.id], reason: expect.stringContaining("3 (") });
      const { position } = atAda.at(-1) as StatusNews;
      // All have it, and say so within a moment, though a presence comes every 15 s.
      for (const one of [swarm, ...peers]) await expect.poll(() => one.holders(position).held.length).toBe(5);
      expect(ada.present().every(({ canon }) => canon !== undefined && canon.length > position.sequence)).toBe(true);
      expect((await ada.recall({ error: stuck })).hidden.revoked).toBe(1);
    } finally {
      for (const one of peers) await one.close();
    }
  });
});
