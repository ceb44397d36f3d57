import {
  type BlockHash,
  clientIdOf,
  encodePayload,
  encodeRecord,
  ephemeralKind,
  type JsonObject,
  type LogId,
  type Refusal,
  refuse,
  sealBlock,
  sealEphemeral,
} from "@herdmind/protocol";
import { afterEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { createChannelPair, type MemoryChannel } from "./channel.js";
import type { Ephemerals } from "./ephemerals.js";
import { encodeFrame } from "./frames.js";
import { createHeartbeats } from "./heartbeats.js";
import type { Interest } from "./interest.js";
import { createSession, type Session, type SessionOptions } from "./session.js";
import { createMapStorage, createTestSwarm, must, signal, type TestPeer } from "./swarm.fixture.js";
import { createSwarmEphemerals } from "./swarm-ephemerals.js";

const ALL: Interest = { logs: "all", writers: [] };
const own = (peer: TestPeer): Interest => ({ logs: "own", writers: [peer.key.id] });

const sessions: Session[] = [];
afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.close()));
});

interface Side {
  readonly session: Session;
  readonly refusals: (Refusal & { by: "peer" | "us" })[];
  readonly closed: { code: number; reason: string }[];
  readonly synced: Promise<void>;
}

const side = (peer: Pick<TestPeer, "logs">, channel: MemoryChannel, options: Partial<SessionOptions>): Side => {
  const session = createSession({ logs: peer.logs, channel, interest: ALL, ...options });
  sessions.push(session);
  const refusals: Side["refusals"] = [];
  const closed: Side["closed"] = [];
  const synced = new Promise<void>((resolve) => {
    session.on((event) => {
      if (event.type === "synced") resolve();
      if (event.type === "refusal") refusals.push({ ...event.refusal, by: event.by });
      if (event.type === "closed") closed.push(event);
    });
  });
  return { session, refusals, closed, synced };
};

/** Resolves when a log reaches a length at a peer. */
const reaches = (peer: Pick<TestPeer, "logs">, log: LogId, length: number): Promise<void> =>
  new Promise((resolve) => {
    const look = (): boolean => (peer.logs.get(log)?.length ?? 0) >= length;
    if (look()) return resolve();
    const stop = peer.logs.subscribe(() => {
      if (!look()) return;
      stop();
      resolve();
    });
  });

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
};

const connect = (a: TestPeer, b: TestPeer, forA: Partial<SessionOptions> = {}, forB: Partial<SessionOptions> = {}) => {
  const [left, right] = createChannelPair();
  return { a: side(a, left, forA), b: side(b, right, forB), left, right };
};

const logOf = (peer: TestPeer): LogId => peer.writer.log as LogId;
const lengthOf = (peer: TestPeer, log: LogId = logOf(peer)): number => peer.logs.get(log)?.length ?? 0;

/** An update with one more validly signed block, made past the writer. */
const otherBlock = async (key: TestPeer["key"], peer: TestPeer, log: LogId): Promise<Uint8Array> => {
  const record = must(encodeRecord(signal("to the other")));
  const { codec, payload } = encodePayload([record]);
  const { length, hash } = peer.logs.get(log) as { length: number; hash: BlockHash };
  const block = await sealBlock(
    key,
    { ...log, swarm: peer.logs.swarm, sequence: length, previous: hash, codec },
    payload,
  );
  const doc = new Y.Doc();
  Y.applyUpdate(doc, ((await peer.logs.update(log, 0, 1_000_000)) as { update: Uint8Array }).update);
  doc.clientID = clientIdOf(peer.logs.swarm, log);
  const before = Y.encodeStateVector(doc);
  doc.getArray("segment/0").push([{ b: block.bytes }]);
  return Y.encodeStateAsUpdate(doc, before);
};

