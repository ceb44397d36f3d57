import { encode as cborgEncode } from "cborg";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CborValue, decodeCbor, decodeCborItems, encodeCbor, notJson, scanCbor, tryEncodeCbor } from "./cbor.js";
import { equalBytes } from "./hash.js";
import { MAX_NESTING, MAX_STRING_BYTES } from "./limits.js";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const WIDE = { nesting: 64, stringBytes: 1e6, allowBytes: true } as const;

const key = fc.string({ unit: "binary", maxLength: 30 }).filter((text) => text !== "__proto__" && text.isWellFormed());
const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.integer({ min: -300, max: 70_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
  fc.string({ unit: "binary", maxLength: 80 }).filter((text) => text.isWellFormed()),
  fc.uint8Array({ maxLength: 40 }),
);
const { value: anyValue } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie("value"), { maxLength: 6 }),
    fc.dictionary(key, tie("value"), { maxKeys: 8, noNullPrototype: true }),
  ),
}));

describe("deterministic CBOR", () => {
  test("L4 what is written is read back, and the bytes are those of another encoder", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encodeCbor(value);
        expect(Buffer.from(bytes).equals(Buffer.from(cborgEncode(value, { float64: true })))).toBe(true);
        const decoded = decodeCbor(bytes, WIDE);
        expect(decoded).toEqual({ ok: true, value });
        expect(scanCbor(bytes, WIDE)).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  test("L4 random bytes never throw, and what is accepted is the one spelling of its value", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const decoded = decodeCbor(bytes, WIDE);
        if (decoded.ok) expect(equalBytes(encodeCbor(decoded.value), bytes)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  test("L4 valid bytes with bytes changed, cut or added are refused or the one spelling of another value", () => {
    fc.assert(
      fc.property(
        anyValue,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: -3, max: 3 }),
        (value, changes, growth) => {
          const bytes = encodeCbor(value);
          const changed = new Uint8Array(Math.max(0, bytes.length + growth));
          changed.set(bytes.subarray(0, changed.length));
          for (const [at, byte] of changes) if (changed.length > 0) changed[at % changed.length] = byte;
          const decoded = decodeCbor(changed, WIDE);
          if (decoded.ok) expect(equalBytes(encodeCbor(decoded.value), changed)).toBe(true);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test("L7 writer and reader agree about every bound", () => {
    fc.assert(
      fc.property(anyValue, fc.nat(6), fc.nat(60), fc.boolean(), (value, nesting, stringBytes, allowBytes) => {
        const bounds = { nesting, stringBytes, allowBytes };
        const written = tryEncodeCbor(value, bounds);
        const read = decodeCbor(encodeCbor(value), bounds);
        expect(written.ok).toBe(read.ok);
        if (!written.ok && !read.ok) expect(written.limit || !allowBytes).toBe(read.limit || !allowBytes);
      }),
      { numRuns: 1000 },
    );
  });

  const hostile: readonly (readonly [string, string])[] = [
    ["an integer in one byte more", "18 17"],
    ["an integer in two bytes more", "19 00ff"],
    ["an integer in four bytes more", "1a 0000ffff"],
    ["an integer in eight bytes more", "1b 00000000ffffffff"],
    ["2^53", "1b 0020000000000000"],
    ["2^64 - 1", "1b ffffffffffffffff"],
    ["-2^53", "3b 001fffffffffffff"],
    ["an indefinite array", "9f 01 ff"],
    ["an indefinite map", "bf 61 61 01 ff"],
    ["an indefinite text", "7f 61 61 ff"],
    ["an indefinite byte string", "5f 41 00 ff"],
    ["a lone break", "ff"],
    ["reserved lengths", "1c"],
    ["a tag", "c0 61 61"],
    ["a bignum", "c2 41 01"],
    ["undefined", "f7"],
    ["a simple value", "f0"],
    ["a simple value of two bytes", "f8 ff"],
    ["a half float", "f9 3e00"],
    ["a single float", "fa 3fc00000"],
    ["an integer as a float", "fb 3ff0000000000000"],
    ["-0", "fb 8000000000000000"],
    ["0 as a float", "fb 0000000000000000"],
    ["NaN", "fb 7ff8000000000000"],
    ["NaN with a payload", "fb 7ff8000000000001"],
    ["infinity", "fb 7ff0000000000000"],
    ["a repeated key", "a2 61 61 01 61 61 02"],
    ["keys out of order", "a2 61 62 01 61 61 02"],
    ["a longer key first", "a2 62 61 61 01 61 62 02"],
    ["a number as key", "a1 01 01"],
    ["a byte string as key", "a1 41 61 01"],
    ["the key __proto__", "a1 69 5f5f70726f746f5f5f 01"],
    ["an overlong key head", "a1 78 01 61 01"],
    ["text cut in a character", "61 c3"],
    ["an overlong UTF-8 character", "62 c080"],
    ["a UTF-8 surrogate", "63 eda080"],
    ["a character beyond Unicode", "64 f4908080"],
    ["a text longer than the rest", "65 61"],
    ["a byte string longer than the rest", "45 61"],
    ["an array longer than the rest", "82 01"],
    ["a billion elements", "9a 3b9aca00 01"],
    ["2^53 elements", "9b 001fffffffffffff"],
    ["a map longer than the rest", "a2 61 61 01"],
    ["bytes after the value", "01 01"],
    ["nothing", ""],
    ["only the first byte of a head", "19"],
  ];
  test.each(hostile)("L4 refuses %s", (_, bytes) => {
    const decoded = decodeCbor(hex(bytes), { allowBytes: true });
    expect(decoded).toMatchObject({ ok: false, limit: false });
  });

  test.each([
    ["2^53 - 1", "1b 001fffffffffffff", Number.MAX_SAFE_INTEGER],
    ["-(2^53 - 1)", "3b 001ffffffffffffe", Number.MIN_SAFE_INTEGER],
    ["2^53 as a float", "fb 4340000000000000", 2 ** 53],
    ["the smallest float", "fb 0000000000000001", Number.MIN_VALUE],
    ["a key called constructor", "a1 6b 636f6e7374727563746f72 01", { constructor: 1 }],
    ["a text with a byte order mark", "64 efbbbf 61", "\ufeffa"],
  ])("L4 reads %s", (_, bytes, value) => {
    expect(decodeCbor(hex(bytes))).toEqual({ ok: true, value });
    expect(equalBytes(encodeCbor(value), hex(bytes))).toBe(true);
  });

  test("L4 byte strings are refused where JSON is expected", () => {
    expect(decodeCbor(hex("41 00")).ok).toBe(false);
    expect(tryEncodeCbor(new Uint8Array(1)).ok).toBe(false);
  });

  test("L7 nesting ends at the bound, however deep the bytes go", () => {
    const nested = (depth: number) => Uint8Array.of(...new Array<number>(depth).fill(0x81), 1);
    expect(decodeCbor(nested(MAX_NESTING)).ok).toBe(true);
    expect(decodeCbor(nested(MAX_NESTING + 1))).toMatchObject({ ok: false, limit: true });
    expect(decodeCbor(new Uint8Array(1_000_000).fill(0x81))).toMatchObject({ ok: false, limit: true });
    expect(decodeCbor(new Uint8Array(1_000_000).fill(0xa1)).ok).toBe(false);
  });

  test("L7 a text is measured in bytes, not in characters", () => {
    const within = "ä".repeat(MAX_STRING_BYTES / 2);
    expect(tryEncodeCbor(within).ok).toBe(true);
    expect(tryEncodeCbor(`${within}a`)).toMatchObject({ ok: false, limit: true });
    expect(decodeCbor(encodeCbor(`${within}a`))).toMatchObject({ ok: false, limit: true });
    expect(tryEncodeCbor({ ["k".repeat(MAX_STRING_BYTES + 1)]: 1 })).toMatchObject({ ok: false, limit: true });
  });

  test("L4 elements of an array are measured one by one", () => {
    const items = [1, "four", [1, [2]], {}];
    const read = decodeCborItems(encodeCbor(items));
    expect(read).toEqual({ ok: true, value: { items, sizes: [1, 5, 4, 1] } });
    expect(decodeCborItems(hex("01")).ok).toBe(false);
    expect(decodeCborItems(hex("")).ok).toBe(false);
    expect(decodeCborItems(hex("81 01 01")).ok).toBe(false);
    expect(decodeCborItems(hex("9a ffffffff")).ok).toBe(false);
  });

  test("a getter that encodes something else is a bug that is named, and the next value is whole", () => {
    const sly = {
      get a() {
        return encodeCbor("another").length;
      },
    };
    expect(() => tryEncodeCbor(sly)).toThrow(/getter/);
    expect(equalBytes(encodeCbor([1]), hex("81 01"))).toBe(true);
  });

  test("a large value leaves no trace in the next one", () => {
    const large = encodeCbor("x".repeat(300_000));
    const small = encodeCbor({ b: [1], a: null });
    expect(large.length).toBe(300_005);
    expect(Buffer.from(small).toString("hex")).toBe("a26161f661628101");
    expect(decodeCbor(small).ok).toBe(true);
  });
});

describe("what JSON cannot carry", () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  class Special {
    readonly a = 1;
  }
  test.each([
    ["undefined", undefined],
    ["undefined in an array", [undefined]],
    ["a hole", new Array(1)],
    ["NaN", { a: Number.NaN }],
    ["infinity", [Number.POSITIVE_INFINITY]],
    ["a bigint", 1n],
    ["a function", () => 1],
    ["a symbol", { a: Symbol("a") }],
    ["a date", new Date(0)],
    ["a map", new Map()],
    ["a class", new Special()],
    ["bytes", new Uint8Array(1)],
    ["a lone surrogate", "\ud800"],
    ["a lone surrogate in a long text", `${"a".repeat(100)}\udc00`],
    ["a key with a lone surrogate", { "\ud800": 1 }],
    ["an own __proto__", JSON.parse('{"__proto__":1}')],
    ["a cycle", cycle],
  ])("R1 %s is refused with a reason", (_, value) => {
    expect(tryEncodeCbor(value).ok).toBe(false);
    expect(notJson(value)).toMatch(/value/);
  });

  test("R1 writer and explanation agree on JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const written = tryEncodeCbor(value);
        expect(notJson(value) === undefined).toBe(written.ok);
        if (written.ok)
          expect(decodeCbor(written.value)).toEqual({ ok: true, value: JSON.parse(JSON.stringify(value)) });
      }),
    );
  });

  test("undefined members are left out, and -0 is 0, as in JSON", () => {
    expect(equalBytes(encodeCbor({ a: undefined, b: -0 } as unknown as CborValue), encodeCbor({ b: 0 }))).toBe(true);
  });
});
