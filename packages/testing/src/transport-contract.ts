/**
 * The transport contract: what must hold between a peer and a hub, whatever carries the bytes. A hub is a peer that holds
 * every log: a relay, or a neighbour in the mesh.
 */
import type { Logs, Storage } from "@herdmind/log";
import { type KeyPair, type LogId, logKey, type Refusal, sealEphemeral } from "@herdmind/protocol";
import {
  createHeartbeats,
  createSwarmEphemerals,
  type Ephemerals,
  type Heartbeats,
  type Interest,
  type SwarmEphemerals,
  type Transport,
} from "@herdmind/sync";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestSwarm, messagesIn, type SwarmPeer, sampleSignal, type TestSwarm } from "./transport-swarm.js";

/** What connects to a hub. */
export interface ConnectingPeer {
  readonly logs: Logs;
  readonly key: KeyPair;
  readonly chain: readonly string[];
  readonly ephemerals: Ephemerals;
  readonly interest: Interest;
  readonly token: () => Promise<string>;
}

/** A network with one hub. */
export interface TransportNetwork extends AsyncDisposable {
  /** Connects a peer to the hub; it reconnects by itself, soon. */
  connect(peer: ConnectingPeer): Transport | Promise<Transport>;
  /** Cuts every connection as a broken cable does: nobody says goodbye. */
  cut(): void;
  /** Stops delivery to the peers, so that no receipt arrives; what peers send still does. `release` goes on. */
  hold(): void;
  release(): void;
  /** Bytes that peers have sent to the hub so far. */
  bytesToHub(): number;
}

export interface TransportHarness {
  /** An empty storage. */
  openStorage(): Storage | Promise<Storage>;
  /** A hub with these logs, and the network around it. */
  createNetwork(hub: Omit<ConnectingPeer, "interest" | "token">): Promise<TransportNetwork>;
}

