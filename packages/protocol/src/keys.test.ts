import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { equalBytes } from "./hash.js";
import {
  checkEd25519,
  exportSeed,
  generateKey,
  importSeed,
  isStrictPublicKey,
  isStrictSignature,
  keyFromCrypto,
  publicCryptoKey,
  verifySignature,
} from "./keys.js";
import { seededKey } from "./testing/seeded-swarm.js";

// The curve in its definition (RFC 8032, section 5.1), slow and plain: it makes what no signer would make.
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (a: bigint, m = P): bigint => ((a % m) + m) % m;
const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = mod(b * b)) if (e & 1n) result = mod(result * b);
  return result;
};
const invert = (a: bigint): bigint => power(a, P - 2n);
const D = mod(-121665n * invert(121666n));
interface Point {
  readonly x: bigint;
  readonly y: bigint;
}
const ZERO: Point = { x: 0n, y: 1n };
const add = (a: Point, b: Point): Point => {
  const product = mod(D * a.x * b.x * a.y * b.y);
  return {
    x: mod((a.x * b.y + b.x * a.y) * invert(1n + product)),
    y: mod((a.y * b.y + a.x * b.x) * invert(1n - product)),
  };
};
const multiply = (k: bigint, point: Point): Point => {
  let result = ZERO;
  for (let p = point, e = k; e > 0n; e >>= 1n, p = add(p, p)) if (e & 1n) result = add(result, p);
  return result;
};
/** The point with this y and this lowest bit of x, if there is one. */
const withY = (y: bigint, odd: bigint): Point | undefined => {
  const square = mod((y * y - 1n) * invert(D * y * y + 1n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * power(2n, (P - 1n) / 4n));
  if (mod(x * x) !== square) return undefined;
  return { x: (x & 1n) === odd ? x : mod(-x), y };
};
const B = withY(mod(4n * invert(5n)), 0n) as Point;

const little = (n: bigint, length = 32): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => Number((n >> BigInt(8 * i)) & 255n));
const integer = (bytes: Uint8Array): bigint => bytes.reduceRight((n, byte) => (n << 8n) | BigInt(byte), 0n);
/** An encoding of y and the sign of x, canonical or not. */
const spell = (y: bigint, odd: bigint): Uint8Array => little(y | (odd << 255n));
const encode = ({ x, y }: Point): Uint8Array => spell(y, x & 1n);
const challenge = (R: Uint8Array, A: Uint8Array, message: Uint8Array): bigint =>
  integer(createHash("sha512").update(R).update(A).update(message).digest()) % L;
const join = (R: Uint8Array, S: bigint): Uint8Array => Uint8Array.of(...R, ...little(S));

const message = new TextEncoder().encode("one remedy");
const secret = 0x1234567890abcdef1234567890abcdefn * 8n;
const nonce = 0xfedcba9876543210fedcba9876543210n;
const A = multiply(secret, B);
const R = multiply(nonce, B);
/** A signature of `secret` under any spelling of key and nonce point. */
const signAs = (key: Uint8Array, point: Uint8Array, r = nonce, text = message): Uint8Array =>
  join(point, mod(r + challenge(point, key, text) * secret, L));

const torsion: Point[] = [];
beforeAll(() => {
  // L times any point has an order that divides 8; one of order 8 makes the seven others.
  for (let y = 2n; torsion.length === 0; y++) {
    const point = withY(y, 0n);
    if (point === undefined) continue;
    const small = multiply(L, point);
    if (multiply(4n, small).y !== 1n) for (let k = 0n; k < 8n; k++) torsion.push(multiply(k, small));
  }
});