describe("session", () => {
  it("brings what each side had to the other, then new blocks as they are accepted", async () => {
    const swarm = await createTestSwarm();
    const [a, b] = [await swarm.peer("agent"), await swarm.peer("agent")];
    await a.writer.append([signal("before a")]);
    await b.writer.append([signal("before b")]);
    const { a: at, b: bt } = connect(a, b);
    await Promise.all([at.synced, bt.synced]);
    expect(b.logs.get(logOf(a))?.hash).toBe(a.logs.get(logOf(a))?.hash);
    expect(a.logs.get(logOf(b))?.hash).toBe(b.logs.get(logOf(b))?.hash);
    await a.writer.append([signal("after")]);
    await reaches(b, logOf(a), lengthOf(a));
    await until(() => at.session.peerLength(logOf(a)) === lengthOf(a));
    expect(at.refusals).toEqual([]);
    expect(bt.refusals).toEqual([]);
  });

  it("sends a peer with interest own its own log and canon, and nothing else", async () => {
    const swarm = await createTestSwarm();
    const [relay, canon, agent] = [
      await swarm.peer("agent"),
      await swarm.peer("orchestrator"),
      await swarm.peer("agent"),
    ];
    await canon.writer.append([signal("canon")]);
    await relay.writer.append([signal("somebody else's")]);
    const first = connect(canon, relay);
    await Promise.all([first.a.synced, first.b.synced]);
    const { a, b } = connect(agent, relay, { interest: own(agent) });
    await Promise.all([a.synced, b.synced]);
    await agent.writer.append([signal("mine")]);
    await reaches(relay, logOf(agent), lengthOf(agent));
    await canon.writer.append([signal("more canon")]);
    await reaches(agent, logOf(canon), lengthOf(canon));
    expect(agent.logs.get(logOf(relay))).toBeUndefined();
    expect(agent.logs.list()).toHaveLength(2);
  });

  it("never sends a block back to the session it came from", async () => {
    const swarm = await createTestSwarm();
    const [a, b] = [await swarm.peer("agent"), await swarm.peer("agent")];
    const { a: at, b: bt } = connect(a, b);
    await Promise.all([at.synced, bt.synced]);
    for (let i = 0; i < 20; i++) await a.writer.append([signal(`${i}`)]);
    await until(() => at.session.peerLength(logOf(a)) === lengthOf(a));
    expect(bt.session.counts.blocksOut).toBe(0);
    expect(at.session.counts.blocksOut).toBe(lengthOf(a));
  });

  it("catches up over several frames and costs a slow reader no backlog", async () => {
    const swarm = await createTestSwarm();
    const [a, b] = [await swarm.peer("agent"), await swarm.peer("agent")];
    const limits = { updateBytes: 2000, logWindowBytes: 8000, windowBytes: 8000, bufferedBytes: 8000 };
    const { a: at, right } = connect(a, b, { limits });
    await at.synced;
    right.hold();
    let most = 0;
    for (let i = 0; i < 300; i++) {
      await a.writer.append([signal(`slow ${i} ${"x".repeat(200)}`)]);
      most = Math.max(most, at.session.counts.bytesOut);
    }
    // 300 blocks of about 600 bytes are 180,000; the window lets 8,000 and a frame out.
    expect(most).toBeLessThan(20_000);
    right.release();
    await reaches(b, logOf(a), lengthOf(a));
    expect(b.logs.get(logOf(a))?.hash).toBe(a.logs.get(logOf(a))?.hash);
  });

  it("loses and repeats nothing when the channel is cut at any moment", async () => {
    const swarm = await createTestSwarm();
    const [a, b] = [await swarm.peer("agent"), await swarm.peer("agent")];
    for (let round = 0; round < 10; round++) {
      const { left } = connect(a, b);
      const writing = (async () => {
        for (let i = 0; i < 10; i++) await a.writer.append([signal(`${round}.${i}`)]);
      })();
      if (round % 2 === 0) await a.writer.append([signal("between")]);
      left.cut();
      await writing;
    }
    const { a: at, b: bt } = connect(a, b);
    await Promise.all([at.synced, bt.synced]);
    const texts: string[] = [];
    for await (const block of b.logs.read(logOf(a))) {
      for (const record of block.records)
        if (record.type === "signal") texts.push(record.body.problem.error?.message ?? "");
    }
    expect(texts.filter((text) => text !== "between")).toEqual(
      Array.from({ length: 100 }, (_, i) => `${Math.floor(i / 10)}.${i % 10}`),
    );
  });

  it("L6 proves a fork from two heads of one place and hands the proof over", async () => {
    const swarm = await createTestSwarm();
    const [a, b] = [await swarm.peer("agent"), await swarm.peer("agent")];
    await a.writer.append([signal("one")]);
    const first = connect(a, b);
    await Promise.all([first.a.synced, first.b.synced]);
    await first.a.session.close();
    // The cheat: the same key signs another block for the same place.
    const cheat = await swarm.copy(a);
    const log = logOf(a);
    const place = lengthOf(a);
    const { update } = (await a.logs.update(log, 0, 1_000_000)) as { update: Uint8Array };
    await cheat.logs.ingest(log, update, "copy");
    await a.writer.append([signal("to one")]);
    expect(await cheat.logs.ingest(log, await otherBlock(a.key, cheat, log), "cheat")).toMatchObject({
      ok: true,
      added: 1,
    });

    const { b: bt } = connect(a, b);
    await bt.synced;
    const c = connect(cheat, b);
    await until(() => b.logs.proofs().length === 1 && cheat.logs.proofs().length === 1 && a.logs.proofs().length === 1);
    expect(b.logs.get(log)?.quarantinedFrom).toBe(place);
    expect(c.a.closed).toEqual([]);
  });

  it("T2 refuses blocks from a side that may only read, and says so before closing", async () => {
    const swarm = await createTestSwarm();
    const [a, b] = [await swarm.peer("agent"), await swarm.peer("agent")];
    await a.writer.append([signal("one")]);
    const { a: at, b: bt } = connect(a, b, {}, { mayWrite: false });
    await until(() => bt.closed.length > 0 && at.closed.length > 0);
    expect(at.refusals.map(({ rule, by }) => [rule, by])).toContainEqual(["T2", "peer"]);
    expect(at.closed[0]).toMatchObject({ code: 4403 });
    expect(b.logs.list()).toEqual([]);
  });

  it("T4 closes on a frame that is not one, and on one before the hello", async () => {
    const swarm = await createTestSwarm();
    const b = await swarm.peer("agent");
    for (const bytes of [
      Uint8Array.of(0xff, 1, 2),
      Uint8Array.of(0x82, 8, 1),
      Uint8Array.of(0x84, 0, 9, 0x63, 0x61, 0x6c, 0x6c, 0x80),
    ]) {
      const [left, right] = createChannelPair();
      const closes: number[] = [];
      left.onClose((code) => closes.push(code));
      const { refusals } = side(b, right, {});
      left.send(bytes);
      await until(() => closes.length > 0);
      expect(closes[0]).toBe(bytes.length === 8 ? 4426 : 4400);
      expect(refusals[0]?.rule).toBe("T4");
    }
  });

  it("T3 takes only a few logs that it did not ask for, then closes", async () => {
    const swarm = await createTestSwarm();
    const b = await swarm.peer("agent");
    const [left, right] = createChannelPair();
    const closes: number[] = [];
    left.onClose((code) => closes.push(code));
    const { refusals } = side(b, right, { interest: own(b) });
    left.send(encodeFrame({ kind: "hello", version: 1, interest: { logs: "none", writers: [] } }));
    for (let n = 1; n <= 17; n++) {
      const stranger = await swarm.peer("agent");
      await stranger.writer.append([signal("nobody asked")]);
      const log = logOf(stranger);
      const { update } = (await stranger.logs.update(log, 0, 1_000_000)) as { update: Uint8Array };
      left.send(encodeFrame({ kind: "blocks", log, update }));
      if (n <= 16) await until(() => b.logs.get(log) !== undefined);
      else await until(() => closes.length > 0);
      if (n === 17) expect(b.logs.get(log)).toBeUndefined();
      left.send(encodeFrame({ kind: "blocks", log, update }));
      if (n < 17) await until(() => refusals.length === n);
    }
    await until(() => closes.length > 0);
    expect(closes).toEqual([4429]);
    expect(refusals.map(({ rule, fault }) => `${rule} ${fault}`)).toEqual([...Array(16).fill("T3 none"), "T3 sender"]);
  });

  it("L8 asks again when the receiver's disk has room again", async () => {
    const swarm = await createTestSwarm();
    let full = false;
    const a = await swarm.peer("agent");
    const b = await swarm.peer(
      "agent",
      createMapStorage(() => full),
    );
    const { a: at, b: bt } = connect(a, b);
    await Promise.all([at.synced, bt.synced]);
    full = true;
    await a.writer.append([signal("one")]);
    await a.writer.append([signal("two")]);
    await until(() => at.refusals.length > 0);
    expect(at.refusals[0]).toMatchObject({ rule: "L8", fault: "none" });
    full = false;
    await reaches(b, logOf(a), lengthOf(a));
    expect(at.closed).toEqual([]);
  });

  it("E6 forwards the newest heartbeat, and only from the holder", async () => {
    const swarm = await createTestSwarm();
    const [a, b, orchestrator] = [
      await swarm.peer("agent"),
      await swarm.peer("agent"),
      await swarm.peer("orchestrator"),
    ];
    await orchestrator.writer.append([signal("canon")]);
    const head = orchestrator.logs.get(logOf(orchestrator)) as { generation: string; length: number; hash: string };
    const beat = (key: TestPeer["key"], counter: number): Promise<Uint8Array> =>
      sealEphemeral(key, swarm.genesis.swarm, {
        kind: "heartbeat",
        counter,
        body: { term: 1, generation: head.generation, length: head.length, hash: head.hash, at: 1000 },
      });
    const isHolder = (writer: string): boolean => writer === orchestrator.key.id;
    const [beatsA, beatsB] = [0, 1].map(() => createHeartbeats({ swarm: swarm.genesis.swarm, isHolder })) as [
      ReturnType<typeof createHeartbeats>,
      ReturnType<typeof createHeartbeats>,
    ];
    await beatsA.offer(await beat(orchestrator.key, 1));
    const { a: at, b: bt } = connect(a, b, { ephemerals: beatsA }, { ephemerals: beatsB });
    await Promise.all([at.synced, bt.synced]);
    await until(() => beatsB.latest()?.counter === 1);
    await beatsA.offer(await beat(orchestrator.key, 5));
    await until(() => beatsB.latest()?.counter === 5);
    expect(await beatsB.offer(await beat(orchestrator.key, 4))).toEqual({ ok: true, value: false });
    expect(await beatsB.offer(await beat(a.key, 9))).toMatchObject({
      ok: false,
      refusal: { rule: "E6", fault: "none" },
    });
    const forged = (await beat(orchestrator.key, 10)).slice();
    forged[forged.length - 3] = (forged[forged.length - 3] as number) ^ 1;
    expect(await beatsB.offer(forged)).toMatchObject({ ok: false, refusal: { fault: "sender" } });
    expect(beatsB.latest()?.counter).toBe(5);
  });
});

