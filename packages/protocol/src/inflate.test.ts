import { deflateRawSync, inflateRawSync } from "node:zlib";
import * as fc from "fast-check";
import { deflateSync } from "fflate";
import { describe, expect, test } from "vitest";
import { inflate } from "./inflate.js";

const BOUND = 1 << 20;
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

/** zlib's word on the same bytes, without its tolerance of what follows the stream. */
const zlib = (bytes: Uint8Array): Buffer | undefined => {
  try {
    const { buffer, engine } = inflateRawSync(bytes, { info: true, maxOutputLength: BOUND }) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    return engine.bytesWritten === bytes.length ? buffer : undefined;
  } catch {
    return undefined;
  }
};

const texts = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc
    .array(fc.constantFrom("the port ", "is in use ", "retry with ", "é", "\0", "aaaaaaaaaaaaaaaaaaaaaaaa"), {
      maxLength: 900,
    })
    .map((words) => new TextEncoder().encode(words.join(""))),
);

describe("strict inflate", () => {
  test("L7 reads what two compressors write, at every level and strategy", () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 4 }), (plain, level, strategy) => {
        for (const deflated of [
          deflateSync(plain, { level: level as 0 }),
          deflateRawSync(plain, { level, strategy }),
          deflateRawSync(plain, { level, strategy, windowBits: 9 }),
        ]) {
          const inflated = inflate(deflated, BOUND);
          expect(inflated.ok && Buffer.from(inflated.value).equals(Buffer.from(plain))).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("L7 agrees with zlib about damaged streams, and never throws", () => {
    fc.assert(
      fc.property(
        texts,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: -2, max: 2 }),
        (plain, changes, growth) => {
          const deflated = deflateRawSync(plain);
          const changed = new Uint8Array(Math.max(1, deflated.length + growth));
          changed.set(deflated.subarray(0, changed.length));
          for (const [at, byte] of changes) changed[at % Math.min(changed.length, 80)] = byte;
          const ours = inflate(changed, BOUND);
          const theirs = zlib(changed);
          // We also refuse set bits behind the end; zlib does not look at them.
          if (ours.ok) expect(theirs?.equals(Buffer.from(ours.value))).toBe(true);
          else if (theirs !== undefined) expect(ours.why).toBe("bytes after the end");
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("L7 agrees with zlib about random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 120 }), fc.constantFrom(0, 1, 2, 3), (bytes, kind) => {
        bytes[0] = ((bytes[0] as number) & 0xf8) | (kind << 1) | 1;
        const ours = inflate(bytes, BOUND);
        const theirs = zlib(bytes);
        if (ours.ok) expect(theirs?.equals(Buffer.from(ours.value))).toBe(true);
        else if (theirs !== undefined) expect(ours.why).toBe("bytes after the end");
      }),
      { numRuns: 5000 },
    );
  });

  const deflated = deflateRawSync(Buffer.from("one remedy for one problem, one remedy for one problem"));
  test("L7 refuses every truncation", () => {
    for (let length = 0; length < deflated.length; length++) {
      expect(inflate(deflated.subarray(0, length), BOUND)).toMatchObject({ ok: false, why: "cut short" });
    }
  });
  test("L7 refuses anything after the end", () => {
    expect(inflate(deflated, BOUND).ok).toBe(true);
    for (const tail of [[0], [1], [3, 0], [...deflated]]) {
      expect(inflate(Uint8Array.of(...deflated, ...tail), BOUND)).toMatchObject({
        ok: false,
        why: "bytes after the end",
      });
    }
    // The same end-of-block code, then ones instead of zeros in the last byte.
    expect(inflate(hex("0300"), BOUND).ok).toBe(true);
    expect(inflate(hex("03fc"), BOUND)).toMatchObject({ ok: false, why: "bytes after the end" });
  });

  test("L7 stops a bomb at the bound", () => {
    const bomb = deflateRawSync(Buffer.alloc(64 << 20));
    expect(inflate(bomb, BOUND)).toEqual({ ok: false, limit: true, why: `inflates to more than ${BOUND} bytes` });
    const exact = deflateRawSync(Buffer.alloc(5000));
    expect(inflate(exact, 5000)).toMatchObject({ ok: true });
    expect(inflate(exact, 4999)).toMatchObject({ ok: false, limit: true });
    const stored = deflateRawSync(Buffer.alloc(5000, 1), { level: 0 });
    expect(inflate(stored, 5000)).toMatchObject({ ok: true });
    expect(inflate(stored, 4999)).toMatchObject({ ok: false, limit: true });
  });

  test("L7 refuses anything after a stored block, and accepts a stored block alone", () => {
    const stored = deflateRawSync(Buffer.from("plain"), { level: 0 });
    expect(inflate(stored, BOUND).ok).toBe(true);
    expect(inflate(Uint8Array.of(...stored, 0), BOUND)).toMatchObject({ ok: false, why: "bytes after the end" });
  });

  /** Bits as RFC 1951 packs them: numbers lowest bit first, `[value, count]`; codes as texts of 0 and 1, in order. */
  const pack = (...parts: readonly (readonly [number, number] | string)[]): Uint8Array => {
    const bits = parts.flatMap((part) =>
      typeof part === "string" ? [...part].map(Number) : Array.from({ length: part[1] }, (_, i) => (part[0] >> i) & 1),
    );
    const bytes = new Uint8Array(Math.ceil(bits.length / 8));
    for (const [i, bit] of bits.entries()) bytes[i >> 3] = (bytes[i >> 3] as number) | (bit << (i & 7));
    return bytes;
  };
  const FIXED = [3, 3] as const;
  const dynamic = (codeCount: number) =>
    [
      [5, 3],
      [0, 5],
      [0, 5],
      [codeCount - 4, 4],
    ] as const;
  /** Lengths of the code for lengths, by their order in the stream (16, 17, 18, 0, 8, ...). */
  const lengthsOf = (used: { readonly [at: number]: number }, count: number) =>
    Array.from({ length: count }, (_, i) => [used[i] ?? 0, 3] as const);
  const END = "0000000";

  test.each<[string, Uint8Array, string]>([
    ["a block of unknown kind", Uint8Array.of(7), "a block of unknown kind"],
    ["a stored length without its complement", Uint8Array.of(1, 1, 0, 0xfd, 0xff, 0), "a damaged length"],
    ["a distance before the start", pack(FIXED, "0000001", "00000", END), "a distance before the start"],
    [
      "a distance one before the start",
      pack(FIXED, "00110000", "0000001", "00001", END),
      "a distance before the start",
    ],
    ["a reserved length", pack(FIXED, "00110000", "11000110", "00000", END), "a code that stands for nothing"],
    ["a reserved distance", pack(FIXED, "00110000", "0000001", "11110", END), "a code that stands for nothing"],
    ["287 literal codes", pack([5, 3], [30, 5], [0, 5], [0, 4]), "too many codes"],
    ["31 distance codes", pack([5, 3], [0, 5], [30, 5], [0, 4]), "too many codes"],
    ["an over-subscribed code", pack(...dynamic(4), ...lengthsOf({ 0: 1, 1: 1, 2: 1 }, 4), [0, 20]), "a damaged code"],
    ["an incomplete code", pack(...dynamic(4), ...lengthsOf({ 0: 2, 1: 2 }, 4), [0, 20]), "a damaged code"],
    ["a repeat of nothing", pack(...dynamic(4), ...lengthsOf({ 0: 1, 1: 1 }, 4), "0", [0, 20]), "a damaged code"],
    [
      "a block without an end",
      // Lengths: 1, 1, then 138 and 118 zeros.
      pack(...dynamic(18), ...lengthsOf({ 2: 1, 17: 1 }, 18), "0", "0", "1", [127, 7], "1", [107, 7], [0, 30]),
      "a block without an end",
    ],
    [
      "more lengths than codes",
      pack(...dynamic(18), ...lengthsOf({ 2: 1, 17: 1 }, 18), "0", "0", "1", [127, 7], "1", [127, 7], [0, 30]),
      "a damaged code",
    ],
  ])("L7 refuses %s, as zlib does", (_, bytes, why) => {
    expect(inflate(bytes, BOUND)).toEqual({ ok: false, limit: false, why });
    expect(zlib(bytes)).toBeUndefined();
  });

  test("L7 the same bits without the fault are read", () => {
    const repeated = inflate(pack(FIXED, "00110000", "0000001", "00000", END), BOUND);
    expect(repeated.ok && [...repeated.value]).toEqual([0, 0, 0, 0]);
  });

  test("L7 a megabyte of empty blocks ends where it is cut", () => {
    const empty = new Uint8Array(1_000_000);
    for (let i = 0; i + 5 <= empty.length; i += 5) empty.set([0, 0, 0, 255, 255], i);
    expect(inflate(empty, BOUND)).toMatchObject({ ok: false, why: "cut short" });
  });
});
