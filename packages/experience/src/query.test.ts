import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_QUERY_CHARS, MAX_QUERY_DEPTH, MAX_QUERY_PARTS, type QueryValue, readQuery } from "./query.js";

const NAMES = ["domain", "apis", "tools", "tags", "facts.a.b"];
const read = (query: unknown) => readQuery(query, (name) => NAMES.includes(name), NAMES.join(", "));
const AGENT: { readonly [name: string]: QueryValue } = {
  domain: "Web  Shop",
  apis: ["stripe", "node:http"],
  tools: [],
  "facts.a.b": 3,
};
const matches = (query: unknown): boolean => {
  const result = read(query);
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value.matches((name) => AGENT[name]);
};
const nested = (levels: number): unknown => (levels === 1 ? { domain: "x" } : { $and: [nested(levels - 1)] });

describe("queries", () => {
  it.each<[string, unknown, boolean]>([
    ["says nothing", {}, true],
    ["a text, as words", { domain: "web shop" }, true],
    ["another text", { domain: "web" }, false],
    ["a member of a list", { apis: "STRIPE" }, true],
    ["no member of a list", { apis: "paypal" }, false],
    ["$eq", { apis: { $eq: "stripe" } }, true],
    ["$ne of a list: none of it", { apis: { $ne: "stripe" } }, false],
    ["$ne of what is not there", { tags: { $ne: "gpu" } }, true],
    ["$in", { apis: { $in: ["paypal", "node:http"] } }, true],
    ["$in, none", { apis: { $in: ["paypal"] } }, false],
    ["$nin of a list", { apis: { $nin: ["paypal", "stripe"] } }, false],
    ["$nin of a list, none of it", { apis: { $nin: ["paypal"] } }, true],
    ["$nin of an empty list", { tools: { $nin: ["npm"] } }, true],
    ["$all", { apis: { $all: ["node:http", "stripe"] } }, true],
    ["$all, one missing", { apis: { $all: ["node:http", "paypal"] } }, false],
    ["$exists", { domain: { $exists: true }, tags: { $exists: false } }, true],
    ["$not", { apis: { $not: { $in: ["paypal"] } } }, true],
    ["$or", { $or: [{ domain: "x" }, { apis: "stripe" }] }, true],
    ["$and", { $and: [{ domain: "web shop" }, { apis: "paypal" }] }, false],
    ["$nor", { $nor: [{ domain: "x" }, { apis: "paypal" }] }, true],
    ["several names: all of them", { domain: "web shop", apis: "paypal" }, false],
    ["a number", { "facts.a.b": 3 }, true],
    ["a number is no text", { "facts.a.b": "3" }, false],
  ])("%s", (_, query, expected) => {
    expect(matches(query)).toBe(expected);
  });

  it("asks twice with the same answer, whatever was asked between", () => {
    const query = read({ apis: { $nin: ["paypal"] }, $or: [{ domain: "web shop" }] });
    if (!query.ok) throw new Error("unreadable");
    const ask = (api: string) => query.value.matches((name) => (name === "apis" ? [api] : "web shop"));
    expect([ask("stripe"), ask("paypal"), ask("stripe"), ask("paypal")]).toEqual([true, false, true, false]);
  });

  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /no object/],
    ["a list", [], /no object/],
    ["code", { $where: "while (true) {}" }, /\$where/],
    ["code in a condition", { domain: { $where: "1" } }, /\$where/],
    ["a pattern", { domain: { $regex: "(a+)+$" } }, /\$regex/],
    ["a real pattern", { domain: /(a+)+$/ }, /says nothing/],
    ["a type", { domain: { $type: "string" } }, /\$type/],
    ["a condition on elements", { apis: { $elemMatch: { $eq: "x" } } }, /\$elemMatch/],
    ["an operator that objects inherit", { domain: { constructor: 1 } }, /constructor/],
    ["a name that objects inherit", { constructor: "x" }, /constructor/],
    ["a name that is not known", { email: "x" }, /"email" is none of domain/],
    ["a path", { "domain.length": 1 }, /domain\.length/],
    ["a date", { domain: new Date(0) }, /says nothing/],
    ["a function", { domain: () => true }, /value/],
    ["null", { domain: null }, /value/],
    ["NaN", { domain: { $eq: Number.NaN } }, /value/],
    ["a list as a value", { apis: ["stripe"] }, /value/],
    ["an empty condition", { domain: {} }, /says nothing/],
    ["an empty group", { $or: [] }, /list of queries/],
    ["a query in a group that asks for nothing", { $or: [{ domain: "x" }, {}] }, /asks for nothing/],
    ["a group of texts", { $or: ["x"] }, /no object/],
    ["an empty list", { domain: { $in: [] } }, /needs a list/],
    ["$exists of a text", { domain: { $exists: "yes" } }, /true or false/],
    ["$not of a text", { domain: { $not: "x" } }, /needs a condition/],
  ])("R1 %s is refused", (_, query, why) => {
    const result = read(query);
    expect(result).toMatchObject({ ok: false, refusal: { rule: "R1" } });
    expect(result.ok ? "" : result.refusal.message).toMatch(why);
  });

  it("L7 size, depth and texts are bounded", () => {
    const list = (length: number) => ({ domain: { $in: Array.from({ length }, (_, i) => `${i}`) } });
    expect(read(list(MAX_QUERY_PARTS - 2)).ok).toBe(true);
    expect(read(list(MAX_QUERY_PARTS - 1)).ok).toBe(false);
    expect(read(nested(MAX_QUERY_DEPTH)).ok).toBe(true);
    expect(read(nested(MAX_QUERY_DEPTH + 1)).ok).toBe(false);
    expect(read({ domain: "x".repeat(MAX_QUERY_CHARS - 6) }).ok).toBe(true);
    expect(read({ domain: "x".repeat(MAX_QUERY_CHARS - 5) }).ok).toBe(false);
    expect(read({ domain: { $in: ["x".repeat(MAX_QUERY_CHARS / 2), "y".repeat(MAX_QUERY_CHARS / 2)] } }).ok).toBe(
      false,
    );
    expect(read({ $and: Array(MAX_QUERY_PARTS + 1).fill({}) }).ok).toBe(false);
    // Counted before it is copied.
    expect(read({ domain: { $in: Array(1_000_000).fill("x") } }).ok).toBe(false);
  });

  it("property: whatever is accepted matches without a throw, whatever it is asked about", () => {
    const leaf = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.constant("stripe"),
    );
    const operand = fc.oneof(
      leaf,
      fc.array(leaf, { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("$eq", "$in", "$not"), leaf),
    );
    const condition = fc.oneof(
      leaf,
      fc.dictionary(
        fc.constantFrom("$eq", "$ne", "$in", "$nin", "$all", "$exists", "$not", "$regex", "$size", "__proto__"),
        operand,
        { maxKeys: 3 },
      ),
    );
    const { query } = fc.letrec((tie) => ({
      query: fc.oneof(
        { maxDepth: 4 },
        fc.dictionary(fc.constantFrom(...NAMES, "toString"), condition, { maxKeys: 3 }),
        fc.dictionary(fc.constantFrom("$and", "$or", "$nor"), fc.array(tie("query"), { maxLength: 3 }), { maxKeys: 2 }),
      ),
    }));
    const value = fc.oneof(
      fc.constant(undefined),
      fc.string({ unit: "binary" }),
      fc.double(),
      fc.array(fc.constantFrom("stripe", "")),
    );
    fc.assert(
      fc.property(query, fc.infiniteStream(value), (asked, values) => {
        const result = read(asked);
        if (!result.ok) return;
        expect(typeof result.value.matches(() => values.next().value as QueryValue)).toBe("boolean");
      }),
      { numRuns: 2000 },
    );
  });
});
