import {
  type Fingerprint,
  generateKey,
  type JsonObject,
  type KeyPair,
  type Role,
  type SwarmId,
  sealEphemeral,
  toBase64url,
} from "@herdmind/protocol";
import { beforeAll, describe, expect, it } from "vitest";
import { createHeartbeats } from "./heartbeats.js";
import { createSwarmEphemerals, type EphemeralLimits, type SwarmEphemerals } from "./swarm-ephemerals.js";

const swarm = toBase64url(new Uint8Array(32).fill(5)) as SwarmId;
const problem = (n: number): Fingerprint => `f1_${toBase64url(new Uint8Array(24).fill(n))}` as Fingerprint;

let ada: KeyPair;
let bob: KeyPair;
let watcher: KeyPair;
let stranger: KeyPair;
beforeAll(async () => {
  [ada, bob, watcher, stranger] = await Promise.all([generateKey(), generateKey(), generateKey(), generateKey()]);
});

const open = (limits: Partial<EphemeralLimits> = {}) => {
  const clock = { now: 0 };
  const roles = new Map<string, Role>([
    [ada.id, "agent"],
    [bob.id, "agent"],
    [watcher.id, "observer"],
  ]);
  const ephemerals = createSwarmEphemerals({
    swarm,
    heartbeats: createHeartbeats({ swarm, isHolder: (writer) => writer === ada.id }),
    roleOf: (writer) => roles.get(writer),
    monotonic: () => clock.now,
    limits,
  });
  return { ephemerals, clock, roles };
};

const seal = (key: KeyPair, kind: string, counter: number, body: JsonObject): Promise<Uint8Array> =>
  sealEphemeral(key, swarm, { kind, counter, body });
const claim = (key: KeyPair, counter: number, n = 1, lifetimeMs = 10_000): Promise<Uint8Array> =>
  seal(key, "claim", counter, { fingerprint: problem(n), lifetimeMs });
const presence = (key: KeyPair, counter: number, lifetimeMs = 45_000): Promise<Uint8Array> =>
  seal(key, "presence", counter, { name: "ada", agents: 1, carry: "own", lifetimeMs });
const said = (key: KeyPair, counter: number): Promise<Uint8Array> =>
  seal(key, "message", counter, { topic: "build.done", body: counter });
const beat = (key: KeyPair, counter: number): Promise<Uint8Array> =>
  seal(key, "heartbeat", counter, {
    term: 1,
    generation: toBase64url(new Uint8Array(16)),
    length: 1,
    hash: toBase64url(new Uint8Array(32)),
    at: 1,
  });
const holders = (ephemerals: SwarmEphemerals, n = 1): readonly string[] =>
  ephemerals.claims(problem(n)).map(({ writer }) => writer);

