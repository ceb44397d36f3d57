import { request } from "node:http";
import { createConnection } from "node:net";
import { issueAccessToken, roomOf, SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from "@herdmind/protocol";
import { FRAMES_SUBPROTOCOL } from "@herdmind/sync";
import { sampleSignal } from "@herdmind/testing";
import { createMuxClient, type SocketConstructor } from "@herdmind/websocket";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { logOf, protocolsFor, rawClient, same, startRelay, until } from "./relay.fixture.js";
import { createRelay } from "./relay.js";

const Socket = WebSocket as unknown as SocketConstructor;
const MINUTES = 60_000;

const get = (port: number, path: string): Promise<{ status: number; body: unknown }> =>
  new Promise((resolve, reject) => {
    request({ port, path, host: "127.0.0.1" }, (response) => {
      let text = "";
      response.on("data", (data) => {
        text += String(data);
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    })
      .on("error", reject)
      .end();
  });

describe("admission", () => {
  it("T2 refuses a missing, mangled, expired, future, foreign or misplaced token, and says why before it closes", async () => {
    await using test = await startRelay();
    await using other = await startRelay();
    const { swarm, relay } = test;
    const peer = await swarm.peer("agent");
    const stranger = await other.swarm.peer("agent");
    const token = await peer.token();
    const url = `${relay.url}/herdmind/1/${swarm.genesis.swarm}`;
    const withToken = (text: string): string[] => [SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + text];
    const cases: readonly (readonly [name: string, url: string, protocols: string[]])[] = [
      ["missing", url, [SUBPROTOCOL]],
      ["mangled", url, withToken(`${token.slice(0, -4)}AAAA`)],
      ["empty", url, withToken("")],
      ["expired", url, await protocolsFor(peer, Date.now() - 10 * MINUTES)],
      ["future", url, await protocolsFor(peer, Date.now() + 10 * MINUTES)],
      ["of another swarm", url, await protocolsFor(stranger)],
      ["of another key", url, withToken(await issueAccessToken(stranger.key, swarm.genesis, peer.chain, Date.now()))],
      ["in the URL", `${url}?token=${token}`, withToken(token)],
    ];
    for (const [name, address, protocols] of cases) {
      const client = rawClient(address, protocols);
      const { code, reason } = await client.closed;
      expect([name, code], reason).toEqual([name, 4401]);
      expect(reason).toMatch(/^[TA]\d /);
      expect(client.frames, name).toMatchObject([
        { kind: "refused", refusal: { message: expect.stringMatching(/\w/) } },
      ]);
    }
    expect(relay.stats()).toMatchObject({ connections: 0, accepted: 0, refused: cases.length });
  });

  it("T4 refuses other paths, swarms and versions", async () => {
    await using test = await startRelay();
    const { swarm, relay } = test;
    const peer = await swarm.peer("agent");
    const protocols = await protocolsFor(peer);
    const id = swarm.genesis.swarm;
    const cases: readonly (readonly [path: string, protocols: string[], code: number])[] = [
      ["/", protocols, 4404],
      ["/herdmind/1", protocols, 4404],
      [`/herdmind/1/${peer.key.id}`, protocols, 4404],
      [`/herdmind/2/${id}`, protocols, 4426],
      [`/${id}/${peer.key.id}`, protocols, 4404],
      [`/${id}/${peer.key.id}/short`, protocols, 4404],
      [`/herdmind/1/${id}/more`, protocols, 4404],
      [`/herdmind/1/${id}`, ["herdmind.2", ...protocols.slice(1)], 4426],
      [`/herdmind/1/${id}`, [], 4426],
    ];
    for (const [path, offered, code] of cases) {
      const closed = await rawClient(relay.url + path, offered).closed;
      expect([path, closed.code], closed.reason).toEqual([path, code]);
      expect(closed.reason).toMatch(/^T4 /);
    }
  });

  it("reports a handshake refusal to the user of a client, with its rule id", async () => {
    await using test = await startRelay();
    const { swarm, relay } = test;
    const peer = await swarm.peer("agent");
    const refusals: string[] = [];
    const states: string[] = [];
    const client = createMuxClient({
      logs: peer.logs,
      urls: [relay.url],
      token: () => peer.token(Date.now() - 10 * MINUTES),
      WebSocket: Socket,
    });
    client.on((event) => {
      if (event.type === "refusal") refusals.push(`${event.by} ${event.refusal.rule} ${event.refusal.message}`);
      if (event.type === "state") states.push(event.state);
    });
    await until(() => states.includes("offline"));
    await client.close();
    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toMatch(/^peer T2 .*expired/);
    expect(states).not.toContain("connected");
  });

  it("A1 lets roles that read only read, on every kind of connection", async () => {
    await using test = await startRelay();
    const { swarm, relay, hub } = test;
    await hub.writer.append([sampleSignal("canon")]);
    const agent = await swarm.peer("agent");
    await agent.writer.append([sampleSignal("carried by the observer")]);
    for (const role of ["observer", "relay"] as const) {
      const reader = await swarm.peer(role);
      await reader.logs.ingest(
        logOf(agent),
        (await agent.logs.update(logOf(agent), 0, 1e6))?.update ?? new Uint8Array(),
        "copy",
      );
      const client = createMuxClient({
        logs: reader.logs,
        urls: [relay.url],
        token: () => reader.token(),
        interest: { logs: "all", writers: [] },
        WebSocket: Socket,
      });
      await until(() => same(reader.logs, hub.logs, logOf(hub)));
      // Our client offers nothing where nothing is wanted; a client that pushes anyway is refused.
      await client.close();
      const update = (await agent.logs.update(logOf(agent), 0, 1e6))?.update ?? new Uint8Array();
      const pushing = rawClient(`${relay.url}/herdmind/1/${swarm.genesis.swarm}`, await protocolsFor(reader));
      await pushing.opened;
      pushing.send({ kind: "hello", version: 1, interest: { logs: "none", writers: [] } });
      pushing.send({ kind: "blocks", log: logOf(agent), update });
      expect(await pushing.closed).toMatchObject({ code: 4403, reason: expect.stringMatching(/^T2 /) });
      expect(pushing.frames).toContainEqual(
        expect.objectContaining({ kind: "refused", refusal: expect.objectContaining({ rule: "T2" }) }),
      );
      const room = rawClient(`${relay.url}/${roomOf(swarm.genesis.swarm, logOf(agent))}`, [
        FRAMES_SUBPROTOCOL,
        ...(await protocolsFor(reader)),
      ]);
      await room.opened;
      expect(room.socket.protocol).toBe(FRAMES_SUBPROTOCOL);
      room.socket.close();
    }
    expect(hub.logs.get(logOf(agent))).toBeUndefined();
  });

  it("T3 keeps a writer's own log when it carries nobody else's", async () => {
    await using test = await startRelay({ carries: () => false });
    const { swarm, relay, hub } = test;
    const own = await swarm.peer("agent");
    const foreign = await swarm.peer("agent");
    await own.writer.append([sampleSignal("mine")]);
    await foreign.writer.append([sampleSignal("a friend's")]);
    await own.logs.ingest(
      logOf(foreign),
      (await foreign.logs.update(logOf(foreign), 0, 1e6))?.update ?? new Uint8Array(),
      "copy",
    );
    const refusals: string[] = [];
    const client = createMuxClient({ logs: own.logs, urls: [relay.url], token: () => own.token(), WebSocket: Socket });
    client.on((event) => {
      if (event.type === "refusal") refusals.push(`${event.refusal.rule} ${event.refusal.fault}`);
    });
    await until(() => same(own.logs, hub.logs, logOf(own)) && refusals.length > 0);
    await client.close();
    expect(refusals).toEqual(["T3 none"]);
    expect(hub.logs.get(logOf(foreign))).toBeUndefined();
  });
});

describe("relay limits", () => {
  it("T3 turns away what is over the connection caps, with a code that says try later", async () => {
    await using test = await startRelay({ limits: { connections: 3, connectionsPerAddress: 2 } });
    const { swarm, relay } = test;
    const peer = await swarm.peer("agent");
    const url = `${relay.url}/herdmind/1/${swarm.genesis.swarm}`;
    const clients = [rawClient(url, await protocolsFor(peer)), rawClient(url, await protocolsFor(peer))];
    await until(() => relay.stats().connections === 2);
    const third = rawClient(url, await protocolsFor(peer));
    expect(await third.closed).toMatchObject({ code: 4503, reason: expect.stringMatching(/^T3 .*127\.0\.0\.1/) });
    expect(third.frames).toMatchObject([{ kind: "refused", refusal: { rule: "T3", fault: "none" } }]);
    clients[0]?.socket.close();
    await until(() => relay.stats().connections === 1);
    const fourth = rawClient(url, await protocolsFor(peer));
    await until(() => relay.stats().connections === 2);
    for (const { socket } of [...clients, fourth]) socket.close();
  });

  it("T3 closes a connection that says nothing, and a request that never ends", async () => {
    await using test = await startRelay({ limits: { handshakeMs: 50 } });
    const { swarm, relay } = test;
    const peer = await swarm.peer("agent");
    const silent = rawClient(`${relay.url}/herdmind/1/${swarm.genesis.swarm}`, await protocolsFor(peer));
    expect(await silent.closed).toMatchObject({ code: 4429, reason: expect.stringMatching(/^T3 /) });
  });

  it("L7 closes on a message over the limit", async () => {
    await using test = await startRelay();
    const { swarm, relay } = test;
    const peer = await swarm.peer("agent");
    const client = rawClient(`${relay.url}/herdmind/1/${swarm.genesis.swarm}`, await protocolsFor(peer));
    await client.opened;
    client.socket.send(new Uint8Array(5 * 1024 * 1024));
    expect((await client.closed).code).toBe(1009);
  });

  it("T3 delays a flood of cheap requests; others are served meanwhile", async () => {
    await using test = await startRelay({ sessionLimits: { workPerSecond: 500 } });
    const { swarm, relay, hub } = test;
    const peer = await swarm.peer("agent");
    const flood = rawClient(`${relay.url}/herdmind/1/${swarm.genesis.swarm}`, await protocolsFor(peer));
    await flood.opened;
    flood.send({ kind: "hello", version: 1, interest: { logs: "none", writers: [] } });
    for (let number = 0; number < 3000; number++) flood.send({ kind: "ping", number });
    const honest = createMuxClient({
      logs: peer.logs,
      urls: [relay.url],
      token: () => peer.token(),
      WebSocket: Socket,
    });
    await hub.writer.append([sampleSignal("canon")]);
    await until(() => same(peer.logs, hub.logs, logOf(hub)));
    const pongs = (): number => flood.frames.filter(({ kind }) => kind === "pong").length;
    expect(pongs()).toBeLessThan(2500);
    expect(flood.socket.readyState).toBe(WebSocket.OPEN);
    flood.socket.terminate();
    await honest.close();
  });

  it("drops peers that no longer answer pings", async () => {
    await using test = await startRelay({ limits: { pingMs: 30 } });
    const { swarm, relay } = test;
    const peer = await swarm.peer("agent");
    const protocols = (await protocolsFor(peer)).join(", ");
    // A socket that shakes hands and then never reads a frame.
    const dead = createConnection(relay.port, "127.0.0.1");
    dead.on("error", () => {});
    dead.write(
      `GET /herdmind/1/${swarm.genesis.swarm} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ${protocols}\r\n\r\n`,
    );
    await until(() => relay.stats().accepted === 1);
    await until(() => relay.stats().connections === 0);
    dead.destroy();
  });
});

describe("relay", () => {
  it("says how it is at /healthz", async () => {
    await using test = await startRelay();
    const { swarm, relay, hub } = test;
    await hub.writer.append([sampleSignal("canon")]);
    expect(await get(relay.port, "/healthz")).toEqual({
      status: 200,
      body: {
        ok: true,
        swarm: swarm.genesis.swarm,
        logs: 1,
        connections: 0,
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      },
    });
    expect((await get(relay.port, "/")).status).toBe(404);
  });

  it("names the port that is taken and offers a free one that works", async () => {
    await using test = await startRelay();
    const { relay, hub } = test;
    const second = await createRelay({ logs: hub.logs, port: relay.port });
    if (second.ok) throw new Error("two relays on one port");
    expect(second.fault).toMatchObject({
      kind: "port-taken",
      port: relay.port,
      message: expect.stringContaining(`${relay.port}`),
    });
    const third = await createRelay({ logs: hub.logs, port: second.fault.freePort ?? 0 });
    if (!third.ok) throw new Error(third.fault.message);
    expect(third.value.port).toBe(second.fault.freePort);
    await third.value.close();
  });

  it("closes with 1001 after handling what had arrived, and a client comes back to the next one on its port", async () => {
    await using test = await startRelay();
    const { swarm, relay, hub } = test;
    const peer = await swarm.peer("agent");
    const raw = rawClient(`${relay.url}/herdmind/1/${swarm.genesis.swarm}`, await protocolsFor(peer));
    const states: string[] = [];
    const client = createMuxClient({
      logs: peer.logs,
      urls: [relay.url],
      token: () => peer.token(),
      WebSocket: Socket,
      backoff: { minMs: 5, maxMs: 20 },
    });
    client.on((event) => {
      if (event.type === "state") states.push(event.state);
    });
    await until(() => client.state === "connected");
    await peer.writer.append([sampleSignal("before")]);
    await relay.close();
    expect(await raw.closed).toMatchObject({ code: 1001 });
    await until(() => client.state === "offline");
    await peer.writer.append([sampleSignal("while it was away")]);
    await hub.writer.append([sampleSignal("canon meanwhile")]);
    const again = await createRelay({ logs: hub.logs, port: relay.port });
    if (!again.ok) throw new Error(again.fault.message);
    await until(() => same(peer.logs, hub.logs, logOf(peer)) && same(peer.logs, hub.logs, logOf(hub)));
    expect(states.filter((state) => state === "connected")).toHaveLength(2);
    await client.close();
    await again.value.close();
  });

  it("is left for the next address when it is not there", async () => {
    await using test = await startRelay();
    const { swarm, relay, hub } = test;
    const peer = await swarm.peer("agent");
    await hub.writer.append([sampleSignal("canon")]);
    const client = createMuxClient({
      logs: peer.logs,
      urls: ["ws://127.0.0.1:1", "no address", relay.url],
      token: () => peer.token(),
      WebSocket: Socket,
      backoff: { minMs: 5 },
    });
    await until(() => same(peer.logs, hub.logs, logOf(hub)));
    await client.close();
  });
});
