/** What one node keeps for others, end to end: it arrives through whoever meets the orchestrator, and answers until then. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { createChannelPair, createSession, type Session, type Transport, type TransportContext } from "@herdmind/sync";
import { afterEach, describe, expect, it } from "vitest";
import { createSwarm } from "./create-swarm.js";
import { join } from "./node-platform.js";
import { openNode } from "./open-node.js";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
};

/** A socket of a node that is plugged into another one by hand: two peers on one table. */
const plug = () => {
  let context: TransportContext | undefined;
  const sessions = new Set<Session>();
  const start = (given: TransportContext): Transport => {
    context = given;
    let { interest } = given;
    return {
      name: "table",
      addresses: [],
      state: "connected",
      on: () => () => undefined,
      ping: undefined as never,
      setInterest(next) {
        interest = next;
        context = { ...given, interest };
        for (const session of sessions) session.setInterest(next);
      },
      close: async () => {
        await Promise.all([...sessions].map((session) => session.close()));
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
  };
  return { start, sessions, context: () => context as TransportContext };
};
type Plug = ReturnType<typeof plug>;
const meet = (a: Plug, b: Plug): { cut(): void } => {
  const ends = createChannelPair();
  for (const [i, one] of [a, b].entries()) {
    const { logs, interest, ephemerals, carrying } = one.context();
    const session = createSession({ logs, interest, ephemerals, carrying, channel: ends[i as 0 | 1] });
    one.sessions.add(session);
    session.on((event) => {
      if (event.type === "closed") one.sessions.delete(session);
    });
  }
  return ends[0];
};

const problem = { error: { name: "Error", message: "listen EADDRINUSE: address already in use :::8080" } };

const begin = async () => {
  const dir = await mkdtemp(joinPath(tmpdir(), "herdmind-carry-"));
  cleanUp.push(() => rm(dir, { recursive: true, force: true }));
  const [forO, forA, forC] = [plug(), plug(), plug()];
  const o = await createSwarm({ name: "orchard", relay: false, transports: [forO.start] });
  cleanUp.push(() => o.close());
  const [first, second] = [await o.invite(), await o.invite()];
  const a = await join(first, { name: "ada", transports: [forA.start] });
  cleanUp.push(() => a.close());
  const c = await join(second, { name: "cleo", dir, transports: [forC.start] });
  cleanUp.push(() => c.close());
  return { dir, o, a, c, forO, forA, forC };
};

describe("carry swarm", () => {
  it("brings a report to canon through a third peer, over a restart of that peer, and answers provisionally until then", async () => {
    const { dir, o, a, c, forO, forA, forC } = await begin();
    const link = meet(forA, forC);
    const reported = await a.report({ problem, mitigation: "use port 0" });
    if (!reported.ok) throw new Error(reported.refusal.message);
    await until(() => (c.logs.ofWriter(a.id)[0]?.length ?? 0) === 2);
    expect(c.stats().carried).toMatchObject({ mode: "swarm", refused: 0, forgotten: 0 });
    expect(c.stats().carried.bytes).toBeGreaterThan(100);

    // Off by default: nobody has judged it.
    expect(await c.recall({ problem })).toMatchObject({ entries: [] });
    expect("provisional" in (await c.recall({ problem }))).toBe(false);
    const known = await c.recall({ problem, provisional: true });
    expect(known.entries).toMatchObject([
      {
        id: reported.id,
        provisional: true,
        status: "provisional",
        match: "exact",
        confidence: 0,
        evidence: { worked: 0, failed: 0, independent: 0 },
        author: a.id,
        mitigation: { text: "use port 0" },
      },
    ]);
    expect(known.provisional).toMatchObject({ held: 1, unread: 0 });

    const run = async (applied: { yes: boolean }): Promise<string> => {
      if (!applied.yes) throw Object.assign(new Error(problem.error.message), { name: "Error" });
      return "served";
    };
    const refusing = { yes: false };
    await expect(
      c.attempt({}, () => run(refusing), { apply: () => (refusing.yes = true), claim: false }),
    ).rejects.toThrow("EADDRINUSE");
    const daring = { yes: false };
    const receipts: string[] = [];
    expect(
      await c.attempt({}, () => run(daring), {
        apply: () => (daring.yes = true),
        provisional: true,
        claim: false,
        onReceipt: (_, kind) => receipts.push(kind),
      }),
    ).toBe("served");
    expect(receipts).toEqual([]);

    link.cut();
    await a.close();
    await c.close();
    const again = plug();
    const restarted = await openNode({ dir, transports: [again.start], provisional: true });
    cleanUp.push(() => restarted.close());
    expect(restarted.stats().carried).toMatchObject({ logs: 1 });
    expect((await restarted.recall({ problem })).entries).toMatchObject([{ provisional: true }]);

    meet(again, forO);
    await until(async () => (await o.recall({ problem })).entries.length === 1);
    // Canon's verdict takes its place.
    await until(() => restarted.canon.view.entries.size === 1);
    const judged = await restarted.recall({ problem });
    expect(judged.entries).toMatchObject([{ id: reported.id, status: "active", author: a.id }]);
    expect(judged.entries[0]?.provisional).toBeUndefined();
    await until(() => restarted.stats().carried.logs === 0);
    expect(forC.sessions.size).toBe(0);
  }, 60_000);

  it("costs no agent another agent's log while the orchestrator is heard", async () => {
    const o = await createSwarm({ name: "orchard" });
    cleanUp.push(() => o.close());
    const agents = await Promise.all(
      Array.from({ length: 6 }, async (_, n) => {
        const one = await join(await o.invite(), { name: `agent ${n}` });
        cleanUp.push(() => one.close());
        await one.synced();
        return one;
      }),
    );
    for (let round = 0; round < 3; round++) {
      const verdicts = agents.map(async (one, n) => {
        const receipt = await one.report({
          problem: { error: { message: `broken ${n} ${round}` } },
          mitigation: "mend",
        });
        return receipt.ok ? receipt.verdict : undefined;
      });
      await Promise.all(verdicts);
      // Longer than it takes to believe that nobody is there.
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
    for (const one of agents) {
      expect(one.stats().carried).toMatchObject({ mode: "swarm", logs: 0, bytes: 0, refused: 0 });
      const others = one.logs
        .list()
        .filter(({ writer, membership }) => writer !== one.id && membership.role === "agent");
      expect(others).toEqual([]);
    }
  }, 60_000);

  it("E3 counts the proposals that it leaves out while the orchestrator is heard", async () => {
    const { o, a, forO, forA } = await begin();
    meet(forA, forO);
    await until(() => (a.canon.freshness().heardMs ?? 99_999) < 10_000);
    const reported = await a.report({ problem, mitigation: "use port 0" });
    if (!reported.ok) throw new Error(reported.refusal.message);
    const early = await a.recall({ problem, provisional: true });
    // Either canon was faster, or the proposal waits for it.
    if (early.entries.length === 0) expect(early.provisional?.hidden).toMatchObject({ heard: 1 });
    await reported.verdict;
    const late = await a.recall({ problem, provisional: true });
    expect(late.entries).toMatchObject([{ status: "active" }]);
    expect(late.provisional).toMatchObject({ held: 0, hidden: { heard: 0 } });
    expect(o.stats().carried).toMatchObject({ mode: "all", logs: 0 });
  }, 30_000);
});
