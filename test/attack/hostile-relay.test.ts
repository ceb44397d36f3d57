/**
 * Canon cannot be forged by a relay. Real peers talk to a real relay through a proxy that alters, repeats, reorders, drops and
 * invents frames, by a printed seed. Whatever it does, a peer holds a prefix of the true canon, block for block; and when the
 * proxy turns honest, the peers are equal.
 */
import { once } from "node:events";
import { viewHash } from "@herdmind/experience";
import { createSwarm, join, type Peer } from "herdmind";
import { afterEach, describe, expect, it } from "vitest";
import { type RawData, WebSocket, WebSocketServer } from "ws";

const SEED = Number(process.env["HERDMIND_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

/** xorshift32: small and seeded, so that a failing attack can be run again. */
const seeded = (seed: number): (() => number) => {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
};

type Attack = (frame: Uint8Array, random: () => number, seen: readonly Uint8Array[]) => readonly Uint8Array[];

const flipped = (frame: Uint8Array, random: () => number): Uint8Array => {
  const altered = frame.slice();
  for (let flips = 1 + Math.floor(random() * 3); flips > 0; flips--) {
    const at = Math.floor(random() * altered.length);
    altered[at] = (altered[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  }
  return altered;
};

const ATTACKS: { readonly [name: string]: Attack } = {
  "alters bytes": (frame, random) => [random() < 0.5 ? flipped(frame, random) : frame],
  "cuts frames short": (frame, random) => [
    random() < 0.5 ? frame.slice(0, Math.floor(random() * frame.length)) : frame,
  ],
  "repeats old frames": (frame, random, seen) => [
    frame,
    ...(random() < 0.7 ? [seen[Math.floor(random() * seen.length)] ?? frame] : []),
  ],
  "drops frames": (frame, random) => (random() < 0.5 ? [] : [frame]),
  "splices two frames": (frame, random, seen) => {
    const other = seen[Math.floor(random() * seen.length)] ?? frame;
    const cut = Math.floor(random() * Math.min(frame.length, other.length));
    return random() < 0.5 ? [Buffer.concat([frame.subarray(0, cut), other.subarray(cut)])] : [frame];
  },
  "invents frames": (frame, random) => [
    frame,
    Uint8Array.from({ length: Math.floor(random() * 200) }, () => Math.floor(random() * 256)),
  ],
};

interface Proxy {
  readonly url: string;
  readonly attacked: () => number;
  honest(): void;
  close(): Promise<void>;
}

const startProxy = async (target: string, attack: Attack, random: () => number): Promise<Proxy> => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "herdmind.1" });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  let honest = false;
  let attacked = 0;
  server.on("connection", (client, request) => {
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    const upstream = new WebSocket(`${target}${request.url ?? ""}`, offered);
    const waiting: Uint8Array[] = [];
    const seen: Uint8Array[] = [];
    upstream.on("open", () => {
      for (const frame of waiting.splice(0)) upstream.send(frame);
    });
    upstream.on("message", (data: RawData) => {
      const frame = Uint8Array.from(data as Buffer);
      seen.push(frame);
      const sent = honest ? [frame] : attack(frame, random, seen);
      if (sent.length !== 1 || sent[0] !== frame) attacked += 1;
      for (const one of sent) if (client.readyState === WebSocket.OPEN) client.send(one);
    });
    client.on("message", (data: RawData) => {
      const frame = data as Buffer;
      if (upstream.readyState === WebSocket.OPEN) upstream.send(frame);
      else waiting.push(frame);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("close", () => other.close());
      one.on("error", () => other.terminate());
    }
  });
  return {
    url: `ws://127.0.0.1:${address.port}`,
    attacked: () => attacked,
    honest: () => {
      honest = true;
      // Whoever was fooled into waiting connects again.
      for (const client of server.clients) client.terminate();
    },
    close: async () => {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, "close");
    },
  };
};

const word = (number: number): string => [...String(number)].map((digit) => "abcdefghij"[Number(digit)]).join("");

/** Every block of canon that `peer` holds is the true one. */
const expectPrefix = async (peer: Peer, truth: Peer): Promise<number> => {
  let compared = 0;
  for (const log of peer.logs.list().filter(({ membership }) => membership.role === "orchestrator")) {
    const theirs = truth.logs.read(log)[Symbol.asyncIterator]();
    for await (const block of peer.logs.read(log)) {
      const real = await theirs.next();
      expect(real.done).toBe(false);
      expect(Buffer.compare(block.bytes, real.value?.bytes ?? new Uint8Array())).toBe(0);
      compared += 1;
    }
  }
  return compared;
};

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

describe(`L1 to L6 a hostile relay (seed ${SEED})`, () => {
  it.each(Object.entries(ATTACKS))(
    "L1 L4 L5 A2 a relay that %s changes no canon, and cannot stop it for good",
    { timeout: 60_000 },
    async (_name, attack) => {
      const swarm = await createSwarm({ name: "attacked" });
      open.push(swarm);
      for (let i = 0; i < 40; i++) await swarm.report({ problem: new Error(`before ${word(i)}`), mitigation: "m" });
      const proxy = await startProxy(swarm.addresses[0] ?? "", attack, seeded(SEED));
      open.push(proxy);
      const ada = await join(await swarm.invite(), { name: "ada", addresses: [proxy.url] });
      open.push(ada);
      for (let i = 0; i < 40; i++) {
        await ada.report({ problem: new Error(`during ${word(i)}`), mitigation: "m" });
        await swarm.report({ problem: new Error(`beside ${word(i)}`), mitigation: "m" });
        await expectPrefix(ada, swarm);
      }
      expect(proxy.attacked()).toBeGreaterThan(0);
      expect(ada.canon.alarms()).toEqual([]);
      expect(ada.logs.proofs()).toEqual([]);
      proxy.honest();
      await expect
        .poll(() => [ada.pending, viewHash(ada.canon.view) === viewHash(swarm.canon.view)], {
          timeout: 45_000,
          interval: 100,
        })
        .toEqual([0, true]);
      expect(await expectPrefix(ada, swarm)).toBe(swarm.canon.head()?.length);
      expect(swarm.stats().immunizations).toBe(120);
    },
  );
});
