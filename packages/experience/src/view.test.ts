import {
  type AnyRecord,
  encodeRecord,
  type Fingerprint,
  type LogHead,
  MAX_RECORD_BYTES,
  type RecordRef,
  record,
  type Signal,
  toBase64url,
  type WriterId,
} from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonOf, entryId, generation, hash, moves, refOf, writer } from "./canon.fixture.js";
import { checkpointRecords, viewHash } from "./checkpoint.js";
import { betaDeviation, betaMean, confidenceOf } from "./confidence.js";
import { identify } from "./identity.js";
import { outcomeVerdictOf, verdictOf } from "./verdict.js";
import { countedLength, emptyView, fold, sameProblem, type View, type ViewEvent } from "./view.js";

const at: RecordRef = refOf(0, 0);
const foldAll = (records: Iterable<AnyRecord>, view: View = emptyView(), isCheckpoint = false): View => {
  for (const one of records) fold(view, one, at, isCheckpoint);
  return view;
};
const restore = (checkpoint: Iterable<AnyRecord>): View => foldAll(checkpoint, emptyView(), true);
const events = (view: View, ...records: readonly AnyRecord[]): ViewEvent[] =>
  records.flatMap((one) => [...fold(view, one, at)]);

const SIGNAL: Signal = {
  type: "ERROR_RESOLVED",
  problem: { error: { message: "disk is full" } },
  mitigation: { text: "free some" },
  at: 5,
};
const immunization = (
  n: number,
  more: Partial<Extract<AnyRecord, { type: "immunization" }>["body"]> = {},
): AnyRecord => {
  const identity = identify(SIGNAL);
  if (!identity.ok) throw new Error("identity");
  const { fingerprint, remedyId, title, search } = identity.value;
  return record("immunization", {
    id: entryId(n),
    type: SIGNAL.type,
    fingerprint,
    remedyId,
    title,
    search,
    mitigation: SIGNAL.mitigation,
    author: writer(1),
    of: refOf(1, n),
    at: 5,
    ...more,
  });
};
const member = (n: number, group = n, status: "admitted" | "refused" = "admitted"): AnyRecord =>
  record("member", { writer: writer(n), role: "agent", group: writer(group), status, at: 1 });
const head = (n: number, length: number): LogHead =>
  ({ ...refOf(n, 0), length, hash: hash(length) }) as unknown as LogHead;
const watermark = (n: number, length: number): AnyRecord => {
  const { writer: w, generation: g } = refOf(n, 0);
  return record("watermark", { writer: w, generation: g, length, hash: hash(length) });
};