describe("E7 E8 presence and claims on a session", () => {
  const swarmAndPeers = async () => {
    const swarm = await createTestSwarm();
    const [a, b] = [await swarm.peer("agent"), await swarm.peer("agent")];
    const members = new Set<string>([a.key.id, b.key.id]);
    const open = () =>
      createSwarmEphemerals({
        swarm: swarm.genesis.swarm,
        heartbeats: createHeartbeats({ swarm: swarm.genesis.swarm, isHolder: (writer) => writer === a.key.id }),
        roleOf: (writer) => (members.has(writer) ? "agent" : undefined),
      });
    const seal = (kind: string, counter: number, body: JsonObject): Promise<Uint8Array> =>
      sealEphemeral(a.key, swarm.genesis.swarm, { kind, counter, body });
    return { a, b, open, seal };
  };
  const problem = (n: number): string => `f1_${String(n).padStart(32, "0")}`;
  const beatBody = { term: 1, generation: "A".repeat(22), length: 1, hash: "A".repeat(43), at: 1 };

  it("E8 a newcomer hears the claims that stand, and then what is new; nothing comes back", async () => {
    const { a, b, open, seal } = await swarmAndPeers();
    const [here, there] = [open(), open()];
    await here.offer(await seal("claim", 1, { fingerprint: problem(1), lifetimeMs: 60_000 }));
    const { a: at, b: bt } = connect(a, b, { ephemerals: here }, { ephemerals: there });
    await Promise.all([at.synced, bt.synced]);
    await until(() => there.claims(problem(1)).length === 1);
    await here.offer(await seal("claim", 2, { fingerprint: problem(2), lifetimeMs: 60_000 }));
    await until(() => there.claims(problem(2)).length === 1);
    await here.offer(await seal("claim", 3, { fingerprint: problem(1), lifetimeMs: 0 }));
    await until(() => there.claims(problem(1)).length === 0);
    expect([at.refusals, bt.refusals, at.closed, bt.closed]).toEqual([[], [], [], []]);
  });

  it("E5 a peer of before presence and claims, which would close for them, is sent heartbeats only", async () => {
    const { a, b, open, seal } = await swarmAndPeers();
    const here = open();
    const kinds: (string | undefined)[] = [];
    // As version 0.1 did: what is no heartbeat was a fault of the sender.
    const old: Ephemerals = {
      kinds: [],
      offer: async (bytes) => {
        kinds.push(ephemeralKind(bytes));
        return kinds.at(-1) === "heartbeat" ? { ok: true, value: true } : refuse("E6", "sender", "no heartbeat");
      },
      held: () => [],
      subscribe: () => () => undefined,
    };
    await here.offer(await seal("claim", 1, { fingerprint: problem(1), lifetimeMs: 60_000 }));
    const { a: at, b: bt } = connect(a, b, { ephemerals: here }, { ephemerals: old });
    await Promise.all([at.synced, bt.synced]);
    await here.offer(await seal("claim", 2, { fingerprint: problem(2), lifetimeMs: 60_000 }));
    await here.offer(await seal("heartbeat", 1, beatBody));
    await until(() => kinds.length > 0);
    expect(kinds).toEqual(["heartbeat"]);
    expect([at.closed, bt.closed]).toEqual([[], []]);
  });

  it("E5 a kind of a later version closes nothing", async () => {
    const { a, b, open, seal } = await swarmAndPeers();
    const here = open();
    const { a: at, b: bt, left } = connect(a, b, {}, { ephemerals: here });
    await bt.synced;
    left.send(encodeFrame({ kind: "ephemeral", bytes: await seal("later", 1, {}) }));
    await until(() => here.counts.unknownKinds === 1);
    expect([at.closed, bt.closed]).toEqual([[], []]);
  });

  it("E8 a pong follows the ephemeral messages that came before its ping, once they are judged", async () => {
    const { a, b, seal } = await swarmAndPeers();
    let judge = (): void => {};
    const judging = new Promise<void>((resolve) => {
      judge = resolve;
    });
    const slow: Ephemerals = {
      kinds: ["claim"],
      offer: async () => {
        await judging;
        return { ok: true, value: true };
      },
      held: () => [],
      subscribe: () => () => undefined,
    };
    const { a: at, b: bt, left } = connect(a, b, {}, { ephemerals: slow });
    await Promise.all([at.synced, bt.synced]);
    const order: string[] = [];
    left.send(encodeFrame({ kind: "ephemeral", bytes: await seal("claim", 1, {}) }));
    const answered = at.session.ping().then(() => order.push("pong"));
    await until(() => bt.session.counts.framesIn >= at.session.counts.framesOut + 1);
    order.push("judged");
    judge();
    await answered;
    expect(order).toEqual(["judged", "pong"]);
  });

  it("E6 T3 a flood of claims is dropped and counted, and does not starve the heartbeat", async () => {
    const { a, b, open, seal } = await swarmAndPeers();
    const here = open();
    const { b: bt, left } = connect(a, b, {}, { ephemerals: here, now: () => 0 });
    await bt.synced;
    const claim = encodeFrame({
      kind: "ephemeral",
      bytes: await seal("claim", 1, { fingerprint: problem(1), lifetimeMs: 1 }),
    });
    for (let i = 0; i < 1000; i++) left.send(claim);
    left.send(encodeFrame({ kind: "ephemeral", bytes: await seal("heartbeat", 1, beatBody) }));
    await until(() => here.heartbeats.latest() !== undefined);
    expect(bt.session.counts.droppedEphemerals).toBe(400);
    expect(bt.closed).toEqual([]);
  });
});
