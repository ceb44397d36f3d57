/** A member that lies: what it publishes is judged, forwarded to nobody, and costs it the connection (T6). */
import { gossipsub, StrictNoSign } from "@chainsafe/libp2p-gossipsub";
import { type LogId, toBase64url } from "@herdmind/protocol";
import { createHeartbeats, encodeFrame, type Frame } from "@herdmind/sync";
import { type SwarmPeer, sampleSignal } from "@herdmind/testing";
import { tcp } from "@libp2p/tcp";
import { multiaddr } from "@multiformats/multiaddr";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createOwnLibp2p } from "./create-libp2p.js";
import { runExchange } from "./exchange.js";
import { SYNC_PROTOCOL } from "./exchanges.js";
import { MESH_LIMITS } from "./limits.js";
import { createMeshSwarm, type MeshPeer, type MeshSwarm, quiet, refusalsOf, same, until } from "./mesh.fixture.js";
import { encodeIntroduction } from "./mesh-frames.js";
import { deriveSecrets, type Plane } from "./secrets.js";
import { createStreamChannel } from "./stream-channel.js";

interface Liar {
  /** Publishes bytes as they are. */
  publish(plane: Plane, bytes: Uint8Array | Frame): Promise<void>;
  readonly connected: boolean;
  close(): Promise<void>;
}