describe("Ed25519, strictly", () => {
  test("L5 the plain arithmetic of this test signs what is verified", async () => {
    expect(await verifySignature(encode(A), signAs(encode(A), encode(R)), message)).toBe(true);
    expect(await verifySignature(encode(A), signAs(encode(A), encode(R)), message.slice(1))).toBe(false);
  });

  test("L5 all eight points of small order are no keys, in every spelling", async () => {
    expect(new Set(torsion.map((point) => Buffer.from(encode(point)).toString("hex"))).size).toBe(8);
    let spellings = 0;
    for (const { y } of torsion) {
      for (const odd of [0n, 1n]) {
        for (const spelled of [y, y + P]) {
          if (spelled >= 2n ** 255n) continue;
          const key = spell(spelled, odd);
          spellings++;
          expect(isStrictPublicKey(key)).toBe(false);
          // S = r satisfies [S]B = R + [k]A whenever k is a multiple of A's order, so one message in eight would verify.
          for (let i = 0; i < 16; i++) {
            expect(await verifySignature(key, join(encode(R), nonce), Uint8Array.of(i))).toBe(false);
          }
        }
      }
    }
    expect(spellings).toBeGreaterThanOrEqual(16);
  });

  test("L5 a key in a second spelling (y + p) is refused, its first is a key", () => {
    let found = 0;
    for (let y = 2n; y < 19n; y++) {
      const point = withY(y, 0n);
      if (point === undefined) continue;
      found++;
      expect(isStrictPublicKey(spell(y, 0n))).toBe(true);
      expect(isStrictPublicKey(spell(y + P, 0n))).toBe(false);
      expect(isStrictPublicKey(spell(y + P, 1n))).toBe(false);
    }
    expect(found).toBeGreaterThan(3);
    expect(isStrictPublicKey(little(P))).toBe(false);
    expect(isStrictPublicKey(little(2n ** 256n - 1n))).toBe(false);
  });

  test("L5 S of L or more is refused: anybody can add L to a signature", async () => {
    const good = signAs(encode(A), encode(R));
    const S = integer(good.subarray(32));
    for (let S2 = S + L; S2 < 2n ** 256n; S2 += L) {
      const malleated = join(encode(R), S2);
      expect(isStrictSignature(malleated)).toBe(false);
      expect(await verifySignature(encode(A), malleated, message)).toBe(false);
    }
    expect(isStrictSignature(join(encode(R), L))).toBe(false);
    expect(isStrictSignature(join(encode(R), L - 1n))).toBe(true);
  });

  test("L5 R of small order is refused, although the equation holds", async () => {
    for (const point of torsion) {
      const spellings = [encode(point), spell(point.y, 1n - (point.x & 1n))];
      if (point.y < 19n) spellings.push(little(point.y + P));
      for (const spelled of spellings) {
        // R = 0: S = k a.
        expect(isStrictSignature(signAs(encode(A), spelled, 0n))).toBe(false);
        expect(await verifySignature(encode(A), signAs(encode(A), spelled, 0n), message)).toBe(false);
      }
    }
  });

  test("L5 a key of mixed order counts by the equation without cofactor", async () => {
    const T = torsion.find((point) => multiply(4n, point).y !== 1n) as Point;
    const mixed = encode(add(A, T));
    const verdicts = new Set<boolean>();
    for (let i = 0; i < 40; i++) {
      const text = Uint8Array.of(i);
      const signature = signAs(mixed, encode(R), nonce, text);
      const holds = challenge(encode(R), mixed, text) % 8n === 0n;
      expect(await verifySignature(mixed, signature, text)).toBe(holds);
      verdicts.add(holds);
    }
    expect(verdicts.size).toBe(2);
  });

  test("L5 R of mixed order is refused: it satisfies only the equation with cofactor", async () => {
    for (const point of torsion.slice(1)) {
      const signature = signAs(encode(A), encode(add(R, point)));
      expect(await verifySignature(encode(A), signature, message)).toBe(false);
    }
  });

  test("L5 a point that is not on the curve is nobody's", async () => {
    let y = 2n;
    while (withY(y, 0n) !== undefined) y++;
    expect(await verifySignature(little(y), signAs(little(y), encode(R)), message)).toBe(false);
    expect(await verifySignature(encode(A), signAs(encode(A), little(y)), message)).toBe(false);
  });

  test("L5 any flipped bit of key, signature or message is noticed", async () => {
    const key = await seededKey(7);
    const signature = await key.sign(message);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(0, 1, 2), fc.nat(), fc.nat(7), async (part, at, bit) => {
        const parts = [key.publicKey.slice(), signature.slice(), message.slice()] as const;
        const changed = parts[part] as Uint8Array;
        changed[at % changed.length] = (changed[at % changed.length] as number) ^ (1 << bit);
        expect(await verifySignature(...parts)).toBe(false);
      }),
      { numRuns: 300 },
    );
    expect(await verifySignature(key.publicKey, signature, message)).toBe(true);
  });

  test("L5 keys and signatures of other lengths are refused", async () => {
    const key = await seededKey(7);
    const signature = await key.sign(message);
    for (const length of [0, 31, 33, 4096]) expect(isStrictPublicKey(new Uint8Array(length).fill(9))).toBe(false);
    expect(await verifySignature(new Uint8Array(31), signature, message)).toBe(false);
    expect(await verifySignature(key.publicKey, signature.subarray(1), message)).toBe(false);
    expect(await verifySignature(key.publicKey, Uint8Array.of(...signature, 0), message)).toBe(false);
    expect(await publicCryptoKey("no key" as never)).toBeUndefined();
  });
});

