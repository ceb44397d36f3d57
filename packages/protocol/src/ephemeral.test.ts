import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type CborValue, decodeCbor, encodeCbor } from "./cbor.js";
import {
  claimRank,
  ephemeralKind,
  openEphemeral,
  readClaim,
  readEphemeral,
  readHeartbeat,
  readMessage,
  readPresence,
  sealEphemeral,
} from "./ephemeral.js";
import { concat, domain } from "./hash.js";
import { type Fingerprint, idBytes, toBase64url, type WriterId } from "./ids.js";
import {
  MAX_CLAIM_BYTES,
  MAX_EPHEMERAL_BYTES,
  MAX_EPHEMERAL_LIFETIME_MS,
  MAX_MESSAGE_BYTES,
  MAX_PRESENCE_BYTES,
} from "./limits.js";
import type { JsonObject } from "./records.js";
import { accepted, NOW_MS, type SeededSwarm, seededGeneration, seededSwarm } from "./testing/seeded-swarm.js";

let swarm: SeededSwarm;
let message: Uint8Array;
const heartbeat = () => ({
  term: 1,
  generation: seededGeneration(3),
  length: 12,
  hash: toBase64url(new Uint8Array(32).fill(5)),
  at: NOW_MS,
});
beforeAll(async () => {
  swarm = await seededSwarm();
  message = await sealEphemeral(swarm.orchestrator, swarm.genesis.swarm, {
    kind: "heartbeat",
    counter: 7,
    body: heartbeat(),
  });
});
const open = (bytes: Uint8Array) => openEphemeral(bytes, swarm.genesis.swarm);
const refused = async (bytes: Uint8Array) => {
  expect(await open(bytes)).toMatchObject({ ok: false, refusal: { rule: "E6", fault: "sender" } });
};
const fields = (): CborValue[] => {
  const decoded = decodeCbor(message, { allowBytes: true });
  if (!decoded.ok) throw new Error(decoded.why);
  return [...(decoded.value as CborValue[])];
};
/** Other fields, validly signed. */
const forge = async (change: (good: CborValue[]) => CborValue[]): Promise<Uint8Array> => {
  const signed = change(fields().slice(0, 6));
  return encodeCbor([...signed, await swarm.orchestrator.sign(concat(domain("ephemeral"), encodeCbor(signed)))]);
};

describe("E6 ephemeral messages", () => {
  test("E6 a heartbeat is read back", async () => {
    const opened = accepted(await open(message));
    expect(opened).toEqual({ kind: "heartbeat", writer: swarm.orchestrator.id, counter: 7, body: heartbeat() });
    expect(readHeartbeat(opened)).toEqual({ ok: true, value: heartbeat() });
    expect(message.length).toBeLessThan(320);
  });

  test("E6 another kind is kept, but is no heartbeat; nor is one with other members", async () => {
    const presence = await sealEphemeral(swarm.agent, swarm.genesis.swarm, {
      kind: "presence",
      counter: 0,
      body: heartbeat(),
    });
    const opened = accepted(await open(presence));
    expect(readHeartbeat(opened)).toMatchObject({ ok: false, refusal: { rule: "E6" } });
    for (const change of [
      { extra: 1 },
      { term: -1 },
      { hash: "x" },
      { length: 1.5 },
      { generation: undefined },
      { at: "now" },
    ]) {
      const body = { ...heartbeat(), ...change } as never;
      const sealed = await sealEphemeral(swarm.orchestrator, swarm.genesis.swarm, {
        kind: "heartbeat",
        counter: 1,
        body,
      });
      expect(readHeartbeat(accepted(await open(sealed)))).toMatchObject({
        ok: false,
        refusal: { rule: "E6", fault: "sender" },
      });
    }
  });

  test.each<[string, (good: CborValue[]) => CborValue[]]>([
    ["another version", (good) => good.with(0, 2)],
    ["a kind that is a number", (good) => good.with(1, 1)],
    ["a long kind", (good) => good.with(1, "k".repeat(65))],
    ["a negative counter", (good) => good.with(4, -1)],
    ["a fractional counter", (good) => good.with(4, 0.5)],
    ["a body that is a list", (good) => good.with(5, [])],
    ["a body that is null", (good) => good.with(5, null)],
    ["a body of bytes", (good) => good.with(5, new Uint8Array(1))],
    ["bytes inside the body", (good) => good.with(5, { a: [new Uint8Array(1)] })],
    ["another member", (good) => [...good, 1]],
    ["a missing member", (good) => good.slice(1)],
    ["another writer", (good) => good.with(3, swarm.agent.publicKey)],
    ["a writer of 1,000 bytes", (good) => good.with(3, new Uint8Array(1000))],
    ["a writer of small order", (good) => good.with(3, new Uint8Array(32))],
  ])("E6 refuses %s, although it is signed", async (_, change) => {
    expect((await open(await forge((good) => good))).ok).toBe(true);
    await refused(await forge(change));
  });

  test("E6 refuses a message of another swarm and a signature for another purpose", async () => {
    const other = (await seededSwarm(2)).genesis.swarm;
    await refused(await sealEphemeral(swarm.orchestrator, other, { kind: "heartbeat", counter: 1, body: heartbeat() }));
    const signed = fields().slice(0, 6);
    await refused(encodeCbor([...signed, await swarm.orchestrator.sign(encodeCbor(signed))]));
    await refused(encodeCbor([...signed, await swarm.orchestrator.sign(concat(domain("block"), encodeCbor(signed)))]));
    expect(idBytes(other).length).toBe(32);
  });

  test("L7 refuses a message over the bound", async () => {
    await refused(new Uint8Array(MAX_EPHEMERAL_BYTES + 1));
    await refused(await forge((good) => good.with(5, { text: "x".repeat(1025) })));
    await refused(await forge((good) => good.with(5, { a: { b: { c: { d: { e: { f: 1 } } } } } })));
  });

  test("E6 a changed byte is refused, and random bytes never throw", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(message.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const bytes = message.slice();
        bytes[at] = (bytes[at] as number) ^ difference;
        return refused(bytes);
      }),
      { numRuns: 300 },
    );
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), refused), { numRuns: 300 });
  });
});

