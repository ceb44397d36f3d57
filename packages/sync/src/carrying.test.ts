/** What a peer keeps for others: it arrives through it, within bounds, and costs nothing while the orchestrator is heard. */
import { type LogId, type LogKey, logKey, type Role, type WriterId } from "@herdmind/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { type CarryingOptions, type CarryMode, createCarrying } from "./carrying.js";
import { createChannelPair, type MemoryChannel } from "./channel.js";
import { createSession, type Session } from "./session.js";
import { createMapStorage, createTestSwarm, signal, type TestPeer, type TestSwarm } from "./swarm.fixture.js";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of cleanUp.splice(0)) await end();
});

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
};

/** A clock for carrying, and what canon says of logs; both move when the test says so. */
const world = () => {
  let time = 0;
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  const passed = new Map<LogKey, number>();
  const roles = new Map<WriterId, Role>();
  const state = { heardMs: undefined as number | undefined };
  const carryings: Awaited<ReturnType<typeof createCarrying>>[] = [];
  return {
    passed,
    roles,
    state,
    carry: async (peer: Pick<TestPeer, "logs" | "key">, mode: CarryMode, more: Partial<CarryingOptions> = {}) => {
      const carrying = await createCarrying({
        logs: peer.logs,
        mode,
        isOwn: (writer) => writer === peer.key.id,
        canon: {
          passed: (log) => passed.get(logKey(log)) ?? 0,
          counted: () => Number.POSITIVE_INFINITY,
          roleOf: (writer) => roles.get(writer),
          heardMs: () => state.heardMs,
        },
        monotonic: () => time,
        schedule: (run, ms) => {
          const timer = { at: time + ms, run };
          timers.push(timer);
          return () => {
            timers = timers.filter((each) => each !== timer);
          };
        },
        random: () => 0,
        ...more,
      });
      carryings.push(carrying);
      cleanUp.push(() => carrying.close());
      return carrying;
    },
    pass(ms: number): void {
      for (const end = time + ms; time < end; ) {
        time += Math.min(500, end - time);
        const due = timers.filter(({ at }) => at <= time);
        timers = timers.filter(({ at }) => at > time);
        for (const { run } of due) run();
      }
    },
    /** Canon takes a log up to a length. */
    admit(log: LogId, length: number): void {
      passed.set(logKey(log), length);
      for (const carrying of carryings) carrying.canonChanged(log);
    },
  };
};

interface Party {
  readonly logs: TestPeer["logs"];
  readonly carrying?: Awaited<ReturnType<typeof createCarrying>> | undefined;
  readonly own?: readonly WriterId[];
}

/** Connects two parties as their nodes would: each asks for what its carrying says, now and later. */
const meet = (a: Party, b: Party) => {
  const ends = createChannelPair();
  const side = ({ logs, carrying, own = [] }: Party, channel: MemoryChannel) => {
    const interest = () => carrying?.interest(own) ?? ({ logs: "all", writers: [] } as const);
    const session = createSession({ logs, channel, interest: interest(), carrying });
    const refusals: string[] = [];
    const synced = new Promise<void>((resolve) =>
      session.on((event) => {
        if (event.type === "synced") resolve();
        if (event.type === "refusal") refusals.push(`${event.by} ${event.refusal.rule} ${event.refusal.fault}`);
      }),
    );
    carrying?.on((event) => {
      if (event.type === "interest") session.setInterest(interest());
    });
    return { session, refusals, synced };
  };
  const [left, right] = [side(a, ends[0]), side(b, ends[1])];
  const cut = (): void => ends[0].cut();
  cleanUp.push(cut);
  return { a: left, b: right, cut };
};

const logOf = (peer: TestPeer): LogId => peer.writer.log as LogId;
const lengthOf = (logs: TestPeer["logs"], log: LogId): number => logs.get(log)?.length ?? 0;
const ping = async (...sessions: readonly Session[]): Promise<void> => {
  for (let i = 0; i < 3; i++) await Promise.all(sessions.map((session) => session.ping()));
};
const begin = async (): Promise<{ swarm: TestSwarm; a: TestPeer; c: TestPeer; o: TestPeer }> => {
  const swarm = await createTestSwarm();
  const [a, c, o] = [await swarm.peer("agent"), await swarm.peer("agent"), await swarm.peer("orchestrator")];
  return { swarm, a, c, o };
};

