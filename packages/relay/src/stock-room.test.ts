/** The stock y-websocket 3.1 client, unmodified. */

import type { Logs } from "@herdmind/log";
import { clientIdOf, roomOf, SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from "@herdmind/protocol";
import { type Carrying, createChannelPair } from "@herdmind/sync";
import { type SwarmPeer, sampleSignal } from "@herdmind/testing";
import * as encoding from "lib0/encoding";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { RELAY_LIMITS } from "./limits.js";
import { logOf, startRelay, type TestRelay, until } from "./relay.fixture.js";
import { serveStockRoom } from "./stock-room.js";

const providers: WebsocketProvider[] = [];
afterEach(() => {
  for (const provider of providers.splice(0)) {
    provider.destroy();
    provider.awareness.destroy();
  }
});

const open = async ({ swarm, relay }: TestRelay, reader: SwarmPeer, writer: SwarmPeer, doc = new Y.Doc()) => {
  const provider = new WebsocketProvider(relay.url, roomOf(swarm.genesis.swarm, logOf(writer)), doc, {
    protocols: [SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + (await reader.token())],
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
  });
  providers.push(provider);
  const closed: { code: number; reason: string }[] = [];
  provider.on("closed", (event) => closed.push(event));
  return { provider, doc, closed };
};

const blocksIn = (doc: Y.Doc): Uint8Array[] => {
  const blocks: Uint8Array[] = [];
  for (let segment = 0; ; segment++) {
    const array = doc.getArray<{ b: Uint8Array }>(`segment/${segment}`);
    if (array.length === 0) return blocks;
    for (const { b } of array.toArray()) blocks.push(b);
  }
};
const blocksOf = async (peer: SwarmPeer): Promise<Uint8Array[]> => {
  const blocks: Uint8Array[] = [];
  for await (const { bytes } of peer.logs.read(logOf(peer))) blocks.push(bytes);
  return blocks;
};

describe("stock y-websocket client", () => {
  it("reads canon: all of it when it is synced, then live", async () => {
    await using test = await startRelay();
    const { hub, swarm } = test;
    for (let i = 0; i < 2100; i++) await hub.writer.append([sampleSignal(`${i}`, 300)]);
    const { provider, doc } = await open(test, await swarm.peer("observer"), hub);
    await until(() => provider.synced);
    expect(blocksIn(doc)).toEqual(await blocksOf(hub));
    await hub.writer.append([sampleSignal("live")]);
    const all = await blocksOf(hub);
    await until(() => blocksIn(doc).length === all.length);
    expect(blocksIn(doc)).toEqual(all);
  });

  it("goes on from its state vector after a reconnect", async () => {
    await using test = await startRelay();
    const { hub, swarm } = test;
    for (let i = 0; i < 50; i++) await hub.writer.append([sampleSignal(`${i}`)]);
    const reader = await swarm.peer("agent");
    const { provider, doc } = await open(test, reader, hub);
    await until(() => provider.synced);
    provider.disconnect();
    for (let i = 0; i < 50; i++) await hub.writer.append([sampleSignal(`${i}`)]);
    provider.protocols = [SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + (await reader.token())];
    provider.connect();
    const all = await blocksOf(hub);
    await until(() => blocksIn(doc).length === all.length);
    expect(blocksIn(doc)).toEqual(all);
  });

  it("waits in a room whose log is not there yet", async () => {
    await using test = await startRelay();
    const { hub, swarm } = test;
    const agent = await swarm.peer("agent");
    await agent.writer.append([sampleSignal("later")]);
    const { provider, doc } = await open(test, await swarm.peer("agent"), agent);
    await until(() => provider.synced);
    expect(blocksIn(doc)).toEqual([]);
    await hub.logs.ingest(
      logOf(agent),
      (await agent.logs.update(logOf(agent), 0, 1e6))?.update ?? new Uint8Array(),
      "mesh",
    );
    await until(() => blocksIn(doc).length === 2);
  });

  it("writes a log whose document is bound to it, and nobody else can", async () => {
    await using test = await startRelay();
    const { hub, swarm } = test;
    const agent = await swarm.peer("agent");
    await agent.writer.append([sampleSignal("one")]);
    const document = await agent.logs.document(logOf(agent));
    if (!document.ok) throw new Error(document.refusal.message);
    await open(test, agent, agent, document.value.doc);
    await agent.writer.append([sampleSignal("two")]);
    await until(() => hub.logs.get(logOf(agent))?.length === agent.logs.get(logOf(agent))?.length);
    document.value.release();
  });

  it("L1 L2 is refused with a spoken reason when it changes a document, and nothing changes", async () => {
    await using test = await startRelay();
    const { hub, swarm } = test;
    for (let i = 0; i < 5; i++) await hub.writer.append([sampleSignal(`${i}`)]);
    const before = await blocksOf(hub);
    const attacks: readonly ((doc: Y.Doc) => void)[] = [
      (doc) => doc.getArray("segment/0").push([{ b: new Uint8Array(10) }]),
      (doc) => doc.getArray("segment/0").insert(2, [{ b: new Uint8Array(10) }]),
      (doc) => doc.getArray("segment/0").delete(1, 1),
      (doc) => doc.getMap("other").set("key", "value"),
      (doc) => {
        const { clientID } = doc;
        doc.clientID = clientIdOf(swarm.genesis.swarm, logOf(hub));
        doc.getArray("segment/0").push([{ b: before[0] }]);
        // The provider's presence hangs on the id it started with.
        doc.clientID = clientID;
      },
    ];
    for (const attack of attacks) {
      const { provider, doc, closed } = await open(test, await swarm.peer("agent"), hub);
      await until(() => provider.synced);
      attack(doc);
      await until(() => closed.length > 0);
      expect(closed[0]?.code).toBe(4422);
      expect(closed[0]?.reason).toMatch(/^L\d /);
    }
    expect(await blocksOf(hub)).toEqual(before);
  });

  it("T2 is refused when its role only reads", async () => {
    await using test = await startRelay();
    const { hub, swarm } = test;
    await hub.writer.append([sampleSignal("canon")]);
    const { provider, doc, closed } = await open(test, await swarm.peer("observer"), hub);
    await until(() => provider.synced);
    doc.getArray("segment/0").push([{ b: new Uint8Array(10) }]);
    await until(() => closed.length > 0);
    expect(closed[0]).toMatchObject({ code: 4403, reason: expect.stringMatching(/^T2 /) });
  });

  it("T2 stops for good without a token: 44xx means that trying again cannot help", async () => {
    await using test = await startRelay();
    const { hub, relay, swarm } = test;
    await hub.writer.append([sampleSignal("canon")]);
    const provider = new WebsocketProvider(relay.url, roomOf(swarm.genesis.swarm, logOf(hub)), new Y.Doc(), {
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
      disableBc: true,
    });
    providers.push(provider);
    const closed: { code: number; reason: string }[] = [];
    provider.on("closed", (event) => closed.push(event));
    await until(() => closed.length > 0);
    expect(closed[0]?.code).toBe(4426);
  });

  it("T3 T4 is refused when it floods or speaks another protocol; presence is dropped and counted", async () => {
    await using test = await startRelay({ limits: { stockMessagesPerSecond: 100 } });
    const { hub, swarm, relay } = test;
    await hub.writer.append([sampleSignal("canon")]);
    const flood = await open(test, await swarm.peer("agent"), hub);
    await until(() => flood.provider.synced);
    for (let i = 0; i < 500; i++) flood.provider.awareness.setLocalState({ i });
    await until(() => flood.closed.length > 0);
    expect(flood.closed[0]).toMatchObject({ code: 4429, reason: expect.stringMatching(/^T3 /) });
    expect(relay.stats().droppedAwareness).toBeGreaterThan(50);
    const babble = await open(test, await swarm.peer("agent"), hub);
    await until(() => babble.provider.synced);
    babble.provider.ws?.send(Uint8Array.of(0, 0, 200, 1));
    await until(() => babble.closed.length > 0);
    expect(babble.closed[0]?.code).toBe(4400);
  });
});

it("T3 takes no more for others than there is room for, however many updates are under way at once", async () => {
  await using test = await startRelay();
  const { hub, swarm } = test;
  const member = await swarm.peer("agent");
  await member.writer.append([sampleSignal("one")]);
  const log = logOf(member);
  const piece = await member.logs.update(log, 0, 1_000_000);
  // Storage answers when the test says so.
  const stored = Promise.withResolvers<void>();
  const logs = new Proxy(hub.logs, {
    get: (target, name) =>
      name === "ingest"
        ? async (...args: Parameters<Logs["ingest"]>) => {
            await stored.promise;
            return target.ingest(...args);
          }
        : Reflect.get(target, name),
  });
  const underWay: number[] = [];
  let open = 0;
  const carrying = {
    judge: () => "take",
    reserve: () => {
      underWay.push(++open);
      return () => void open--;
    },
  } as unknown as Carrying;
  const [here, there] = createChannelPair();
  const room = serveStockRoom({
    logs,
    log,
    channel: here,
    membership: { ...member.writer.membership },
    accepts: () => true,
    carrying,
    limits: RELAY_LIMITS,
    onRefusal: () => {},
    onAwareness: () => {},
    now: Date.now,
  });
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 0);
  encoding.writeVarUint(encoder, 2);
  encoding.writeVarUint8Array(encoder, piece?.update as Uint8Array);
  for (let n = 0; n < 2; n++) there.send(encoding.toUint8Array(encoder));
  await until(() => underWay.length === 2);
  expect(underWay).toEqual([1, 2]);
  stored.resolve();
  await room.close(1000, "");
  expect(open).toBe(0);
});
