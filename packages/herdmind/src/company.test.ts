import { describe, expect, it } from "vitest";
import { type Agent, createSwarm, type Hold, join, type Peer } from "./index.js";

const broken = new Error("the lift is stuck");

interface Choice {
  readonly patienceMs?: number;
  readonly claim?: boolean;
  /** What the search waits for before it finds something. */
  readonly until?: Promise<unknown>;
}

/** One problem, and what each agent did about it. */
const scene = () => {
  const solvers: string[] = [];
  const open = Promise.withResolvers<void>();
  const attemptBy = async (agent: Agent, { until, ...options }: Choice = {}): Promise<string> => {
    let remedy = "";
    return agent.attempt(
      {},
      () => {
        if (remedy === "") throw broken;
        return remedy;
      },
      {
        ...options,
        apply: (entry) => {
          remedy = entry.mitigation.text;
        },
        solve: async () => {
          solvers.push(agent.name);
          await until;
          remedy = `found by ${agent.name}`;
          return { mitigation: remedy, value: remedy };
        },
      },
    );
  };
  return { solvers, attemptBy, open };
};

const hosted = async (swarm: Peer, names: readonly string[]): Promise<readonly [Agent, Agent, Agent]> => {
  const agents = await Promise.all(names.map((name) => swarm.as(name)));
  await expect.poll(() => agents.every(({ id }) => swarm.canon.view.members.has(id))).toBe(true);
  return agents as unknown as readonly [Agent, Agent, Agent];
};

/** Canon lists it, so that it is heard. */
const admitted = async (peer: Peer): Promise<void> => {
  await expect.poll(() => peer.present().some(({ isSelf }) => isSelf), LONG).toBe(true);
};

/** A machine that is busy. */
const LONG = { timeout: 15_000 };

describe("E8 one search for each problem", { timeout: 20_000 }, () => {
  it("E8 agents of one node, without any connection: the first one searches, and nothing is waited for before", async () => {
    await using swarm = await createSwarm({ name: "one node", relay: false });
    const agents = await hosted(swarm, ["ada", "bob", "cyd"]);
    const { solvers, attemptBy, open } = scene();
    const running = Promise.all(agents.map((agent) => attemptBy(agent, { until: open.promise })));
    await expect.poll(() => swarm.stats().waits).toBe(2);
    open.resolve();
    const values = await running;
    expect(solvers).toHaveLength(1);
    expect(new Set(values)).toEqual(new Set([`found by ${solvers[0]}`]));
    expect(swarm.stats()).toMatchObject({ claims: 1, waits: 2, waitsThatPaid: 2, repeatsPrevented: 2 });
  });

  it("E8 attempts of one agent at one problem: one searches", async () => {
    await using swarm = await createSwarm({ name: "one agent", relay: false });
    const { solvers, attemptBy } = scene();
    await Promise.all([1, 2, 3].map(() => attemptBy(swarm)));
    expect(solvers).toHaveLength(1);
  });

  it("E8 peers over a relay: one searches, the others show that they wait, and apply what it found", async () => {
    await using swarm = await createSwarm({ name: "three" });
    const ticket = await swarm.invite();
    await using ada = await join(ticket, { name: "ada" });
    await using bob = await join(ticket, { name: "bob" });
    await using cyd = await join(ticket, { name: "cyd" });
    const peers = [ada, bob, cyd];
    await Promise.all(peers.map(admitted));
    const waiting: Hold[] = [];
    const learned: boolean[] = [];
    for (const peer of peers) {
      peer.on("waiting", (hold) => waiting.push(hold));
      peer.on("waited", ({ isLearned }) => learned.push(isLearned));
    }
    const { solvers, attemptBy, open } = scene();
    const running = Promise.all(peers.map((peer) => attemptBy(peer, { until: open.promise })));
    await expect.poll(() => waiting.length, LONG).toBe(2);
    const holder = peers.find(({ name }) => name === solvers[0]) as Peer;
    expect(new Set(waiting.map((hold) => hold.holder))).toEqual(new Set([holder.id]));
    // Everybody can see who is solving what.
    const shown = swarm.present().find(({ writer }) => writer === holder.id);
    expect(shown).toMatchObject({
      name: holder.name,
      role: "agent",
      claims: [{ fingerprint: waiting[0]?.fingerprint }],
    });
    open.resolve();
    await running;
    expect([solvers.length, learned]).toEqual([1, [true, true]]);
    await expect.poll(() => swarm.present().flatMap(({ claims }) => claims), LONG).toEqual([]);
  });

  it("E8 `claim: false` searches at once", async () => {
    await using swarm = await createSwarm({ name: "unclaimed", relay: false });
    const [ada, bob] = await hosted(swarm, ["ada", "bob"]);
    const { solvers, attemptBy, open } = scene();
    const first = attemptBy(ada, { until: open.promise });
    await expect.poll(() => solvers).toEqual(["ada"]);
    expect(await attemptBy(bob, { claim: false })).toBe("found by bob");
    open.resolve();
    await first;
    expect([solvers, swarm.stats().waits]).toEqual([["ada", "bob"], 0]);
  });

  it("E8 a patience that ends lets another search too, and who still waits takes what is found first", async () => {
    await using swarm = await createSwarm({ name: "impatient", relay: false });
    const [ada, bob, cyd] = await hosted(swarm, ["ada", "bob", "cyd"]);
    const { solvers, attemptBy, open } = scene();
    const first = attemptBy(ada, { until: open.promise });
    await expect.poll(() => solvers).toEqual(["ada"]);
    const patient = attemptBy(bob);
    await expect.poll(() => swarm.stats().waits).toBe(1);
    expect(await attemptBy(cyd, { patienceMs: 20 })).toBe("found by cyd");
    expect(await patient).toBe("found by cyd");
    open.resolve();
    await first;
    expect([solvers, swarm.stats()]).toMatchObject([["ada", "cyd"], { claims: 2, waits: 2, waitsThatPaid: 1 }]);
  });

  it("E7 who is here: with name, role and carry; gone when it leaves", async () => {
    await using swarm = await createSwarm({ name: "company" });
    await using ada = await join(await swarm.invite(), { name: "ada" });
    await admitted(ada);
    const names = (peer: Peer) =>
      peer
        .present()
        .map(({ name, isSelf }) => `${name}${isSelf ? " (self)" : ""}`)
        .toSorted();
    await expect.poll(() => names(swarm), LONG).toEqual(["ada", "company (self)"]);
    await expect.poll(() => names(ada), LONG).toEqual(["ada (self)", "company"]);
    expect(swarm.present().find(({ name }) => name === "ada")).toMatchObject({
      role: "agent",
      carry: "swarm",
      agents: 1,
    });
    const late = await join(await swarm.invite(), { name: "late" });
    await expect.poll(() => names(late), LONG).toEqual(["ada", "company", "late (self)"]);
    await late.close();
    await expect.poll(() => names(ada), LONG).toEqual(["ada (self)", "company"]);
  });
});
