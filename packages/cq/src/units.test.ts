import { identify } from "@herdmind/experience";
import {
  type EntryId,
  encodeRecord,
  type JsonObject,
  record,
  type Signal,
  type SwarmId,
  type WriterId,
} from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromKnowledgeUnit } from "./from-unit.js";
import { toKnowledgeUnit, toKnowledgeUnits } from "./to-units.js";
import { readUnit } from "./unit.js";

const swarm = `${"S".repeat(42)}A` as SwarmId;
const entry = `${"E".repeat(42)}A` as EntryId;
const author = `${"W".repeat(42)}A` as WriterId;
const from = { swarm, entry, author, at: Date.UTC(2026, 4, 1) };

const words = fc
  .string({
    unit: fc.constantFrom("a", "b", "Z", " ", "7", "/", "\n", "\u0000", "é", "\u{1f600}", "="),
    minLength: 1,
    maxLength: 40,
  })
  .map((text) => `ab${text}`);
const facts = fc.dictionary(fc.constantFrom("node", "os", "constructor"), fc.oneof(words, fc.integer(), fc.boolean()), {
  minKeys: 1,
  maxKeys: 3,
});
const problems: fc.Arbitrary<Pick<Signal, "type" | "problem">> = fc.oneof(
  fc.record({
    type: fc.constant("ERROR_RESOLVED"),
    problem: fc.record(
      {
        error: fc.record(
          { name: words, message: words, code: words, stack: words, output: words },
          { requiredKeys: ["message"] },
        ),
        facts,
      },
      { requiredKeys: ["error"] },
    ),
  }),
  fc.record({ type: fc.constant("ERROR_RESOLVED"), problem: fc.record({ text: words }) }),
  fc.record({
    type: fc.constant("WORKAROUND_FOUND"),
    problem: fc.record({ api: words, purpose: words, facts }, { requiredKeys: ["api", "purpose"] }),
  }),
  fc.record({
    type: fc.constantFrom("VALIDATION_PASSED", "VALIDATION_FAILED"),
    problem: fc.record({ domain: words, approach: words }),
  }),
  fc.record({
    type: fc.constant("team/deploy"),
    problem: fc.record({ fields: fc.record({ step: words, also: words }) }),
  }),
);
const signals: fc.Arbitrary<Signal> = fc
  .tuple(
    problems,
    fc.record(
      {
        mitigation: fc.record(
          { text: words, data: fc.constant({ tool: "npm", args: ["ci", { b: 1, a: 2 }] }) },
          { requiredKeys: ["text"] },
        ),
        discovery: words,
        tags: fc.array(fc.constantFrom("CI", "node", "x".repeat(64)), { minLength: 1, maxLength: 3 }),
        appliesTo: fc.constant({ domain: "web" }),
        context: fc.constant({ run: 7 }),
        at: fc.nat(),
      },
      { requiredKeys: ["mitigation", "at"] },
    ),
  )
  .map(([problem, rest]) => ({ ...problem, ...rest }) as Signal)
  .filter((signal) => encodeRecord(record("signal", signal)).ok);
const types = new Map([["team/deploy", ["step", "also"]]]);
/** As a program in Go writes it: keys sorted. */
const rewritten = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === "object" && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
        : part,
    ),
  );

const lineOf = (signal: Signal, now: JsonObject = { verdict: "admitted" }): JsonObject =>
  ({
    type: "signal",
    version: 2,
    standing: "judged",
    entry,
    ref: { writer: author },
    body: signal,
    now,
  }) as unknown as JsonObject;
const header = { herdmind: "export", version: 1, swarm, name: "farm" };
const collect = async <T>(all: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const one of all) list.push(one);
  return list;
};

/** Invented here, in the shape that cq writes. */
const unit = {
  id: "ku_00112233445566778899aabbccddeeff",
  version: 1,
  domains: ["Package-Manager", "ci"],
  insight: {
    summary: "pnpm install hangs when the store is on a network drive",
    detail: "The store is locked by file, and the drive has no locks.",
    action: "Set store-dir to a local directory.",
  },
  context: { languages: ["typescript"], frameworks: ["pnpm"], pattern: "" },
  evidence: { confidence: 0.9, confirmations: 12, first_observed: "2026-02-03T04:05:06Z" },
  tier: "private",
  created_by: "agent:somebody",
  flags: [{ reason: "stale", timestamp: "2026-03-01T00:00:00Z" }],
};