describe("keys", () => {
  test("a seed gives the same key and the same signature everywhere", async () => {
    // RFC 8032, section 7.1, test 1.
    const key = await importSeed(
      Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex"),
    );
    expect(Buffer.from(key.publicKey).toString("hex")).toBe(
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    );
    expect(Buffer.from(await key.sign(new Uint8Array(0))).toString("hex")).toBe(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    );
  });

  test("L5 a check leaves what it was given as it was, also where `slice` shares memory", async () => {
    class Shared extends Uint8Array {
      override slice(from?: number, to?: number): Uint8Array<ArrayBuffer> {
        return this.subarray(from, to) as Uint8Array<ArrayBuffer>;
      }
    }
    // About half of all signatures have the bit that the check for small order leaves out.
    for (let i = 0; i < 32; i++) {
      const key = await generateKey();
      const signature = Shared.from(await key.sign(message));
      const publicKey = Shared.from(key.publicKey);
      expect(await verifySignature(publicKey, signature, message)).toBe(true);
      expect(await verifySignature(publicKey, signature, message)).toBe(true);
      expect(equalBytes(publicKey, key.publicKey)).toBe(true);
    }
  });

  test("a new key survives the way through its seed; one that is not extractable has none", async () => {
    const key = await generateKey();
    const again = await importSeed(await exportSeed(key));
    expect(again.id).toBe(key.id);
    expect(equalBytes(again.publicKey, key.publicKey)).toBe(true);
    const hidden = await generateKey({ extractable: false });
    await expect(exportSeed(hidden)).rejects.toThrow();
    expect(await verifySignature(hidden.publicKey, await hidden.sign(message), message)).toBe(true);
    await expect(importSeed(new Uint8Array(31))).rejects.toThrow(/32 bytes/);
  });

  test("a pair kept elsewhere is wrapped", async () => {
    const pair = (await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"])) as CryptoKeyPair;
    const key = await keyFromCrypto(pair);
    expect(await verifySignature(key.publicKey, await key.sign(message), message)).toBe(true);
  });

  test("L5 a runtime without Ed25519 gets a sentence that says what to do", async () => {
    expect((await checkEd25519()).ok).toBe(true);
    const without = { generateKey: () => Promise.reject(new Error("NotSupportedError")) } as unknown as SubtleCrypto;
    for (const subtle of [without, null as unknown as SubtleCrypto]) {
      const checked = await checkEd25519(subtle);
      expect(checked).toMatchObject({ ok: false, refusal: { rule: "L5", fault: "none" } });
      expect(checked.ok || checked.refusal.message).toMatch(/Node 22/);
    }
  });
});