describe("E7 E8 all ephemeral messages of one peer", () => {
  it("E7 E8 keeps, tells and forwards each kind once; what is repeated or lower is old", async () => {
    const { ephemerals } = open();
    const heard: string[] = [];
    ephemerals.subscribe(({ kind, origin }) => heard.push(`${kind} from ${String(origin)}`));
    const messages = [await beat(ada, 1), await presence(ada, 1), await claim(ada, 1), await claim(bob, 1)];
    for (const message of messages) expect(await ephemerals.offer(message, "left")).toEqual({ ok: true, value: true });
    for (const message of messages)
      expect(await ephemerals.offer(message, "right")).toEqual({ ok: true, value: false });
    expect(heard).toEqual(["heartbeat", "presence", "claim", "claim"].map((kind) => `${kind} from left`));
    expect([...ephemerals.held()].map(({ kind }) => kind)).toEqual(["heartbeat", "presence", "claim", "claim"]);
    expect(holders(ephemerals)).toEqual([bob.id, ada.id]);
    expect(ephemerals.presences()).toMatchObject([{ writer: ada.id, body: { name: "ada", agents: 1 } }]);
  });

  it("E10 a message is heard once, in whatever order it comes, and is not held for who comes later", async () => {
    const { ephemerals, clock } = open();
    const heard: unknown[] = [];
    const forwarded: string[] = [];
    ephemerals.onMessage(({ writer, message, origin }) => heard.push([writer, message.topic, message.body, origin]));
    ephemerals.subscribe(({ kind }) => forwarded.push(kind));
    const [first, second] = [await said(ada, 1), await said(ada, 2)];
    expect(await ephemerals.offer(second, "left")).toEqual({ ok: true, value: true });
    expect(await ephemerals.offer(first, "left")).toEqual({ ok: true, value: true });
    for (const again of [first, second])
      expect(await ephemerals.offer(again, "right")).toEqual({ ok: true, value: false });
    expect(heard).toEqual([
      [ada.id, "build.done", 2, "left"],
      [ada.id, "build.done", 1, "left"],
    ]);
    expect(forwarded).toEqual(["message", "message"]);
    expect([...ephemerals.held()]).toEqual([]);
    // A replay after it was forgotten one by one is still old.
    clock.now += 61_000;
    for (const again of [first, second])
      expect(await ephemerals.offer(again, "right")).toEqual({ ok: true, value: false });
  });

  it("E10 refuses strangers, and who talks without end is dropped without keeping anybody else from claiming", async () => {
    const { ephemerals, clock } = open({ saidPerSecond: 2, saidBurst: 3 });
    expect(await ephemerals.offer(await said(stranger, 1))).toMatchObject({ refusal: { rule: "E10", fault: "none" } });
    const results = [];
    for (let i = 1; i <= 10; i++) results.push((await ephemerals.offer(await said(ada, i))).ok);
    expect(results.filter(Boolean)).toHaveLength(3);
    expect(ephemerals.counts).toMatchObject({ strangers: 1, flooded: 7 });
    expect(await ephemerals.offer(await claim(ada, 11))).toEqual({ ok: true, value: true });
    expect(await ephemerals.offer(await said(watcher, 1))).toEqual({ ok: true, value: true });
    clock.now += 1000;
    expect(await ephemerals.offer(await said(ada, 12))).toEqual({ ok: true, value: true });
  });

  it("E8 a claim ends by release, by its lifetime on the receiver's clock, and when its writer leaves", async () => {
    const { ephemerals, clock } = open();
    const told: string[] = [];
    ephemerals.onClaim((fingerprint) => told.push(fingerprint));
    await ephemerals.offer(await claim(ada, 1, 1));
    await ephemerals.offer(await claim(ada, 2, 1, 0));
    expect([holders(ephemerals), told]).toEqual([[], [problem(1), problem(1)]]);
    await ephemerals.offer(await claim(ada, 3, 2));
    clock.now += 10_000;
    expect(holders(ephemerals, 2)).toEqual([]);
    expect(await ephemerals.offer(await claim(ada, 3, 2))).toEqual({ ok: true, value: false });
    await ephemerals.offer(await presence(ada, 1));
    await ephemerals.offer(await claim(ada, 4, 3));
    await ephemerals.offer(await presence(ada, 2, 0));
    expect([ephemerals.presences(), holders(ephemerals, 3), told.at(-1)]).toEqual([[], [], problem(3)]);
  });

  it("E7 E8 nobody but members is heard, an observer claims nothing, and nobody is at fault", async () => {
    const { ephemerals, roles } = open();
    const none = { ok: false, refusal: { fault: "none" } };
    const early = await claim(stranger, 1);
    expect(await ephemerals.offer(early)).toMatchObject(none);
    expect(await ephemerals.offer(await presence(stranger, 1))).toMatchObject(none);
    expect(await ephemerals.offer(await claim(watcher, 1))).toMatchObject(none);
    expect(await ephemerals.offer(await presence(watcher, 1))).toEqual({ ok: true, value: true });
    expect([holders(ephemerals), ephemerals.counts.strangers]).toEqual([[], 3]);
    // A newcomer is heard as soon as canon lists it, also what it said a moment before.
    roles.set(stranger.id, "agent");
    ephemerals.reconsider();
    await expect.poll(() => [holders(ephemerals), ephemerals.presences().length]).toEqual([[stranger.id], 2]);
    expect(await ephemerals.offer(early)).toEqual({ ok: true, value: false });
  });

  it("E8 of what strangers say little is kept, unverified, and no longer than it would have held", async () => {
    const { ephemerals, clock, roles } = open({ early: 2 });
    const forged = await claim(stranger, 9, 9);
    forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1;
    for (const message of [
      await claim(stranger, 1, 1),
      await claim(stranger, 2, 2, 60_000),
      await claim(stranger, 3, 3),
    ])
      await ephemerals.offer(message);
    roles.set(stranger.id, "agent");
    clock.now += 10_000;
    ephemerals.reconsider();
    await expect.poll(() => ephemerals.claims().map(({ subject }) => subject)).toEqual([problem(2)]);
    roles.delete(stranger.id);
    await ephemerals.offer(forged);
    roles.set(stranger.id, "agent");
    ephemerals.reconsider();
    await expect.poll(() => ephemerals.offer(forged)).toMatchObject({ ok: false, refusal: { fault: "sender" } });
    expect(holders(ephemerals, 9)).toEqual([]);
  });

  it("E6 E7 E8 forged and malformed ones are their sender's fault; a forged counter closes no door", async () => {
    const { ephemerals } = open();
    const sender = { ok: false, refusal: { fault: "sender" } };
    for (const forged of [await claim(ada, 99), await presence(ada, 99)]) {
      forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1;
      expect(await ephemerals.offer(forged)).toMatchObject(sender);
    }
    expect(await ephemerals.offer(await claim(ada, 1))).toEqual({ ok: true, value: true });
    expect(await ephemerals.offer(await presence(ada, 1))).toEqual({ ok: true, value: true });
    expect(await ephemerals.offer(await claim(ada, 2, 1, 60_001))).toMatchObject(sender);
    expect(await ephemerals.offer(new Uint8Array([1, 2, 3]))).toMatchObject(sender);
    const elsewhere = await sealEphemeral(ada, toBase64url(new Uint8Array(32)) as SwarmId, {
      kind: "claim",
      counter: 5,
      body: { fingerprint: problem(1), lifetimeMs: 1 },
    });
    expect(await ephemerals.offer(elsewhere)).toMatchObject(sender);
  });

  it("E5 a kind of a later version is dropped and counted, and closes nothing", async () => {
    const { ephemerals } = open();
    expect(await ephemerals.offer(await seal(ada, "later", 1, {}))).toEqual({ ok: true, value: false });
    expect(ephemerals.counts.unknownKinds).toBe(1);
    expect([...ephemerals.held()]).toEqual([]);
    const beats = createHeartbeats({ swarm, isHolder: () => true });
    expect(await beats.offer(await claim(ada, 1))).toEqual({ ok: true, value: false });
  });

  it("E8 a member that floods is cut to its rate; another, and the heartbeat, are not", async () => {
    const { ephemerals, clock } = open();
    const flood = await Promise.all(Array.from({ length: 200 }, (_, i) => claim(ada, i + 1, i % 50)));
    let taken = 0;
    for (const message of flood) if ((await ephemerals.offer(message)).ok) taken += 1;
    expect(taken).toBe(120);
    expect(ephemerals.counts.flooded).toBe(80);
    expect(ephemerals.claims()).toHaveLength(16);
    expect(await ephemerals.offer(await claim(bob, 1))).toEqual({ ok: true, value: true });
    expect(await ephemerals.offer(await beat(ada, 1))).toEqual({ ok: true, value: true });
    clock.now += 1000;
    expect(await ephemerals.offer(await claim(ada, 1000))).toEqual({ ok: true, value: true });
  });

  it("E8 one message from several sides at once is checked once, and forwarded once", async () => {
    const { ephemerals } = open();
    let forwarded = 0;
    ephemerals.subscribe(() => {
      forwarded += 1;
    });
    const message = await claim(ada, 1);
    const answers = await Promise.all(["a", "b", "c"].map((side) => ephemerals.offer(message.slice(), side)));
    expect(answers.map((answer) => answer.ok && answer.value)).toEqual([true, false, false]);
    expect(forwarded).toBe(1);
  });
});

describe("messages of writers that canon does not list yet", () => {
  it("T3 of one bringer push out no other bringer's", async () => {
    const { ephemerals, roles } = open({ early: 8 });
    const newcomer = await generateKey();
    const [honest, flood] = [{}, {}];
    await ephemerals.offer(await presence(newcomer, 1), honest);
    for (let n = 0; n < 20; n++) await ephemerals.offer(await presence(await generateKey(), 1), flood);
    roles.set(newcomer.id, "agent");
    ephemerals.reconsider();
    await expect.poll(() => ephemerals.presences().map(({ writer }) => writer)).toEqual([newcomer.id]);
  });
});
