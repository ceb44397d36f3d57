import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type CborValue, decodeCbor, encodeCbor } from "./cbor.js";
import { openEphemeral, readHeartbeat, sealEphemeral } from "./ephemeral.js";
import { concat, domain } from "./hash.js";
import { idBytes, toBase64url } from "./ids.js";
import { MAX_EPHEMERAL_BYTES } from "./limits.js";
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
