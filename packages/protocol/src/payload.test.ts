import { deflateRawSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CborValue, decodeCbor, encodeCbor } from "./cbor.js";
import { equalBytes } from "./hash.js";
import { inflate } from "./inflate.js";
import {
  MAX_CANON_PAYLOAD_BYTES,
  MAX_CANON_RECORDS_PER_BLOCK,
  MAX_NESTING,
  MAX_PAYLOAD_BYTES,
  MAX_RECORD_BYTES,
  MAX_RECORDS_PER_BLOCK,
  MAX_STRING_BYTES,
} from "./limits.js";
import { CODEC_CBOR, CODEC_DEFLATE, encodePayload, encodeRecord, readPayload } from "./payload.js";
import { record } from "./record-versions.js";
import type { AnyRecord, JsonValue } from "./records.js";
import { accepted, seededGeneration } from "./testing/seeded-swarm.js";

const next = record("next", { generation: seededGeneration(1) });
const context = (value: unknown): AnyRecord =>
  record("signal", {
    type: "ERROR_RESOLVED",
    problem: { error: { message: "m" } },
    mitigation: { text: "t" },
    context: value as { readonly [key: string]: JsonValue },
    at: 1,
  });
const read = (value: CborValue, role: "agent" | "orchestrator" = "agent") =>
  readPayload(CODEC_CBOR, encodeCbor(value), role);
const refused = (verdict: ReturnType<typeof readPayload>, rule: "L7" | "R1", why: RegExp) => {
  expect(verdict).toMatchObject({ ok: false, refusal: { rule, fault: "writer" } });
  expect(verdict.ok || verdict.refusal.message).toMatch(why);
};

/** Bodies as an author could write them. */
const anyRecord: fc.Arbitrary<AnyRecord> = fc.oneof(
  fc
    .jsonValue({ maxDepth: 3 })
    .filter((value) => !JSON.stringify(value).includes("__proto__"))
    .map((value) => context({ value })),
  fc.record({ message: fc.string({ unit: "binary" }), at: fc.nat() }).map(({ message, at }) =>
    record("signal", {
      type: "custom/thing",
      problem: { error: { message: message.toWellFormed() }, facts: { at, constructor: true, toString: "x" } },
      mitigation: { text: "do it" },
      at,
    }),
  ),
  fc
    .record({
      of: fc.string({
        unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
        minLength: 1,
        maxLength: 64,
      }),
      version: fc.integer({ min: 2, max: 9 }),
    })
    .map(({ of, version }): AnyRecord => ({ type: "unknown", of, version, body: [of, { version }] })),
);