describe("forgeries", { timeout: 30_000 }, () => {
  let net: MeshSwarm;
  let hub: MeshPeer;
  let third: MeshPeer;
  let liars: Liar[];
  beforeEach(async () => {
    net = await createMeshSwarm();
    liars = [];
    hub = await net.start("orchestrator");
    third = await net.start("agent", { carry: "all", addresses: hub.mesh.addresses });
    await until(() => third.mesh.neighbours.length === 1 && hub.mesh.neighbours.length === 1);
  });
  afterEach(async () => {
    await Promise.all(liars.map((liar) => liar.close()));
    await net[Symbol.asyncDispose]();
  });

  /** A member with a valid chain and a gossipsub of its own, connected to one peer alone. It answers whoever asks for its logs. */
  const lie = async (member: SwarmPeer, victim = hub): Promise<Liar> => {
    const secrets = await deriveSecrets(net.swarm.genesis);
    const libp2p = await createOwnLibp2p(member.key, secrets, MESH_LIMITS, { transports: [tcp()] });
    const pubsub = gossipsub({
      globalSignaturePolicy: StrictNoSign,
      fallbackToFloodsub: false,
      allowPublishToZeroTopicPeers: true,
    })({
      peerId: libp2p.peerId,
      peerStore: libp2p.peerStore,
      logger: libp2p.logger,
      privateKey: undefined as never,
      connectionManager: undefined as never,
      registrar: libp2p as never,
    }) as ReturnType<ReturnType<typeof gossipsub>> & { start(): Promise<void>; stop(): Promise<void> };
    await pubsub.start();
    await libp2p.handle(SYNC_PROTOCOL, (answered) => {
      void runExchange({
        logs: member.logs,
        channel: createStreamChannel(answered),
        opened: false,
        chain: member.chain,
        interest: { logs: "none", writers: [] },
        ephemerals: createHeartbeats({ swarm: net.swarm.genesis.swarm, isHolder: () => false }),
        carrying: undefined,
        addresses: () => [],
        introductionMs: 5000,
        keepAliveMs: 10_000,
        now: Date.now,
        judge: async () => ({ ok: true, value: undefined }),
        acceptsStrange: () => false,
        strangeLogs: () => undefined,
        maxStrangeLogs: 16,
        onAddresses: () => {},
        onSession: () => {},
        onEvent: () => {},
      });
    });
    const [address = ""] = victim.mesh.addresses;
    const stream = await libp2p.dialProtocol(multiaddr(address), SYNC_PROTOCOL);
    const channel = createStreamChannel(stream);
    channel.send(encodeIntroduction({ chain: member.chain, only: undefined }));
    await channel.next();
    channel.send(encodeFrame({ kind: "hello", version: 1, interest: { logs: "none", writers: [] } }));
    await until(() => pubsub.getSubscribers(secrets.topics.canon).length === 1, "a subscriber");
    const liar: Liar = {
      async publish(plane, bytes) {
        await pubsub.publish(secrets.topics[plane], bytes instanceof Uint8Array ? bytes : encodeFrame(bytes));
      },
      get connected() {
        return libp2p.getConnections().length > 0;
      },
      async close() {
        await pubsub.stop();
        await libp2p.stop();
      },
    };
    liars.push(liar);
    return liar;
  };

  /** Updates of a log, the last bytes of which nobody signed. */
  const forged = async (peer: SwarmPeer, count: number): Promise<readonly Frame[]> => {
    const log = peer.writer.log as LogId;
    const frames: Frame[] = [];
    for (let i = 0; i < count; i++) {
      const piece = await peer.logs.update(log, 0, 1_000_000);
      if (piece === undefined) throw new Error("nothing to forge");
      const update = piece.update.slice();
      // In the payload of the last block, before Yjs' empty delete set.
      const at = update.length - 3 - i;
      update[at] = (update[at] as number) ^ 1;
      frames.push({ kind: "blocks", log, update });
    }
    return frames;
  };

  it("T6 lowers the score of who forwards a forged block, forwards it to nobody, and hangs up at the third", async () => {
    const member = await net.swarm.peer("agent");
    await member.writer.append([sampleSignal("true")]);
    const liar = await lie(member);
    const [one, two, three] = await forged(member, 3);
    if (one === undefined || two === undefined || three === undefined) throw new Error("nothing forged");
    const scoreOf = (): number => hub.mesh.neighbours.find(({ writer }) => writer === member.key.id)?.score ?? -1000;
    const before = { accepted: third.mesh.counts.accepted, ignored: third.mesh.counts.ignored };
    await liar.publish("proposals", one);
    await until(() => scoreOf() < -5, "a lower score");
    expect(liar.connected).toBe(true);
    await liar.publish("proposals", two);
    await until(() => scoreOf() < -30, "a still lower score");
    await liar.publish("proposals", three);
    await until(() => !liar.connected, "the end of the connection");
    await quiet();
    expect(hub.mesh.counts.rejected).toBe(3);
    expect(refusalsOf(hub).map(({ fault }) => fault)).toEqual(["sender", "sender", "sender", "sender"]);
    // The third peer is the hub's neighbour and would have been sent what the hub forwards.
    expect(third.mesh.counts).toMatchObject({ ...before, rejected: 0 });
    expect([hub, third].map(({ logs }) => logs.get(member.writer.log as LogId))).toEqual([undefined, undefined]);
    // What is true still travels.
    await hub.writer.append([sampleSignal("canon")]);
    await until(() => same(hub.logs, third.logs, hub.log));
  });

  it("T6 rejects what is too large, malformed, of another kind, or on the wrong topic", async () => {
    const member = await net.swarm.peer("agent");
    await member.writer.append([sampleSignal("a proposal")]);
    const log = member.writer.log as LogId;
    const proposal = await member.logs.update(log, 0, 1_000_000);
    if (proposal === undefined) throw new Error("no proposal");
    const attacks: readonly [string, Uint8Array | Frame][] = [
      ["L7", new Uint8Array(200_000)],
      ["T4", Uint8Array.of(1, 2, 3)],
      ["T6", { kind: "ping", number: 1 }],
      ["T6", { kind: "hello", version: 1, interest: { logs: "all", writers: [] } }],
      ["T6", { kind: "blocks", log, update: proposal.update }],
      ["L4", { kind: "heads", done: true, heads: [new Uint8Array(80)] }],
    ];
    let refusals = 0;
    for (const [rule, attack] of attacks) {
      // A new member for each: three would be hung up.
      const liar = await lie(await net.swarm.peer("agent"));
      await liar.publish("canon", attack);
      await until(() => hub.mesh.counts.rejected === refusals + 1, `a refusal by ${rule}`);
      refusals++;
      const last = refusalsOf(hub).at(-1);
      expect(last?.fault).toBe("sender");
      expect([rule, rule === "L7" ? "T6" : rule]).toContain(last?.rule);
      await liar.close();
    }
    await quiet();
    expect(third.mesh.counts.rejected).toBe(0);
  });

  it("lets pass what it does not know, and history that is sent round again, without forwarding it", async () => {
    const member = await net.swarm.peer("agent");
    for (let i = 0; i < 4; i++) await member.writer.append([sampleSignal(`${i}`)]);
    const log = member.writer.log as LogId;
    const liar = await lie(member);
    const whole = await member.logs.update(log, 0, 1_000_000);
    if (whole === undefined) throw new Error("no log");
    await liar.publish("proposals", { kind: "blocks", log, update: whole.update });
    await until(() => same(third.logs, member.logs, log), "the true blocks, through the hub");
    const { accepted, ignored } = third.mesh.counts;
    const hubIgnored = hub.mesh.counts.ignored;
    // A frame of a newer version, and the same blocks again, cut differently.
    await liar.publish("proposals", Uint8Array.of(0x82, 0x18, 0x63, 0x00));
    const part = await member.logs.update(log, 1, 1_000_000);
    if (part === undefined) throw new Error("no part");
    await liar.publish("proposals", { kind: "blocks", log, update: part.update });
    await until(() => hub.mesh.counts.ignored === hubIgnored + 2);
    await quiet();
    expect(third.mesh.counts).toMatchObject({ accepted, ignored, rejected: 0 });
    expect(liar.connected).toBe(true);
  });

  it("T6 cannot be made to hold many logs that it does not carry, by way of canon's topic", async () => {
    const small = await net.start("agent", { addresses: hub.mesh.addresses, listen: [] });
    await until(() => hub.mesh.neighbours.length === 2);
    const member = await net.swarm.peer("agent");
    const liar = await lie(member);
    for (let i = 0; i < 4; i++) {
      const other = await net.swarm.peer("agent");
      await other.writer.append([sampleSignal("filler")]);
      const log = other.writer.log as LogId;
      const piece = await other.logs.update(log, 0, 1_000_000);
      if (piece === undefined) throw new Error("no log");
      await liar.publish("canon", { kind: "blocks", log, update: piece.update });
      if (i === 2) await until(() => !liar.connected, "the end of the connection");
    }
    await quiet();
    expect(small.logs.list().filter(({ writer }) => writer !== hub.key.id && writer !== small.key.id)).toEqual([]);
  });

  it("T6 cannot be made to fetch many logs that it does not carry, by heads on canon's topic", async () => {
    const small = await net.start("agent", { addresses: hub.mesh.addresses });
    await until(() => small.mesh.neighbours.length === 1);
    const member = await net.swarm.peer("agent");
    const others: LogId[] = [];
    for (let i = 0; i < 4; i++) {
      const other = await net.swarm.peer("agent");
      // More than one window of a session: 2 MB that do not compress.
      const blocks = i === 0 ? 500 : 1;
      for (let n = 0; n < blocks; n++)
        await other.writer.append([sampleSignal(toBase64url(crypto.getRandomValues(new Uint8Array(3000))))]);
      const log = other.writer.log as LogId;
      for (let from = 0; from < (other.logs.get(log)?.length ?? 0); ) {
        const piece = await other.logs.update(log, from, 1_000_000);
        if (piece === undefined) throw new Error("no log");
        await member.logs.ingest(log, piece.update, "test");
        from = piece.next;
      }
      others.push(log);
    }
    const liar = await lie(member, small);
    for (const log of others.slice(0, 3)) {
      const before = small.mesh.counts.rejected;
      const head = await member.logs.signedHead(log);
      if (head === undefined) throw new Error("no head");
      await liar.publish("canon", { kind: "heads", done: true, heads: [head] });
      await until(() => small.mesh.counts.rejected === before + 1, "a refusal");
    }
    await until(() => !liar.connected, "the end of the connection");
    await quiet();
    expect(refusalsOf(small).filter(({ rule, fault }) => rule === "T6" && fault === "sender")).toHaveLength(4);
    // Its first blocks show whose log it is; the rest is not taken.
    const [long] = others as [LogId];
    expect(member.logs.get(long)?.length).toBeGreaterThan(500);
    expect(small.logs.get(long)?.length).toBeLessThan(400);
  });
});