describe("out and back", () => {
  test("a unit of an entry proposes the same problem and the same remedy, also when it was stored in between", () => {
    fc.assert(
      fc.property(signals, fc.nat({ max: 20 }), fc.nat({ max: 20 }), (signal, worked, failed) => {
        const made = toKnowledgeUnit(signal, { ...from, worked, failed });
        const read = fromKnowledgeUnit(rewritten(made));
        if (read.type !== "proposal") throw new Error(JSON.stringify(read));
        const { context, ...body } = signal;
        expect(read.proposal).toEqual({ signal: body, from: { ...from, at: signal.at, worked, failed } });
        expect(identify(read.proposal.signal, types)).toEqual(identify(signal, types));
      }),
      { numRuns: 60 },
    );
  });

  test("facts that make the title keep their proposal, in whatever order they were stored", () => {
    const error = { name: "ab\na", message: "aba" };
    const signal = {
      type: "ERROR_RESOLVED",
      problem: { error, facts: { b: "1", a: "2" } },
      mitigation: { text: "c" },
      at: 0,
    };
    expect(fromKnowledgeUnit(rewritten(toKnowledgeUnit(signal, from)))).toMatchObject({ proposal: { signal } });
  });

  test("a unit of somebody else keeps its words, and where it says that it applies", () => {
    const read = fromKnowledgeUnit(unit);
    if (read.type !== "proposal") throw new Error(JSON.stringify(read));
    const made = toKnowledgeUnit(read.proposal.signal, from);
    expect(made?.insight).toEqual({ ...unit.insight });
    expect(made?.domains).toEqual(["package-manager", "ci"]);
    expect(made?.context).toEqual({ languages: ["typescript"], frameworks: ["pnpm"] });
    const again = fromKnowledgeUnit(made);
    if (again.type !== "proposal") throw new Error(JSON.stringify(again));
    expect(identify(again.proposal.signal)).toEqual(identify(read.proposal.signal));
  });
});

describe("a unit of somebody else", () => {
  test("E1 is a proposal in words; how sure it says it is stays what it says", () => {
    expect(fromKnowledgeUnit(unit)).toEqual({
      type: "proposal",
      proposal: {
        signal: {
          type: "ERROR_RESOLVED",
          problem: { text: unit.insight.summary },
          discovery: unit.insight.detail,
          mitigation: { text: unit.insight.action },
          tags: ["Package-Manager", "ci", "typescript", "pnpm"],
          context: { cq: { languages: ["typescript"], frameworks: ["pnpm"] } },
          at: Date.UTC(2026, 1, 3, 4, 5, 6),
        },
        from: {
          format: "cq",
          unit: unit.id,
          claims: {
            createdBy: "agent:somebody",
            confidence: 0.9,
            confirmations: 12,
            firstObserved: "2026-02-03T04:05:06Z",
            flags: 1,
            tier: "private",
          },
        },
      },
    });
  });

  test("may be the smallest there is, and may have the nulls that cq's own programs write", () => {
    const { id, insight } = unit;
    expect(fromKnowledgeUnit({ id, domains: ["x"], insight })).toMatchObject({ type: "proposal" });
    const nulls = { ...unit, flags: null, context: { languages: null, frameworks: null, pattern: "" } };
    expect(fromKnowledgeUnit(nulls)).toMatchObject({
      type: "proposal",
      proposal: { signal: { at: expect.any(Number) } },
    });
  });

  test("that another one has replaced proposes nothing", () => {
    expect(fromKnowledgeUnit({ ...unit, superseded_by: `ku_${"0".repeat(32)}` })).toEqual({
      type: "passed",
      why: "retired",
    });
  });

  test.each([
    ["no object", 7],
    ["an array", []],
    ["an id of another form", { ...unit, id: "ku_1" }],
    ["a version to come", { ...unit, version: 2 }],
    ["no domain", { ...unit, domains: [] }],
    ["17 domains", { ...unit, domains: Array.from({ length: 17 }, (_, i) => `d${i}`) }],
    ["a field that nobody knows", { ...unit, also: 1 }],
    ["an array for a context", { ...unit, context: [] }],
    ["a summary that is too long", { ...unit, insight: { ...unit.insight, summary: "ä".repeat(501) } }],
    ["a summary without a word", { ...unit, insight: { ...unit.insight, summary: " \n" } }],
    ["no action", { ...unit, insight: { ...unit.insight, action: "" } }],
    ["half a character", { ...unit, insight: { ...unit.insight, action: "\ud800" } }],
    ["a confidence of 2", { ...unit, evidence: { confidence: 2 } }],
    ["a duplicate of nothing", { ...unit, flags: [{ reason: "duplicate" }] }],
    ["an extension without a namespace", { ...unit, extensions: { severity: "high" } }],
    ["21 extensions", { ...unit, extensions: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`a:${i}`, i])) }],
  ])("with %s is bad", (_, value) => {
    expect(fromKnowledgeUnit(value)).toEqual({ type: "bad", message: expect.stringMatching(/\w/) });
  });

  test("has as many characters as it has code points", () => {
    const insight = { ...unit.insight, summary: `it ${"\u{1f600}".repeat(497)}` };
    expect(fromKnowledgeUnit({ ...unit, insight })).toMatchObject({ type: "proposal" });
    expect(readUnit({ ...unit, insight: { ...insight, summary: `${insight.summary}!` } })).toMatchObject({ ok: false });
  });
});

