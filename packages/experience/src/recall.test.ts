import {
  type AnyRecord,
  type EntryId,
  type Fingerprint,
  type Problem,
  type RecordRef,
  record,
} from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Query } from "./asked.js";
import { bruteForce } from "./brute-force.fixture.js";
import { canonOf, entryId, moves, PROBLEMS, refOf, writer } from "./canon.fixture.js";
import { checkpointRecords } from "./checkpoint.js";
import { identify } from "./identity.js";
import { createIndex, type Recall } from "./recall.js";
import { emptyView, fold, type View } from "./view.js";

const at: RecordRef = refOf(0, 0);
const foldAll = (records: Iterable<AnyRecord>, view: View = emptyView()): View => {
  for (const one of records) fold(view, one, at);
  return view;
};
const indexed = (view: View) => {
  const index = createIndex(view);
  while (index.indexSome(7) > 0);
  return index;
};
const plain = (recall: Recall) => ({
  entries: recall.entries.map(({ id, match, score, confidence, evidence, status, unconfirmed = false }) => ({
    id,
    match,
    score: Math.round(score * 1e9),
    confidence: Math.round(confidence * 1e9),
    evidence,
    status,
    unconfirmed,
  })),
  hidden: recall.hidden,
});

const query: fc.Arbitrary<Query> = fc.record(
  {
    problem: fc.oneof(
      fc.constantFrom(...PROBLEMS),
      fc.constantFrom<Problem>(
        { text: "disk quota of ledger volume exceeded while compacting index" },
        { text: "certificate of payment gateway is not valid", facts: { zone: "eu" } },
        { text: "journal" },
        { text: "nothing of this was ever seen" },
      ),
    ),
    limit: fc.integer({ min: 1, max: 8 }),
    similar: fc.constantFrom("auto" as const, "always" as const, "never" as const),
    anyFacts: fc.boolean(),
    minScore: fc.constantFrom(0, 0.3, 0.6, 0.9),
    exclude: fc.array(fc.nat(PROBLEMS.length * 3 - 1).map(entryId), { maxLength: 3 }),
  },
  { requiredKeys: ["problem"] },
);

describe("A4 recall is a function of canon", () => {
  it("A4 property: equals a brute-force reading of the records", () => {
    fc.assert(
      fc.property(moves(60), query, (history, asked) => {
        const records = canonOf(history);
        expect(plain(indexed(foldAll(records)).recall(asked))).toEqual(bruteForce(records, asked));
      }),
      { numRuns: 400 },
    );
  });

  it("A4 property: the same by history, by checkpoint, and with the index built at any moment between", () => {
    fc.assert(
      fc.property(
        moves(60),
        query,
        fc.array(fc.nat(60), { maxLength: 6 }),
        fc.nat(60),
        (history, asked, moments, cut) => {
          const records = canonOf(history);
          const expected = plain(indexed(foldAll(records)).recall(asked));

          const view = emptyView();
          const index = createIndex(view);
          records.forEach((one, i) => {
            fold(view, one, at);
            for (const moment of moments) if (moment === i) index.indexSome(1 + (moment % 3));
          });
          while (index.indexSome() > 0);
          expect(plain(index.recall(asked))).toEqual(expected);

          const k = Math.min(cut, records.length);
          const restored = foldAll(records.slice(k), foldAll(checkpointRecords(foldAll(records.slice(0, k)))));
          expect(plain(indexed(restored).recall(asked))).toEqual(expected);
        },
      ),
    );
  });

  it("A4 property: whatever order blocks are delivered in, the same prefix of canon gives the same answer", () => {
    fc.assert(
      fc.property(moves(40), query, fc.infiniteStream(fc.nat()), (history, asked, choices) => {
        const records = canonOf(history);
        // A peer holds blocks that came early until the gap before them is filled.
        const waiting = new Set(records.keys());
        const arrived = new Set<number>();
        const view = emptyView();
        const index = createIndex(view);
        let folded = 0;
        while (waiting.size > 0) {
          const [choice = 0] = choices.take(1);
          const i = [...waiting][choice % waiting.size] as number;
          waiting.delete(i);
          arrived.add(i);
          while (arrived.has(folded)) fold(view, records[folded++] as AnyRecord, at);
          index.indexSome(2);
        }
        while (index.indexSome() > 0);
        expect(plain(index.recall(asked))).toEqual(bruteForce(records, asked));
      }),
      { numRuns: 50 },
    );
  });
});

