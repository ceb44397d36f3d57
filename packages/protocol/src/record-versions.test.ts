import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { concat } from "./hash.js";
import { fromBase64url } from "./ids.js";
import { encodeRecord, readPayload } from "./payload.js";
import { readRecord, record, type Upcasts, upcast, upcasts } from "./record-versions.js";
import {
  type Immunization,
  type JsonObject,
  type RecordType,
  recordSchemas,
  type Signal,
  schemaOf,
} from "./records.js";
import { laterBodies, sampleBodies } from "./testing/sample-records.js";
import { accepted } from "./testing/seeded-swarm.js";

const frozen = (file: string): { readonly [name: string]: string } =>
  JSON.parse(readFileSync(new URL(`../fixtures/v1/${file}.json`, import.meta.url), "utf8"));
const readOne = (text: string) =>
  accepted(readPayload(0, concat(Uint8Array.of(0x81), fromBase64url(text) as Uint8Array), "orchestrator"))[0];

describe("E5 versions of records", () => {
  test("E5 a step leads from every version to the next, and gives what its schema takes", () => {
    for (const [type, versions] of Object.entries(recordSchemas)) {
      const known = Object.keys(versions).map(Number);
      expect(known).toEqual(known.map((_, i) => i + 1));
      expect(Object.keys(upcasts[type] ?? {}).map(Number)).toEqual(known.slice(0, -1));
      const newest = schemaOf(type, known.length);
      const body = upcast(type, 1, sampleBodies[type as RecordType] as JsonObject);
      expect(newest?.["~run"]({ value: body }, {}).issues, type).toBeUndefined();
    }
  });

  test("E5 the frozen bytes of version 1 are read as the newest version has them, and keep their version", () => {
    const records = frozen("records");
    const signal = readOne(records.signal as string);
    const immunization = readOne(records.immunization as string);
    expect(signal).toMatchObject({ type: "signal", version: 1 });
    expect(immunization).toMatchObject({ type: "immunization", version: 1 });
    // What reads them knows version 2 alone.
    const one: Signal = signal?.type === "signal" ? signal.body : (undefined as never);
    const other: Immunization = immunization?.type === "immunization" ? immunization.body : (undefined as never);
    expect([one.appliesTo, one.tags, other.appliesTo, other.tags]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(one).toEqual(sampleBodies.signal);
  });

  test("E5 steps run one after the other, from the version that was signed to the newest", () => {
    const steps: Upcasts = {
      note: {
        1: ({ text, ...rest }) => ({ ...rest, words: [text ?? ""] }),
        2: ({ words, ...rest }) => ({ ...rest, lines: words ?? [], language: "unknown" }),
      },
    };
    expect(upcast("note", 1, { text: "a", at: 1 }, steps)).toEqual({ at: 1, lines: ["a"], language: "unknown" });
    expect(upcast("note", 2, { words: ["b"] }, steps)).toEqual({ lines: ["b"], language: "unknown" });
    expect(upcast("note", 3, { lines: [] }, steps)).toEqual({ lines: [] });
    expect(upcast("constructor", 1, { a: 1 }, steps)).toEqual({ a: 1 });
  });

  test("E5 a record is written in the lowest version that can say it", () => {
    expect(record("signal", sampleBodies.signal).version).toBe(1);
    expect(record("signal", laterBodies["signal/2"]).version).toBe(2);
    expect(record("immunization", laterBodies["immunization/2"]).version).toBe(2);
    const { appliesTo: _, ...tagged } = laterBodies["signal/2"];
    expect(record("signal", tagged).version).toBe(2);
    const { tags: __, ...plain } = tagged;
    expect(record("signal", { ...plain, ...({ tags: undefined } as object) }).version).toBe(1);
    for (const [type, body] of Object.entries(sampleBodies))
      expect(record(type as RecordType, body as never).version).toBe(1);
  });

  test("E5 what was read is written again in the same bytes", () => {
    for (const text of [
      ...Object.values(frozen("records")),
      ...Object.values(frozen("records-later")),
      ...Object.values(frozen("records-memory")),
    ]) {
      const read = readOne(text);
      expect(accepted(encodeRecord(read as never))).toEqual(fromBase64url(text));
    }
  });

  test("E5 R1 a member of a later version does not pass in an earlier one", () => {
    const body = laterBodies["signal/2"];
    expect(encodeRecord({ type: "signal", version: 1, body } as never)).toMatchObject({
      ok: false,
      refusal: { rule: "R1" },
    });
    expect(readRecord("signal", 3, body as never)).toEqual({ type: "unknown", of: "signal", version: 3, body });
  });
});
