import { type EntryId, type RecordBody, record } from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askerOf } from "./asked.js";
import { canonOf, moves, PROBLEMS, refOf } from "./canon.fixture.js";
import { type Profile, readProfile } from "./profile.js";
import { createIndex } from "./recall.js";
import { type Asker, concerns, judgeRule, readAppliesTo, type Subject } from "./relevance.js";
import { type Entry, emptyView, fold } from "./view.js";

const rule = (name: string, when: object, effect: "show" | "hide" | "off", types?: readonly string[]) =>
  ({
    name,
    version: 1,
    when,
    effect,
    ...(types === undefined ? {} : { types: [...types] }),
  }) as RecordBody<"relevance">;
const rulesOf = (...rules: readonly RecordBody<"relevance">[]) => {
  const view = emptyView();
  for (const one of rules) fold(view, record("relevance", one), refOf(0, 0));
  return view.relevance;
};
const NO_RULES = rulesOf();
const WEB: Profile = { domain: "web", apis: ["Stripe", "node:http"], tools: ["npm"], tags: ["frontend"] };
const ask = (subject: Subject, asker: Asker = { profile: WEB }, rules = NO_RULES) => concerns(rules, asker, subject);

const ERROR: Subject = { type: "ERROR_RESOLVED" };
const WORKAROUND: Subject = { type: "WORKAROUND_FOUND", api: "paypal" };
const VALIDATION: Subject = { type: "VALIDATION_FAILED", domain: "billing" };

describe("whom an entry concerns", () => {
  it.each<[string, Subject, boolean]>([
    ["an error concerns everybody", ERROR, true],
    ["an error with a domain, too", { ...ERROR, domain: "billing", api: "paypal" }, true],
    ["a custom type, too", { type: "acme/deploy", api: "paypal" }, true],
    ["a workaround of another API does not", WORKAROUND, false],
    ["a workaround of its own API does, however it is spelled", { ...WORKAROUND, api: " stripe " }, true],
    ["a workaround without an API does", { type: "WORKAROUND_FOUND" }, true],
    ["a validation of another domain does not", VALIDATION, false],
    ["nor one that passed", { ...VALIDATION, type: "VALIDATION_PASSED" }, false],
    ["a validation of its own domain does", { ...VALIDATION, domain: "Web" }, true],
  ])("by default: %s", (_, subject, expected) => {
    expect(ask(subject)).toBe(expected);
  });

  it("without a profile everything concerns, and so it is with what a profile does not state", () => {
    for (const subject of [WORKAROUND, VALIDATION, { ...ERROR, appliesTo: { tools: "pnpm" } }]) {
      expect(ask(subject, {})).toBe(true);
      expect(ask(subject, { profile: {} })).toBe(true);
      expect(ask(subject, { profile: { tags: ["x"] } })).toBe(true);
    }
    expect(ask(WORKAROUND, { profile: { apis: [] } })).toBe(false);
  });

  it("an exact question about its API or domain always concerns", () => {
    expect(ask(WORKAROUND, { profile: WEB, api: "PayPal" })).toBe(true);
    expect(ask(VALIDATION, { profile: WEB, domain: "billing" })).toBe(true);
    expect(ask(VALIDATION, { profile: WEB, domain: "shipping" })).toBe(false);
    const hidden = rulesOf(rule("all", {}, "hide"));
    expect(ask(WORKAROUND, { profile: WEB, api: "paypal" }, hidden)).toBe(true);
  });

  it("its author's word comes before the default, in both directions", () => {
    expect(ask({ ...ERROR, appliesTo: { tools: "pnpm" } })).toBe(false);
    expect(ask({ ...ERROR, appliesTo: { tools: { $in: ["pnpm", "NPM"] } } })).toBe(true);
    expect(ask({ ...WORKAROUND, appliesTo: {} })).toBe(true);
    // What the profile does not state decides nothing.
    expect(ask({ ...ERROR, appliesTo: { tools: "pnpm", tags: "x" } }, { profile: { tags: ["y"] } })).toBe(true);
  });

  it("the swarm's rules come before both; a rule that shows wins over one that hides, in whatever order", () => {
    const hide = rule("b-hide", { "entry.tags": "gpu", "agent.tags": { $ne: "datacentre" } }, "hide");
    const show = rule("a-show", { "agent.tools": "npm" }, "show");
    const gpu: Subject = { ...ERROR, tags: ["GPU", "cuda"], appliesTo: {} };
    expect(ask(gpu, { profile: WEB }, rulesOf(hide))).toBe(false);
    expect(ask({ ...gpu, tags: ["cuda"] }, { profile: WEB }, rulesOf(hide))).toBe(true);
    expect(ask(gpu, { profile: { ...WEB, tags: ["datacentre"] } }, rulesOf(hide))).toBe(true);
    expect(ask(gpu, { profile: WEB }, rulesOf(hide, show))).toBe(true);
    expect(ask(gpu, { profile: WEB }, rulesOf(show, hide))).toBe(true);
    expect(ask(gpu, { profile: WEB }, rulesOf(rule("c", {}, "off")))).toBe(true);
    expect(ask(gpu, {}, rulesOf(hide))).toBe(true);
  });

  it("a rule may ask for type and facts, and be about some types only", () => {
    const rules = rulesOf(
      rule("old-java", { "entry.facts.java": { $in: [7, 8] }, "entry.type": "error_resolved" }, "hide"),
    );
    const of = (facts: object): Subject => ({ ...ERROR, facts: facts as never });
    expect(ask(of({ java: 8 }), { profile: WEB }, rules)).toBe(false);
    expect(ask(of({ java: 21 }), { profile: WEB }, rules)).toBe(true);
    expect(ask(of(JSON.parse('{"hasOwnProperty":1,"toString":8}')), { profile: WEB }, rules)).toBe(true);
    expect(ask({ type: "acme/x", facts: { java: 8 } }, { profile: WEB }, rules)).toBe(true);
    const typed = rulesOf(rule("no-validations", {}, "hide", ["VALIDATION_PASSED"]));
    expect(ask({ type: "VALIDATION_PASSED", domain: "web" }, { profile: WEB }, typed)).toBe(false);
    expect(ask({ type: "VALIDATION_FAILED", domain: "web" }, { profile: WEB }, typed)).toBe(true);
  });

  it("E5 a query that cannot be read here decides nothing, and never throws", () => {
    const newer = { apis: { $near: "stripe" } };
    expect(ask({ ...ERROR, appliesTo: newer })).toBe(true);
    expect(ask({ ...WORKAROUND, appliesTo: newer })).toBe(false);
    expect(ask(ERROR, { profile: WEB }, rulesOf(rule("newer", newer, "hide")))).toBe(true);
    expect(readAppliesTo(newer)).toMatchObject({ ok: false, refusal: { rule: "R1" } });
    expect(readAppliesTo({ "entry.api": "x" }).ok).toBe(false);
    expect(judgeRule(rule("newer", newer, "hide"))).toMatchObject({ ok: false, refusal: { rule: "R1" } });
    expect(judgeRule(rule("fine", { "entry.facts.a.b": 1, "agent.apis": "x" }, "hide")).ok).toBe(true);
    expect(judgeRule(rule("nameless", { "entry.facts.": 1 }, "hide")).ok).toBe(false);
  });
});