const immunize = (
  n: number,
  problem: Problem,
  remedy: string,
  more: { author?: number; at?: number } = {},
): AnyRecord => {
  const type =
    problem.api !== undefined
      ? "WORKAROUND_FOUND"
      : problem.domain !== undefined
        ? "VALIDATION_PASSED"
        : "ERROR_RESOLVED";
  const identity = identify({ type, problem, mitigation: { text: remedy } });
  if (!identity.ok) throw new Error(identity.refusal.message);
  const { fingerprint, remedyId, title, search } = identity.value;
  return record("immunization", {
    id: entryId(n),
    type,
    fingerprint,
    remedyId,
    title,
    search,
    ...(problem.facts === undefined ? {} : { facts: problem.facts }),
    mitigation: { text: remedy },
    author: writer(more.author ?? 1),
    of: refOf(1, n),
    at: more.at ?? 0,
  });
};
const PORT: Problem = {
  error: { name: "Error", message: "listen EADDRINUSE: address already in use :::3000", code: "EADDRINUSE" },
};
const members = [1, 2, 3, 4].map((n) =>
  record("member", { writer: writer(n), role: "agent", group: writer(n), status: "admitted", at: 0 }),
);

describe("recall", () => {
  it("knows a newcomer's entries exactly before the text index holds them, and says what is pending", () => {
    const view = foldAll([immunize(1, PORT, "take another port")]);
    const index = createIndex(view);
    const known = index.recall({ error: { message: "listen EADDRINUSE: address already in use 127.0.0.1:51123" } });
    expect(known).toMatchObject({
      pending: 1,
      entries: [{ match: "exact", score: 1, mitigation: { text: "take another port" } }],
    });
    const similar: Query = { text: "server says address already in use for EADDRINUSE on listen" };
    expect(index.recall(similar)).toMatchObject({ pending: 1, entries: [], searched: ["exact", "alias", "text"] });
    expect(index.indexSome()).toBe(0);
    expect(index.recall(similar)).toMatchObject({ pending: 0, entries: [{ match: "text" }] });
  });

  it("E1 offers the remedy with the better record first, and contested ones last, marked", () => {
    const view = foldAll([
      ...members,
      immunize(1, PORT, "kill the other one"),
      immunize(2, PORT, "take another port", { author: 2 }),
      immunize(3, PORT, "wait", { author: 3 }),
      record("evidence", { entry: entryId(1), worked: [], failed: [writer(3)] }),
      record("evidence", { entry: entryId(2), worked: [writer(3), writer(4)], failed: [] }),
      record("evidence", { entry: entryId(3), worked: [writer(1), writer(2), writer(4)], failed: [] }),
      record("status", { entry: entryId(3), status: "contested", reason: "fails on CI" }),
    ]);
    const { entries } = createIndex(view).recall({ problem: PORT });
    expect(entries.map(({ mitigation }) => mitigation.text)).toEqual([
      "take another port",
      "kill the other one",
      "wait",
    ]);
    expect(entries[0]).toMatchObject({ confidence: 0.75, evidence: { worked: 2, failed: 0, independent: 2 } });
    expect(entries[0]?.why).toBe("the same problem; worked for 2 of 2, 2 independent; unconfirmed");
    expect(entries[2]).toMatchObject({ status: "contested" });
    expect(entries[2]?.why).toContain("contested: fails on CI");
  });

  it("E3 counts what it leaves out, with the reason", () => {
    const view = foldAll([
      immunize(1, PORT, "a"),
      immunize(2, PORT, "b"),
      immunize(3, PORT, "c"),
      immunize(4, PORT, "d"),
      immunize(5, PORT, "e"),
      record("status", { entry: entryId(1), status: "revoked", reason: "wrong" }),
      record("status", { entry: entryId(2), status: "superseded", reason: "better", by: entryId(3) }),
    ]);
    const { entries, hidden } = createIndex(view).recall({ problem: PORT, limit: 1, exclude: [entryId(3)] });
    expect(entries).toHaveLength(1);
    expect(hidden).toEqual({
      revoked: 1,
      superseded: 1,
      excluded: 1,
      overLimit: 1,
      belowThreshold: 0,
      factsDiffer: 0,
      notRelevant: 0,
      otherVersion: 0,
      guessed: 0,
      unprovenFacts: 0,
    });
  });

  it("E3 an entry with other facts never matches by text unless asked, and is counted", () => {
    const view = foldAll([
      immunize(
        1,
        { text: "class file of the plugin was compiled by a newer compiler", facts: { java: "17" } },
        "raise the runtime",
      ),
    ]);
    const index = indexed(view);
    const asked: Query = { text: "class file of the plugin was compiled by a newer compiler", facts: { java: "11" } };
    expect(index.recall(asked)).toMatchObject({ entries: [], hidden: { factsDiffer: 1 } });
    expect(index.recall({ ...asked, anyFacts: true })).toMatchObject({
      entries: [{ match: "text" }],
      hidden: { factsDiffer: 0 },
    });
    expect(index.recall({ text: asked.text as string })).toMatchObject({ entries: [], hidden: { factsDiffer: 1 } });
    expect(index.recall({ ...asked, facts: { java: "17" } })).toMatchObject({ entries: [{ match: "exact" }] });
  });

  it("says nothing rather than something that is hardly alike", () => {
    const index = indexed(
      foldAll([immunize(1, PORT, "a"), immunize(2, { text: "certificate of the payment gateway has expired" }, "b")]),
    );
    expect(index.recall({ text: "the payment page looks odd on small screens" })).toMatchObject({
      entries: [],
      hidden: { belowThreshold: 1 },
    });
    expect(index.recall({ text: "of the and is" })).toMatchObject({ entries: [] });
    expect(index.recall({})).toMatchObject({ entries: [], searched: [] });
  });

  it("texts whose codes differ are never alike", () => {
    const index = indexed(
      foldAll([immunize(1, { text: "GET https://a.test/b answered HTTP 429 Too Many Requests" }, "wait")]),
    );
    const asked = (status: string): Query => ({
      text: `the shop's server answered HTTP ${status} today`,
      minScore: 0.2,
    });
    expect(index.recall(asked("429")).entries).toHaveLength(1);
    expect(index.recall(asked("401"))).toMatchObject({ entries: [], hidden: { belowThreshold: 1 } });
  });

  it("finds workarounds by api and purpose, validations by domain and approach, and anything by its fingerprint", () => {
    const view = foldAll([
      immunize(1, { api: "fs.watch", purpose: "see new files on network drives" }, "poll"),
      immunize(2, { domain: "billing", approach: "round half even" }, "do"),
    ]);
    const index = indexed(view);
    expect(index.recall({ api: "FS.watch", purpose: "See new files  on network drives." }).entries[0]).toMatchObject({
      match: "exact",
      id: entryId(1),
    });
    expect(
      index.recall({ api: "fs.watch", purpose: "see files on network drives that are new" }).entries[0],
    ).toMatchObject({ match: "text", id: entryId(1) });
    expect(index.recall({ domain: "billing", approach: "Round half even" }).entries[0]).toMatchObject({
      match: "exact",
      id: entryId(2),
    });
    const fingerprint = view.entries.get(entryId(2))?.immunization.fingerprint as Fingerprint;
    expect(index.recall({ fingerprint }).entries[0]).toMatchObject({ match: "exact", id: entryId(2) });
  });

  it("E6 passes on how fresh canon is, and which record it knows last", () => {
    const view = foldAll([immunize(1, PORT, "a")]);
    expect(createIndex(view).recall({ problem: PORT }, { head: 4, of: 9 })).toMatchObject({
      freshness: { head: 4, of: 9 },
      position: at,
    });
  });

  it("thousands of alike entries do not change what is best", () => {
    const view = emptyView();
    const text = (n: number) =>
      `worker ${"abcdefghij"[n % 10]}${"klmnopqrst"[Math.floor(n / 10) % 10]} of ledger shard failed to flush`;
    const body = (n: number) => {
      const known = identify({ type: "ERROR_RESOLVED", problem: { text: text(n) }, mitigation: { text: "x" } });
      return known.ok ? known.value : undefined;
    };
    for (let n = 0; n < 3000; n++) {
      const identity = body(n);
      if (identity === undefined) throw new Error("identity");
      const id = writer(n & 255).slice(0, 39) + n.toString(36).padStart(4, "0");
      fold(
        view,
        record("immunization", {
          ...identity,
          id: id as EntryId,
          type: "ERROR_RESOLVED",
          mitigation: { text: "x" },
          author: writer(1),
          of: refOf(1, n),
          at: n,
        }),
        at,
      );
    }
    const index = indexed(view);
    const { entries, hidden } = index.recall({
      text: "worker ak of ledger shard failed to flush again",
      similar: "always",
    });
    expect(entries[0]?.title).toContain("worker ak");
    expect(entries.length + hidden.overLimit + hidden.belowThreshold).toBe(3000);
  });
});