describe("the proposal beside the insight", () => {
  const signal: Signal = {
    type: "ERROR_RESOLVED",
    problem: {
      error: { name: "Error", code: "EADDRINUSE", message: "listen EADDRINUSE :::3000" },
      facts: { os: "linux" },
    },
    mitigation: { text: "ask for port 0" },
    at: 1,
  };
  const made = toKnowledgeUnit(signal, { ...from, worked: 3, failed: 1 });

  test("is beside what people read", () => {
    expect(made).toMatchObject({
      id: expect.stringMatching(/^ku_[0-9a-f]{32}$/),
      domains: ["eaddrinuse", "error"],
      insight: { detail: "Where: os = linux", action: "ask for port 0" },
      evidence: { confidence: 0.65, confirmations: 4, first_observed: "2026-05-01T00:00:00.000Z" },
      created_by: `herdmind:${author}`,
      flags: [{ reason: "incorrect" }],
    });
    expect(made?.insight.summary).toContain("EADDRINUSE");
    expect(toKnowledgeUnit(signal, { ...from, entry: `${"F".repeat(42)}A` as EntryId })?.id).not.toBe(made?.id);
  });

  test("E4 does not count with a machine-readable part that people do not read", () => {
    const data = { tool: "port", args: [0] };
    const whole = toKnowledgeUnit({ ...signal, mitigation: { ...signal.mitigation, data } }, from);
    expect(whole?.insight.action).toBe('ask for port 0\n{"args":[0],"tool":"port"}');
    expect(fromKnowledgeUnit(whole)).toMatchObject({ proposal: { signal: { mitigation: { data } } } });
    const hidden = { ...whole, insight: { ...whole?.insight, action: "ask for port 0" } };
    expect(fromKnowledgeUnit(hidden)).toMatchObject({
      proposal: { from: { format: "cq" }, signal: { mitigation: { text: "ask for port 0" } } },
    });
    expect(JSON.stringify(fromKnowledgeUnit(hidden))).not.toContain("args");
  });

  test.each([
    ["another remedy", { ...made, insight: { ...made?.insight, action: "restart the machine" } }],
    [
      "an extension that is no proposal",
      { ...made, extensions: { "herdmind:proposal": { version: 2, swarm, body: 7 } } },
    ],
    [
      "an extension that is deep",
      {
        ...made,
        extensions: {
          "herdmind:proposal": {
            version: 2,
            swarm,
            entry,
            author,
            body: JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`),
          },
        },
      },
    ],
    ["an extension of a version to come", { ...made, extensions: { "herdmind:proposal": { version: 9 } } }],
  ])("E4 does not count when people read %s", (_, edited) => {
    const read = fromKnowledgeUnit(edited);
    if (read.type !== "proposal") throw new Error(JSON.stringify(read));
    expect(read.proposal.from).toMatchObject({ format: "cq", unit: made?.id });
    expect(read.proposal.signal.mitigation).toEqual({ text: edited.insight?.action });
    expect(read.proposal.signal.problem).toEqual({ text: made?.insight.summary });
  });
});

describe("the units of an export", () => {
  test("are one for each entry in force; what is left out is said", async () => {
    const signal = (text: string, action = "wait"): Signal => ({
      type: "ERROR_RESOLVED",
      problem: { text },
      mitigation: { text: action },
      at: 1,
    });
    const lines: JsonObject[] = [
      header,
      { type: "member", version: 1, standing: "canon", body: {} },
      lineOf(signal("the first one")),
      { type: "immunization", version: 2, standing: "canon", body: {}, now: { proposal: true } },
      lineOf(signal("not judged yet"), { verdict: "pending" }),
      lineOf(signal("revoked since"), { verdict: "admitted", status: "revoked" }),
      lineOf(signal("said again"), { verdict: "judged" }),
      lineOf(signal("a long remedy", "x".repeat(2001))),
      { herdmind: "end", records: 7 },
    ];
    const told = await collect(toKnowledgeUnits(lines));
    expect(told.map((line) => (line.type === "unit" ? line.unit.insight.summary : line.why))).toEqual([
      "the first one",
      "pending",
      "retired",
      "tooLong",
    ]);
  });
});
