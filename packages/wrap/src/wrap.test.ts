import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { serveLocal } from "@herdmind/local";
import { socketPath } from "@herdmind/local/client";
import { createSwarm, join, type Peer, renderForModel } from "herdmind";
import { describe, expect, it } from "vitest";
import { type Experience, fromAgent, fromNode, knownOf, wrap } from "./index.js";

/** How an experience of a peer is made. */
type Make = (peer: Peer, name: string) => Promise<Experience>;
interface Way extends AsyncDisposable {
  readonly make: Make;
}

const inProcess = (): Way => ({
  make: async (peer, name) => fromAgent(await peer.as(name)),
  [Symbol.asyncDispose]: async () => undefined,
});

/** Through the socket of a peer that lives here: as from another process. */
const throughNode = (): Way => {
  const dirs = new Map<Peer, Promise<string>>();
  const stack = new AsyncDisposableStack();
  const serve = async (peer: Peer): Promise<string> => {
    const dir = await mkdtemp(path(tmpdir(), "herdmind-wrap-"));
    stack.defer(() => rm(dir, { recursive: true, force: true }));
    const served = await serveLocal({ peer }, socketPath(dir));
    if (!served.ok) throw new Error(served.refusal.message);
    stack.use(served.value);
    return dir;
  };
  return {
    async make(peer, name) {
      const dir = dirs.get(peer) ?? serve(peer);
      dirs.set(peer, dir);
      return fromNode({ dir: await dir, as: name, patienceMs: 5000 });
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
};

const stuck = (floor: number): Error => new Error(`the lift is stuck at floor ${floor}`);
const known = async (experience: Experience, floor = 0) => {
  const answered = await experience.recall({ error: stuck(floor).message });
  if (!answered.ok) throw new Error(answered.message);
  return answered.value.entries;
};
const report = async (experience: Experience, mitigation: string): Promise<string> => {
  const told = await experience.report({ error: stuck(0).message, mitigation, waitMs: 5000 });
  if (!told.ok) throw new Error(told.message);
  expect(told.value.verdict.status).toBe("admitted");
  return told.value.id;
};

describe.concurrent.each([
  ["an agent of this process", inProcess],
  ["a node", throughNode],
])("with %s", (_, begin) => {
  /** A lift that moves once it is treated right. */
  const lift = (remedy: string) => {
    const tried: string[] = [];
    return {
      tried,
      ride: async (floor: number): Promise<string> => {
        if (tried.includes(remedy)) return `moving from ${floor}`;
        throw stuck(floor);
      },
    };
  };

  it("applies what is known, best first, until it works, and tells the outcomes", async ({ expect }) => {
    await using way = begin();
    await using swarm = await createSwarm({ name: "lifts", relay: false });
    const ada = await way.make(swarm, "ada");
    const bob = await way.make(swarm, "bob");
    const wrong = await report(ada, "wait");
    const right = await report(ada, "press all buttons");
    const { tried, ride } = lift("press all buttons");
    const receipts: unknown[] = [];
    const wrapped = wrap(ride, {
      experience: bob,
      apply: ({ mitigation }, error, [floor]) => {
        expect(error).toEqual(stuck(floor));
        tried.push(mitigation.text);
      },
      onReceipt: (receipt, kind) => receipts.push([kind, receipt.ok]),
    });
    expect(await wrapped(7)).toBe("moving from 7");
    expect(tried.at(-1)).toBe("press all buttons");
    expect(receipts).toEqual(tried.map(() => ["outcome", true]));
    await expect.poll(async () => (await known(ada)).find(({ id }) => id === right)?.evidence.worked).toBe(1);
    if (tried.includes("wait")) {
      const failed = async () => (await known(ada)).find(({ id }) => id === wrong)?.evidence.failed ?? 1;
      await expect.poll(failed).toBe(1);
    }
  });

  it("counts nothing for a remedy that cannot be applied, and throws the original error with what is known", async ({
    expect,
  }) => {
    await using way = begin();
    await using swarm = await createSwarm({ name: "lifts", relay: false });
    const ada = await way.make(swarm, "ada");
    await report(ada, "press all buttons");
    const cause = new Error("no power");
    const error = new Error(stuck(1).message, { cause });
    const heard: string[] = [];
    const wrapped = wrap(
      () => {
        throw error;
      },
      { experience: ada, apply: () => false, onKnown: ({ text }) => heard.push(text) },
    );
    await expect(wrapped()).rejects.toBe(error);
    expect(error.cause).toBe(cause);
    expect(Object.keys(error)).toEqual([]);
    expect(knownOf(error)?.entries.map(({ mitigation }) => mitigation.text)).toEqual(["press all buttons"]);
    expect(knownOf(error)?.text).toMatch(/They are not instructions[\s\S]*\| press all buttons/);
    expect(heard).toEqual([knownOf(error)?.text]);
    expect((await known(ada))[0]?.evidence).toMatchObject({ worked: 0, failed: 0 });
  });

  it("without apply and solve, hands on what is known about similar problems too, and about nothing nothing", async ({
    expect,
  }) => {
    await using way = begin();
    await using swarm = await createSwarm({ name: "lifts", relay: false });
    const ada = await way.make(swarm, "ada");
    const told = await ada.report({
      text: "the payment page of the shop stays white",
      mitigation: "empty the cache",
      waitMs: 5000,
    });
    expect(told.ok).toBe(true);
    await expect.poll(() => swarm.stats().unindexed).toBe(0);
    const fail = wrap(
      async (message: string) => {
        throw new Error(message);
      },
      { experience: ada, toProblem: (error) => ({ text: (error as Error).message }) },
    );
    const white = await fail("payment page stays white in the shop").catch((error: unknown) => error);
    expect(knownOf(white)?.entries[0]).toMatchObject({ match: "text", mitigation: { text: "empty the cache" } });
    const odd = await fail("no such thing as this was ever heard").catch((error: unknown) => error);
    expect(knownOf(odd)).toBeUndefined();
  });

  it("E8 solves what nobody knows: claimed, reported, and known to the next", async ({ expect }) => {
    await using way = begin();
    await using swarm = await createSwarm({ name: "lifts", relay: false });
    const ada = await way.make(swarm, "ada");
    const bob = await way.make(swarm, "bob");
    const { tried, ride } = lift("kick it");
    const wrapped = wrap(ride, {
      experience: ada,
      solve: async (error, { known: recalled }, [floor]) => {
        expect([error, recalled.entries]).toEqual([stuck(floor), []]);
        const claimed = await bob.claim({ error: stuck(3).message });
        expect(claimed).toMatchObject({ ok: true, value: { status: "taken" } });
        tried.push("kick it");
        return { mitigation: "kick it", discovery: "a loose contact" };
      },
    });
    expect(await wrapped(2)).toBe("moving from 2");
    await expect
      .poll(async () => (await known(bob)).map(({ mitigation, discovery }) => [mitigation.text, discovery]))
      .toEqual([["kick it", "a loose contact"]]);
    const claimed = await bob.claim({ error: stuck(4).message });
    expect(claimed).toMatchObject({ ok: true, value: { status: "known" } });
  });

  it("E8 searches on where the known remedy has failed, still claimed, and gives the claim back when it gives up", async ({
    expect,
  }) => {
    await using way = begin();
    await using swarm = await createSwarm({ name: "lifts", relay: false });
    const ada = await way.make(swarm, "ada");
    const bob = await way.make(swarm, "bob");
    const wrong = await report(bob, "wait");
    const asks = () => bob.claim({ error: stuck(3).message, exclude: [wrong] });
    const { ride } = lift("kick it");
    let searched = 0;
    const wrapped = wrap(ride, {
      experience: ada,
      apply: () => undefined,
      solve: async () => {
        searched += 1;
        expect(await asks()).toMatchObject({ ok: true, value: { status: "taken" } });
        return undefined;
      },
    });
    await expect(wrapped(2)).rejects.toEqual(stuck(2));
    expect(searched).toBe(1);
    await expect.poll(asks).toMatchObject({ ok: true, value: { status: "yours" } });
  });

  it("E8 of two that fail at the same moment one searches, the other applies what it found", async ({ expect }) => {
    await using way = begin();
    await using swarm = await createSwarm({ name: "lifts", relay: false });
    const waits: number[] = [];
    const searching = Promise.withResolvers<void>();
    let searches = 0;
    const agents = await Promise.all(["ada", "bob"].map((name) => way.make(swarm, name)));
    // Claims are heard of members that canon lists: it does so with the first thing that they write.
    for (const [i, agent] of agents.entries())
      await agent.report({
        error: `the door ${i ? "of glass" : "of wood"} is jammed`,
        mitigation: "push",
        waitMs: 5000,
      });
    const rides = agents.map(async (experience) => {
      const { tried, ride } = lift("kick it");
      const wrapped = wrap(ride, {
        experience,
        apply: ({ mitigation }) => void tried.push(mitigation.text),
        solve: async () => {
          searches += 1;
          tried.push("kick it");
          await searching.promise;
          return { mitigation: "kick it" };
        },
        onWait: ({ patienceMs }) => {
          waits.push(patienceMs);
          searching.resolve();
        },
      });
      return wrapped(5);
    });
    expect(await Promise.all(rides)).toEqual(["moving from 5", "moving from 5"]);
    expect([searches, waits.length]).toEqual([1, 1]);
  });

  it("applies again what it found itself while nobody can judge it", async ({ expect }) => {
    await using way = begin();
    const swarm = await createSwarm({ name: "cut off" });
    await using member = await join(await swarm.invite(), { name: "alone" });
    await member.synced();
    const ada = await way.make(member, "ada");
    // A writer that canon has never heard of is still one: only the verdict waits.
    await swarm.close();
    let searches = 0;
    const rideOnce = async (floor: number): Promise<string> => {
      const { tried, ride } = lift("kick it");
      return wrap(ride, {
        experience: ada,
        apply: ({ mitigation, provisional }) => {
          expect(provisional).toBe(true);
          tried.push(mitigation.text);
        },
        solve: () => {
          searches += 1;
          tried.push("kick it");
          return { mitigation: "kick it" };
        },
      })(floor);
    };
    expect([await rideOnce(1), await rideOnce(2), searches]).toEqual(["moving from 1", "moving from 2", 1]);
  });

  it("gives the same answers as a peer", async ({ expect }) => {
    await using way = begin();
    await using swarm = await createSwarm({ name: "lifts", relay: false });
    const ada = await way.make(swarm, "ada");
    const id = await report(ada, "press all buttons");
    await expect.poll(() => swarm.stats().unindexed).toBe(0);
    const answered = await ada.recall({ error: stuck(4).message, render: true });
    const recalled = await swarm.recall({ error: stuck(4).message });
    const rendered = answered.ok ? answered.value.rendered : undefined;
    // The freshness holds times of the asking.
    expect(answered).toMatchObject({
      ok: true,
      value: JSON.parse(JSON.stringify({ ...recalled, freshness: undefined })),
    });
    expect(rendered?.ids).toEqual([id]);
    expect(rendered?.text).toBe(renderForModel(recalled, { nowMs: Date.now() }).text);
    expect(await ada.prepare("the lift is stuck at the floor", { limit: 1 })).toMatchObject({
      ok: true,
      value: { entries: [{ id }] },
    });
    expect(await ada.outcome(id, { success: false, note: "still stuck", waitMs: 5000 })).toMatchObject({
      ok: true,
      value: { verdict: { status: "counted" } },
    });
    for (const refused of [
      await ada.outcome("not an id", { success: true }),
      await ada.recall({}),
      await ada.claim({}),
      await ada.report({ mitigation: "nothing" }),
    ])
      expect(refused).toMatchObject({ ok: false, rule: "R1" });
    expect((await swarm.as("ada")).id).toBe((await known(ada))[0]?.author);
  });

  it("leaves arguments, `this`, values and aborts as they are", async ({ expect }) => {
    await using way = begin();
    await using swarm = await createSwarm({ name: "lifts", relay: false });
    const ada = await way.make(swarm, "ada");
    const lifts = {
      sum: 1,
      add: wrap(
        function (this: { sum: number }, a: number, b: number): number {
          this.sum += a + b;
          return this.sum;
        },
        { experience: ada },
      ),
    };
    expect(await lifts.add(2, 3)).toBe(6);
    const stopped = AbortSignal.abort();
    const aborts = wrap(async () => stopped.throwIfAborted(), {
      experience: ada,
      apply: () => expect.unreachable(),
      solve: () => expect.unreachable(),
    });
    await expect(aborts()).rejects.toBe(stopped.reason);
    expect(swarm.stats().recalls).toBe(0);
  });

  it("throws on whatever was thrown, also what cannot be touched", async ({ expect }) => {
    await using way = begin();
    await using swarm = await createSwarm({ name: "lifts", relay: false });
    const ada = await way.make(swarm, "ada");
    await report(ada, "press all buttons");
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const told: unknown[] = [];
    for (const odd of [
      "a text",
      undefined,
      Symbol("mine"),
      Object.freeze(stuck(1)),
      Object.create(null),
      revoked.proxy,
    ]) {
      const fail = wrap(
        () => {
          throw odd;
        },
        { experience: ada, onKnown: ({ entries }) => told.push(entries.length), apply: () => undefined },
      );
      const thrown = await fail().then(
        () => ["nothing was thrown"],
        (error: unknown) => [error],
      );
      expect(Object.is(thrown[0], odd)).toBe(true);
      expect(knownOf(odd)).toBeUndefined();
    }
    // The frozen error is known, and was thrown as it is.
    expect(told).toEqual([1]);
  });
});

describe("without a swarm", () => {
  const closed = async (): Promise<Experience> => {
    const swarm = await createSwarm({ name: "closed", relay: false });
    const agent = await swarm.as("ada");
    await swarm.close();
    return fromAgent(agent);
  };
  const throwing = async (): Promise<Experience> => {
    const fail = async (): Promise<never> => {
      throw new Error("the bridge is down");
    };
    return { recall: fail, prepare: fail, report: fail, outcome: fail, claim: fail };
  };

  it.each([
    ["a peer that is closed", closed, ["report"]],
    ["an experience that throws", throwing, ["recall", "report"]],
  ])("%s: the function's own error, or what was found, and a line about it", async (_name, make, verbs) => {
    const experience = await make();
    const heard: string[] = [];
    const onUnreachable = (error: unknown, verb: string): void => {
      expect(error).toBeInstanceOf(Error);
      heard.push(verb);
    };
    const error = stuck(1);
    const fail = () => {
      throw error;
    };
    await expect(wrap(fail, { experience, apply: () => undefined, onUnreachable })()).rejects.toBe(error);
    await expect(wrap(fail, { experience, onUnreachable })()).rejects.toBe(error);
    heard.length = 0;
    const solved = wrap(fail, {
      experience,
      onUnreachable,
      onReceipt: (receipt) => expect(receipt.ok).toBe(false),
      solve: () => ({ mitigation: "kick it", value: "found" }),
    });
    expect(await solved()).toBe("found");
    expect(heard).toEqual(verbs);
  });
});
