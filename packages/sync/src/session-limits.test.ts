/** What one member can cost another, and what a session does not take: each test fails when its guard is removed. */
import { encodeUpdate } from "@herdmind/log";
import {
  type BlockHash,
  CODEC_CBOR,
  clientIdOf,
  encodeForkProof,
  type GenerationId,
  generateKey,
  headOf,
  type LogId,
  type LogKey,
  type Refusal,
  record,
  type SwarmId,
  sealBlock,
  sealEphemeral,
  toBase64url,
} from "@herdmind/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { type Channel, createChannelPair, type MemoryChannel } from "./channel.js";
import { decodeFrame, encodeFrame, type Frame } from "./frames.js";
import { createHeartbeats } from "./heartbeats.js";
import { createPeerLogTotal } from "./peer-log-total.js";
import type { Schedule } from "./schedule.js";
import { createSession, type SessionOptions } from "./session.js";
import { createTestSwarm, signal, type TestPeer, type TestSwarm } from "./swarm.fixture.js";

const channels: MemoryChannel[] = [];
afterEach(() => {
  for (const channel of channels.splice(0)) channel.cut();
});

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
};

/** A session of `peer` on a clock that stands still, and whoever speaks to it frame by frame. */
const stand = (peer: Pick<TestPeer, "logs">, options: Partial<SessionOptions> = {}) => {
  const [there, here] = createChannelPair();
  const frames: Frame[] = [];
  const closes: number[] = [];
  there.onMessage((bytes) => {
    const frame = decodeFrame(bytes);
    if (frame.ok && frame.value !== undefined) frames.push(frame.value);
  });
  there.onClose((code) => closes.push(code));
  const waiting = new Set<() => void>();
  const schedule: Schedule = (run) => {
    waiting.add(run);
    return () => waiting.delete(run);
  };
  const session = createSession({
    logs: peer.logs,
    channel: here,
    interest: { logs: "all", writers: [] },
    now: () => 0,
    schedule,
    ...options,
  });
  channels.push(there);
  const refusals: Refusal[] = [];
  session.on((event) => {
    if (event.type === "refusal" && event.by === "us") refusals.push(event.refusal);
  });
  const send = (...all: readonly Frame[]): void => {
    for (const frame of all) there.send(encodeFrame(frame));
  };
  send({ kind: "hello", version: 1, interest: { logs: "all", writers: [] } });
  let number = 0;
  return {
    session,
    frames,
    closes,
    refusals,
    send,
    there,
    ofKind: <Kind extends Frame["kind"]>(kind: Kind) =>
      frames.filter((frame): frame is Frame & { readonly kind: Kind } => frame.kind === kind),
    /** Resolves when everything sent before was handled. */
    async handled(): Promise<void> {
      const mine = ++number;
      send({ kind: "ping", number: mine });
      await until(() => frames.some((frame) => frame.kind === "pong" && frame.number === mine));
    },
    /** Lets a time limit or a delay pass. */
    pass(): void {
      const due = [...waiting];
      waiting.clear();
      for (const run of due) run();
    },
  };
};

const logOf = (peer: TestPeer): LogId => peer.writer.log as LogId;
const updateOf = async (peer: TestPeer): Promise<Frame> => {
  const log = logOf(peer);
  return {
    kind: "blocks",
    log,
    update: ((await peer.logs.update(log, 0, 4_000_000)) as { update: Uint8Array }).update,
  };
};
const generation = (n: number): GenerationId => toBase64url(new Uint8Array(16).fill(n)) as GenerationId;
/** A head that anybody can make: the key is no member's. */
const madeUpHead = async (swarm: SwarmId, n: number, codec = CODEC_CBOR): Promise<Uint8Array> => {
  const key = await generateKey();
  const where = { swarm, writer: key.id, generation: generation(n), sequence: 0, previous: undefined, codec };
  return headOf((await sealBlock(key, where, new Uint8Array(4))).bytes).slice();
};
const heads = (...all: readonly Uint8Array[]): Frame => ({ kind: "heads", done: true, heads: all });
const begin = async (role: "agent" | "orchestrator" = "agent"): Promise<{ swarm: TestSwarm; peer: TestPeer }> => {
  const swarm = await createTestSwarm();
  return { swarm, peer: await swarm.peer(role) };
};

