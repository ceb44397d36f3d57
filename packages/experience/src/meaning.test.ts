import { type AnyRecord, type Problem, type RecordRef, record } from "@herdmind/protocol";
import { describe, expect, test } from "vitest";
import { entryId, refOf, writer } from "./canon.fixture.js";
import { identify } from "./identity.js";
import { questionOf } from "./meaning.js";
import { createIndex, type Index } from "./recall.js";
import { recognisers } from "./recognisers.js";
import { emptyView, fold } from "./view.js";

const at: RecordRef = refOf(0, 0);
const SPACE = { dimension: 2, minCosine: 0.5, minLead: 0.03 };
/** A unit vector at so many degrees: what is meant is which vectors are near each other. */
const towards = (degrees: number): Float32Array =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));

interface Given {
  readonly problem: Problem;
  readonly remedy: string;
  readonly degrees: number | undefined;
}
const indexOf = (given: readonly Given[], later: readonly AnyRecord[] = []): Index => {
  const view = emptyView();
  for (const [n, { problem, remedy }] of given.entries()) {
    const type = problem.api === undefined ? "ERROR_RESOLVED" : "WORKAROUND_FOUND";
    const mitigation = { text: remedy };
    const known = identify({ type, problem, mitigation });
    if (!known.ok) throw new Error(known.refusal.message);
    const { fingerprint, remedyId, title, search } = known.value;
    const { facts } = problem;
    const more = facts === undefined ? {} : { facts };
    const body = { id: entryId(n), type, fingerprint, remedyId, title, search, mitigation, author: writer(1) };
    fold(view, record("immunization", { ...body, of: refOf(1, n), at: n, ...more }), at);
  }
  for (const one of later) fold(view, one, at);
  const index = createIndex(view, SPACE);
  while (index.indexSome() > 0);
  index.meanings?.add(given.map(({ degrees }) => (degrees === undefined ? undefined : towards(degrees))));
  return index;
};
const ask = (index: Index, degrees: number, query = {}) =>
  index.recall({ text: "nobody here has such words", ...query }, undefined, towards(degrees));
const ids = ({ entries }: { readonly entries: readonly { readonly id: string }[] }) => entries.map(({ id }) => id);

const PORT: Problem = { error: { message: "listen EADDRINUSE: address already in use :::3000" } };
const DISK: Problem = { error: { message: "ENOSPC: no space left on device, write" } };