describe("payloads", () => {
  test("R1 records go there and back, plain and compressed, and encode to the same bytes again", () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 40 }), (records) => {
        const encoded = records.map((one) => accepted(encodeRecord(one)));
        const { codec, payload } = encodePayload(encoded);
        const back = accepted(readPayload(codec, payload, "agent"));
        expect(back).toEqual(JSON.parse(JSON.stringify(records)));
        for (const [i, one] of back.entries()) {
          expect(equalBytes(accepted(encodeRecord(one)), encoded[i] as Uint8Array)).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("R1 what the author's side accepts, every reader accepts", () => {
    const anything = fc.anything({
      maxDepth: 3,
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSparseArray: true,
      withTypedArray: true,
    });
    fc.assert(
      fc.property(
        fc.constantFrom("signal", "outcome", "next", "other"),
        fc.integer({ min: -1, max: 2 }),
        anything,
        (type, version, body) => {
          const encoded = encodeRecord(
            (type === "other" ? { type: "unknown", of: type, version, body } : { type, version, body }) as AnyRecord,
          );
          if (!encoded.ok) expect(encoded.refusal.rule).toMatch(/^(R1|L7)$/);
          else expect(readPayload(CODEC_CBOR, encodePayload([encoded.value]).payload, "agent").ok).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("R1 L7 mutated payloads never throw and are never accepted in a second spelling", () => {
    const plain = encodeCbor([
      ["next", 1, { generation: seededGeneration(1) }],
      ["other", 2, { a: [1, "b", null, -5, 1.5] }],
    ]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(CODEC_CBOR, CODEC_DEFLATE),
        (changes, codec) => {
          const bytes = codec === CODEC_CBOR ? plain.slice() : Uint8Array.from(deflateRawSync(plain));
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
          const verdict = readPayload(codec, bytes, "agent");
          if (!verdict.ok) return;
          const inflated = codec === CODEC_CBOR ? bytes : inflate(bytes, MAX_PAYLOAD_BYTES);
          const cbor = inflated instanceof Uint8Array ? inflated : inflated.ok ? inflated.value : new Uint8Array(0);
          const again = verdict.value.map((one) => decodeCbor(accepted(encodeRecord(one))));
          expect(equalBytes(encodeCbor(again.map((one) => (one.ok ? one.value : null))), cbor)).toBe(true);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test("E5 unknown types, versions and codecs are kept as they are", () => {
    expect(
      accepted(
        read([
          ["newer", 3, { a: 1 }],
          ["signal", 3, [1]],
          ["constructor", 1, null],
        ]),
      ),
    ).toEqual([
      { type: "unknown", of: "newer", version: 3, body: { a: 1 } },
      { type: "unknown", of: "signal", version: 3, body: [1] },
      { type: "unknown", of: "constructor", version: 1, body: null },
    ]);
    expect(accepted(readPayload(7, new Uint8Array(100).fill(255), "agent"))).toEqual([
      { type: "unknown", of: "codec 7", version: 0, body: null },
    ]);
    refused(readPayload(7, new Uint8Array(MAX_PAYLOAD_BYTES + 1), "agent"), "L7", /bytes/);
  });

  test.each<[string, CborValue]>([
    ["a map of records", { a: 1 }],
    ["a record of two", [["next", 1]]],
    ["a record of four", [["next", 1, { generation: "x" }, 1]]],
    ["a record that is a map", [{ type: "next" }]],
    ["a type that is a number", [[1, 1, {}]]],
    ["an empty type", [["", 1, {}]]],
    ["a type that cannot be shown", [["a\u001b[2J", 1, {}]]],
    ["a type with a space", [["a b", 1, {}]]],
    ["a type of 65 characters", [["x".repeat(65), 1, {}]]],
    ["version 0", [["x", 0, {}]]],
    ["version 1.5", [["x", 1.5, {}]]],
    ["a byte string", [["x", 1, new Uint8Array(1)]]],
    ["a known record with a bad body", [["next", 1, { generation: "x" }]]],
    [
      "a good record and a bad one",
      [
        ["next", 1, { generation: seededGeneration(1) }],
        ["next", 1, {}],
      ],
    ],
  ])("R1 refuses %s", (_, value) => {
    refused(read(value), "R1", /./);
  });

  test("R1 refuses a stream that is damaged, cut, or has bytes behind it", () => {
    const stream = deflateRawSync(encodeCbor([["next", 1, { generation: seededGeneration(1) }]]));
    expect(readPayload(CODEC_DEFLATE, stream, "agent").ok).toBe(true);
    refused(readPayload(CODEC_DEFLATE, Uint8Array.of(...stream, 0), "agent"), "R1", /bytes after the end/);
    refused(readPayload(CODEC_DEFLATE, stream.subarray(0, -1), "agent"), "R1", /cut short/);
    refused(readPayload(CODEC_DEFLATE, Uint8Array.of(7), "agent"), "R1", /unknown kind/);
    refused(readPayload(CODEC_DEFLATE, new Uint8Array(0), "agent"), "R1", /cut short/);
  });
});

describe("L7 limits of a payload", () => {
  test("L7 a bomb ends at the bound of the writer's role", () => {
    const bomb = deflateRawSync(Buffer.alloc(64 << 20));
    expect(bomb.length).toBeLessThan(MAX_PAYLOAD_BYTES);
    refused(readPayload(CODEC_DEFLATE, bomb, "agent"), "L7", new RegExp(`more than ${MAX_PAYLOAD_BYTES}`));
    refused(readPayload(CODEC_DEFLATE, bomb, "orchestrator"), "L7", new RegExp(`more than ${MAX_CANON_PAYLOAD_BYTES}`));
  });

  test("L7 1 to 1,024 records, in canon 8,192", () => {
    const of = (count: number) => new Array<CborValue>(count).fill(["x", 1, null]);
    refused(read([]), "L7", /0 records/);
    expect(read(of(MAX_RECORDS_PER_BLOCK)).ok).toBe(true);
    refused(read(of(MAX_RECORDS_PER_BLOCK + 1)), "L7", /1025 records/);
    expect(read(of(MAX_CANON_RECORDS_PER_BLOCK), "orchestrator").ok).toBe(true);
    refused(read(of(MAX_CANON_RECORDS_PER_BLOCK + 1), "orchestrator"), "L7", /8193 records/);
    expect(() => encodePayload([])).toThrow(/at least one/);
    for (const count of [1, 23, 24, 255, 256, 8192]) {
      const { codec, payload } = encodePayload(new Array<Uint8Array>(count).fill(accepted(encodeRecord(next))));
      expect(accepted(readPayload(codec, payload, "orchestrator")).length).toBe(count);
    }
  });

  test("L7 a record over its bound is refused to its author and by every reader", () => {
    const text = "x".repeat(30_000);
    const large = context({ a: text, b: text, c: text });
    expect(encodeRecord(large)).toMatchObject({ ok: false, refusal: { rule: "L7" } });
    refused(read([["signal", 1, large.body as CborValue]]), "L7", new RegExp(`${MAX_RECORD_BYTES} allowed`));
    refused(read([["unheard", 1, [text, text, text]]]), "L7", new RegExp(`${MAX_RECORD_BYTES} allowed`));
  });

  test("L7 a text over its bound is refused to its author and by every reader", () => {
    const text = "ä".repeat(MAX_STRING_BYTES / 2);
    expect(encodeRecord(context({ text })).ok).toBe(true);
    expect(encodeRecord(context({ text: `${text}!` }))).toMatchObject({ ok: false, refusal: { rule: "L7" } });
    refused(read([["x", 1, `${text}!`]]), "L7", /text of 32769 bytes/);
  });

  test("L7 nesting over its bound is refused to its author and by every reader", () => {
    const nest = (depth: number): CborValue => (depth === 0 ? 1 : [nest(depth - 1)]);
    const body = (depth: number): AnyRecord => ({
      type: "unknown",
      of: "x",
      version: 1,
      body: nest(depth) as JsonValue,
    });
    expect(encodeRecord(body(MAX_NESTING - 1)).ok).toBe(true);
    expect(encodeRecord(body(MAX_NESTING))).toMatchObject({ ok: false, refusal: { rule: "L7" } });
    expect(read([["x", 1, nest(MAX_NESTING - 1)]]).ok).toBe(true);
    refused(read([["x", 1, nest(MAX_NESTING)]]), "L7", /nested deeper/);
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(encodeRecord(context(cycle))).toMatchObject({ ok: false, refusal: { rule: "L7" } });
  });

  test("L7 a payload of a member ends at 256 KiB, of canon at 1 MiB", () => {
    const row: CborValue = ["x", 1, "y".repeat(30_000)];
    const of = (rows: number) => new Array<CborValue>(rows).fill(row);
    expect(read(of(8)).ok).toBe(true);
    refused(read(of(9)), "L7", /allowed/);
    expect(read(of(30), "orchestrator").ok).toBe(true);
    refused(read(of(36), "orchestrator"), "L7", /allowed/);
  });
});

describe("R1 values JSON cannot carry are refused to their author", () => {
  test.each([
    ["undefined", { a: [undefined] }],
    ["a bigint", { a: 1n }],
    ["a date", { a: new Date(0) }],
    ["NaN", { a: Number.NaN }],
    ["bytes", { a: new Uint8Array(1) }],
    ["a lone surrogate", { a: "\ud800" }],
    ["__proto__", JSON.parse('{"__proto__":1}')],
  ])("R1 %s", (_, value) => {
    const encoded = encodeRecord(context(value));
    expect(encoded).toMatchObject({ ok: false, refusal: { rule: "R1" } });
    expect(encoded.ok || encoded.refusal.message).toMatch(/signal\.context/);
  });
});
