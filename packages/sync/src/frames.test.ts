import { readFileSync } from "node:fs";
import { encodeCbor } from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleFrames } from "./frames.fixture.js";
import {
  decodeFrame,
  encodeFrame,
  MAX_CONTROL_FRAME_BYTES,
  MAX_FRAME_BYTES,
  MAX_ITEMS_PER_FRAME,
  MAX_WRITERS_IN_HELLO,
} from "./frames.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const frozen = JSON.parse(readFileSync(new URL("../fixtures/v1/frames.json", import.meta.url), "utf8")) as {
  name: string;
  hex: string;
}[];

describe("frames", () => {
  it("T4 are the frozen bytes of version 1", () => {
    expect(sampleFrames.map(({ name, frame }) => ({ name, hex: hex(encodeFrame(frame)) }))).toEqual(frozen);
  });

  it("are read back as they were", () => {
    for (const [i, { frame }] of sampleFrames.entries()) {
      const read = decodeFrame(Uint8Array.from(Buffer.from(frozen[i]?.hex ?? "", "hex")));
      expect(read).toEqual({ ok: true, value: frame });
    }
  });

  it("T4 random and mutated bytes never throw, and are only accepted when they are a frame's own bytes", () => {
    const all = sampleFrames.map(({ frame }) => encodeFrame(frame));
    const mutated = fc
      .tuple(fc.constantFrom(...all), fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { minLength: 1, maxLength: 4 }))
      .map(([bytes, changes]) => {
        const copy = bytes.slice();
        for (const [at, value] of changes) copy[at % copy.length] = value;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        const read = decodeFrame(bytes);
        if (!read.ok || read.value === undefined) return;
        // A hello may have further elements, which later versions define.
        if (read.value.kind !== "hello") expect(hex(encodeFrame(read.value))).toBe(hex(bytes));
      }),
      { numRuns: 3000 },
    );
  });

  it("T4 refuses other shapes, and passes over kinds it does not know", () => {
    const bad = [
      [0, 1, "most", []],
      [0, 1, "all", [new Uint8Array(31)]],
      [1, 1, []],
      [1, true, [new Uint8Array(0)]],
      [1, true, Array.from({ length: MAX_ITEMS_PER_FRAME + 1 }, () => new Uint8Array(100))],
      [2, [[new Uint8Array(32), new Uint8Array(16), 3, new Uint8Array(0)]]],
      [2, [[new Uint8Array(32), new Uint8Array(16), -1, new Uint8Array(0)]]],
      [3, new Uint8Array(32), new Uint8Array(15), new Uint8Array(2)],
      [4, [[new Uint8Array(32), new Uint8Array(16), 0, new Uint8Array(32)]]],
      [5, "rule one", "sender", "x", null, null, null],
      [5, "T1", "nobody", "x", null, null, null],
      [6, new Uint8Array(5000)],
      [8, 1.5],
      [10, [[new Uint8Array(32), new Uint8Array(16)]]],
      ["hello"],
      {},
    ];
    for (const each of bad) {
      expect(decodeFrame(encodeCbor(each as never)), JSON.stringify(each)).toMatchObject({
        ok: false,
        refusal: { rule: "T4", fault: "sender" },
      });
    }
    expect(decodeFrame(encodeCbor([11, "of a newer peer"]))).toEqual({ ok: true, value: undefined });
    expect(decodeFrame(encodeCbor([0, 1, "all", [], "more"]))).toMatchObject({ ok: true, value: { kind: "hello" } });
  });

  it("T4 stops at more values than any frame has, however small each is", () => {
    const values = 4 * 1024 * 1024;
    const empty = new Uint8Array(values + 7).fill(0x80);
    // [3, [[], [], ...], "", ""]: looks like blocks, and is 4 million arrays.
    empty.set([0x84, 3, 0x9a, ...[24, 16, 8, 0].map((shift) => (values >>> shift) & 255)]);
    expect(decodeFrame(empty.subarray(0, values + 7))).toMatchObject({
      ok: false,
      refusal: { rule: "T4", message: expect.stringContaining("more values than allowed") },
    });
    const writers = Array.from({ length: MAX_WRITERS_IN_HELLO }, () => new Uint8Array(32));
    expect(decodeFrame(encodeCbor([0, 1, "own", writers]))).toMatchObject({ ok: true });
    const need = [new Uint8Array(32), new Uint8Array(16), 3, new Uint8Array(200)];
    expect(decodeFrame(encodeCbor([2, Array.from({ length: MAX_ITEMS_PER_FRAME }, () => need)]))).toMatchObject({
      ok: true,
    });
  });

  it("L7 refuses a frame over the limits before it is looked at", () => {
    expect(decodeFrame(new Uint8Array(MAX_FRAME_BYTES + 1))).toMatchObject({ ok: false, refusal: { rule: "L7" } });
    expect(decodeFrame(encodeFrame({ kind: "proof", bytes: new Uint8Array(MAX_CONTROL_FRAME_BYTES) }))).toMatchObject({
      ok: false,
    });
  });
});