describe("recall by meaning", () => {
  test("finds what no word finds, and says so", () => {
    const index = indexOf([
      { problem: PORT, remedy: "another port", degrees: 0 },
      { problem: DISK, remedy: "delete logs", degrees: 90 },
    ]);
    expect(ids(index.recall({ text: "nobody here has such words" }))).toEqual([]);
    const known = ask(index, 20);
    expect(known).toMatchObject({
      searched: ["exact", "alias", "meaning", "text"],
      unembedded: 0,
      entries: [{ id: entryId(0), match: "meaning" }],
    });
    expect(known.entries[0]?.why).toMatch(/^a problem of similar meaning \(cosine 0\.9\d\); no outcome yet/);
  });

  test("says nothing below the threshold, nor where two problems are about as near", () => {
    const index = indexOf([
      { problem: PORT, remedy: "another port", degrees: 0 },
      { problem: DISK, remedy: "delete logs", degrees: 40 },
    ]);
    expect(ask(index, 110)).toMatchObject({ entries: [], hidden: { belowThreshold: 0 } });
    expect(ask(index, 20)).toMatchObject({ entries: [], hidden: { belowThreshold: 2 } });
    expect(ids(ask(index, 5))).toEqual([entryId(0)]);
  });

  test("alternatives of the nearest problem do not make it ambiguous, under an alias neither", () => {
    const alike: Problem = { error: { message: "bind: address already in use" } };
    const given = [
      { problem: PORT, remedy: "another port", degrees: 0 },
      { problem: PORT, remedy: "stop the other", degrees: 3 },
      { problem: alike, remedy: "wait", degrees: 4 },
    ];
    expect(ids(ask(indexOf(given), 2))).toEqual([]);
    const [from, to] = [alike, PORT].map((problem) => {
      const known = identify({ type: "ERROR_RESOLVED", problem, mitigation: { text: "" } });
      if (!known.ok) throw new Error(known.refusal.message);
      return known.value.fingerprint;
    });
    const alias = record("alias", { from, to, reason: "the same remedies work" } as never);
    expect(ids(ask(indexOf(given, [alias]), 2)).sort()).toEqual([entryId(0), entryId(1), entryId(2)].sort());
  });

  test("facts must be equal, and what they hide is counted once", () => {
    const index = indexOf([
      { problem: { ...PORT, facts: { os: "linux" } }, remedy: "another port", degrees: 0 },
      { problem: { ...DISK, facts: { os: "windows" } }, remedy: "delete logs", degrees: 90 },
    ]);
    expect(ask(index, 0)).toMatchObject({ entries: [], hidden: { factsDiffer: 1, belowThreshold: 0 } });
    expect(ask(index, 0, { text: "address" })).toMatchObject({ entries: [], hidden: { factsDiffer: 1 } });
    expect(ids(ask(index, 0, { facts: { os: "linux" } }))).toEqual([entryId(0)]);
    expect(ids(ask(index, 0, { facts: { os: "windows" } }))).toEqual([]);
    expect(ids(ask(index, 0, { anyFacts: true }))).toEqual([entryId(0)]);
  });

  test("a workaround of another API is no answer", () => {
    const index = indexOf([
      { problem: { api: "cash v2", purpose: "refund an order" }, remedy: "one by one", degrees: 0 },
      { problem: { api: "till", purpose: "refund an order" }, remedy: "post a negative bill", degrees: 30 },
    ]);
    const asked = { text: undefined, purpose: "give money back" };
    expect(ids(ask(index, 0, { ...asked, api: "cash v2" }))).toEqual([entryId(0)]);
    expect(ids(ask(index, 0, { ...asked, api: "till" }))).toEqual([entryId(1)]);
    expect(ids(ask(index, 0, { ...asked, api: "cash" }))).toEqual([]);
  });

  test("E3 revoked, tried and vectorless entries are counted or pending, never shown", () => {
    const given = [
      { problem: PORT, remedy: "another port", degrees: 0 },
      { problem: PORT, remedy: "stop the other", degrees: 2 },
      { problem: DISK, remedy: "delete logs", degrees: undefined },
    ];
    const revoked = record("status", { entry: entryId(0), status: "revoked", reason: "deletes data" });
    expect(ask(indexOf(given, [revoked]), 0)).toMatchObject({ entries: [{ id: entryId(1) }], hidden: { revoked: 1 } });
    expect(ask(indexOf(given), 0, { exclude: [entryId(1)] })).toMatchObject({
      entries: [{ id: entryId(0) }],
      hidden: { excluded: 1 },
    });
  });

  test("what words and meaning both find comes once, before what one of them finds", () => {
    const index = indexOf([
      { problem: PORT, remedy: "another port", degrees: 1 },
      { problem: PORT, remedy: "stop the other", degrees: 0 },
      { problem: DISK, remedy: "delete logs", degrees: 90 },
    ]);
    const { entries, hidden } = ask(index, 0, { text: "address already in use for EADDRINUSE on listen" });
    expect(entries.map(({ id, match }) => [id, match])).toEqual([
      [entryId(1), "text"],
      [entryId(0), "text"],
    ]);
    expect(entries[0]?.why).toMatch(/^a similar problem \(\d+ % alike; by meaning too, cosine 1\.00\)/);
    expect(hidden.belowThreshold).toBe(0);
  });

  test("an exact match is not joined by what means the same, unless that is asked for", () => {
    const index = indexOf([
      { problem: PORT, remedy: "another port", degrees: 0 },
      { problem: DISK, remedy: "delete logs", degrees: 2 },
    ]);
    expect(ids(ask(index, 2, { text: undefined, problem: PORT }))).toEqual([entryId(0)]);
    expect(ids(ask(index, 2, { text: undefined, problem: PORT, similar: "always" }))).toEqual([entryId(0), entryId(1)]);
  });

  test("entries without vectors are pending, and wanted in order; without an embedder nothing is", () => {
    const view = emptyView();
    const index = createIndex(view, SPACE);
    expect([index.meanings?.pending, index.meanings?.wanted(5)]).toEqual([0, []]);
    const known = identify({ type: "ERROR_RESOLVED", problem: PORT, mitigation: { text: "another port" } });
    if (!known.ok) throw new Error(known.refusal.message);
    const { fingerprint, remedyId, title, search } = known.value;
    const body = { id: entryId(0), type: "ERROR_RESOLVED", fingerprint, remedyId, title, search, author: writer(1) };
    fold(
      view,
      record("immunization", {
        ...body,
        mitigation: { text: "another port" },
        of: refOf(1, 0),
        at: 0,
        discovery: "it",
      }),
      at,
    );
    expect([index.meanings?.pending, index.meanings?.wanted(5)]).toEqual([1, []]);
    index.indexSome();
    expect(index.meanings?.wanted(5)).toEqual(["listen eaddrinuse: address already in use. it. another port"]);
    expect(index.recall({ text: "x" }).unembedded).toBe(1);
    expect(createIndex(view).recall({ text: "x" }).unembedded).toBeUndefined();
    expect(createIndex(view).meanings).toBeUndefined();
  });
});

describe("what counts as a question in words", () => {
  test("recognisers that know no tool are those up to strength 40", () => {
    const weak = recognisers.filter(({ strength }) => strength <= 40).map(({ name }) => name);
    expect(weak).toEqual(["generic", "wrapper", "last-line"]);
  });

  test("a sentence does; an error and the output of a tool do not", () => {
    expect(questionOf({ text: "the disk is full" })).toBe("the disk is full");
    expect(questionOf({ api: "till", purpose: "refund" })).toBe("till. refund");
    expect(questionOf({ error: { message: "the disk is full" } })).toBeUndefined();
    expect(questionOf({ text: "TypeError: x is not a function" })).toBeUndefined();
    expect(questionOf({ text: "npm error code ERESOLVE\nnpm error ERESOLVE unable to resolve" })).toBeUndefined();
    expect(questionOf({ text: "it\nfails\nin\nso\nmany\nlines" })).toBeUndefined();
    expect(questionOf({ text: " " })).toBeUndefined();
  });

  test("a long one is cut, and stays well formed", () => {
    expect(questionOf({ text: "\u{1f600}".repeat(2000) })).toHaveLength(1000);
    expect(questionOf({ text: `x${"\u{1f600}".repeat(2000)}` })?.isWellFormed()).toBe(true);
  });
});
