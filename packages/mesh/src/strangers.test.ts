/** Who is not of the swarm: nothing is said to it, nothing it says is read, and it does not stay (T5). */
import { gossipsub, StrictNoSign } from "@chainsafe/libp2p-gossipsub";
import { noise } from "@chainsafe/libp2p-noise";
import { yamux } from "@chainsafe/libp2p-yamux";
import {
  CODEC_CBOR,
  type GenerationId,
  generateKey,
  headOf,
  issueCredential,
  type KeyPair,
  type LogId,
  type SwarmId,
  sealBlock,
  toBase64url,
} from "@herdmind/protocol";
import { decodeFrame, encodeFrame } from "@herdmind/sync";
import { sampleSignal } from "@herdmind/testing";
import { generateKeyPair } from "@libp2p/crypto/keys";
import { identify } from "@libp2p/identify";
import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SYNC_PROTOCOL } from "./exchanges.js";
import { libp2pIdentity } from "./identity.js";
import { MESH_LIMITS, type MeshLimits } from "./limits.js";
import { createMeshSwarm, type MeshPeer, type MeshSwarm, quiet, refusalsOf, same, until } from "./mesh.fixture.js";
import { encodeIntroduction } from "./mesh-frames.js";
import { deriveSecrets } from "./secrets.js";
import { createStreamChannel } from "./stream-channel.js";

/** A libp2p of an application: no private network. */
const applicationLibp2p = async (key?: KeyPair): Promise<Libp2p> =>
  createLibp2p({
    privateKey: key === undefined ? await generateKeyPair("Ed25519") : libp2pIdentity(key),
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
    connectionMonitor: { enabled: false },
  });

/** A valid head of a log that nobody has. */
const madeUpHead = async (swarm: SwarmId): Promise<Uint8Array> => {
  const key = await generateKey();
  const generation = toBase64url(new Uint8Array(16)) as GenerationId;
  const where = { swarm, writer: key.id, generation, sequence: 0, previous: undefined, codec: CODEC_CBOR };
  return headOf((await sealBlock(key, where, new Uint8Array(4))).bytes);
};