describe("recall for a profile", () => {
  it("E3 A4 property: it is the recall for everybody without what does not concern, which is counted", () => {
    const profiles = fc.constantFrom<Profile>(
      { tools: ["pnpm"] },
      { domain: "web", apis: [] },
      { tags: ["gpu"], tools: ["npm"] },
    );
    fc.assert(
      fc.property(moves(60), fc.constantFrom(...PROBLEMS), profiles, (history, problem, profile) => {
        const view = emptyView();
        for (const one of canonOf(history)) fold(view, one, refOf(0, 0));
        const index = createIndex(view);
        while (index.indexSome() > 0);
        const query = { problem, similar: "never", limit: 1000 } as const;
        const [all, own] = [index.recall(query), index.recall({ ...query, profile })];
        const isOurs = (id: EntryId): boolean => {
          const { immunization } = view.entries.get(id) as Entry;
          return concerns(view.relevance, askerOf({ ...query, profile }), immunization);
        };
        expect([...own.entries].map(({ id }) => id).sort()).toEqual(
          all.entries
            .map(({ id }) => id)
            .filter(isOurs)
            .sort(),
        );
        // Of those that would be left out for another reason, some are counted here.
        expect(own.hidden.notRelevant).toBeGreaterThanOrEqual(all.entries.length - own.entries.length);
        expect(all.hidden.notRelevant).toBe(0);
        expect(index.recall({ ...query, profile, concern: "all" })).toEqual(all);
      }),
    );
  });
});

describe("profiles", () => {
  it("takes what it names, and copies it", () => {
    const apis = ["stripe"];
    const profile = readProfile({ domain: "web", apis, tools: [], tags: undefined });
    expect(profile).toEqual({ ok: true, value: { domain: "web", apis: ["stripe"], tools: [] } });
    apis.push("more");
    expect(profile.ok && profile.value.apis).toEqual(["stripe"]);
  });

  it.each<[string, unknown, RegExp]>([
    ["no object", "web", /no object/],
    ["a list", [], /no object/],
    ["an unknown member", { api: "stripe" }, /"api"/],
    ["a domain that is no text", { domain: 1 }, /domain/],
    ["an empty domain", { domain: " " }, /domain/],
    ["a list that is none", { apis: "stripe" }, /apis/],
    ["a name that is none", { tags: [1] }, /tags/],
    ["a long name", { tools: ["x".repeat(201)] }, /tools/],
    ["many names", { tools: Array(65).fill("x") }, /tools/],
    ["a lone surrogate", { tools: ["\ud800"] }, /tools/],
  ])("R1 refuses %s, and says what is wrong", (_, value, why) => {
    const result = readProfile(value);
    expect(result).toMatchObject({ ok: false, refusal: { rule: "R1" } });
    expect(result.ok ? "" : result.refusal.message).toMatch(why);
  });
});
