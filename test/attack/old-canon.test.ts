/**
 * What a relay can make a newcomer believe by keeping things to itself. It cannot forge canon, but it can play an old one, with
 * the heartbeats of that day, or let heartbeats pass and keep the blocks. Freshness says so (E6).
 */
import { once } from "node:events";
import { createSwarm, join, type Peer } from "herdmind";
import { afterEach, describe, expect, it } from "vitest";
import { type RawData, WebSocket, WebSocketServer } from "ws";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** A frame is a CBOR array; these start with the kind 3 (four members) and 6 (two members). */
const isBlocks = (frame: Uint8Array): boolean => frame[0] === 0x84 && frame[1] === 3;
const isHeartbeat = (frame: Uint8Array): boolean => frame[0] === 0x82 && frame[1] === 6;

/** A server to which each client is handed over, with what it asked for. */
const serve = async (handle: (client: WebSocket, path: string, offered: string[]) => void): Promise<string> => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "herdmind.1" });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  server.on("connection", (client, request) => {
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    handle(client, request.url ?? "", offered);
  });
  open.push({
    close: async () => {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, "close");
    },
  });
  return `ws://127.0.0.1:${address.port}`;
};

/** Passes everything on to the relay at `target`, and of its frames those that `passes`. */
const through = (target: string, passes: (frame: Uint8Array) => boolean): Promise<string> =>
  serve((client, path, offered) => {
    const upstream = new WebSocket(`${target}${path}`, offered);
    const waiting: Buffer[] = [];
    upstream.on("open", () => {
      for (const frame of waiting.splice(0)) upstream.send(frame);
    });
    upstream.on("message", (data: RawData) => {
      const frame = Uint8Array.from(data as Buffer);
      if (passes(frame) && client.readyState === WebSocket.OPEN) client.send(frame);
    });
    client.on("message", (data: RawData) => {
      if (upstream.readyState === WebSocket.OPEN) upstream.send(data as Buffer);
      else waiting.push(data as Buffer);
    });
    client.on("close", () => upstream.close());
    upstream.on("error", () => client.terminate());
  });

const report = async (swarm: Peer, words: readonly string[]): Promise<void> => {
  for (const word of words) await swarm.report({ problem: new Error(`problem ${word}`), mitigation: "m" });
};
const eventually = (value: () => unknown) => expect.poll(value, { timeout: 20_000, interval: 20 });

const newcomer = async (swarm: Peer, name: string, address: string): Promise<Peer> => {
  const peer = await join(await swarm.invite(), { name, addresses: [address] });
  open.push(peer);
  return peer;
};

describe("a relay that keeps canon to itself", () => {
  it("E6 shows a newcomer an old canon only under the date of that canon", { timeout: 60_000 }, async () => {
    const swarm = await createSwarm({ name: "rolled back" });
    open.push(swarm);
    await report(swarm, ["alpha", "beta", "gamma"]);
    const recorded: Uint8Array[] = [];
    const tap = await through(swarm.addresses[0] ?? "", (frame) => recorded.push(frame) > 0);
    const witness = await newcomer(swarm, "witness", tap);
    await eventually(() => witness.canon.freshness()).toMatchObject({ asOf: expect.any(Number) });
    const then = witness.canon.freshness();
    expect(then.known).toBe(then.held);
    const played = recorded.slice();

    await report(swarm, ["delta", "epsilon"]);
    await eventually(() => witness.canon.freshness().asOf ?? 0).toBeGreaterThan(then.asOf ?? Number.POSITIVE_INFINITY);
    const now = witness.canon.freshness();

    const past = await serve((client) => {
      for (const frame of played) client.send(frame);
      // A heartbeat counts once canon says who may send it.
      const again = setInterval(() => {
        for (const frame of played.filter(isHeartbeat)) client.send(frame);
      }, 200);
      client.on("close", () => clearInterval(again));
    });
    const fooled = await newcomer(swarm, "fooled", past);
    await eventually(() => fooled.stats().immunizations).toBe(3);
    await eventually(() => fooled.canon.freshness().asOf).toBe(then.asOf);
    expect(fooled.canon.freshness().asOf).toBeLessThan(now.asOf ?? 0);
    expect(fooled.canon.head()?.length).toBeLessThan(swarm.canon.head()?.length ?? 0);
  });

  it("E6 is noticed when it lets heartbeats pass and no blocks", { timeout: 60_000 }, async () => {
    const swarm = await createSwarm({ name: "withheld" });
    open.push(swarm);
    await report(swarm, ["alpha", "beta"]);
    let withholding = false;
    let heartbeats = 0;
    const relay = await through(swarm.addresses[0] ?? "", (frame) => {
      if (withholding && isHeartbeat(frame)) heartbeats += 1;
      return !(withholding && isBlocks(frame));
    });
    const peer = await newcomer(swarm, "kept in the dark", relay);
    await eventually(() => peer.stats().immunizations).toBe(2);
    await eventually(() => peer.canon.freshness().asOf).toBeDefined();

    withholding = true;
    await report(swarm, ["gamma"]);
    await eventually(() => heartbeats).toBeGreaterThan(1);
    await eventually(() => {
      const { held, known } = peer.canon.freshness();
      return known - held;
    }).toBeGreaterThan(0);
    expect(peer.stats().immunizations).toBe(2);
    expect(peer.canon.freshness().known).toBe(swarm.canon.head()?.length);
  });
});