describe("what a frame costs", () => {
  it("T3 makes a sender wait for what its blocks have inflated to", async () => {
    const { swarm, peer } = await begin();
    const bomber = await swarm.peer("agent");
    // Three records of 60,000 equal characters are 700 bytes on the wire.
    const bulky = record("signal", {
      type: "ERROR_RESOLVED",
      problem: { error: { message: "x".repeat(30_000), output: "x".repeat(30_000) } },
      mitigation: { text: "y" },
      at: 1,
    });
    for (let i = 0; i < 20; i++) await bomber.writer.append([bulky, bulky, bulky]);
    const { session, send, handled, ofKind, pass } = stand(peer, { limits: { workPerSecond: 500 } });
    await handled();
    const bomb = (await updateOf(bomber)) as Frame & { kind: "blocks" };
    expect(bomb.update.length).toBeLessThan(20_000);
    send(bomb);
    await until(() => peer.logs.get(logOf(bomber)) !== undefined);
    await Promise.resolve();
    const before = ofKind("pong").length;
    send({ kind: "ping", number: 99 });
    await until(() => session.counts.delays > 0);
    pass();
    // 3.6 MB inflated are 1,758 units: the clock stands, so nothing is handled any more.
    expect(ofKind("pong")).toHaveLength(before);
  });

  it("T3 makes a sender wait for signatures that were checked in vain", async () => {
    const { swarm, peer } = await begin();
    const a = await swarm.peer("agent");
    for (let i = 0; i < 40; i++) await a.writer.append([signal(`${i}`)]);
    const log = logOf(a);
    const blocks: Uint8Array[] = [];
    for await (const { bytes } of a.logs.read(log)) blocks.push(bytes);
    // Signed by its writer, and out of place: 40 good signatures are checked before that is found.
    const where = {
      ...log,
      swarm: swarm.genesis.swarm,
      codec: CODEC_CBOR,
      sequence: 99,
      previous: a.logs.get(log)?.hash,
    };
    blocks.push((await sealBlock(a.key, where, new Uint8Array(4))).bytes);
    const update = encodeUpdate(clientIdOf(swarm.genesis.swarm, log), 0, blocks);
    const { session, send, refusals } = stand(peer, { limits: { workPerSecond: 60 } });
    send({ kind: "blocks", log, update });
    await until(() => refusals.length > 0);
    expect(refusals[0]).toMatchObject({ rule: "L4", fault: "writer" });
    expect(peer.logs.list()).toEqual([]);
    await Promise.resolve();
    send({ kind: "ping", number: 1 });
    await until(() => session.counts.delays > 0 || session.counts.framesIn > 3);
    expect(session.counts.delays).toBeGreaterThan(0);
  });

  it("T3 makes a sender wait for the logs that its hello made us list", async () => {
    const { peer } = await begin();
    for (let i = 0; i < 12; i++) await peer.writer.rollOver();
    const { session, frames, send, pass } = stand(peer, { limits: { workPerSecond: 10 } });
    await until(() => frames.some(({ kind }) => kind === "heads"));
    await Promise.resolve();
    send({ kind: "ping", number: 1 });
    await until(() => session.counts.delays > 0);
    pass();
    expect(frames.filter(({ kind }) => kind === "pong")).toEqual([]);
  });

  it("T3 makes a sender wait for the signatures of heads", async () => {
    const { swarm, peer } = await begin();
    const { session, send, ofKind } = stand(peer, { limits: { workPerSecond: 20 } });
    send(heads(...(await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => madeUpHead(swarm.genesis.swarm, n))))));
    send({ kind: "ping", number: 1 });
    await until(() => session.counts.delays > 0);
    expect(ofKind("pong")).toEqual([]);
  });
});

