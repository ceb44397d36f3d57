import { type JsonObject, type Role, sealEphemeral } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { createHeartbeats, createSwarmEphemerals, decodeFrame, type SwarmEphemerals } from "@herdmind/sync";
import { createTestSwarm, type SwarmPeer, sampleSignal } from "@herdmind/testing";
import { createMuxClient } from "@herdmind/websocket";
import { expect, it } from "vitest";
import { protocolsFor, rawClient, until } from "./relay.fixture.js";
import { createRelay } from "./relay.js";

const problem = `f1_${"p".repeat(32)}`;

/** A relay and a swarm whose canon lists what `roles` says. */
const startSwarm = async () => {
  const swarm = await createTestSwarm(() => createMemoryStorage());
  const hub = await swarm.peer("orchestrator");
  const roles = new Map<string, Role>([[hub.key.id, "orchestrator"]]);
  const { swarm: id } = swarm.genesis;
  const open = (): SwarmEphemerals =>
    createSwarmEphemerals({
      swarm: id,
      heartbeats: createHeartbeats({ swarm: id, isHolder: (writer) => writer === hub.key.id }),
      roleOf: (writer) => roles.get(writer),
    });
  const atRelay = open();
  const started = await createRelay({ logs: hub.logs, ephemerals: atRelay });
  if (!started.ok) throw new Error(started.fault.message);
  const relay = started.value;
  const clients: AsyncDisposable[] = [];
  const counters = new Map<string, number>();
  return {
    swarm,
    hub,
    relay,
    atRelay,
    async member(role: Role): Promise<{ readonly peer: SwarmPeer; readonly ephemerals: SwarmEphemerals }> {
      const peer = await swarm.peer(role);
      roles.set(peer.key.id, role);
      const ephemerals = open();
      const client = createMuxClient({ logs: peer.logs, urls: [relay.url], token: () => peer.token(), ephemerals });
      clients.push(client);
      await until(() => client.state === "connected");
      return { peer, ephemerals };
    },
    seal: (peer: SwarmPeer, kind: string, body: JsonObject): Promise<Uint8Array> => {
      const counter = (counters.get(peer.key.id) ?? 0) + 1;
      counters.set(peer.key.id, counter);
      return sealEphemeral(peer.key, id, { kind, counter, body });
    },
    address: `${relay.url}/herdmind/1/${id}`,
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
      await relay.close();
      await swarm.close();
    },
  };
};

it("E8 claims pass through the relay to everybody, and are told to who comes later; never those of an observer", async () => {
  await using scene = await startSwarm();
  const [ada, bob, watcher] = [
    await scene.member("agent"),
    await scene.member("agent"),
    await scene.member("observer"),
  ];
  await ada.ephemerals.offer(await scene.seal(ada.peer, "claim", { fingerprint: problem, lifetimeMs: 60_000 }));
  await until(() => bob.ephemerals.claims(problem).length === 1 && watcher.ephemerals.claims(problem).length === 1);
  const late = await scene.member("agent");
  await until(() => late.ephemerals.claims(problem).length === 1);

  // An observer that sends one anyway: it is not taken, nor is its connection closed.
  const socket = rawClient(scene.address, await protocolsFor(watcher.peer));
  await socket.opened;
  socket.send({ kind: "hello", version: 1, interest: { logs: "none", writers: [] }, kinds: ["claim"] });
  const claim = await scene.seal(watcher.peer, "claim", { fingerprint: `f1_${"q".repeat(32)}`, lifetimeMs: 60_000 });
  socket.send({ kind: "ephemeral", bytes: claim });
  socket.send({ kind: "ping", number: 1 });
  await until(() => socket.frames.some(({ kind }) => kind === "pong"));
  expect(scene.atRelay.claims()).toHaveLength(1);
  expect(scene.atRelay.counts.strangers).toBe(1);
  expect(socket.socket.readyState).toBe(socket.socket.OPEN);
  socket.socket.close();
});

it("E5 a client of before presence and claims stays connected, and hears heartbeats alone", async () => {
  await using scene = await startSwarm();
  const ada = await scene.member("agent");
  const claim = (lifetimeMs: number): Promise<Uint8Array> =>
    scene.seal(ada.peer, "claim", { fingerprint: problem, lifetimeMs });
  await ada.ephemerals.offer(await claim(60_000));
  await until(() => scene.atRelay.claims(problem).length === 1);
  const older = await scene.swarm.peer("agent");
  await scene.hub.writer.append([sampleSignal("canon")]);
  const socket = rawClient(scene.address, await protocolsFor(older));
  await socket.opened;
  // As version 0.1 says hello.
  socket.send({ kind: "hello", version: 1, interest: { logs: "all", writers: [] } });
  await until(() => socket.frames.some(({ kind }) => kind === "hello"));
  await ada.ephemerals.offer(await claim(0));
  await until(() => scene.atRelay.claims(problem).length === 0);
  await scene.atRelay.offer(await scene.swarm.heartbeat(scene.hub, 1));
  await until(() => socket.frames.some(({ kind }) => kind === "ephemeral"));
  expect(socket.frames.filter(({ kind }) => kind === "ephemeral")).toHaveLength(1);
  // It can read every frame that it was sent.
  expect(socket.messages.every((message) => decodeFrame(message).ok)).toBe(true);
  expect(socket.socket.readyState).toBe(socket.socket.OPEN);
  socket.socket.close();
});
