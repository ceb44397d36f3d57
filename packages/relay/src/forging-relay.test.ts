/** A relay that lies. Whatever it does to the bytes, what a client holds is a beginning of what the writers signed. */
import { once } from "node:events";
import { clientIdOf, type LogId, sealBlock } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { type Channel, createSession, decodeFrame, encodeFrame, type Frame } from "@herdmind/sync";
import { createTestSwarm, type SwarmPeer, sampleSignal } from "@herdmind/testing";
import { createMuxClient, type SocketConstructor } from "@herdmind/websocket";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AddressInfo, WebSocket, WebSocketServer } from "ws";
import * as Y from "yjs";
import { logOf, same, startRelay, until } from "./relay.fixture.js";
import { wsChannel } from "./ws-channel.js";

type Trick = "pass" | "alter" | "drop" | "twice" | "swap" | "inject" | "garbage" | "foreign";
const TRICKS: readonly Trick[] = [
  "pass",
  "pass",
  "pass",
  "pass",
  "alter",
  "drop",
  "twice",
  "swap",
  "inject",
  "garbage",
  "foreign",
];

/** A channel whose sending end plays tricks on blocks and heads, in the order given. */
const forge = (
  channel: Channel,
  tricks: readonly Trick[],
  at: () => number,
  forged: (frame: Frame) => readonly Uint8Array[],
): Channel => {
  let held: Uint8Array | undefined;
  return {
    ...channel,
    send(bytes) {
      const decoded = decodeFrame(bytes);
      const frame = decoded.ok ? decoded.value : undefined;
      if (frame?.kind !== "blocks" && frame?.kind !== "heads") return channel.send(bytes);
      const trick = tricks[at() % tricks.length];
      const altered = bytes.slice();
      const place = Math.floor(altered.length * 0.37);
      altered[place] = (altered[place] as number) ^ 0x10;
      switch (trick) {
        case "alter":
          return channel.send(altered);
        case "drop":
          return;
        case "twice":
          channel.send(bytes);
          return channel.send(bytes);
        case "swap":
          if (held !== undefined) {
            channel.send(bytes);
            channel.send(held);
            held = undefined;
          } else held = bytes;
          return;
        case "inject":
          for (const each of forged(frame)) channel.send(each);
          return channel.send(bytes);
        case "garbage":
          channel.send(crypto.getRandomValues(new Uint8Array(50)));
          return;
        case "foreign":
          if (frame.kind === "blocks")
            return channel.send(
              encodeFrame({
                ...frame,
                log: { ...frame.log, writer: frame.log.generation.padEnd(43, "A") as LogId["writer"] },
              }),
            );
          return channel.send(bytes);
        default:
          return channel.send(bytes);
      }
    },
  };
};

const blocksOf = async (peer: Pick<SwarmPeer, "logs">, log: LogId): Promise<string[]> => {
  const blocks: string[] = [];
  for await (const { hash } of peer.logs.read(log)) blocks.push(hash);
  return blocks;
};

describe("a forging relay", () => {
  it("L1 to L5 cannot change what a client holds, and an honest one repairs it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...TRICKS), { minLength: 4, maxLength: 24 }), async (tricks) => {
        const swarm = await createTestSwarm(() => createMemoryStorage());
        const hub = await swarm.peer("orchestrator");
        const agent = await swarm.peer("agent");
        const attacker = await swarm.peer("agent");
        for (let i = 0; i < 30; i++) await hub.writer.append([sampleSignal(`${i}`, 200)]);
        const log = logOf(hub);
        // A block for canon, signed by a member who is not its writer.
        const state = hub.logs.get(log);
        const block = await sealBlock(
          { ...attacker.key, id: hub.key.id },
          { ...log, swarm: swarm.genesis.swarm, sequence: state?.length ?? 0, previous: state?.hash, codec: 0 },
          Uint8Array.of(0x80),
        );
        const doc = new Y.Doc();
        doc.clientID = clientIdOf(swarm.genesis.swarm, log);
        doc.getArray("segment/0").push([{ b: block.bytes }]);
        const forgedUpdate = Y.encodeStateAsUpdate(doc);
        let step = 0;
        const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "herdmind.1" });
        server.on("connection", (socket) => {
          const channel = forge(
            wsChannel(socket),
            tricks,
            () => step++,
            () => [encodeFrame({ kind: "blocks", log, update: forgedUpdate })],
          );
          createSession({
            logs: hub.logs,
            channel,
            interest: { logs: "all", writers: [] },
            limits: { updateBytes: 1500 },
          });
        });
        await once(server, "listening");
        const client = createMuxClient({
          logs: agent.logs,
          urls: [`ws://127.0.0.1:${(server.address() as AddressInfo).port}`],
          token: () => agent.token(),
          WebSocket: WebSocket as unknown as SocketConstructor,
          backoff: { minMs: 1, maxMs: 5 },
        });
        // It may lie in a way that brings nothing at all: 100 ms are enough for those that bring something.
        for (let look = 0; look < 20 && !same(agent.logs, hub.logs, log); look++)
          await new Promise((resolve) => setTimeout(resolve, 5));
        await client.close();
        for (const socket of server.clients) socket.terminate();
        await new Promise((resolve) => server.close(resolve));

        const truth = await blocksOf(hub, log);
        const held = await blocksOf(agent, log);
        expect(held).toEqual(truth.slice(0, held.length));
        for (const known of agent.logs.list()) expect([hub.key.id]).toContain(known.writer);
        expect(agent.logs.proofs()).toEqual([]);

        const honest = await startHonest(hub);
        const second = createMuxClient({
          logs: agent.logs,
          urls: [honest.url],
          token: () => agent.token(),
          WebSocket: WebSocket as unknown as SocketConstructor,
        });
        await until(() => same(agent.logs, hub.logs, log));
        await second.close();
        await honest.close();
        await swarm.close();
      }),
      { numRuns: 25, endOnFailure: true },
    );
  }, 60_000);

  it("L6 cannot show two peers two canons without both of them holding the proof", async () => {
    await using test = await startRelay();
    const { swarm, hub, relay } = test;
    await hub.writer.append([sampleSignal("agreed")]);
    const log = logOf(hub);
    const fork = await swarm.forkOf(hub);
    await hub.writer.append([sampleSignal("to one")]);
    const other = await startHonest(fork);
    const [a, b] = [await swarm.peer("agent"), await swarm.peer("agent")];
    const join = (peer: SwarmPeer, url: string) =>
      createMuxClient({
        logs: peer.logs,
        urls: [url],
        token: () => peer.token(),
        interest: { logs: "all", writers: [] },
        WebSocket: WebSocket as unknown as SocketConstructor,
      });
    const clients = [join(a, relay.url), join(b, other.url)];
    await until(() => same(a.logs, hub.logs, log) && same(b.logs, fork.logs, log));
    // One of them once meets the other relay.
    clients.push(join(a, other.url));
    await until(() => [a, b, hub].every(({ logs }) => logs.proofs().length === 1));
    expect(a.logs.get(log)?.quarantinedFrom).toBe(b.logs.get(log)?.quarantinedFrom);
    await Promise.all(clients.map((client) => client.close()));
    await other.close();
  });
});

const startHonest = async ({ logs }: Pick<SwarmPeer, "logs">) => {
  const { createRelay } = await import("./relay.js");
  const started = await createRelay({ logs });
  if (!started.ok) throw new Error(started.fault.message);
  return started.value;
};
