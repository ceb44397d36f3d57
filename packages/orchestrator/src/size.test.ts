import { emptyView } from "@herdmind/experience";
import {
  type AnyRecord,
  cborSize,
  encodePayload,
  encodeRecord,
  generateKey,
  type JsonValue,
  MAX_PAYLOAD_BYTES,
  MAX_RECORDS_PER_BLOCK,
  payloadLimits,
  record,
  type Signal,
  textBytes,
} from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AdmissionRules, admitUnit } from "./admit-unit.js";
import { createDraft, standingOf } from "./draft.js";
import { createIdentities } from "./identities.js";
import { CANON_BLOCK_BYTES, cutText, recordSize } from "./size.js";

const encoded = (one: AnyRecord): number => {
  const bytes = encodeRecord(one);
  if (!bytes.ok) throw new Error(bytes.refusal.message);
  return bytes.value.length;
};

describe("sizes", () => {
  it("are those of the encoder", () => {
    const text = fc.oneof(fc.string({ unit: "grapheme", maxLength: 40 }), fc.string({ minLength: 20, maxLength: 300 }));
    const json = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.maxSafeInteger(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 30 }),
        fc.dictionary(text, tie("value")),
      ),
    })).value;
    fc.assert(
      fc.property(fc.dictionary(text, json), (context) => {
        const one = record("signal", {
          type: "ERROR_RESOLVED",
          problem: {},
          mitigation: { text: "x" },
          context,
          at: 1,
        });
        const bytes = encodeRecord(one);
        fc.pre(bytes.ok);
        if (bytes.ok) expect(recordSize(one)).toBe(bytes.value.length);
      }),
    );
  });

  it("are those of the encoder at the borders of numbers", () => {
    for (const border of [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      for (const at of [border, -border, -1 - border].filter(Number.isSafeInteger)) {
        const mitigation = { text: "x" };
        const one = record("signal", { type: "ERROR_RESOLVED", problem: {}, mitigation, context: { at }, at: 1 });
        expect([at, recordSize(one)]).toEqual([at, encoded(one)]);
      }
    }
  });

  it("cut texts within their bytes, between characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), fc.integer({ min: 4, max: 80 }), (text, bytes) => {
        const cut = cutText(text, bytes);
        expect(textBytes(cut)).toBeLessThanOrEqual(bytes);
        expect(new TextEncoder().encode(cut).length).toBe(textBytes(cut));
        expect(cut.isWellFormed()).toBe(true);
        if (textBytes(text) <= bytes) expect(cut).toBe(text);
      }),
    );
  });
});

/** Blocks that a writer may sign, made to give the largest effects: as many records as fit, of one kind each. */
const hostile = (): readonly (readonly [string, (n: number) => AnyRecord])[] => {
  const letters = (n: number) => [...String(n)].map((digit) => "qwrtzpsdfg"[Number(digit)]).join("");
  const signal = (more: Partial<Signal>): AnyRecord =>
    record("signal", { type: "ERROR_RESOLVED", problem: {}, mitigation: { text: "m" }, at: 9e15, ...more } as Signal);
  const wide = "\u20ac";
  return [
    ["many small problems", (n) => signal({ problem: { text: `a ${letters(n)}` } })],
    ["titles of three bytes a character", (n) => signal({ problem: { text: `${wide.repeat(50)} ${letters(n)}` } })],
    ["search texts that grow by masks", (n) => signal({ problem: { text: `${"1 ".repeat(40)}${letters(n)}` } })],
    [
      "long validations",
      (n) =>
        signal({
          type: "VALIDATION_PASSED",
          problem: { domain: `${letters(n)}${"d".repeat(60)}`, approach: `${wide.repeat(30)}` },
        }),
    ],
    [
      "large mitigations",
      (n) =>
        signal({
          problem: { text: `b ${letters(n)}` },
          mitigation: { text: "m".repeat(15_000), data: { x: wide.repeat(300) } },
        }),
    ],
    [
      "large discoveries and facts",
      (n) =>
        signal({ problem: { text: `c ${letters(n)}`, facts: { f: "f".repeat(3000) } }, discovery: wide.repeat(5000) }),
    ],
    [
      "whom they concern",
      (n) =>
        signal({
          problem: { text: `d ${letters(n)}` },
          appliesTo: { tools: { $in: Array.from({ length: 19 }, () => wide.repeat(100)) } },
          tags: Array.from({ length: 16 }, () => wide.repeat(64)),
        }),
    ],
    ["rejections", (n) => signal({ type: `team/${"x".repeat(90)}`, problem: { text: letters(n) } })],
    [
      "outcomes of entries that are not there",
      (n) => record("outcome", { entry: `${letters(n).padEnd(42, "a")}A` as never, success: true, at: 9e15 }),
    ],
  ];
};

describe("L7 the effects of any block fit into one block of canon", () => {
  it.each(hostile())("%s", async (_, make) => {
    const { id: writer } = await generateKey();
    const records: AnyRecord[] = [];
    let bytes = 16;
    while (records.length < MAX_RECORDS_PER_BLOCK) {
      const one = make(records.length);
      const size = encoded(one);
      if (bytes + size > MAX_PAYLOAD_BYTES) break;
      bytes += size;
      records.push(one);
    }
    const view = emptyView();
    const identify = createIdentities();
    const rules: AdmissionRules = {
      swarm: `${"s".repeat(42)}A` as never,
      view: () => view,
      members: () => ({ trusted: new Set(), now: 9e15, roleOf: () => undefined }),
      identify: (signal) => identify(signal, new Map()),
      inspect: () => undefined,
    };
    const draft = createDraft(standingOf(view, new Map(), new Set()));
    const log = { writer, generation: `${"g".repeat(21)}A` as never };
    const name = "\u20ac".repeat(200);
    const tally = admitUnit(
      draft,
      {
        log,
        membership: {
          writer,
          role: "agent",
          name,
          group: writer,
          invitations: [{ id: "i".repeat(64), issuer: writer, user: writer, expiresAtMs: undefined, uses: undefined }],
        },
        block: { log, sequence: 65_000, hash: `${"h".repeat(42)}A` as never, bytes: new Uint8Array(), records },
      },
      rules,
    );
    expect(Object.values(tally).reduce((sum, count) => sum + count, 0)).toBe(records.length);
    const effects = draft.toRecords().map((one) => {
      const made = encodeRecord(one);
      if (!made.ok) throw new Error(made.refusal.message);
      return made.value;
    });
    const total = effects.reduce((sum, one) => sum + one.length, 0);
    expect(draft.bytes()).toBeGreaterThanOrEqual(total);
    expect(total).toBeLessThanOrEqual(CANON_BLOCK_BYTES);
    expect(effects.length).toBeLessThanOrEqual(payloadLimits("orchestrator").records);
    expect(encodePayload(effects).payload.length).toBeLessThanOrEqual(payloadLimits("orchestrator").bytes);
    expect(cborSize(name)).toBe(603);
  });
});