describe("A4 the view is a function of canon's records", () => {
  it("A4 property: view(history) = view(checkpoint + rest), wherever the checkpoint falls", () => {
    fc.assert(
      fc.property(moves(60), fc.nat(), (history, cut) => {
        const records = canonOf(history);
        const k = records.length === 0 ? 0 : cut % (records.length + 1);
        const whole = foldAll(records);
        const before = foldAll(records.slice(0, k));
        const restored = restore(checkpointRecords(before));
        expect(viewHash(restored)).toBe(viewHash(before));
        foldAll(records.slice(k), restored);
        expect(viewHash(restored)).toBe(viewHash(whole));
      }),
    );
  });

  it("A4 property: a checkpoint folded into the view that it was made from changes nothing and gives no event", () => {
    fc.assert(
      fc.property(moves(40), (history) => {
        const view = foldAll(canonOf(history));
        const hashBefore = viewHash(view);
        expect([...checkpointRecords(view)].flatMap((one) => [...fold(view, one, at, true)])).toEqual([]);
        expect(viewHash(view)).toBe(hashBefore);
      }),
    );
  });

  it("A4 property: every record of a checkpoint can be written", () => {
    fc.assert(
      fc.property(moves(40), (history) => {
        for (const one of checkpointRecords(foldAll(canonOf(history)))) expect(encodeRecord(one).ok).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("A4 the hash differs when anything that counts differs", () => {
    const base: AnyRecord[] = [member(1), member(2), immunization(1), watermark(1, 3)];
    const changes: readonly AnyRecord[] = [
      member(3),
      member(2, 1),
      immunization(2),
      watermark(1, 4),
      watermark(2, 1),
      record("evidence", { entry: entryId(1), worked: [writer(2)], failed: [] }),
      record("evidence", { entry: entryId(1), worked: [], failed: [writer(2)] }),
      record("status", { entry: entryId(1), status: "contested", reason: "x" }),
      record("status", { entry: entryId(1), status: "contested", reason: "y" }),
      record("revoked", { writer: writer(2), last: 3, reason: "x" }),
      record("revoked", { writer: writer(2), generation: generation(2), last: 3, reason: "x" }),
      record("alias", { from: fp(1), to: fp(2), reason: "x" }),
      record("signal-type", { name: "acme/x", identity: ["a"] }),
      record("term", { term: 1, holder: writer(9) }),
    ];
    const hashes = new Set([viewHash(foldAll(base)), ...changes.map((change) => viewHash(foldAll([...base, change])))]);
    expect(hashes.size).toBe(changes.length + 1);
  });

  it("A4 what is not state does not change the hash", () => {
    const view = foldAll([member(1), immunization(1)]);
    const before = viewHash(view);
    foldAll(
      [
        record("next", { generation: generation(4) }),
        record("verdict", { of: refOf(1, 4), verdict: "ignored", rule: "R1", reason: "x" }),
        record("checkpoint-end", { records: 1, viewHash: "x", continues: head(0, 1) }),
        record("open", { chain: ["x"] }),
        { type: "unknown", of: "riddle", version: 3, body: null },
        record("signal", SIGNAL),
      ],
      view,
    );
    expect(viewHash(view)).toBe(before);
  });

  it("the evidence of thousands of writers fits into records", () => {
    const writers = Array.from(
      { length: 2500 },
      (_, i) => toBase64url(Uint8Array.from({ length: 32 }, (_, j) => (i >> (j % 4 === 0 ? 0 : 8)) & 255)) as WriterId,
    );
    const view = foldAll([
      immunization(1),
      record("evidence", { entry: entryId(1), worked: writers.slice(0, 1200), failed: writers.slice(1200) }),
    ]);
    const written = [...checkpointRecords(view)];
    for (const one of written) {
      const bytes = encodeRecord(one);
      expect(bytes.ok && bytes.value.length <= MAX_RECORD_BYTES).toBe(true);
    }
    expect(viewHash(restore(written))).toBe(viewHash(view));
  });
});

const fp = (n: number): Fingerprint => `f1_${toBase64url(new Uint8Array(24).fill(n))}` as Fingerprint;

describe("folding", () => {
  it("an admission that is repeated changes nothing", () => {
    const view = emptyView();
    expect(events(view, immunization(1)).map(({ type }) => type)).toEqual(["immunized"]);
    expect(events(view, immunization(1, { title: "another" }))).toEqual([]);
    expect(view.entries.get(entryId(1))?.immunization.title).toBe("disk is full");
  });
  it("tells what changed, once", () => {
    const view = foldAll([immunization(1)]);
    const worked = record("evidence", { entry: entryId(1), worked: [writer(2)], failed: [] });
    expect(events(view, worked)).toMatchObject([{ type: "evidence", worked: [writer(2)], failed: [] }]);
    expect(events(view, worked)).toEqual([]);
    expect(events(view, record("status", { entry: entryId(1), status: "revoked", reason: "wrong" }))).toMatchObject([
      { type: "status", before: "active" },
    ]);
    expect(events(view, watermark(1, 2))).toMatchObject([{ type: "watermark" }]);
    expect(
      events(view, record("verdict", { of: refOf(1, 9), verdict: "rejected", rule: "R1", reason: "junk" })),
    ).toMatchObject([{ type: "verdict" }]);
  });
  it("the newest outcome of a writer counts; one in both lists failed", () => {
    const view = foldAll([
      immunization(1),
      record("evidence", { entry: entryId(1), worked: [writer(2), writer(3)], failed: [writer(3)] }),
      record("evidence", { entry: entryId(1), worked: [writer(4)], failed: [writer(2)] }),
    ]);
    expect([...(view.entries.get(entryId(1))?.evidence ?? [])]).toEqual([
      [writer(2), false],
      [writer(3), false],
      [writer(4), true],
    ]);
  });
  it("A3 several revocations are combined by minimum, in any order", () => {
    const a = record("revoked", { writer: writer(2), last: 7, reason: "a" });
    const b = record("revoked", { writer: writer(2), generation: generation(2), last: 3, reason: "b" });
    const c = record("revoked", { writer: writer(2), last: 5, reason: "c" });
    for (const order of [
      [a, b, c],
      [c, b, a],
      [b, a, c],
    ]) {
      const view = foldAll(order);
      expect(countedLength(view, { writer: writer(2), generation: generation(2) })).toBe(4);
      expect(countedLength(view, { writer: writer(2), generation: generation(9) })).toBe(6);
      expect(countedLength(view, { writer: writer(3), generation: generation(2) })).toBe(Number.POSITIVE_INFINITY);
    }
  });
  it("a watermark never goes back", () => {
    const view = foldAll([watermark(1, 5), watermark(1, 3)]);
    expect([...view.watermarks.values()].map(({ length }) => length)).toEqual([5]);
    expect(view.counts.ignored).toBe(1);
  });
  it("E5 records of unknown types are counted, and so are those that are not canon's", () => {
    const view = emptyView();
    const riddle: AnyRecord = { type: "unknown", of: "riddle", version: 2, body: { a: 1 } };
    expect(events(view, riddle, riddle)).toHaveLength(2);
    foldAll([record("signal", SIGNAL), record("outcome", { entry: entryId(1), success: true, at: 1 })], view);
    expect(view.counts).toMatchObject({ records: 4, ignored: 2, unknown: new Map([["riddle/2", 2]]) });
  });
  it("E5 invented names of unknown types do not grow memory without bound", () => {
    const view = emptyView();
    for (let i = 0; i < 3000; i++) fold(view, { type: "unknown", of: `x${i}`, version: 1, body: null }, at);
    expect(view.counts.unknown.size).toBeLessThanOrEqual(1001);
    expect([...view.counts.unknown.values()].reduce((a, b) => a + b)).toBe(3000);
  });
  it("aliases join fingerprints both ways, along chains and cycles, and can be undone", () => {
    const alias = (from: number, to: number, undo?: boolean) =>
      record("alias", { from: fp(from), to: fp(to), reason: "r", ...(undo === undefined ? {} : { undo }) });
    const view = foldAll([alias(1, 2), alias(2, 3), alias(3, 1), alias(4, 2)]);
    expect(new Set(sameProblem(view, fp(4)))).toEqual(new Set([fp(1), fp(2), fp(3), fp(4)]));
    foldAll([alias(4, 2, true)], view);
    expect(sameProblem(view, fp(4))).toEqual([fp(4)]);
    foldAll([alias(2, 5), alias(3, 1, true)], view);
    expect(new Set(sameProblem(view, fp(1)))).toEqual(new Set([fp(1), fp(2), fp(5)]));
    expect(sameProblem(view, fp(3))).toEqual([fp(3)]);
  });
});

describe("E1 confidence", () => {
  const evidence = (worked: readonly number[], failed: readonly number[]) =>
    record("evidence", { entry: entryId(1), worked: worked.map(writer), failed: failed.map(writer) });
  const of = (...records: readonly AnyRecord[]) => {
    const view = foldAll([member(1), immunization(1), ...records]);
    return confidenceOf(view, view.entries.get(entryId(1)) as never);
  };
  it("E1 is 1/2 without outcomes, and Laplace's rule with them", () => {
    expect(of().mean).toBe(0.5);
    expect(of(member(2), evidence([2], [])).mean).toBe(2 / 3);
    expect(of(member(2), member(3), evidence([2], [3])).mean).toBe(1 / 2);
    expect(of(...[2, 3, 4, 5].map((n) => member(n)), evidence([2, 3, 4], [5]))).toMatchObject({
      mean: 4 / 6,
      worked: 3,
      failed: 1,
      independent: 4,
    });
  });
  it("E1 the author's group does not count", () => {
    expect(of(evidence([1], []))).toMatchObject({ mean: 0.5, worked: 1, independent: 0 });
    expect(of(member(2, 1), evidence([1, 2], []))).toMatchObject({ mean: 0.5, worked: 2, independent: 0 });
  });
  it("E1 a group has one vote, however many writers it invites", () => {
    const crowd = Array.from({ length: 20 }, (_, i) => i + 10);
    const praised = of(...crowd.map((n) => member(n, 10)), member(2), evidence(crowd, [2]));
    expect(praised).toMatchObject({ mean: 0.5, worked: 20, failed: 1, independent: 2 });
  });
  it("E1 writers that are no admitted members have no vote", () => {
    expect(of(member(2, 2, "refused"), evidence([2, 3], [])).independent).toBe(0);
  });
  it("ranks a long record before one lucky outcome, and that before nothing, and that before failure", () => {
    const lower = (votes: number, sum: number) => betaMean(votes, sum) - betaDeviation(votes, sum);
    const ranked = [
      lower(20, 19),
      lower(5, 5),
      lower(10, 8),
      lower(1, 1),
      lower(2, 1),
      lower(0, 0),
      lower(1, 0),
      lower(5, 0),
    ];
    expect(ranked).toEqual([...ranked].sort((a, b) => b - a));
  });
});

describe("the default verdict", () => {
  const view = foldAll([
    immunization(1, { of: refOf(1, 1) }),
    watermark(1, 5),
    watermark(2, 5),
    record("revoked", { writer: writer(3), last: 1, reason: "x" }),
  ]);
  it("a proposal below the watermark was admitted, corroborates, or is an exception", () => {
    expect(verdictOf(view, SIGNAL, refOf(1, 1))).toEqual({ verdict: "admitted", entry: entryId(1) });
    expect(verdictOf(view, SIGNAL, refOf(1, 2))).toEqual({ verdict: "corroborates", entry: entryId(1) });
    expect(verdictOf(view, SIGNAL, refOf(2, 4))).toEqual({ verdict: "corroborates", entry: entryId(1) });
    expect(verdictOf(view, { ...SIGNAL, mitigation: { text: "buy more" } }, refOf(2, 4))).toEqual({
      verdict: "exception",
    });
    expect(verdictOf(view, { ...SIGNAL, problem: {} }, refOf(2, 4))).toEqual({ verdict: "exception" });
  });
  it("beyond it is pending, and beyond a revocation revoked (A3)", () => {
    expect(verdictOf(view, SIGNAL, refOf(2, 5))).toEqual({ verdict: "pending" });
    expect(verdictOf(view, SIGNAL, refOf(4, 0))).toEqual({ verdict: "pending" });
    expect(verdictOf(view, SIGNAL, refOf(3, 1))).toEqual({ verdict: "pending" });
    expect(verdictOf(view, SIGNAL, refOf(3, 2))).toEqual({ verdict: "revoked" });
  });
  it("an outcome is counted when its entry is there", () => {
    const outcome = { entry: entryId(1), success: true, at: 1 };
    expect(outcomeVerdictOf(view, outcome, refOf(2, 1))).toEqual({ verdict: "counted", entry: entryId(1) });
    expect(outcomeVerdictOf(view, { ...outcome, entry: entryId(8) }, refOf(2, 1))).toEqual({ verdict: "exception" });
    expect(outcomeVerdictOf(view, outcome, refOf(2, 6))).toEqual({ verdict: "pending" });
  });
});
