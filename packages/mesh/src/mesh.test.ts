import { generateKey, issueCredential } from "@herdmind/protocol";
import { createHeartbeats } from "@herdmind/sync";
import { messagesIn, sampleSignal } from "@herdmind/testing";
import { createProxy } from "@herdmind/testing/proxy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMeshSwarm, type MeshSwarm, quiet, refusalsOf, same, until } from "./mesh.fixture.js";
import { createMesh } from "./node.js";

// Real sockets, on a machine that may do other work beside it.
describe("two peers and more", { timeout: 30_000 }, () => {
  let net: MeshSwarm;
  beforeEach(async () => {
    net = await createMeshSwarm();
  });
  afterEach(() => net[Symbol.asyncDispose]());

  it("delivers by gossip itself, both ways, and not by an exchange that repairs what gossip lost", async () => {
    const hub = await net.start("orchestrator");
    const agent = await net.start("agent", { addresses: hub.mesh.addresses });
    await hub.writer.append([sampleSignal("canon before")]);
    await until(() => same(hub.logs, agent.logs, hub.log));
    const [before, agentBefore] = [hub.mesh.counts.accepted, agent.mesh.counts.accepted];
    await agent.writer.append([sampleSignal("proposed")]);
    await until(() => same(hub.logs, agent.logs, agent.log));
    await hub.writer.append([sampleSignal("canon")]);
    await until(() => same(hub.logs, agent.logs, hub.log));
    await until(() => hub.mesh.counts.accepted > before && agent.mesh.counts.accepted > agentBefore, "gossip");
    expect([...refusalsOf(hub), ...refusalsOf(agent)]).toEqual([]);
  });

  it("reaches through a third peer that carries, in both directions", async () => {
    const middle = await net.start("agent", { carry: "all" });
    const hub = await net.start("orchestrator", { addresses: middle.mesh.addresses, listen: [] });
    const agent = await net.start("agent", { addresses: middle.mesh.addresses, listen: [] });
    await until(() => middle.mesh.neighbours.length === 2);
    await agent.writer.append([sampleSignal("through the middle")]);
    await until(() => same(hub.logs, agent.logs, agent.log));
    await hub.writer.append([sampleSignal("back again")]);
    await until(() => same(hub.logs, agent.logs, hub.log));
    // Neither could be dialled: it went through the middle.
    expect(hub.mesh.neighbours.map(({ writer }) => writer)).toEqual([middle.key.id]);
    expect(await messagesIn(hub.logs, agent.log)).toEqual(["through the middle"]);
  });

  it("brings a late joiner everything, and a peer with interest `own` nobody else's proposals", async () => {
    const hub = await net.start("orchestrator");
    const agent = await net.start("agent", { addresses: hub.mesh.addresses });
    for (let i = 0; i < 30; i++) {
      await agent.writer.append([sampleSignal(`proposal ${i}`)]);
      await hub.writer.append([sampleSignal(`canon ${i}`)]);
    }
    const late = await net.start("agent", { addresses: hub.mesh.addresses });
    const cache = await net.start("agent", { addresses: hub.mesh.addresses, carry: "all" });
    await until(() => same(hub.logs, late.logs, hub.log));
    await until(() => same(hub.logs, cache.logs, hub.log) && same(agent.logs, cache.logs, agent.log));
    await agent.writer.append([sampleSignal("one more")]);
    await until(() => same(agent.logs, cache.logs, agent.log) && same(agent.logs, hub.logs, agent.log));
    await quiet();
    expect(late.logs.get(agent.log)).toBeUndefined();
    expect(late.events.some(({ type }) => type === "synced")).toBe(true);
  });

  it("waits while nobody is subscribed, and loses nothing of what was appended meanwhile", async () => {
    const agent = await net.start("agent");
    for (let i = 0; i < 20; i++) await agent.writer.append([sampleSignal(`${i}`)]);
    expect(agent.mesh.state).toBe("offline");
    expect(agent.mesh.counts.messages).toBe(0);
    const hub = await net.start("orchestrator", { addresses: agent.mesh.addresses });
    await until(() => same(hub.logs, agent.logs, agent.log));
    expect(await messagesIn(hub.logs, agent.log)).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`));
  });

  it("says what is durable at the other side", async () => {
    const hub = await net.start("orchestrator");
    const agent = await net.start("agent", { addresses: hub.mesh.addresses });
    await until(() => agent.mesh.state === "connected");
    for (let i = 0; i < 3; i++) {
      await agent.writer.append([sampleSignal(`${i}`)]);
      const length = agent.logs.get(agent.log)?.length;
      await until(() => agent.events.some((event) => event.type === "peer" && event.length === length), "a receipt");
    }
  });

  it("dials again after a hang-up, and after the other side was restarted on its port", async () => {
    const hub = await net.start("orchestrator");
    const agent = await net.start("agent", { addresses: hub.mesh.addresses, listen: [] });
    await until(() => agent.mesh.state === "connected");
    for (const connection of hub.mesh.libp2p.getConnections()) await connection.close();
    await until(() => agent.events.some((event) => event.type === "state" && event.state === "offline"));
    await hub.writer.append([sampleSignal("while nobody was there")]);
    await until(() => same(hub.logs, agent.logs, hub.log));
    const [address = ""] = hub.mesh.addresses;
    await hub.mesh.close();
    await until(() => agent.mesh.state !== "connected");
    await hub.writer.append([sampleSignal("while it was down")]);
    await agent.writer.append([sampleSignal("offline too")]);
    const again = await net.mesh(hub, { carry: "all", listen: [address.replace(/\/p2p\/.*/, "")] });
    await until(() => same(again.logs, agent.logs, hub.log) && same(again.logs, agent.logs, agent.log));
  });

  it("finds a connection that says nothing any more dead, and dials again", async () => {
    const hub = await net.start("orchestrator");
    const [address = ""] = hub.mesh.addresses;
    const port = Number(/tcp\/(\d+)/.exec(address)?.[1]);
    const proxy = await createProxy(port);
    const agent = await net.start("agent", {
      addresses: [address.replace(`${port}`, `${proxy.port}`)],
      listen: [],
      exchangeEveryMs: { min: 50, max: 100 },
      keepAliveMs: 200,
    });
    await until(() => agent.mesh.state === "connected");
    proxy.hold();
    await until(() => agent.mesh.state !== "connected", "noticing the silence");
    proxy.release();
    await hub.writer.append([sampleSignal("after the silence")]);
    await until(() => same(hub.logs, agent.logs, hub.log));
    await agent.mesh.close();
    await proxy.close();
  });

  it("learns peers from peers, and finds them again without the one that it was told of", async () => {
    const hub = await net.start("orchestrator");
    const first = await net.start("agent", { addresses: hub.mesh.addresses, carry: "all" });
    await until(() => first.mesh.neighbours.length === 1);
    const second = await net.swarm.peer("agent");
    const started = await net.mesh(second, { addresses: first.mesh.addresses, carry: "all" });
    await until(() => started.mesh.neighbours.length === 2, "a second neighbour");
    await started.mesh.close();
    await first.mesh.close();
    // The same peer, with no address at all and what it remembers.
    const again = await net.mesh(second, { addresses: [], carry: "all" });
    await until(() => again.mesh.neighbours.some(({ writer }) => writer === hub.key.id), "the hub");
  });

  it("brings heartbeats by gossip, and the newest one to who comes later", async () => {
    const hub = await net.start("orchestrator");
    const agent = await net.start("agent", { addresses: hub.mesh.addresses });
    await hub.writer.append([sampleSignal("canon")]);
    await until(() => same(hub.logs, agent.logs, hub.log));
    await hub.heartbeats.offer(await net.swarm.heartbeat(hub, 1));
    await until(() => agent.heartbeats.latest()?.counter === 1);
    const late = await net.start("agent", { addresses: agent.mesh.addresses });
    await until(() => late.heartbeats.latest()?.counter === 1);
  });

  it("L6 tells everybody of a fork", async () => {
    const hub = await net.start("orchestrator");
    const one = await net.start("agent", { carry: "all", addresses: hub.mesh.addresses });
    const two = await net.start("agent", { carry: "all", addresses: hub.mesh.addresses });
    const cheat = await net.swarm.peer("agent");
    await cheat.writer.append([sampleSignal("agreed")]);
    const log = cheat.writer.log;
    if (log === undefined) throw new Error("no log");
    const other = await net.swarm.forkOf(cheat);
    await cheat.writer.append([sampleSignal("to one")]);
    const [left, right] = [await cheat.logs.update(log, 0, 1_000_000), await other.logs.update(log, 0, 1_000_000)];
    if (left === undefined || right === undefined) throw new Error("nothing forked");
    await one.logs.ingest(log, left.update, "told");
    await two.logs.ingest(log, right.update, "told");
    const everybody = [hub, one, two];
    await until(() => everybody.every(({ logs }) => logs.proofs().length === 1), "the proof everywhere");
    await quiet();
    // Nobody is punished for the branch that it holds.
    for (const { mesh } of everybody) expect(mesh.counts.rejected).toBe(0);
  });

  it("works with a key that cannot be exported", async () => {
    const hub = await net.start("orchestrator");
    const key = await generateKey({ extractable: false });
    const { swarm } = net.swarm.genesis;
    const chain = [
      await issueCredential(net.swarm.root, { sub: key.id, aud: swarm, role: "observer", use: "member", iat: 1 }),
    ];
    const { logs } = await net.swarm.peer("observer");
    await hub.writer.append([sampleSignal("canon")]);
    const observer = await net.mesh(
      {
        key,
        chain,
        logs,
        token: async () => "",
        get writer(): never {
          throw new Error("an observer has none");
        },
      },
      { addresses: hub.mesh.addresses },
    );
    await until(() => same(hub.logs, observer.logs, hub.log));
  });

  it("takes what it cannot begin as an exception that says what to do", async () => {
    const hub = await net.start("orchestrator");
    const [address = ""] = hub.mesh.addresses;
    await expect(net.start("agent", { listen: [address.replace(/\/p2p\/.*/, "")] })).rejects.toThrow(
      /Choose another address/,
    );
  });

  it("sends what it appends to every neighbour that listens, not only to those that gossipsub has chosen so far", async () => {
    const hub = await net.start("orchestrator");
    const count = 14;
    for (let n = 0; n < count; n++)
      await net.start("agent", { addresses: hub.mesh.addresses, limits: { neighbours: 1 } });
    const takenBy = async (): Promise<number> => {
      const { copies, messages } = hub.mesh.counts;
      await hub.writer.append([sampleSignal(crypto.randomUUID())]);
      await until(() => hub.mesh.counts.messages > messages);
      return (hub.mesh.counts.copies - copies) / (hub.mesh.counts.messages - messages);
    };
    while ((await takenBy()) < count) await quiet(20);
    // Over some of gossipsub's heartbeats, in which it chooses anew: 12 at most.
    const taken: number[] = [];
    for (let n = 0; n < 12; n++) {
      await quiet(250);
      taken.push(await takenBy());
    }
    expect(taken).toEqual(Array(12).fill(count));
  });

  it("leaves nothing listening where it cannot begin", async () => {
    const peer = await net.swarm.peer("agent");
    const meta = { ...peer.logs.meta, get: () => Promise.reject(new Error("the disk is gone")) };
    const logs = new Proxy(peer.logs, { get: (target, name) => (name === "meta" ? meta : Reflect.get(target, name)) });
    const heartbeats = createHeartbeats({ swarm: net.swarm.genesis.swarm, isHolder: () => false });
    const { key, chain } = peer;
    const interest = { logs: "own", writers: [] } as const;
    const context = { key, chain, ephemerals: heartbeats, interest, addresses: [], now: Date.now };
    const first = await createMesh({ ...context, logs: peer.logs }, { listen: ["/ip4/127.0.0.1/tcp/0"] });
    const port = first.libp2p.getMultiaddrs()[0]?.toString().split("/p2p/")[0] as string;
    await first.close();
    await expect(createMesh({ ...context, logs }, { listen: [port] })).rejects.toThrow("the disk is gone");
    // Its port is free.
    await (await createMesh({ ...context, logs: peer.logs }, { listen: [port] })).close();
  });

  it("answers a ping, and at once where nobody is", async () => {
    const hub = await net.start("orchestrator");
    await hub.mesh.ping?.();
    const agent = await net.start("agent", { addresses: hub.mesh.addresses });
    await until(() => agent.mesh.state === "connected");
    await agent.mesh.ping?.();
    await hub.mesh.ping?.();
    expect([...hub.logs.list(), ...agent.logs.list()].every(({ generation }) => !/^A+$/.test(generation))).toBe(true);
  });

  it("follows a change of interest", async () => {
    const hub = await net.start("orchestrator");
    const agent = await net.start("agent", { addresses: hub.mesh.addresses });
    const other = await net.start("agent", { addresses: hub.mesh.addresses });
    await other.writer.append([sampleSignal("someone else's")]);
    await until(() => same(hub.logs, other.logs, other.log));
    expect(agent.logs.get(other.log)).toBeUndefined();
    agent.mesh.setInterest({ logs: "all", writers: [] });
    await until(() => same(agent.logs, other.logs, other.log));
    await other.writer.append([sampleSignal("and now by gossip")]);
    await until(() => same(agent.logs, other.logs, other.log));
  });
});

it("refuses a libp2p with another key", async () => {
  const net = await createMeshSwarm();
  const hub = await net.start("orchestrator");
  const agent = await net.swarm.peer("agent");
  const context = {
    ...agent,
    ephemerals: hub.heartbeats,
    interest: { logs: "own", writers: [] } as const,
    addresses: [],
    now: Date.now,
  };
  await expect(createMesh(context, { libp2p: hub.mesh.libp2p })).rejects.toThrow(/libp2pIdentity/);
  await net[Symbol.asyncDispose]();
});