describe("carrying for the swarm", () => {
  it("brings what was appended offline to the orchestrator through a third peer that restarted", async () => {
    const swarm = await createTestSwarm();
    const disk = createMapStorage();
    const [a, o] = [await swarm.peer("agent"), await swarm.peer("orchestrator")];
    const c = await swarm.peer("agent", disk);
    const { carry, pass } = world();
    const [forA, forC] = [await carry(a, "swarm"), await carry(c, "swarm")];
    await a.writer.append([signal("offline")]);
    const first = meet({ logs: a.logs, carrying: forA, own: [a.key.id] }, { logs: c.logs, carrying: forC });
    await Promise.all([first.a.synced, first.b.synced]);
    // For a moment the orchestrator might be heard yet; then C asks for everybody's logs.
    pass(4000);
    await until(() => lengthOf(c.logs, logOf(a)) === 2);
    expect(forC.stats()).toMatchObject({ logs: 1, refused: 0 });
    expect(forC.stats().bytes).toBeGreaterThan(200);
    // What follows comes as well.
    await a.writer.append([signal("offline too")]);
    await until(() => lengthOf(c.logs, logOf(a)) === 3);
    first.cut();
    await forC.close();
    await c.logs.close();

    const again = await swarm.peer("agent", disk);
    const carried = await carry(again, "swarm");
    expect(carried.stats()).toMatchObject({ logs: 1 });
    expect(carried.carried()).toContainEqual(logOf(a));
    meet({ logs: again.logs, carrying: carried }, { logs: o.logs, carrying: await carry(o, "all") });
    await until(() => lengthOf(o.logs, logOf(a)) === 3);
  });

  it("asks for nobody's logs while the orchestrator is heard, and is shown those that it does not take", async () => {
    const { a, c } = await begin();
    const { carry, pass, state, admit } = world();
    state.heardMs = 500;
    const [forA, forC] = [await carry(a, "swarm"), await carry(c, "swarm")];
    const { a: at, b: bt } = meet(
      { logs: a.logs, carrying: forA, own: [a.key.id] },
      { logs: c.logs, carrying: forC, own: [c.key.id] },
    );
    await Promise.all([at.synced, bt.synced]);
    await a.writer.append([signal("one")]);
    admit(logOf(a), 2);
    pass(20_000);
    await ping(at.session, bt.session);
    expect(c.logs.get(logOf(a))).toBeUndefined();
    // The orchestrator is heard by both, and does not get this one from A.
    await a.writer.append([signal("two")]);
    pass(2000);
    await ping(at.session, bt.session);
    expect(c.logs.get(logOf(a))).toBeUndefined();
    pass(3000);
    await until(() => lengthOf(c.logs, logOf(a)) === 3);
    // From here on it carries that log: nobody waits for each block again.
    await a.writer.append([signal("three")]);
    await until(() => lengthOf(c.logs, logOf(a)) === 4);
    expect([...at.refusals, ...bt.refusals]).toEqual([]);
  });

  it("leaves what canon has, costs it no signature check, and both sides know that they are done", async () => {
    const { swarm, a, c } = await begin();
    const others = await Promise.all(Array.from({ length: 3 }, () => swarm.peer("agent")));
    const { carry, passed } = world();
    for (const peer of [a, ...others]) await peer.writer.append([signal("known")]);
    for (const peer of others) {
      const update = (await peer.logs.update(logOf(peer), 0, 100_000)) as { update: Uint8Array };
      await a.logs.ingest(logOf(peer), update.update, "test");
      passed.set(logKey(logOf(peer)), 2);
    }
    passed.set(logKey(logOf(a)), 2);
    const { a: at, b: bt } = meet({ logs: a.logs }, { logs: c.logs, carrying: await carry(c, "swarm") });
    bt.session.setInterest({ logs: "all", writers: [] });
    await Promise.all([at.synced, bt.synced]);
    await ping(at.session, bt.session);
    expect(c.logs.list()).toEqual([]);
    expect(at.session.counts.blocksOut).toBe(0);
    // A log that was left has grown past what canon has.
    await a.writer.append([signal("new")]);
    await until(() => lengthOf(c.logs, logOf(a)) === 3);
  });

  it("lets go of a log once canon has passed its head, not at once, and never of its own", async () => {
    const { a, c } = await begin();
    const { carry, pass, admit } = world();
    await a.writer.append([signal("one")]);
    await c.writer.append([signal("own")]);
    const forC = await carry(c, "swarm");
    const { a: at } = meet({ logs: a.logs }, { logs: c.logs, carrying: forC });
    pass(4000);
    await until(() => lengthOf(c.logs, logOf(a)) === 2);
    admit(logOf(a), 1);
    admit(logOf(c), 2);
    pass(120_000);
    expect(forC.stats()).toMatchObject({ logs: 1, forgotten: 0 });
    admit(logOf(a), 2);
    expect(forC.stats()).toMatchObject({ logs: 0, bytes: 0, forgotten: 0 });
    pass(30_000);
    await ping(at.session);
    expect(lengthOf(c.logs, logOf(a))).toBe(2);
    pass(61_000);
    await until(() => forC.stats().forgotten === 1);
    expect(c.logs.get(logOf(a))).toBeUndefined();
    expect(c.logs.get(logOf(c))?.length).toBe(2);
    // It goes on in the same generation: all of it is taken again.
    await a.writer.append([signal("two")]);
    await until(() => lengthOf(c.logs, logOf(a)) === 3);
  });
});

