import { type AnyRecord, type Fingerprint, record } from "@herdmind/protocol";
import fc from "fast-check";
import { expect, it } from "vitest";
import { canonOf, entryId, moves, refOf, writer } from "./canon.fixture.js";
import { viewHash } from "./checkpoint.js";
import { confidenceOf } from "./confidence.js";
import { copyViewSteps } from "./copy-view.js";
import { emptyView, fold, reportersOf, type View } from "./view.js";

const foldAll = (records: readonly AnyRecord[], view: View = emptyView()): View => {
  for (const [sequence, one] of records.entries()) fold(view, one, refOf(0, sequence), one.type === "memory-item");
  return view;
};
const copyOf = (view: View): View => {
  const steps = copyViewSteps(view);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
};

/** All that can be read of a view, in its order; also what its hash leaves out. */
const shown = (view: View) => ({
  hash: viewHash(view),
  entries: [...view.entries].map(([id, { immunization, status, reason, by, statusAt, evidence }]) => [
    id,
    { immunization, status, reason, by, statusAt, evidence: [...evidence] },
  ]),
  problems: [...view.problems],
  aliased: [...view.aliased].map(([to, names]) => [to, [...names]]),
  members: [...view.members],
  relevance: [...view.relevance],
  memory: [
    view.memory.bytes(),
    view.memory.spaces().map((space) => [view.memory.size(space), [...view.memory.keys(space)]]),
  ],
  counts: { ...view.counts, unknown: [...view.counts.unknown] },
  at: [view.position, view.clock, view.term],
  votes: [...view.entries.values()].map((one) => [
    confidenceOf(view, one),
    reportersOf(view, one.immunization.fingerprint),
  ]),
});

it("A4 property: a copy of a view is what was copied, and neither hears of what is folded into the other", () => {
  fc.assert(
    fc.property(moves(60), fc.nat(), fc.boolean(), (history, cut, areVotesCounted) => {
      const records = canonOf(history);
      const k = cut % (records.length + 1);
      const view = foldAll(records.slice(0, k));
      if (areVotesCounted) shown(view);
      const before = structuredClone(shown(foldAll(records.slice(0, k))));
      const copy = copyOf(view);
      expect(shown(copy)).toEqual(before);
      const whole = shown(foldAll(records.slice(k), foldAll(records.slice(0, k))));
      foldAll(records.slice(k), copy);
      expect(shown(copy)).toEqual(whole);
      expect(shown(view)).toEqual(before);
      foldAll(records.slice(k), view);
      expect(shown(view)).toEqual(whole);
    }),
  );
});

it("A4 outcomes, votes, names of a problem and items of the memory are each view's own", () => {
  const [immunization] = canonOf([{ do: "immunize", problem: 1, remedy: 0, author: 1, at: 0, tagged: false }]);
  if (immunization?.type !== "immunization") throw new Error("an immunization was asked for");
  const { id, fingerprint } = immunization.body;
  const name = (n: number): Fingerprint => `f1_${String(n).repeat(32)}` as Fingerprint;
  const member = (n: number): AnyRecord =>
    record("member", { writer: writer(n), role: "agent", group: writer(n), status: "admitted", at: n });
  const said = (worked: readonly number[], failed: readonly number[] = []): AnyRecord =>
    record("evidence", { entry: id, worked: worked.map(writer), failed: failed.map(writer) });
  const alias = (from: Fingerprint): AnyRecord => record("alias", { from, to: fingerprint, reason: "the same" });
  const item = (value: number): AnyRecord =>
    record("memory-item", { space: "s", key: "k", value, members: ["m"], createdAt: 1, updatedAt: value });
  const first = [member(1), member(2), immunization, said([2, 3]), alias(name(1)), item(1)];
  const later = [
    said([4], [2]),
    member(3),
    alias(name(2)),
    item(2),
    { ...immunization, body: { ...immunization.body, id: entryId(9) } },
  ];
  const view = foldAll(first);
  const before = structuredClone(shown(view));
  const copy = copyOf(view);
  expect(shown(copy)).toEqual(before);
  expect(copy.memory.item("s", "k")).toEqual(view.memory.item("s", "k"));
  const whole = shown(foldAll(later, foldAll(first)));
  foldAll(later, copy);
  expect(shown(copy)).toEqual(whole);
  expect(shown(view)).toEqual(before);
});
