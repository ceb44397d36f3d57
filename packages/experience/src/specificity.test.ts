import { type AnyRecord, type Problem, record } from "@herdmind/protocol";
import { describe, expect, test } from "vitest";
import type { Query } from "./asked.js";
import { entryId, refOf, writer } from "./canon.fixture.js";
import { identify } from "./identity.js";
import { createIndex, type Index } from "./recall.js";
import { emptyView, fold } from "./view.js";

const immunize = (n: number, problem: Problem, remedy: string, author = 1): AnyRecord => {
  const mitigation = { text: remedy };
  const identity = identify({ type: "ERROR_RESOLVED", problem, mitigation });
  if (!identity.ok) throw new Error(identity.refusal.message);
  const { fingerprint, remedyId, title, search } = identity.value;
  return record("immunization", {
    id: entryId(n),
    type: "ERROR_RESOLVED",
    fingerprint,
    remedyId,
    title,
    search,
    ...(problem.facts === undefined ? {} : { facts: problem.facts }),
    mitigation,
    author: writer(author),
    of: refOf(1, n),
    at: n,
  });
};
const members = [1, 2, 3].map((n) =>
  record("member", { writer: writer(n), role: "agent", group: writer(n), status: "admitted", at: 0 }),
);
const worked = (n: number, by: number) => record("evidence", { entry: entryId(n), worked: [writer(by)], failed: [] });
const indexOf = (...records: readonly AnyRecord[]): Index => {
  const view = emptyView();
  for (const [sequence, one] of [...members, ...records].entries()) fold(view, one, refOf(0, sequence));
  const index = createIndex(view);
  while (index.indexSome() > 0);
  return index;
};
const ids = (index: Index, query: Query) => index.recall(query).entries.map(({ id, match }) => [id, match]);

/** Output of a build: long, with a cause, and with what it names in the middle. */
const build = (cause: string, named: readonly string[]): string =>
  [
    ...Array.from({ length: 12 }, (_, i) => `[INFO] building part ${i}`),
    cause,
    ...named.map((one) => `  bad part: /opt/repo/${one}`),
    "[ERROR] see above",
  ].join("\n");
const CAUSE = "test.harbour.TideTableException: no table for the north quay";
const tides = (version: string) => build(CAUSE, [`tides-${version}.jar`]);
const use = (from: string, to: string) => `Use test.harbour:tides:${to} instead of test.harbour:tides:${from}.`;

describe("a remedy about a version is for who has it", () => {
  const index = indexOf(immunize(1, { text: tides("3.0.1") }, use("3.0.1", "2.4.0")));

  test("E3 the same cause under another version is not answered, and counted", () => {
    expect(ids(index, { text: tides("3.0.1") })).toEqual([[entryId(1), "exact"]]);
    expect(index.recall({ text: tides("3.1.0") })).toMatchObject({ entries: [], hidden: { otherVersion: 1 } });
    expect(index.recall({ text: build(CAUSE, []) })).toMatchObject({ entries: [], hidden: { otherVersion: 1 } });
  });

  test("a short message need not name what took part, and a fingerprint is not held against anything", () => {
    expect(ids(index, { text: CAUSE })).toEqual([[entryId(1), "exact"]]);
    const [fingerprint] = index.recall({ text: CAUSE }).fingerprints;
    expect(ids(index, { ...(fingerprint === undefined ? {} : { fingerprint }) })).toEqual([[entryId(1), "exact"]]);
  });

  test("it is answered once somebody else found that it works, and nobody needed another remedy", () => {
    const first = immunize(1, { text: tides("3.0.1") }, use("3.0.1", "2.4.0"));
    const query: Query = { text: build(CAUSE, []) };
    expect(ids(indexOf(first, worked(1, 2)), query)).toEqual([[entryId(1), "exact"]]);
    expect(ids(indexOf(first, worked(1, 1)), query)).toEqual([]);
    const rival = immunize(2, { text: tides("3.1.0") }, use("3.1.0", "2.4.0"), 3);
    expect(ids(indexOf(first, rival, worked(1, 2)), query)).toEqual([]);
  });

  test("the same version breaks something else: found by what both name, if the entry knows all of that", () => {
    const other = "test.harbour.CraneError: hook below the water line, cannot lift";
    expect(ids(index, { text: build(other, ["tides-3.0.1.jar"]) })).toEqual([[entryId(1), "text"]]);
    expect(ids(index, { text: build(other, ["tides-3.0.1.jar", "cranes-7.1.0.jar"]) })).toEqual([]);
    expect(ids(index, { text: build(other, ["tides-3.0.2.jar"]) })).toEqual([]);
  });

  test("a remedy of another kind is answered whatever is named", () => {
    const plain = indexOf(immunize(1, { text: tides("3.0.1") }, "Print the tables for all quays"));
    expect(ids(plain, { text: tides("3.1.0") })).toEqual([[entryId(1), "exact"]]);
  });
});

