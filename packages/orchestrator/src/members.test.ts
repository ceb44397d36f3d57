import { record } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { describe, expect, it } from "vitest";
import { type Agent, carry, createSwarmFixture, must, type Office, signal, unlike } from "./swarm.fixture.js";

const begin = async (now: () => number = () => 1000) => {
  const swarm = await createSwarmFixture();
  const office = await swarm.office(createMemoryStorage(), { now });
  let said = 0;
  const say = async (who: Agent): Promise<void> => {
    const receipt = await who.writer.append([signal(unlike(said++), "do it")]);
    if (!receipt.ok) throw new Error(receipt.refusal.message);
    await carry(who.logs, office.logs, receipt.log);
    await office.orchestrator.flush();
  };
  const agent = (how: Parameters<typeof swarm.agent>[1] = {}) => swarm.agent(createMemoryStorage(), how);
  return { swarm, office, say, agent };
};
const memberOf = (office: Office, { key }: Agent) => office.canon.view.members.get(key.id);

describe("members", () => {
  it("A3 counts the uses of an invitation, and tells the one who is too late", async () => {
    const { swarm, office, say, agent } = await begin();
    const ticket = await swarm.ticket({ uses: 2 });
    const three = [await agent({ ticket }), await agent({ ticket }), await agent({ ticket })];
    for (const one of three) await say(one);
    expect(three.map((one) => memberOf(office, one)?.status)).toEqual(["admitted", "admitted", "refused"]);
    expect(memberOf(office, three[2] as Agent)?.reason).toMatch(/was for 2 uses, all taken. Ask for a new ticket/);
    expect(office.canon.view.entries.size).toBe(2);
    // Its watermark advances: it is refused, not forgotten.
    expect(
      office.canon.view.watermarks.get(`${three[2]?.key.id}/${three[2]?.writer.log?.generation}` as never)?.length,
    ).toBe(2);
    await office.close();
  });

  it("A3 counts uses within one block of canon as well", async () => {
    const { swarm, office, agent } = await begin();
    const ticket = await swarm.ticket({ uses: 1 });
    const crowd = [await agent({ ticket }), await agent({ ticket }), await agent({ ticket })];
    for (const one of crowd)
      must(
        await one.writer
          .append([signal("a", "b")])
          .then((receipt) => (receipt.ok ? { ok: true as const, value: receipt } : receipt)),
      );
    await Promise.all(crowd.map((one) => carry(one.logs, office.logs, one.writer.log as never)));
    await office.orchestrator.flush();
    expect(crowd.filter((one) => memberOf(office, one)?.status === "admitted").length).toBe(1);
    await office.close();
  });

  it("A3 judges expiry by the orchestrator's clock, once, and a clock set back revives no ticket", async () => {
    let clock = 5000;
    const { swarm, office, say, agent } = await begin(() => clock);
    const [early, late, later] = [
      await agent({ ticket: await swarm.ticket({ expiresAtMs: 6000 }) }),
      await agent({ ticket: await swarm.ticket({ expiresAtMs: 6000 }) }),
      await agent({ ticket: await swarm.ticket({ expiresAtMs: 6000 }) }),
    ];
    await say(early);
    clock = 7000;
    await say(late);
    clock = 5000;
    await say(later);
    expect(memberOf(office, early)?.status).toBe("admitted");
    expect(memberOf(office, late)).toMatchObject({ status: "refused", at: 7000 });
    expect(memberOf(office, late)?.reason).toMatch(/expired at 1970-01-01T00:00:06.000Z/);
    expect(memberOf(office, later)?.status).toBe("refused");
    // Whoever was admitted stays so.
    await say(early);
    expect(memberOf(office, early)?.status).toBe("admitted");
    await office.close();
  });

  it("A3 counts an inviter that canon has not seen as a use of its own invitation", async () => {
    const { swarm, office, say, agent } = await begin();
    const ticket = await swarm.ticket({ uses: 1 });
    const unseen = await agent({ ticket });
    const guest = await agent({ ticket: await swarm.ticket({ by: unseen }) });
    const cheat = await agent({ ticket });
    const accomplice = await agent({ ticket: await swarm.ticket({ by: cheat }) });
    await say(guest);
    expect(memberOf(office, unseen)).toMatchObject({ status: "admitted", role: "agent" });
    expect(memberOf(office, guest)).toMatchObject({ status: "admitted", group: unseen.key.id });
    await say(accomplice);
    expect(memberOf(office, accomplice)?.status).toBe("refused");
    await say(unseen);
    expect(memberOf(office, unseen)?.status).toBe("admitted");
    await office.close();
  });

  it("A3 agents that a member's node hosts use no invitation: it was used up, or expired, when the member was admitted", async () => {
    let clock = 1000;
    const { swarm, office, say, agent } = await begin(() => clock);
    const node = await agent({ ticket: await swarm.ticket({ uses: 1, expiresAtMs: 2000 }) });
    await say(node);
    clock = 3000;
    const [assistant, guest] = [
      await agent({ by: node }),
      await agent({ ticket: await swarm.ticket({ by: node, uses: 1 }) }),
    ];
    await say(assistant);
    expect(memberOf(office, assistant)).toMatchObject({ status: "admitted", group: node.key.id });
    await say(guest);
    const beside = await agent({ by: guest });
    await say(beside);
    expect([guest, beside].map((one) => memberOf(office, one)?.status)).toEqual(["admitted", "admitted"]);
    await office.close();
  });

  it("A3 agents that a node hosts leave the uses of its ticket to other nodes", async () => {
    const { swarm, office, say, agent } = await begin();
    const ticket = await swarm.ticket({ uses: 2 });
    const first = await agent({ ticket });
    const crowd = [first, await agent({ by: first }), await agent({ by: first }), await agent({ ticket })];
    for (const one of crowd) await say(one);
    expect(crowd.map((one) => memberOf(office, one)?.status)).toEqual(Array(4).fill("admitted"));
    const late = await agent({ ticket });
    await say(late);
    expect(memberOf(office, late)?.status).toBe("refused");
    await office.close();
  });

  it("A3 an agent whose node canon has not seen uses its node's invitation, once", async () => {
    const { swarm, office, say, agent } = await begin();
    const ticket = await swarm.ticket({ uses: 1 });
    const node = await agent({ ticket });
    const late = await agent({ ticket });
    await say(await agent({ by: node }));
    expect(memberOf(office, node)).toMatchObject({ status: "admitted", role: "agent" });
    await say(late);
    const lateAgent = await agent({ by: late });
    await say(lateAgent);
    expect([late, lateAgent].map((one) => memberOf(office, one)?.status)).toEqual(["refused", "refused"]);
    // Its node comes back with a new ticket, and this agent is heard before it.
    const again = await agent({ ticket: await swarm.ticket({ uses: 1 }), key: late.key });
    const sooner = await agent({ by: again, key: lateAgent.key });
    await say(sooner);
    await say(again);
    expect([again, sooner].map((one) => memberOf(office, one)?.status)).toEqual(["admitted", "admitted"]);
    await office.close();
  });

  it("A3 judges a refused writer again when it shows another chain", async () => {
    const { swarm, office, say, agent } = await begin(() => 9000);
    const refused = await agent({ ticket: await swarm.ticket({ expiresAtMs: 1000 }) });
    await say(refused);
    await say(refused);
    expect(memberOf(office, refused)?.status).toBe("refused");
    expect(office.canon.view.entries.size).toBe(0);
    const again = await agent({ ticket: await swarm.ticket({}), key: refused.key });
    await say(again);
    expect(memberOf(office, again)?.status).toBe("admitted");
    expect(office.canon.view.entries.size).toBe(1);
    await office.close();
  });

  it("A3 counts no block behind a revocation in canon", async () => {
    const { office, say, agent } = await begin();
    const ada = await agent();
    await say(ada);
    // The bytes are fixed; the orchestrator's own writer is the only one that can say it.
    must(
      await office.orchestrator.writer
        .append([record("revoked", { writer: ada.key.id, last: 1, reason: "left" })])
        .then((receipt) => (receipt.ok ? { ok: true as const, value: receipt } : receipt)),
    );
    await say(ada);
    expect(office.canon.view.entries.size).toBe(1);
    expect(office.orchestrator.stats().waiting.size).toBe(0);
    await office.close();
  });
});
