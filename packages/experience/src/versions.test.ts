import { type AnyRecord, encodeRecord, type RecordBody, type RecordRef, readRecord, record } from "@herdmind/protocol";
import { describe, expect, it } from "vitest";
import { entryId, refOf, writer } from "./canon.fixture.js";
import { checkpointRecords, viewHash } from "./checkpoint.js";
import { identify } from "./identity.js";
import { emptyView, fold, MAX_RELEVANCE_RULES, type View, type ViewEvent } from "./view.js";

const at: RecordRef = refOf(0, 0);
const foldAll = (records: Iterable<AnyRecord>, view: View = emptyView()): View => {
  for (const one of records) fold(view, one, at);
  return view;
};
const problem = { error: { message: "disk is full" } };
const mitigation = { text: "free some" };
const body = (n: number): RecordBody<"immunization"> => {
  const identity = identify({ type: "ERROR_RESOLVED", problem, mitigation });
  if (!identity.ok) throw new Error(identity.refusal.message);
  const { fingerprint, remedyId, title, search } = identity.value;
  const author = writer(1);
  return {
    id: entryId(n),
    type: "ERROR_RESOLVED",
    fingerprint,
    remedyId,
    title,
    search,
    mitigation,
    author,
    of: refOf(1, n),
    at: 5,
  };
};
const rule = (name: string, version: number, more: Partial<RecordBody<"relevance">> = {}): AnyRecord =>
  record("relevance", { name, version, when: { "entry.tags": "gpu" }, effect: "hide", ...more });

describe("E5 a state has one hash, whatever versions its records were signed in", () => {
  it("E5 A4 what version 1 can say has the hash of version 1, also when it was signed as version 2", () => {
    const first = foldAll([readRecord("immunization", 1, body(1) as never)]);
    const second = foldAll([readRecord("immunization", 2, body(1) as never)]);
    expect(viewHash(second)).toBe(viewHash(first));
    expect([...checkpointRecords(second)].map(({ version }) => version)).toEqual([1]);
  });

  it("E5 A4 a checkpoint carries what only version 2 can say, and every record of it can be written", () => {
    const view = foldAll([
      record("immunization", { ...body(1), tags: ["gpu"] }),
      record("immunization", { ...body(2), appliesTo: { domain: "billing" } }),
      record("immunization", body(3)),
      rule("no-gpu", 2),
      rule("gone", 1, { effect: "off" }),
    ]);
    const written = [...checkpointRecords(view)];
    expect(written.map(({ type, version }) => `${type}/${version}`).sort()).toEqual([
      "immunization/1",
      "immunization/2",
      "immunization/2",
      "relevance/1",
      "relevance/1",
    ]);
    for (const one of written) expect(encodeRecord(one).ok).toBe(true);
    expect(viewHash(foldAll(written))).toBe(viewHash(view));
    const changed = foldAll([...written, rule("no-gpu", 3)]);
    expect(viewHash(changed)).not.toBe(viewHash(view));
    const untagged = foldAll([record("immunization", body(1))]);
    expect(viewHash(untagged)).not.toBe(viewHash(foldAll([record("immunization", { ...body(1), tags: ["gpu"] })])));
  });

  it("E5 a peer without version 2 counts its records as unknown, so that it judges nobody's hash", () => {
    const view = foldAll([
      { type: "unknown", of: "immunization", version: 2, body: { ...body(1), tags: ["gpu"] } as never },
    ]);
    expect(view.counts.unknown).toEqual(new Map([["immunization/2", 1]]));
    expect(view.entries.size).toBe(0);
  });
});

describe("A4 rules of relevance", () => {
  const take = (view: View, ...records: readonly AnyRecord[]): ViewEvent[] =>
    records.flatMap((one) => [...fold(view, one, at)]);

  it("A4 the highest version of a name counts, in whatever order they come; a withdrawn one stays withdrawn", () => {
    const rules = [rule("a", 1), rule("a", 3, { effect: "off" }), rule("a", 2, { effect: "show" })];
    const hashes = [rules, rules.toReversed(), [rules[1], rules[0], rules[2]] as AnyRecord[]].map((order) =>
      viewHash(foldAll(order)),
    );
    expect(new Set(hashes).size).toBe(1);
    const view = foldAll(rules);
    expect(view.relevance.get("a")).toMatchObject({ version: 3, effect: "off" });
    expect(take(view, rule("a", 3), rule("a", 1))).toEqual([]);
    expect(take(view, rule("a", 4))).toMatchObject([{ type: "relevance", rule: { version: 4 } }]);
  });

  it(`L7 there are at most ${MAX_RELEVANCE_RULES}; a further name is ignored and counted`, () => {
    const view = foldAll(Array.from({ length: MAX_RELEVANCE_RULES }, (_, i) => rule(`r${i}`, 1)));
    expect(take(view, rule("one-more", 1))).toEqual([]);
    expect(view.counts.ignored).toBe(1);
    expect(take(view, rule("r0", 2))).toHaveLength(1);
    expect(view.relevance.size).toBe(MAX_RELEVANCE_RULES);
  });
});