const claimed = `f1_${"A".repeat(32)}` as Fingerprint;
const presence = () => ({ name: "ada", agents: 2, carry: "own", lifetimeMs: 45_000 });
const claim = () => ({ fingerprint: claimed, lifetimeMs: 10_000 });
const say = async (kind: string, body: JsonObject) => {
  const bytes = await sealEphemeral(swarm.agent, swarm.genesis.swarm, { kind, counter: 1, body });
  return { bytes, message: accepted(await open(bytes)) };
};

describe("E7 presence", () => {
  test("E7 is read back, and is small", async () => {
    const { bytes, message } = await say("presence", presence());
    expect(readPresence(message, bytes.length)).toEqual({ ok: true, value: presence() });
    expect(bytes.length).toBeLessThan(280);
  });

  test("E5 members of a later version are let pass", async () => {
    const { bytes, message } = await say("presence", { ...presence(), later: 1 });
    expect(readPresence(message, bytes.length)).toEqual({ ok: true, value: presence() });
  });

  test.each<[string, JsonObject]>([
    ["no name", { name: "" }],
    ["a long name", { name: "x".repeat(201) }],
    ["a name that moves the cursor", { name: "a\u001b[2J" }],
    ["a name that turns the direction", { name: "a\u202eb" }],
    ["half an agent", { agents: 0.5 }],
    ["no agents at all", { agents: -1 }],
    ["a million agents", { agents: 1_000_000 }],
    ["another carry", { carry: "nothing" }],
    ["a lifetime over the bound", { lifetimeMs: MAX_EPHEMERAL_LIFETIME_MS + 1 }],
    ["a negative lifetime", { lifetimeMs: -1 }],
    ["padding", { padding: ["x".repeat(900)] }],
  ])("E7 refuses %s, although it is signed", async (_, change) => {
    const { bytes, message } = await say("presence", { ...presence(), ...change });
    expect(readPresence(message, bytes.length)).toMatchObject({ ok: false, refusal: { rule: "E7", fault: "sender" } });
  });

  test("L7 refuses one over its size, and a claim taken for one", async () => {
    const { message } = await say("presence", presence());
    expect(readPresence(message, MAX_PRESENCE_BYTES).ok).toBe(true);
    expect(readPresence(message, MAX_PRESENCE_BYTES + 1).ok).toBe(false);
    expect(readPresence({ ...message, kind: "claim" }, 200).ok).toBe(false);
  });
});