describe("what a session does not take", () => {
  it("L5 a head without a valid signature", async () => {
    const { swarm, peer } = await begin();
    const { send, closes, refusals, frames } = stand(peer);
    const head = await madeUpHead(swarm.genesis.swarm, 1);
    head[head.length - 1] = (head[head.length - 1] as number) ^ 1;
    send(heads(head));
    await until(() => closes.length > 0);
    expect(refusals).toMatchObject([{ rule: "L5", fault: "sender" }]);
    expect(closes).toEqual([4422]);
    expect(frames.some(({ kind }) => kind === "need")).toBe(false);
  });

  it("T2 a head of another swarm", async () => {
    const { peer } = await begin();
    const other = await createTestSwarm();
    const { send, closes, refusals } = stand(peer);
    send(heads(await madeUpHead(other.genesis.swarm, 1)));
    await until(() => closes.length > 0);
    expect(refusals).toMatchObject([{ rule: "T2", fault: "sender" }]);
  });

  it("T4 blocks of another log in a room", async () => {
    const { swarm, peer } = await begin();
    const [a, b] = [await swarm.peer("agent"), await swarm.peer("agent")];
    await a.writer.append([signal("a")]);
    await b.writer.append([signal("b")]);
    const { send, closes, refusals } = stand(peer, { only: logOf(a) });
    send(await updateOf(a));
    await until(() => peer.logs.get(logOf(a)) !== undefined);
    send(await updateOf(b));
    await until(() => closes.length > 0);
    expect(refusals).toMatchObject([{ rule: "T4", fault: "sender" }]);
    expect(peer.logs.get(logOf(b))).toBeUndefined();
  });

  it("T4 blocks in a control room", async () => {
    const { swarm, peer } = await begin();
    const a = await swarm.peer("agent");
    await a.writer.append([signal("a")]);
    const { send, closes, refusals } = stand(peer, { blocks: false });
    send(await updateOf(a));
    await until(() => closes.length > 0);
    expect(refusals).toMatchObject([{ rule: "T4", fault: "sender" }]);
    expect(peer.logs.list()).toEqual([]);
  });

  it("T3 more fork proofs than a connection may send, and nobody is at fault: who forwards them did not make them up", async () => {
    const { swarm, peer } = await begin();
    let time = 0;
    const { send, handled, closes, refusals } = stand(peer, { limits: { proofs: 2 }, now: () => time });
    const proof = async (n: number): Promise<Frame> => {
      const key = await generateKey();
      const where = {
        swarm: swarm.genesis.swarm,
        writer: key.id,
        generation: generation(n),
        sequence: 0,
        previous: undefined,
        codec: CODEC_CBOR,
      };
      const [one, other] = await Promise.all([3, 4].map((size) => sealBlock(key, where, new Uint8Array(size))));
      if (one === undefined || other === undefined) throw new Error("two blocks were sealed");
      return { kind: "proof", bytes: encodeForkProof(headOf(one.bytes), headOf(other.bytes)) };
    };
    send(await proof(1), await proof(2));
    await until(() => peer.logs.proofs().length === 2);
    expect(closes).toEqual([]);
    send(await proof(3));
    await until(() => refusals.some(({ rule }) => rule === "T3"));
    await handled();
    expect(refusals.filter(({ rule }) => rule === "T3")).toMatchObject([{ rule: "T3", fault: "none" }]);
    expect(closes).toEqual([]);
    expect(peer.logs.proofs()).toHaveLength(2);
    // After a while there is room again: a true one is not lost for good.
    time = 60_000;
    send(await proof(4));
    await until(() => peer.logs.proofs().length === 3);
  });

  it("T3 more ephemeral messages a second than may be checked", async () => {
    const { swarm, peer } = await begin("orchestrator");
    await peer.writer.append([signal("canon")]);
    const ephemerals = createHeartbeats({ swarm: swarm.genesis.swarm, isHolder: () => true });
    const { session, send, handled } = stand(peer, { ephemerals, limits: { heartbeatsPerSecond: 2 } });
    const hash = peer.logs.get(logOf(peer))?.hash as BlockHash;
    for (let counter = 1; counter <= 5; counter++) {
      const body = { term: 1, generation: logOf(peer).generation, length: 1, hash, at: 1 };
      const bytes = await sealEphemeral(peer.key, swarm.genesis.swarm, { kind: "heartbeat", counter, body });
      send({ kind: "ephemeral", bytes });
    }
    await handled();
    await until(() => ephemerals.latest()?.counter === 2);
    expect(session.counts.droppedEphemerals).toBe(3);
  });

  it("T3 more logs than a connection may speak of", async () => {
    const { swarm, peer } = await begin();
    const { send, handled, closes, refusals } = stand(peer, { limits: { logs: 2 } });
    send(heads(await madeUpHead(swarm.genesis.swarm, 1), await madeUpHead(swarm.genesis.swarm, 2)));
    await handled();
    expect(closes).toEqual([]);
    send(heads(await madeUpHead(swarm.genesis.swarm, 3)));
    await until(() => closes.length > 0);
    expect(refusals).toMatchObject([{ rule: "T3", fault: "sender" }]);
    expect(closes).toEqual([4429]);
  });

  it("T3 more logs than all connections together may speak of, from the one that took most of them", async () => {
    const { swarm, peer } = await begin();
    const peerLogTotal = createPeerLogTotal(200);
    const [liar, honest] = [stand(peer, { peerLogTotal }), stand(peer, { peerLogTotal })];
    const madeUp = await Promise.all(Array.from({ length: 201 }, (_, n) => madeUpHead(swarm.genesis.swarm, n)));
    liar.send(heads(...madeUp.slice(0, 200)));
    await liar.handled();
    await until(() => peerLogTotal.taken === 200);
    const a = await swarm.peer("agent");
    await a.writer.append([signal("a")]);
    honest.send(await updateOf(a));
    await until(() => peer.logs.get(logOf(a)) !== undefined);
    expect(honest.closes).toEqual([]);
    liar.send(heads(...madeUp.slice(200)));
    await until(() => liar.closes.length > 0);
    expect(liar.closes).toEqual([4503]);
    expect(liar.refusals).toMatchObject([{ rule: "T3", fault: "none" }]);
    expect(peerLogTotal.taken).toBeLessThan(10);
  });

  it("T3 blocks of a log that is not carried here", async () => {
    const { swarm, peer } = await begin();
    const a = await swarm.peer("agent");
    await a.writer.append([signal("a")]);
    const { send, ofKind, closes } = stand(peer, { accepts: () => false });
    send(await updateOf(a));
    await until(() => ofKind("refused").length > 0);
    expect(ofKind("refused")[0]?.refusal).toMatchObject({ rule: "T3", fault: "none" });
    expect(peer.logs.list()).toEqual([]);
    expect(closes).toEqual([]);
  });
});

