import { describe, expect, test } from "vitest";
import { cborSize } from "./cbor-size.js";
import {
  MAX_MEMORY_KEY_CHARS,
  MAX_MEMORY_MEMBER_CHARS,
  MAX_MEMORY_MEMBERS,
  MAX_MEMORY_OPS,
  MAX_MEMORY_VALUE_BYTES,
  MAX_MEMORY_WRITE_BYTES,
} from "./limits.js";
import { encodeRecord } from "./payload.js";
import { type JsonObject, type RecordType, recordProblem, recordSchemas, schemaOf } from "./records.js";
import { laterBodies, sampleBodies } from "./testing/sample-records.js";

const types = Object.keys(recordSchemas) as RecordType[];

describe("R1 record schemas", () => {
  test.each(types)("R1 %s: the sample is valid, and each required member is required", (type) => {
    const body = sampleBodies[type] as JsonObject;
    expect(recordProblem(type, 1, body)).toBeUndefined();
    expect(recordProblem(type, 1, null)).toBeDefined();
    expect(recordProblem(type, 1, [])).toBeDefined();
    expect(recordProblem(type, 1, "text")).toBeDefined();
    expect(recordProblem(type, 1, {})).toBeDefined();
    for (const extra of ["extra", "constructor", "toString", "prototype", "hasOwnProperty"]) {
      expect(recordProblem(type, 1, { ...body, [extra]: 1 })).toContain(type);
    }
    for (const key of Object.keys(body)) {
      expect(recordProblem(type, 1, { ...body, [key]: Symbol("wrong") })).toContain(key);
    }
  });

  test.each<[string, RecordType, JsonObject]>([
    ["a problem that is a list", "signal", { problem: [] }],
    ["an error that is a list", "signal", { problem: { error: [] } }],
    ["facts that are a list", "signal", { problem: { facts: [] } }],
    ["facts with a list", "signal", { problem: { facts: { a: [] } } }],
    ["a fact called constructor that is no fact", "signal", { problem: { facts: { constructor: { deep: 1 } } } }],
    ["a fact called prototype that is no fact", "signal", { problem: { facts: { prototype: [] } } }],
    ["a fact of null", "signal", { problem: { facts: { a: null } } }],
    ["a fact with a long name", "signal", { problem: { facts: { ["n".repeat(201)]: 1 } } }],
    ["a field that is no text", "signal", { problem: { fields: { constructor: 1 } } }],
    ["a mitigation of nothing", "signal", { mitigation: { text: "" } }],
    ["data that is a list", "signal", { mitigation: { text: "t", data: [] } }],
    ["a context that is null", "signal", { context: null }],
    ["a negative time", "signal", { at: -1 }],
    ["a fractional time", "signal", { at: 1.5 }],
    ["a type in lower case", "signal", { type: "error_resolved" }],
    ["a custom type without a slash", "signal", { type: "my-type" }],
    ["a custom type with two slashes", "signal", { type: "a/b/c" }],
    ["a type with a line feed", "signal", { type: "ERROR_RESOLVED\n" }],
    ["a chain of nothing", "open", { chain: [] }],
    ["a role nobody has", "member", { role: "root" }],
    ["a last block before -1", "revoked", { last: -2 }],
    ["an entry id of another length", "outcome", { entry: "x" }],
    ["an outcome that is neither", "outcome", { success: "yes" }],
    ["a status nobody knows", "status", { status: "gone" }],
    ["a writer that is no key", "evidence", { worked: ["x"] }],
    ["a fingerprint without a version", "immunization", { fingerprint: "x".repeat(35) }],
  ])("R1 refuses %s", (_, type, change) => {
    expect(recordProblem(type, 1, { ...(sampleBodies[type] as JsonObject), ...change })).toContain(type);
  });

  test.each(Object.entries(laterBodies))(
    "R1 %s: the sample is valid, and only what version 1 had is required",
    (name, body) => {
      const [type = "", version] = name.split("/");
      const problem = (change: object) => recordProblem(type, Number(version), { ...body, ...change });
      expect(problem({})).toBeUndefined();
      expect(recordProblem(type, Number(version), sampleBodies[type as RecordType])).toBeUndefined();
      expect(recordProblem(type, 1, body)).toContain("appliesTo");
      for (const appliesTo of [[], "all", null, 1]) expect(problem({ appliesTo })).toContain("appliesTo");
      for (const tags of [[], "port", [""], [1], ["t".repeat(65)], Array(17).fill("t")])
        expect(problem({ tags })).toContain("tags");
      expect(problem({ extra: 1 })).toContain("extra");
    },
  );

  test.each<[string, JsonObject]>([
    ["a name with spaces", { name: "no gpu" }],
    ["a name of 65 characters", { name: "n".repeat(65) }],
    ["version 0", { version: 0 }],
    ["no types at all", { types: [] }],
    ["a query that is a list", { when: [] }],
    ["an effect nobody knows", { effect: "delete" }],
  ])("R1 relevance refuses %s", (_, change) => {
    expect(recordProblem("relevance", 1, { ...(sampleBodies.relevance as JsonObject), ...change })).toContain(
      "relevance",
    );
  });

  test.each<[string, JsonObject]>([
    ["no ops", { ops: [] }],
    ["ops that are no list", { ops: { op: "delete", key: "k" } }],
    ["an op that is a list", { ops: [["delete", "k"]] }],
    ["an op that nobody knows", { ops: [{ op: "merge", key: "k" }] }],
    ["a member that an op has not", { ops: [{ op: "delete", key: "k", value: 1 }] }],
    ["a put without a value", { ops: [{ op: "put", key: "k" }] }],
    ["ifAbsent that is false", { ops: [{ op: "put", key: "k", value: 1, ifAbsent: false }] }],
    ["an add without members", { ops: [{ op: "add", key: "k" }] }],
    ["members that are no texts", { ops: [{ op: "add", key: "k", members: [1] }] }],
    ["an empty space", { space: "" }],
    ["a long space", { space: "s".repeat(201) }],
    ["an empty key", { ops: [{ op: "delete", key: "" }] }],
    ["a long key", { ops: [{ op: "delete", key: "k".repeat(MAX_MEMORY_KEY_CHARS + 1) }] }],
    ["a large value", { ops: [{ op: "put", key: "k", value: ["v".repeat(MAX_MEMORY_VALUE_BYTES)] }] }],
    ["a long member", { ops: [{ op: "add", key: "k", members: ["m".repeat(MAX_MEMORY_MEMBER_CHARS + 1)] }] }],
    ["many members", { ops: [{ op: "add", key: "k", members: Array(MAX_MEMORY_MEMBERS + 1).fill("m") }] }],
    ["many ops", { ops: Array(MAX_MEMORY_OPS + 1).fill({ op: "delete", key: "k" }) }],
    ["a large write", { ops: Array(3).fill({ op: "put", key: "k", value: "v".repeat(MAX_MEMORY_WRITE_BYTES / 3) }) }],
  ])("L7 R1 memory refuses %s", (_, change) => {
    const write = { ...(sampleBodies.memory as unknown as JsonObject), ...change };
    expect(recordProblem("memory", 1, write)).toContain("memory");
    expect(encodeRecord({ type: "memory", version: 1, body: write } as never)).toMatchObject({ ok: false });
  });

  test("L7 the largest write of the memory fits into a record of canon", () => {
    const ops = [1, 2].map(() => ({ op: "put", key: "k".repeat(1000), value: "v".repeat(29_600) }));
    const write = { space: "\u{1f411}".repeat(100), ops, at: Number.MAX_SAFE_INTEGER };
    expect(recordProblem("memory", 1, write)).toBeUndefined();
    expect(cborSize(ops)).toBeGreaterThan(MAX_MEMORY_WRITE_BYTES - 300);
    const step = { of: { ...sampleBodies["memory-step"].of, sequence: 2 ** 40, index: 1023 }, ...write };
    expect(encodeRecord({ type: "memory-step", version: 1, body: step } as never)).toMatchObject({ ok: true });
  });

  test("E5 a type or version that is not known here has no schema, also when its name is inherited", () => {
    expect(schemaOf("signal", 3)).toBeUndefined();
    for (const name of ["constructor", "__proto__", "toString", ""]) {
      expect(schemaOf(name, 1)).toBeUndefined();
      expect(recordProblem(name, 1, null)).toBeUndefined();
    }
  });
});