/** Registers the suite for a transport. */
export const transportContract = (name: string, harness: TransportHarness): void => {
  // Real sockets and thousands of blocks, on a machine that may do other work beside it.
  describe(`transport contract: ${name}`, { timeout: 30_000 }, () => {
    let swarm: TestSwarm;
    let hub: SwarmPeer;
    let atHub: SwarmEphemerals;
    let network: TransportNetwork;
    let transports: Transport[] = [];

    beforeEach(async () => {
      swarm = await createTestSwarm(harness.openStorage);
      hub = await swarm.peer("orchestrator");
      atHub = ephemeralsOf();
      network = await harness.createNetwork({ logs: hub.logs, key: hub.key, chain: hub.chain, ephemerals: atHub });
    });
    afterEach(async () => {
      network.release();
      await Promise.all(transports.map((transport) => transport.close()));
      transports = [];
      await network[Symbol.asyncDispose]();
      await swarm.close();
    });

    const beatsOf = (): Heartbeats =>
      createHeartbeats({ swarm: swarm.genesis.swarm, isHolder: (writer) => writer === hub.key.id });
    const ephemeralsOf = (): SwarmEphemerals =>
      createSwarmEphemerals({ swarm: swarm.genesis.swarm, heartbeats: beatsOf(), roleOf: () => "agent" });

    const connect = async (
      peer: SwarmPeer,
      options: { ephemerals?: Ephemerals; writers?: readonly SwarmPeer[] } = {},
    ) => {
      const writers = (options.writers ?? [peer]).map(({ key }) => key.id);
      const transport = await network.connect({
        logs: peer.logs,
        key: peer.key,
        chain: peer.chain,
        ephemerals: options.ephemerals ?? beatsOf(),
        interest: { logs: "own", writers },
        token: () => peer.token(),
      });
      transports.push(transport);
      const refusals: (Refusal & { readonly by: "peer" | "us" })[] = [];
      const states: string[] = [];
      let syncs = 0;
      const confirmed = new Map<string, number>();
      transport.on((event) => {
        if (event.type === "refusal") refusals.push({ ...event.refusal, by: event.by });
        if (event.type === "state") states.push(event.state);
        if (event.type === "synced") syncs++;
        if (event.type === "peer") confirmed.set(logKey(event.log), event.length);
      });
      return {
        transport,
        refusals,
        states,
        syncs: () => syncs,
        confirmed: (log: LogId) => confirmed.get(logKey(log)) ?? 0,
      };
    };

    const until = async (condition: () => boolean): Promise<void> => {
      // The test's own time limit ends this.
      while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
    };
    const logOf = (peer: SwarmPeer): LogId => peer.writer.log as LogId;
    const same = (a: Logs, b: Logs, log: LogId): boolean =>
      a.get(log) !== undefined && a.get(log)?.hash === b.get(log)?.hash;

    it("brings a peer's blocks to the hub, with receipts, and canon to the peer", async () => {
      const a = await swarm.peer("agent");
      const { transport, confirmed, refusals } = await connect(a);
      await until(() => transport.state === "connected");
      await a.writer.append([sampleSignal("from a")]);
      await hub.writer.append([sampleSignal("canon")]);
      await until(() => same(a.logs, hub.logs, logOf(a)) && same(a.logs, hub.logs, logOf(hub)));
      await until(() => confirmed(logOf(a)) === a.logs.get(logOf(a))?.length);
      await a.writer.append([sampleSignal("again")]);
      await hub.writer.append([sampleSignal("more canon")]);
      await until(() => same(a.logs, hub.logs, logOf(a)) && same(a.logs, hub.logs, logOf(hub)));
      expect(refusals).toEqual([]);
    });

    it("brings a peer what its interest covers, and nothing else", async () => {
      const [a, b] = [await swarm.peer("agent"), await swarm.peer("agent")];
      await connect(a);
      await connect(b);
      await a.writer.append([sampleSignal("from a")]);
      await b.writer.append([sampleSignal("from b")]);
      await hub.writer.append([sampleSignal("canon")]);
      await until(() =>
        [a, b].every((peer) => same(peer.logs, hub.logs, logOf(peer)) && same(peer.logs, hub.logs, logOf(hub))),
      );
      expect(a.logs.get(logOf(b))).toBeUndefined();
      expect(b.logs.get(logOf(a))).toBeUndefined();
    });

    it("brings a late joiner everything, and says when it is synced", async () => {
      for (let i = 0; i < 50; i++) await hub.writer.append([sampleSignal(`canon ${i}`)]);
      const a = await swarm.peer("agent");
      await a.writer.append([sampleSignal("before it connected")]);
      const { syncs } = await connect(a);
      await until(() => syncs() > 0);
      await until(() => same(a.logs, hub.logs, logOf(hub)) && same(a.logs, hub.logs, logOf(a)));
      expect(await messagesIn(a.logs, logOf(hub))).toEqual(Array.from({ length: 50 }, (_, i) => `canon ${i}`));
    });

    it("brings a restored peer its own log back", async () => {
      const a = await swarm.peer("agent");
      await a.writer.append([sampleSignal("kept by the hub")]);
      const first = await connect(a);
      await until(() => first.confirmed(logOf(a)) === a.logs.get(logOf(a))?.length);
      await first.transport.close();
      const restored = await swarm.copyOf(a);
      await connect(restored);
      await until(() => same(restored.logs, hub.logs, logOf(a)));
      expect(await messagesIn(restored.logs, logOf(a))).toEqual(["kept by the hub"]);
    });

    it("brings 3,000 blocks across segment borders, both ways", async () => {
      const a = await swarm.peer("agent");
      const numbers = Array.from({ length: 3000 }, (_, i) => `${i}`);
      for (const number of numbers)
        await Promise.all([a.writer.append([sampleSignal(number)]), hub.writer.append([sampleSignal(number)])]);
      await connect(a);
      await until(() => same(a.logs, hub.logs, logOf(hub)) && same(a.logs, hub.logs, logOf(a)));
      expect(await messagesIn(a.logs, logOf(hub))).toEqual(numbers);
      expect(await messagesIn(hub.logs, logOf(a))).toEqual(numbers);
    }, 60_000);

    it("loses nothing and repeats nothing when connections are cut", async () => {
      const a = await swarm.peer("agent");
      const { transport, states } = await connect(a);
      await until(() => transport.state === "connected");
      const expected: string[] = [];
      for (let round = 0; round < 4; round++) {
        const writing = (async () => {
          for (let i = 0; i < 50; i++) {
            expected.push(`${round}.${i}`);
            await Promise.all([
              a.writer.append([sampleSignal(`${round}.${i}`)]),
              hub.writer.append([sampleSignal(`${round}.${i}`)]),
            ]);
          }
        })();
        if (round > 0) await until(() => transport.state === "connected");
        network.cut();
        await writing;
        await until(
          () => transport.state !== "connected" || states.filter((state) => state === "offline").length > round,
        );
      }
      await until(() => same(a.logs, hub.logs, logOf(a)) && same(a.logs, hub.logs, logOf(hub)));
      expect(await messagesIn(hub.logs, logOf(a))).toEqual(expected);
      expect(await messagesIn(a.logs, logOf(hub))).toEqual(expected);
      expect(states).toContain("offline");
    });

    it("L7 cuts what is large into several updates", async () => {
      const a = await swarm.peer("agent");
      // 120 blocks of 28 KB are 3.4 MB, thirteen updates.
      for (let i = 0; i < 120; i++) await a.writer.append([sampleSignal(`${i}`, 28_000)]);
      await connect(a);
      await until(() => same(a.logs, hub.logs, logOf(a)));
      expect(await messagesIn(hub.logs, logOf(a))).toEqual(Array.from({ length: 120 }, (_, i) => `${i}`));
    });

    it("L6 reports a forked log with its rule id, and the good ones still flow", async () => {
      const cheat = await swarm.peer("agent");
      await cheat.writer.append([sampleSignal("agreed")]);
      const log = logOf(cheat);
      // Two replicas that go on from one block with different ones.
      const other = await swarm.forkOf(cheat);
      await cheat.writer.append([sampleSignal("to one")]);
      const forked = await other.logs.update(log, 0, 1_000_000);
      if (forked === undefined) throw new Error("nothing forked");
      expect(await hub.logs.ingest(log, forked.update, "earlier")).toMatchObject({ ok: true });
      const honest = await swarm.peer("agent", { logs: cheat.logs });
      const { refusals } = await connect(cheat, { writers: [cheat, honest] });
      await honest.writer.append([sampleSignal("good")]);
      await until(() => same(hub.logs, cheat.logs, logOf(honest)));
      await until(() => refusals.some(({ rule }) => rule === "L6"));
      await until(() => hub.logs.proofs().length === 1 && cheat.logs.proofs().length === 1);
      expect(refusals.find(({ rule }) => rule === "L6")?.log).toEqual(log);
      await honest.writer.append([sampleSignal("still good")]);
      await until(() => same(hub.logs, cheat.logs, logOf(honest)));
    });

    it("E6 brings the heartbeat, and the newest one after a reconnect", async () => {
      const a = await swarm.peer("agent");
      await hub.writer.append([sampleSignal("canon")]);
      await atHub.offer(await swarm.heartbeat(hub, 1));
      const heartbeats = beatsOf();
      const { transport } = await connect(a, { ephemerals: heartbeats });
      await until(() => heartbeats.latest()?.counter === 1);
      await atHub.offer(await swarm.heartbeat(hub, 2));
      await until(() => heartbeats.latest()?.counter === 2);
      network.cut();
      await atHub.offer(await swarm.heartbeat(hub, 3));
      await until(() => heartbeats.latest()?.counter === 3 && transport.state === "connected");
    });

    it("E8 brings claims to everybody, also to who comes later, and their release", async () => {
      const [a, b] = [await swarm.peer("agent"), await swarm.peer("agent")];
      const [here, there] = [ephemeralsOf(), ephemeralsOf()];
      const claim = (counter: number, lifetimeMs: number): Promise<Uint8Array> =>
        sealEphemeral(a.key, swarm.genesis.swarm, {
          kind: "claim",
          counter,
          body: { fingerprint: `f1_${"p".repeat(32)}`, lifetimeMs },
        });
      const first = await connect(a, { ephemerals: here });
      await until(() => first.transport.state === "connected");
      await here.offer(await claim(1, 60_000));
      await until(() => atHub.claims().length === 1);
      const second = await connect(b, { ephemerals: there });
      await until(() => there.claims().length === 1);
      await here.offer(await claim(2, 0));
      await until(() => there.claims().length === 0);
      expect([first.refusals, second.refusals]).toEqual([[], []]);
    });

    it("costs a slow reader a bounded number of bytes, then catches up", async () => {
      const a = await swarm.peer("agent");
      await a.writer.append([sampleSignal("first")]);
      const { confirmed } = await connect(a);
      await until(() => confirmed(logOf(a)) === a.logs.get(logOf(a))?.length);
      network.hold();
      const before = network.bytesToHub();
      // 200 blocks of 30 KB are 6 MB; without receipts a log's window lets 1 MiB out, and a frame.
      for (let i = 0; i < 200; i++) await a.writer.append([sampleSignal(`${i}`, 30_000)]);
      expect(network.bytesToHub() - before).toBeLessThan(2 * 1024 * 1024);
      network.release();
      await until(() => same(hub.logs, a.logs, logOf(a)));
    });

    it("closes cleanly: what is under way arrives, then nothing more", async () => {
      const a = await swarm.peer("agent");
      await a.writer.append([sampleSignal("first")]);
      const { transport, states, confirmed } = await connect(a);
      await until(() => confirmed(logOf(a)) === a.logs.get(logOf(a))?.length);
      await Promise.all([transport.close(), transport.close()]);
      expect(transport.state).toBe("closed");
      expect(states.at(-1)).toBe("closed");
      const held = hub.logs.get(logOf(a))?.length;
      await a.writer.append([sampleSignal("after the close")]);
      await hub.writer.append([sampleSignal("canon after the close")]);
      const b = await swarm.peer("agent");
      const second = await connect(b);
      await until(() => second.syncs() > 0 && same(b.logs, hub.logs, logOf(hub)));
      expect(hub.logs.get(logOf(a))?.length).toBe(held);
      expect(a.logs.get(logOf(hub))).toBeUndefined();
      expect(states.at(-1)).toBe("closed");
    });
  });
};
