import { describe, expect, test } from "vitest";
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

  test("E5 a type or version that is not known here has no schema, also when its name is inherited", () => {
    expect(schemaOf("signal", 3)).toBeUndefined();
    for (const name of ["constructor", "__proto__", "toString", ""]) {
      expect(schemaOf(name, 1)).toBeUndefined();
      expect(recordProblem(name, 1, null)).toBeUndefined();
    }
  });
});
