import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CborValue, encodeCbor } from "./cbor.js";
import { createGenesis, readGenesis } from "./genesis.js";
import { equalBytes } from "./hash.js";
import { idBytes } from "./ids.js";
import { isPrintable } from "./refusal.js";
import { accepted, seededKey, seededSwarm } from "./testing/seeded-swarm.js";

const key = await seededKey(1);
const nonce = new Uint8Array(16).fill(2);

describe("A1 genesis", () => {
  test("A1 a swarm's name, root and id are read back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 50 }).filter(isPrintable), (name) => {
        const genesis = createGenesis(name, key.publicKey, nonce);
        expect(readGenesis(genesis.bytes)).toEqual({ ok: true, value: genesis });
        expect(genesis).toMatchObject({ name, root: key.id });
      }),
    );
    expect(() => createGenesis("", key.publicKey, nonce)).toThrow(/no printable name/);
    expect(() => createGenesis("ä".repeat(101), key.publicKey, nonce)).toThrow(/202 bytes/);
  });

  test.each<[string, CborValue]>([
    ["another version", [2, "n", key.publicKey, nonce]],
    ["a missing nonce", [1, "n", key.publicKey]],
    ["a short nonce", [1, "n", key.publicKey, nonce.subarray(1)]],
    ["a root key of small order", [1, "n", Uint8Array.of(1, ...new Array<number>(31).fill(0)), nonce]],
    ["a root key that is a text", [1, "n", "x".repeat(32), nonce]],
    ["a name of bytes", [1, nonce, key.publicKey, nonce]],
    ["a name with a line feed", [1, "a\nb", key.publicKey, nonce]],
    ["a fifth element", [1, "n", key.publicKey, nonce, null]],
    ["a map", { a: 1 }],
    ["nothing but a number", 1],
    ["600 bytes", [1, "n", key.publicKey, nonce, new Uint8Array(600)]],
  ])("A1 refuses %s", (_, value) => {
    expect(readGenesis(encodeCbor(value))).toMatchObject({ ok: false, refusal: { rule: "A1", fault: "sender" } });
  });

  test("A1 changed bytes never name the same swarm", async () => {
    const { genesis } = await seededSwarm();
    fc.assert(
      fc.property(fc.nat(genesis.bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const bytes = genesis.bytes.slice();
        bytes[at] = (bytes[at] as number) ^ difference;
        const read = readGenesis(bytes);
        if (!read.ok) return;
        expect(read.value.swarm).not.toBe(genesis.swarm);
        expect(equalBytes(read.value.bytes, bytes)).toBe(true);
      }),
    );
    expect(idBytes(accepted(readGenesis(genesis.bytes)).swarm).length).toBe(32);
  });
});