describe("E10 messages", () => {
  test.each([null, 3, "text", [1, { a: true }], { deep: { er: [] } }])(
    "E10 is read back with the body %j",
    async (body) => {
      const { bytes, message } = await say("message", { topic: "build.web.done", body });
      expect(readMessage(message, bytes.length)).toEqual({ ok: true, value: { topic: "build.web.done", body } });
    },
  );

  test.each(["", ".", "a.", ".a", "a..b", "a b", "a.*", "x".repeat(129), "a\u202eb", "a\u0007"])(
    "E10 refuses the topic %j",
    async (topic) => {
      const { bytes, message } = await say("message", { topic, body: 1 });
      expect(readMessage(message, bytes.length)).toMatchObject({
        ok: false,
        refusal: { rule: "E10", fault: "sender" },
      });
    },
  );

  test("L7 E10 refuses one without a body, one over its size, and a claim taken for one", async () => {
    const { message } = await say("message", { topic: "a", body: 1 });
    expect(readMessage(message, MAX_MESSAGE_BYTES).ok).toBe(true);
    expect(readMessage(message, MAX_MESSAGE_BYTES + 1).ok).toBe(false);
    expect(readMessage({ ...message, kind: "claim" }, 200).ok).toBe(false);
    const without = await say("message", { topic: "a" });
    expect(readMessage(without.message, 200).ok).toBe(false);
  });
});

describe("E8 claims", () => {
  test("E8 a claim is read back, and is small; lifetime 0 releases", async () => {
    const { bytes, message } = await say("claim", claim());
    expect(readClaim(message, bytes.length)).toEqual({ ok: true, value: claim() });
    expect(bytes.length).toBeLessThan(280);
    const begun = await say("claim", { ...claim(), begun: true });
    expect(readClaim(begun.message, begun.bytes.length)).toEqual({ ok: true, value: { ...claim(), begun: true } });
    const released = await say("claim", { ...claim(), lifetimeMs: 0 });
    expect(readClaim(released.message, released.bytes.length)).toMatchObject({ ok: true, value: { lifetimeMs: 0 } });
  });

  test.each<[string, JsonObject]>([
    ["a lifetime of an hour", { lifetimeMs: 3_600_000 }],
    ["a beginning that is a number", { begun: 1 }],
    ["a lifetime that is a text", { lifetimeMs: "60000" }],
    ["a fingerprint that is none", { fingerprint: "f1_short" }],
    ["a fingerprint that is an object", { fingerprint: { toString: "x" } }],
    ["padding", { padding: "x".repeat(400) }],
  ])("E8 refuses %s, although it is signed", async (_, change) => {
    const { bytes, message } = await say("claim", { ...claim(), ...change });
    expect(readClaim(message, bytes.length)).toMatchObject({ ok: false, refusal: { rule: "E8", fault: "sender" } });
  });

  test("L7 refuses one over its size, and a presence taken for one", async () => {
    const { message } = await say("claim", claim());
    expect(readClaim(message, MAX_CLAIM_BYTES).ok).toBe(true);
    expect(readClaim(message, MAX_CLAIM_BYTES + 1).ok).toBe(false);
    expect(readClaim({ ...message, kind: "presence" }, 200).ok).toBe(false);
  });

  test("E8 ranks are a total order over writers, another one for each problem", () => {
    const writers = Array.from({ length: 8 }, (_, i) => toBase64url(new Uint8Array(32).fill(i)) as WriterId);
    const firstOf = (fingerprint: Fingerprint): WriterId =>
      writers.toSorted((a, b) => (claimRank(fingerprint, a) < claimRank(fingerprint, b) ? -1 : 1))[0] as WriterId;
    const winners = new Set(
      Array.from({ length: 64 }, (_, i) => firstOf(`f1_${toBase64url(new Uint8Array(24).fill(i))}` as Fingerprint)),
    );
    expect(winners.size).toBe(8);
    expect(new Set(writers.map((writer) => claimRank(claimed, writer))).size).toBe(8);
  });
});

describe("E6 what is read before a signature is looked at", () => {
  test("E6 the kind, from the first bytes", async () => {
    expect(ephemeralKind(message)).toBe("heartbeat");
    for (const kind of ["", "k".repeat(23), "k".repeat(24), "k".repeat(64)]) {
      expect(ephemeralKind((await say(kind, {})).bytes)).toBe(kind);
    }
    await fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const kind = ephemeralKind(Uint8Array.of(0x87, 1, ...bytes));
        expect(kind === undefined || kind.length <= 64).toBe(true);
      }),
    );
    expect(ephemeralKind(new Uint8Array(0))).toBeUndefined();
    expect(ephemeralKind(Uint8Array.of(0x87, 1, 0x65, 65))).toBeUndefined();
  });

  test("E6 a forged message has a form, and does not verify", async () => {
    const { bytes } = await say("claim", claim());
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
    const read = accepted(readEphemeral(bytes, swarm.genesis.swarm));
    expect(read).toMatchObject({ kind: "claim", writer: swarm.agent.id });
    expect(await read.verify()).toMatchObject({ ok: false, refusal: { rule: "E6", fault: "sender" } });
  });
});