describe("a channel that is full", () => {
  /** A session over a channel that says it is full while `full` is. */
  const throttled = (peer: TestPeer) => {
    const state = { full: false };
    const [there, here] = createChannelPair();
    const frames: Frame[] = [];
    there.onMessage((bytes) => {
      const frame = decodeFrame(bytes);
      if (frame.ok && frame.value !== undefined) frames.push(frame.value);
    });
    const channel: Channel = { ...here, bufferedBytes: () => (state.full ? 5000 : 0) };
    const limits = { bufferedBytes: 5000 };
    const session = createSession({ logs: peer.logs, channel, interest: { logs: "all", writers: [] }, limits });
    channels.push(there);
    const send = (frame: Frame): void => there.send(encodeFrame(frame));
    let number = 0;
    /** Resolves when the session had several turns after what was sent. */
    const turns = async (): Promise<void> => {
      for (let i = 0; i < 5; i++) {
        const mine = ++number;
        send({ kind: "ping", number: mine });
        await until(() => frames.some((frame) => frame.kind === "pong" && frame.number === mine));
      }
    };
    return { state, frames, send, turns, session };
  };

  it("gets no heads until it has drained", async () => {
    const { peer } = await begin();
    await peer.writer.append([signal("one")]);
    const { state, frames, send, turns } = throttled(peer);
    state.full = true;
    send({ kind: "hello", version: 1, interest: { logs: "all", writers: [] } });
    await turns();
    expect(frames.some(({ kind }) => kind === "heads")).toBe(false);
    state.full = false;
    await until(() => frames.some(({ kind }) => kind === "heads"));
  });

  it("gets no blocks until it has drained", async () => {
    const { peer } = await begin();
    await peer.writer.append([signal("one")]);
    const { state, frames, send, turns, session } = throttled(peer);
    send({ kind: "hello", version: 1, interest: { logs: "all", writers: [] } });
    await until(() => frames.some(({ kind }) => kind === "heads"));
    state.full = true;
    send({ kind: "need", needs: [{ log: logOf(peer), from: 0, head: undefined }] });
    await turns();
    expect(session.counts.blocksOut).toBe(0);
    state.full = false;
    await until(() => session.counts.blocksOut === 2);
  });
});

describe("logs that nobody here asked for", () => {
  it("T3 are counted over all sessions of whoever brings them, and refused before they are stored", async () => {
    const { swarm, peer } = await begin();
    const strangeLogs = new Set<LogKey>();
    const interest = { logs: "own", writers: [peer.key.id] } as const;
    const others: TestPeer[] = [];
    for (let n = 0; n < 6; n++) {
      const other = await swarm.peer("agent");
      await other.writer.append([signal(`unwanted ${n}`)]);
      others.push(other);
    }
    for (const other of others) {
      const { session, send, handled, refusals } = stand(peer, { interest, strangeLogs, limits: { strangeLogs: 2 } });
      await handled();
      send(await updateOf(other));
      await until(() => peer.logs.get(logOf(other)) !== undefined || refusals.length > 0);
      await session.close();
    }
    expect(others.filter((other) => peer.logs.get(logOf(other)) !== undefined)).toHaveLength(2);
    // A head of one more is not asked for either.
    const { frames, send, handled } = stand(peer, { interest, strangeLogs, limits: { strangeLogs: 2 } });
    const last = others.at(-1) as TestPeer;
    send(heads((await last.logs.signedHead(logOf(last), 2)) as Uint8Array));
    await handled();
    expect(frames.filter(({ kind }) => kind === "need")).toEqual([]);
  });
});