describe("strangers", { timeout: 30_000 }, () => {
  let net: MeshSwarm;
  const open: Libp2p[] = [];
  const application = async (key?: KeyPair): Promise<Libp2p> => {
    const made = await applicationLibp2p(key);
    open.push(made);
    return made;
  };
  beforeEach(async () => {
    net = await createMeshSwarm();
  });
  afterEach(async () => {
    await net[Symbol.asyncDispose]();
    await Promise.all(open.splice(0).map((each) => each.stop()));
  });

  /** A hub on an application's libp2p. */
  const openHub = async (options: Partial<MeshLimits> = {}): Promise<MeshPeer> => {
    const peer = await net.swarm.peer("orchestrator");
    return net.mesh(peer, { carry: "all", libp2p: await application(peer.key), limits: options });
  };

  it("T5 does not get through the private network of a swarm with the key of another", async () => {
    const hub = await net.start("orchestrator");
    const other = await createMeshSwarm();
    const stranger = await other.start("agent", { addresses: hub.mesh.addresses });
    await stranger.writer.append([sampleSignal("from elsewhere")]);
    await until(() => stranger.events.some((event) => event.type === "state" && event.state === "offline"));
    const [address = ""] = hub.mesh.addresses;
    const plain = await application();
    await expect(plain.dial(multiaddr(address), { signal: AbortSignal.timeout(3000) })).rejects.toThrow();
    expect(hub.mesh.neighbours).toEqual([]);
    expect(hub.mesh.libp2p.getConnections()).toEqual([]);
    expect([...hub.logs.list(), ...stranger.logs.list()].map(({ writer }) => writer)).toEqual([stranger.key.id]);
    await other[Symbol.asyncDispose]();
  });

  it("T5 is hung up in time when it shows no chain, and has received nothing", async () => {
    expect(MESH_LIMITS.introductionMs).toBe(5000);
    const hub = await openHub({ introductionMs: 700 });
    const { topics } = await deriveSecrets(net.swarm.genesis);
    // It knows even the names of the topics, and speaks gossipsub.
    const stranger = await application();
    const heard: unknown[] = [];
    const pubsub = gossipsub({ globalSignaturePolicy: StrictNoSign, fallbackToFloodsub: false })({
      peerId: stranger.peerId,
      peerStore: stranger.peerStore,
      logger: stranger.logger,
      privateKey: undefined as never,
      connectionManager: undefined as never,
      registrar: stranger as never,
    });
    await (pubsub as typeof pubsub & { start(): Promise<void> }).start();
    for (const topic of Object.values(topics)) pubsub.subscribe(topic);
    pubsub.addEventListener("message", ({ detail }) => heard.push(detail));
    pubsub.addEventListener("subscription-change", ({ detail }) => heard.push(detail));
    const [address] = hub.mesh.libp2p.getMultiaddrs();
    if (address === undefined) throw new Error("no address");
    const connection = await stranger.dial(address);
    const stream = await connection.newStream("/meshsub/1.1.0");
    stream.addEventListener("message", ({ data }) => heard.push(data));
    await hub.writer.append([sampleSignal("a secret")]);
    await until(() => connection.status !== "open");
    expect(heard).toEqual([]);
    expect(pubsub.getSubscribers(topics.canon)).toEqual([]);
    expect(hub.mesh.counts.messages).toBe(0);
    expect(refusalsOf(hub).map(({ rule, fault }) => ({ rule, fault }))).toEqual([{ rule: "T5", fault: "sender" }]);
    await (pubsub as typeof pubsub & { stop(): Promise<void> }).stop();
  });

  const streamTo = async (hub: MeshPeer, from: Libp2p): Promise<Stream> => {
    const [address] = hub.mesh.libp2p.getMultiaddrs();
    if (address === undefined) throw new Error("no address");
    return from.dialProtocol(address, SYNC_PROTOCOL);
  };
  /** Says these frames, and hears until the other side ends it. */
  const converse = async (stream: Stream, frames: readonly Uint8Array[]): Promise<readonly Uint8Array[]> => {
    const channel = createStreamChannel(stream);
    for (const frame of frames) channel.send(frame);
    const heard: Uint8Array[] = [];
    for (let frame = await channel.next(); frame !== undefined; frame = await channel.next()) heard.push(frame);
    return heard;
  };
  const rulesIn = (frames: readonly Uint8Array[]): unknown[] =>
    frames.map((bytes) => {
      const frame = decodeFrame(bytes);
      return frame.ok && frame.value?.kind === "refused" ? frame.value.refusal.rule : frame;
    });

  it("T5 is refused, and hung up at once, with a chain that is not its own, of nobody, or of another swarm", async () => {
    const hub = await openHub();
    await hub.writer.append([sampleSignal("canon")]);
    const member = await net.swarm.peer("agent");
    const other = await createMeshSwarm();
    const foreign = await other.swarm.peer("agent");
    const self = await generateKey();
    const claims = { aud: net.swarm.genesis.swarm, role: "agent", use: "member", iat: 1 } as const;
    const selfMade = [await issueCredential(self, { ...claims, sub: self.id })];
    const cases: readonly [KeyPair, readonly string[], string][] = [
      [await generateKey(), member.chain, "T5"],
      [await generateKey(), [], "T5"],
      [self, selfMade, "A1"],
      [foreign.key, foreign.chain, "A1"],
    ];
    for (const [key, chain, rule] of cases) {
      const stranger = await application(key);
      const heard = await converse(await streamTo(hub, stranger), [
        encodeIntroduction({ chain, only: undefined }),
        encodeFrame({ kind: "hello", version: 1, interest: { logs: "all", writers: [] } }),
      ]);
      // The refusal, and no chain, no address, no head.
      expect(rulesIn(heard)).toEqual([rule]);
      await until(() => stranger.getConnections().length === 0);
    }
    expect(hub.mesh.neighbours).toEqual([]);
    await other[Symbol.asyncDispose]();
  });

  it("T5 cannot say anything but an introduction first", async () => {
    const hub = await openHub();
    const frames = [
      encodeFrame({ kind: "hello", version: 1, interest: { logs: "all", writers: [] } }),
      Uint8Array.of(0xff, 1, 2),
      new Uint8Array(0),
    ];
    for (const frame of frames) {
      const stranger = await application();
      expect(rulesIn(await converse(await streamTo(hub, stranger), [frame]))).toEqual(["T5"]);
      await until(() => stranger.getConnections().length === 0);
    }
  });

  it("T5 is hung up on a stream that it opens and says nothing on", async () => {
    const hub = await openHub({ introductionMs: 300 });
    const stranger = await application();
    const heard = await converse(await streamTo(hub, stranger), []);
    expect(heard).toEqual([]);
    await until(() => stranger.getConnections().length === 0);
    expect(refusalsOf(hub).at(-1)?.rule).toBe("T5");
  });

  it("T3 cannot fill the house: those that show no chain yet are bounded", async () => {
    const peer = await net.swarm.peer("orchestrator");
    const hub = await net.mesh(peer, { libp2p: await application(peer.key), limits: { strangers: 2 } });
    const [address] = hub.mesh.libp2p.getMultiaddrs();
    if (address === undefined) throw new Error("no address");
    const connections: Connection[] = [];
    for (let i = 0; i < 4; i++) connections.push(await (await application()).dial(address));
    await until(() => connections.filter(({ status }) => status === "open").length === 2);
    expect(refusalsOf(hub).filter(({ rule }) => rule === "T3")).toHaveLength(2);
  });

  it("T3 cannot keep a peer from going out by standing at its door", async () => {
    const hub = await openHub();
    const peer = await net.swarm.peer("agent");
    const agent = await net.mesh(peer, {
      libp2p: await application(peer.key),
      addresses: hub.mesh.addresses,
      limits: { strangers: 0 },
    });
    await until(() => agent.mesh.neighbours.length === 1, "the way out");
    expect(refusalsOf(agent)).toEqual([]);
  });

  it("L5 ends the connection of a member that shows a head which nobody signed, not only the stream", async () => {
    const hub = await openHub();
    const member = await net.swarm.peer("agent");
    const libp2p = await application(member.key);
    const head = new Uint8Array(await madeUpHead(net.swarm.genesis.swarm));
    head[head.length - 1] = (head[head.length - 1] as number) ^ 1;
    const heard = await converse(await streamTo(hub, libp2p), [
      encodeIntroduction({ chain: member.chain, only: undefined }),
      encodeFrame({ kind: "hello", version: 1, interest: { logs: "none", writers: [] } }),
      encodeFrame({ kind: "heads", done: true, heads: [head] }),
    ]);
    expect(rulesIn(heard).at(-1)).toBe("L5");
    await until(() => libp2p.getConnections().length === 0, "the end of the connection");
    expect(hub.mesh.neighbours).toEqual([]);
  });

  it("T3 cannot make a peer remember logs without end, over all streams together", async () => {
    const hub = await openHub({ peerLogs: 10 });
    const member = await net.swarm.peer("agent");
    const heads = await Promise.all(Array.from({ length: 70 }, () => madeUpHead(net.swarm.genesis.swarm)));
    const heard = await converse(await streamTo(hub, await application(member.key)), [
      encodeIntroduction({ chain: member.chain, only: undefined }),
      encodeFrame({ kind: "hello", version: 1, interest: { logs: "none", writers: [] } }),
      encodeFrame({ kind: "heads", done: true, heads }),
    ]);
    expect(rulesIn(heard).at(-1)).toBe("T3");
  });

  it("lets members in who come with a libp2p of their application, and gossips with them", async () => {
    const hub = await openHub();
    const peer = await net.swarm.peer("agent");
    const agent = await net.mesh(peer, {
      libp2p: await application(peer.key),
      addresses: hub.mesh.addresses,
    });
    await hub.writer.append([sampleSignal("canon")]);
    await agent.writer.append([sampleSignal("proposed")]);
    await until(() => same(hub.logs, agent.logs, hub.log) && same(hub.logs, agent.logs, agent.log));
    // While the first exchange is open it brings what is new before gossip does.
    for (let n = 0; agent.mesh.counts.accepted === 0; n++) {
      await hub.writer.append([sampleSignal(`by gossip ${n}`)]);
      await until(() => same(hub.logs, agent.logs, hub.log));
    }
    const { libp2p } = agent.mesh;
    await agent.mesh.close();
    // It is the application's: only what the mesh made of it is gone.
    expect(libp2p.status).toBe("started");
    expect(libp2p.getProtocols().filter((name) => /meshsub|herdmind/.test(name))).toEqual([]);
    await quiet(50);
    expect(hub.mesh.neighbours).toEqual([]);
  });

  it("T3 cannot have logs kept that nobody wants by coming again", async () => {
    const peer = await net.swarm.peer("agent");
    const victim = await net.mesh(peer, {
      carry: "own",
      libp2p: await application(peer.key),
      limits: { strangeLogs: 2 },
    });
    const member = await net.swarm.peer("agent");
    const unwanted: LogId[] = [];
    for (let n = 0; n < 5; n++) {
      const other = await net.swarm.peer("agent");
      await other.writer.append([sampleSignal(`unwanted ${n}`)]);
      const log = other.writer.log as LogId;
      unwanted.push(log);
      const piece = await other.logs.update(log, 0, 1_000_000);
      const own = await application(member.key);
      const channel = createStreamChannel(await streamTo(victim, own));
      channel.send(encodeIntroduction({ chain: member.chain, only: undefined }));
      channel.send(encodeFrame({ kind: "hello", version: 1, interest: { logs: "none", writers: [] } }));
      channel.send(encodeFrame({ kind: "blocks", log, update: piece?.update as Uint8Array }));
      const answered = (frame: Uint8Array): boolean => {
        const read = decodeFrame(frame);
        return read.ok && (read.value?.kind === "refused" || read.value?.kind === "receipt");
      };
      for (let frame = await channel.next(); frame !== undefined && !answered(frame); ) frame = await channel.next();
      await own.stop();
      await until(() => victim.mesh.neighbours.length === 0);
    }
    expect(unwanted.filter((log) => victim.logs.get(log) !== undefined)).toHaveLength(2);
  });
});
