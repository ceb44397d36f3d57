import { describe, expect, test } from "vitest";
import { entryId, refOf, writer } from "./canon.fixture.js";
import { createFactsIndex, MAX_SYMPTOMS } from "./facts-index.js";
import type { Facts } from "./fingerprint.js";
import { identify } from "./identity.js";
import type { Entry } from "./view.js";

let count = 0;
const entry = (facts: Facts, symptom: string, remedy: string, type = "ERROR_RESOLVED"): Entry => {
  const problem = { text: symptom, domain: "harbour", approach: symptom, facts };
  const identity = identify({ type, problem, mitigation: { text: remedy } });
  if (!identity.ok) throw new Error(identity.refusal.message);
  const { fingerprint, remedyId, title, search } = identity.value;
  const n = count++;
  return {
    immunization: {
      id: entryId(n),
      type,
      fingerprint,
      remedyId,
      title,
      search,
      facts,
      mitigation: { text: remedy },
      author: writer(1),
      of: refOf(1, n),
      at: 0,
    },
    status: "active",
    evidence: new Map(),
  } as unknown as Entry;
};

const PART = { pier: "north", crane: "C7", cable: "12 mm" };
const indexOf = (...entries: readonly (readonly [Entry, (readonly string[])?])[]) => {
  const index = createFactsIndex();
  for (const [one, versions] of entries) index.add(one, versions ?? []);
  return index;
};

describe("how far facts define a problem", () => {
  test("several facts are taken at their word, until their symptoms need other remedies", () => {
    const once = indexOf([entry(PART, "the crane hums", "oil it")]);
    expect(once.same(PART).score).toBeCloseTo(2.5 / 3.5);
    expect(once.same({ ...PART, crane: "C8" })).toEqual({ entries: [], score: 0 });
    const twice = indexOf(
      [entry(PART, "the crane hums", "oil it")],
      [entry(PART, "the hook swings for an hour", "shorten the cable")],
    );
    expect(twice.same(PART).score).toBeLessThan(0.5);
    // Facts of the same kind are doubted with them.
    twice.add(entry({ ...PART, crane: "C9" }, "the cabin smells of smoke", "call the fire brigade"), []);
    expect(twice.same({ ...PART, crane: "C9" }).score).toBeCloseTo(2.5 / 4.5);
  });

  test("what more problems share than a recall can walk defines none of them", () => {
    const letters = (n: number): string => [...`${n}`].map((digit) => "abcdefghij"[Number(digit)]).join("");
    const index = createFactsIndex();
    for (let n = 0; n < MAX_SYMPTOMS; n++) index.add(entry(PART, `the winch ${letters(n)} hums`, "oil it"), []);
    expect(index.same(PART).entries).toHaveLength(MAX_SYMPTOMS);
    expect(index.same(PART).score).toBeGreaterThan(0.5);
    index.add(entry(PART, "the winch of the last one hums", "oil it"), []);
    expect(index.same(PART)).toEqual({ entries: [], score: 0 });
    index.add(entry(PART, "the winch hums again and again", "oil it"), []);
    expect(index.same(PART)).toEqual({ entries: [], score: 0 });
  });

  test("one name proves nothing at first, and something once it cured two symptoms or told problems apart", () => {
    const system = { os: "linux" };
    const index = indexOf([entry(system, "the crane hums", "oil it")]);
    expect(index.same(system).score).toBeLessThan(0.5);
    index.add(entry(system, "the crane squeaks in the morning", "oil it"), []);
    expect(index.same(system).score).toBe(0.5);
    for (const os of ["plan9", "hurd", "amiga"])
      index.add(entry({ os }, `the ${os} harbour is closed`, `open ${os}`), []);
    expect(index.same(system).score).toBeGreaterThanOrEqual(0.6);
  });

  test("alternatives for one symptom are one remedy, and so are those with one culprit", () => {
    const symptom = "the crane hums";
    const alternatives = indexOf([entry(PART, symptom, "oil it")], [entry(PART, symptom, "replace it")]);
    expect(alternatives.same(PART).score).toBeCloseTo(2.5 / 3.5);
    const culprit = indexOf(
      [entry(PART, symptom, "hums@1.0.0 back"), ["hums@2.0.0", "hums@1.0.0"]],
      [entry(PART, "the hook swings for an hour", "hums@1.1.0 back"), ["hums@2.0.0", "hums@1.1.0"]],
    );
    expect(culprit.same(PART).score).toBeCloseTo(3 / 4);
  });

  test("the order of arrival does not matter, and other types than errors have no symptoms", () => {
    const entries = [
      entry(PART, "the crane hums", "oil it"),
      entry(PART, "the hook swings for an hour", "shorten the cable"),
      entry({ ...PART, crane: "C1" }, "the crane hums", "oil it"),
      entry({ ...PART, pier: "south" }, "the cabin smells of smoke", "call the fire brigade", "VALIDATION_PASSED"),
    ];
    const scores = (order: readonly Entry[]) => {
      const index = indexOf(...order.map((one) => [one] as const));
      return entries.map(({ immunization }) => index.same(immunization.facts).score);
    };
    expect(scores(entries)).toEqual(scores([...entries].reverse()));
    expect(scores(entries)[3]).toBe(0);
  });
});
