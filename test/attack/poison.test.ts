/**
 * Members that lie together, over real peers and a real relay. Everything they send is validly signed; what stops them is that they
 * are fewer than a third of those who report.
 */
import { createSwarm, join, type Peer, type Receipt, type StatusNews, type Swarm } from "herdmind";
import { afterEach, describe, expect, it } from "vitest";

const stuck = new Error("the sluice gate does not open");
const RIGHT = "grease the spindle";
const WRONG = "hit it harder";
/** A machine that is busy. */
const LONG = { timeout: 20_000 };

const closing: Peer[] = [];
afterEach(async () => {
  for (const peer of closing.splice(0).reverse()) await peer.close();
});

const gather = async (
  names: readonly string[],
): Promise<{ readonly swarm: Swarm; readonly peers: readonly Peer[] }> => {
  const swarm = await createSwarm({ name: "poisoned" });
  closing.push(swarm);
  const ticket = await swarm.invite();
  const peers: Peer[] = [];
  for (const name of names) {
    const peer = await join(ticket, { name });
    closing.push(peer);
    peers.push(peer);
  }
  await Promise.all(peers.map((peer) => peer.synced()));
  return { swarm, peers };
};

const judged = async (receipt: Receipt): Promise<string> => {
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  return (await receipt.verdict).status;
};

/** Waits until all hold what the orchestrator has decided. */
const settled = (swarm: Swarm, peers: readonly Peer[]): Promise<unknown> =>
  expect
    .poll(() => peers.every((peer) => peer.canon.head()?.hash === swarm.canon.head()?.hash), LONG)
    .toBe(true) as unknown as Promise<unknown>;

const idOf = (swarm: Swarm, remedy: string): string => {
  for (const { immunization } of swarm.canon.view.entries.values())
    if (immunization.mitigation.text === remedy) return immunization.id;
  throw new Error(`canon has no "${remedy}"`);
};

/** Meets the problem, as an agent does: applies what is known, best first, and finds out for itself when nothing helps. */
const work = async (peer: Peer): Promise<readonly string[]> => {
  const applied: string[] = [];
  const verdicts: Promise<string>[] = [];
  await peer.attempt(
    {},
    () => {
      if (applied.at(-1) !== RIGHT) throw stuck;
    },
    {
      apply: ({ mitigation }) => void applied.push(mitigation.text),
      solve: () => ({ mitigation: RIGHT, value: undefined }),
      onReceipt: (receipt) => verdicts.push(judged(receipt)),
    },
  );
  await Promise.all(verdicts);
  return applied;
};

describe("E1 members that lie together", { timeout: 90_000 }, () => {
  it("E1 two of eight, with the agents they host, make no wrong remedy the first confirmed answer and hide no right one", async () => {
    const { swarm, peers } = await gather(["mal", "eve", "ada", "bob", "cyd", "dan", "fay", "gus"]);
    const [mal, eve, ada, ...others] = peers as [Peer, Peer, Peer, ...Peer[]];
    const lost: StatusNews[] = [];
    ada.on("status", (news) => lost.push(news));

    // They come first: one proposes, all praise.
    expect(await judged(await mal.report({ problem: stuck, mitigation: WRONG }))).toBe("admitted");
    await settled(swarm, peers);
    const wrong = idOf(swarm, WRONG) as never;
    const sybils = await Promise.all([mal, eve].flatMap((liar) => [1, 2, 3].map((n) => liar.as(`helper ${n}`))));
    for (const liar of [eve, ...sybils])
      expect(await judged(await liar.outcome(wrong, { success: true }))).toBe("counted");
    await settled(swarm, peers);
    const [praised] = (await ada.recall({ error: stuck })).entries;
    expect(praised).toMatchObject({ id: wrong, unconfirmed: true, evidence: { worked: 7, independent: 1 } });

    // An agent that has tried it in vain is offered, or finds, what helps.
    expect(await work(ada)).toEqual([WRONG]);
    await settled(swarm, peers);
    const right = idOf(swarm, RIGHT) as never;
    for (const liar of [mal, eve, ...sybils])
      expect(await judged(await liar.outcome(right, { success: false }))).toBe("counted");
    await settled(swarm, peers);
    const tried: (readonly string[])[] = [];
    for (const peer of others) {
      tried.push(await work(peer));
      await settled(swarm, peers);
    }
    // Who has exhausted one is offered the next: each ended with the right one, in one attempt.
    expect(tried[0]).toEqual([WRONG, RIGHT]);
    expect(tried.every((applied) => applied.at(-1) === RIGHT)).toBe(true);
    expect(tried.at(-1)).toEqual([RIGHT]);

    for (const peer of [swarm, ...peers]) {
      const { entries, hidden } = await peer.recall({ error: stuck });
      expect(entries.map(({ id, unconfirmed }) => [id, unconfirmed])).toEqual([[right, undefined]]);
      expect(hidden.revoked + hidden.superseded).toBe(1);
    }
    // Who applied the wrong one was told, and it can be seen who knows.
    const last = lost.findLast(({ id }) => id === wrong) as StatusNews;
    expect(["revoked", "superseded"]).toContain(last.status);
    expect(last.appliedBy).toEqual([ada.id]);
    await expect.poll(() => ada.holders(last.position).held.length, LONG).toBe(9);

    // They come back later, and change what they said.
    for (const liar of [mal, eve, ...sybils]) {
      await judged(await liar.outcome(wrong, { success: liar !== mal }));
      await judged(await liar.report({ problem: stuck, mitigation: `${WRONG}, ${liar.name}` }));
    }
    await settled(swarm, peers);
    const { entries } = await ada.recall({ error: stuck, limit: 100 });
    expect(entries[0]).toMatchObject({ id: right, status: "active" });
    expect(entries[0]?.unconfirmed).toBe(undefined);
    expect(entries.slice(1).every(({ unconfirmed }) => unconfirmed === true)).toBe(true);
  });

  it("E1 below five reporters every answer says that it is unconfirmed, also a right one", async () => {
    const { swarm, peers } = await gather(["ada", "bob", "cyd", "dan", "fay"]);
    for (const peer of peers) {
      await work(peer);
      await settled(swarm, peers);
    }
    const [first] = (await swarm.recall({ error: stuck })).entries;
    expect(first).toMatchObject({ unconfirmed: true, evidence: { worked: 4, independent: 4 } });
    expect(first?.why).toContain("unconfirmed");
  });
});