describe("bounds of what is carried", () => {
  it("T3 says that there is no room, keeps the connection, and takes the log when canon has made some", async () => {
    const { swarm, a, c } = await begin();
    const b = await swarm.peer("agent");
    const { carry, pass, admit, roles } = world();
    for (const peer of [a, b]) {
      roles.set(peer.key.id, "agent");
      await peer.writer.append([signal("one")]);
    }
    const forC = await carry(c, "swarm", { limits: { logs: 1 } });
    const one = meet({ logs: a.logs }, { logs: c.logs, carrying: forC });
    pass(4000);
    await until(() => lengthOf(c.logs, logOf(a)) === 2);
    // What it asks for is no longer everything; but whoever meets it may not know that.
    pass(1000);
    expect(forC.interest([]).logs).toBe("own");
    const two = meet({ logs: b.logs }, { logs: c.logs, carrying: forC });
    two.b.session.setInterest({ logs: "all", writers: [] });
    await until(() => two.a.refusals.length > 0);
    await two.a.synced;
    expect(two.a.refusals).toEqual(["peer T3 none"]);
    expect(forC.stats()).toMatchObject({ logs: 1, refused: 1 });
    admit(logOf(a), 2);
    await until(() => lengthOf(c.logs, logOf(b)) === 2);
    expect(one.a.refusals).toEqual([]);
    expect(two.a.refusals).toHaveLength(1);
  }, 15_000);

  it("T3 bounds what one member may leave with whoever keeps everything; its backlog passes as canon takes it", async () => {
    const { swarm, a, o } = await begin();
    const b = await swarm.peer("agent");
    const { carry, admit } = world();
    for (let i = 0; i < 40; i++) await a.writer.append([signal(`backlog ${i} ${"x".repeat(300)}`)]);
    await b.writer.append([signal("another member")]);
    const forO = await carry(o, "all", { limits: { bytesPerMember: 8000 } });
    const ends = createChannelPair();
    const limits = { updateBytes: 2000 };
    const hub = createSession({ logs: o.logs, channel: ends[0], interest: forO.interest([]), carrying: forO });
    const agent = createSession({ logs: a.logs, channel: ends[1], interest: { logs: "own", writers: [] }, limits });
    cleanUp.push(() => ends[0].cut());
    await until(() => forO.stats().refused > 0);
    const held = lengthOf(o.logs, logOf(a));
    expect(held).toBeGreaterThan(2);
    expect(held).toBeLessThan(41);
    expect(forO.stats().bytes).toBeLessThanOrEqual(8000);
    const other = meet({ logs: b.logs }, { logs: o.logs, carrying: forO });
    await other.a.synced;
    expect(lengthOf(o.logs, logOf(b))).toBe(2);
    // The orchestrator goes on admitting, and the rest comes without another word from the agent.
    const admitting = setInterval(() => admit(logOf(a), lengthOf(o.logs, logOf(a))), 20);
    cleanUp.push(() => clearInterval(admitting));
    await until(() => lengthOf(o.logs, logOf(a)) === 41);
    expect([hub, agent].map(({ counts }) => counts.unknownFrames)).toEqual([0, 0]);
  }, 40_000);

  it("T3 bounds the generations of one member", async () => {
    const { a, o } = await begin();
    const { carry } = world();
    await a.writer.append([signal("one")]);
    for (let i = 0; i < 5; i++) await a.writer.rollOver();
    const forO = await carry(o, "all", { limits: { logsPerMember: 3 } });
    const { a: at } = meet({ logs: a.logs }, { logs: o.logs, carrying: forO });
    await until(() => forO.stats().refused === 3);
    await at.synced;
    expect(o.logs.ofWriter(a.key.id)).toHaveLength(3);
    expect(forO.stats()).toMatchObject({ logs: 3 });
  });

  it("takes canon of an unknown orchestrator although there is no room, and lets go of what turned out to be none", async () => {
    const { swarm, a, c, o } = await begin();
    const b = await swarm.peer("agent");
    for (const peer of [a, b]) await peer.writer.append([signal("one")]);
    await o.writer.append([signal("canon")]);
    const { carry, pass } = world();
    const forC = await carry(c, "swarm", { limits: { logs: 1 } });
    meet({ logs: a.logs }, { logs: c.logs, carrying: forC });
    pass(4000);
    await until(() => lengthOf(c.logs, logOf(a)) === 2);
    const two = meet({ logs: b.logs }, { logs: c.logs, carrying: forC });
    two.b.session.setInterest({ logs: "all", writers: [] });
    meet({ logs: o.logs }, { logs: c.logs, carrying: forC });
    await until(() => lengthOf(c.logs, logOf(o)) === 2);
    await until(() => forC.stats().forgotten === 1);
    expect(c.logs.get(logOf(b))).toBeUndefined();
    expect(lengthOf(c.logs, logOf(a))).toBe(2);
  });
});