describe("a cause that is a guess", () => {
  const guess = build("[ERROR] Task printing of part 4 failed", []);

  test("E3 from long output it is answered when somebody else found that the remedy works; else counted", () => {
    const entry = immunize(1, { text: guess }, "buy paper");
    expect(indexOf(entry).recall({ text: guess })).toMatchObject({ entries: [], hidden: { guessed: 1 } });
    expect(ids(indexOf(entry, worked(1, 2)), { text: guess })).toEqual([[entryId(1), "exact"]]);
  });

  test("a short message is what it says, and so is that of an error; a typed error of a long output is no guess", () => {
    const short = { text: "printing of part 4 failed" };
    expect(ids(indexOf(immunize(1, short, "buy paper")), short)).toEqual([[entryId(1), "exact"]]);
    const thrown = { error: { message: "printing of part 4 failed", output: guess } };
    expect(ids(indexOf(immunize(1, thrown, "buy paper")), thrown)).toEqual([[entryId(1), "exact"]]);
    const typed = { text: tides("1.0.0") };
    expect(ids(indexOf(immunize(1, typed, "buy paper")), typed)).toEqual([[entryId(1), "exact"]]);
  });
});

describe("the same facts under another symptom", () => {
  const facts = { pier: "north", crane: "C7" };
  const hums: Problem = { text: "the motor of the crane failed", facts };
  const swings: Query = { text: "hook cannot be lowered any more", facts };

  test("are answered below exact and alias, before any text is looked at, and say so", () => {
    const index = indexOf(immunize(1, hums, "oil it"));
    const { entries, searched } = index.recall(swings);
    expect(entries).toMatchObject([{ id: entryId(1), match: "facts", why: expect.stringContaining("the same facts") }]);
    expect(searched).toEqual(["exact", "alias", "facts"]);
    expect(ids(index, { text: hums.text as string, facts })).toEqual([[entryId(1), "exact"]]);
    expect(ids(index, { ...swings, facts: { ...facts, crane: "C8" } })).toEqual([]);
    expect(ids(index, { ...swings, type: "VALIDATION_PASSED" })).toEqual([]);
  });

  test("E3 are left out, and counted, where canon shows that such facts define nothing", () => {
    const other = immunize(2, { text: "the cabin smells of smoke, alarm failed", facts }, "call the fire brigade", 2);
    const index = indexOf(immunize(1, hums, "oil it"), other);
    expect(index.recall(swings)).toMatchObject({ entries: [], hidden: { unprovenFacts: 2, belowThreshold: 0 } });
  });

  test("a failure without a word is what its facts are", () => {
    const silent: Problem = { text: "", facts };
    expect(ids(indexOf(immunize(1, silent, "oil it")), { text: "", facts })).toEqual([[entryId(1), "exact"]]);
    expect(identify({ type: "ERROR_RESOLVED", problem: { text: "" }, mitigation: { text: "x" } }).ok).toBe(false);
  });
});
