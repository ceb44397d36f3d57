import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { headOf, sealBlock } from "./block.js";
import { type CborValue, encodeCbor } from "./cbor.js";
import { encodeForkProof, readForkProof } from "./fork.js";
import { equalBytes } from "./hash.js";
import { type BlockHash, type SwarmId, toBase64url } from "./ids.js";
import type { KeyPair } from "./keys.js";
import { accepted, type SeededSwarm, seededGeneration, seededSwarm } from "./testing/seeded-swarm.js";

let swarm: SeededSwarm;
let a: Uint8Array;
let b: Uint8Array;
const previous = toBase64url(new Uint8Array(32).fill(9)) as BlockHash;
const head = async (
  text: string,
  {
    key = swarm.agent,
    generation = 4,
    sequence = 3,
    id = swarm.genesis.swarm,
  }: { key?: KeyPair; generation?: number; sequence?: number; id?: SwarmId } = {},
): Promise<Uint8Array> =>
  headOf(
    (
      await sealBlock(
        key,
        { swarm: id, writer: key.id, generation: seededGeneration(generation), sequence, previous, codec: 0 },
        new TextEncoder().encode(text),
      )
    ).bytes,
  );
beforeAll(async () => {
  swarm = await seededSwarm();
  [a, b] = [await head("one"), await head("two")];
});
const read = (bytes: Uint8Array) => readForkProof(bytes, swarm.genesis.swarm);
const refused = async (bytes: Uint8Array, why: RegExp) => {
  const verdict = await read(bytes);
  expect(verdict).toMatchObject({ ok: false, refusal: { rule: "L6", fault: "sender" } });
  expect(verdict.ok || verdict.refusal.message).toMatch(why);
};

describe("L6 fork proofs", () => {
  test("L6 two heads at one place are a proof, equal on every peer whichever came first", async () => {
    const proof = accepted(await read(encodeForkProof(a, b)));
    expect(proof).toMatchObject({ log: { writer: swarm.agent.id, generation: seededGeneration(4) }, sequence: 3 });
    expect(proof.hashes[0] < proof.hashes[1]).toBe(true);
    expect(equalBytes(encodeForkProof(b, a), proof.bytes)).toBe(true);
  });

  test("L6 nobody can be framed with heads that are equal, elsewhere, or of another swarm", async () => {
    await refused(encodeForkProof(a, a), /equal/);
    await refused(encodeForkProof(a, await head("two", { sequence: 4 })), /one place/);
    await refused(encodeForkProof(a, await head("two", { generation: 5 })), /one place/);
    await refused(encodeForkProof(a, await head("two", { key: swarm.root })), /one place/);
    const id = (await seededSwarm(2)).genesis.swarm;
    await refused(encodeForkProof(await head("one", { id }), await head("two", { id })), /not validly signed/);
    await refused(encodeForkProof(a, await head("two", { id })), /not validly signed/);
  });

  test("L6 nobody can be framed with a head it did not sign", async () => {
    const forged = b.slice();
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
    await refused(encodeForkProof(a, forged), /not validly signed/);
    // A signature anybody could turn into a second one would frame every writer: S + L has another hash.
    const spelled = a.slice();
    const S =
      spelled.subarray(-32).reduceRight((n, byte) => (n << 8n) | BigInt(byte), 0n) +
      2n ** 252n +
      27742317777372353535851937790883648493n;
    for (let i = 0; i < 32; i++) spelled[spelled.length - 32 + i] = Number((S >> BigInt(8 * i)) & 255n);
    await refused(encodeForkProof(a, spelled), /not validly signed/);
  });

  test("L6 one proof has one spelling", async () => {
    const [first, second] = equalBytes(encodeForkProof(a, b), encodeCbor([1, a, b])) ? [a, b] : [b, a];
    expect((await read(encodeCbor([1, first, second]))).ok).toBe(true);
    await refused(encodeCbor([1, second, first]), /wrong order/);
    const others: readonly CborValue[] = [
      [2, first, second],
      [1, first],
      [1, first, second, 1],
      [1, first, 1],
      { a: 1 },
      1,
    ];
    for (const value of others) await refused(encodeCbor(value), /./);
    await refused(encodeCbor([1, first, new Uint8Array(700)]), /too long/);
    await refused(encodeCbor([1, first, second.subarray(1)]), /malformed/);
    expect(() => encodeForkProof(a, new Uint8Array(3))).toThrow(/two heads/);
  });

  test("L6 a changed proof is refused, and random bytes never throw", async () => {
    const proof = encodeForkProof(a, b);
    await fc.assert(
      fc.asyncProperty(fc.nat(proof.length - 1), fc.integer({ min: 1, max: 255 }), async (at, difference) => {
        const bytes = proof.slice();
        bytes[at] = (bytes[at] as number) ^ difference;
        await refused(bytes, /./);
      }),
      { numRuns: 300 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) => refused(bytes, /./)),
      { numRuns: 300 },
    );
  });
});
