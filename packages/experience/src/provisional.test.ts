import { entryIdOf, type RecordRef, record, type Signal, type SwarmId, toBase64url } from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entryId, PROBLEMS, refOf, writer } from "./canon.fixture.js";
import { identify } from "./identity.js";
import { createProvisional, type Provisional, type ProvisionalQuery } from "./provisional.js";
import { emptyView, fold, type View } from "./view.js";

const swarm = toBase64url(new Uint8Array(32).fill(9)) as SwarmId;
const signalOf = (problem: number, remedy: number, at: number): Signal => ({
  type: "ERROR_RESOLVED",
  problem: PROBLEMS[problem % 10] as Signal["problem"],
  mitigation: { text: `remedy ${remedy}` },
  at,
});
const fingerprintOf = (signal: Signal) => {
  const identity = identify(signal);
  if (!identity.ok) throw new Error(identity.refusal.message);
  return identity.value.fingerprint;
};
const create = (view: View = emptyView()): Provisional =>
  createProvisional(
    swarm,
    () => view,
    (signal) => signal.mitigation.text.includes("secret"),
  );
const ask = (index: Provisional, signal: Signal, more: Partial<ProvisionalQuery> = {}) =>
  index.recall({ fingerprints: [fingerprintOf(signal)], limit: 5, exclude: [], heard: false, ...more });

const proposals = fc.uniqueArray(
  fc.record({ by: fc.nat(3), sequence: fc.nat(20), problem: fc.nat(9), remedy: fc.nat(3), at: fc.nat(5) }),
  { selector: ({ by, sequence }) => `${by}/${sequence}`, maxLength: 25 },
);

describe("provisional answers", () => {
  it("A4 are the same in whatever order proposals came and were dropped", () => {
    fc.assert(
      fc.property(
        proposals,
        fc.infiniteStream(fc.nat()),
        fc.array(fc.nat(20), { maxLength: 4 }),
        (all, order, marks) => {
          const [one, other] = [create(), create()];
          const shuffled = all
            .map((each) => ({ each, key: order.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ each }) => each);
          for (const { by, sequence, problem, remedy, at } of all)
            one.add(signalOf(problem, remedy, at), refOf(by, sequence));
          for (const [by, below] of marks.entries()) one.drop(refOf(by, 0), below);
          // The other never held what canon has passed.
          for (const { by, sequence, problem, remedy, at } of shuffled)
            if (sequence >= (marks[by] ?? 0)) other.add(signalOf(problem, remedy, at), refOf(by, sequence));
          expect(one.size).toBe(other.size);
          for (let problem = 0; problem < 10; problem++)
            expect(ask(one, signalOf(problem, 0, 0))).toEqual(ask(other, signalOf(problem, 0, 0)));
        },
      ),
    );
  });

  it("E1 count as no evidence, and say who proposed and that nobody has judged", () => {
    const index = create();
    const signal = signalOf(0, 1, 77);
    index.add(signal, refOf(2, 5));
    expect(ask(index, signal).entries).toEqual([
      {
        id: entryIdOf(swarm, refOf(2, 5)),
        match: "exact",
        score: 1,
        confidence: 0,
        evidence: { worked: 0, failed: 0, independent: 0 },
        type: "ERROR_RESOLVED",
        title: expect.stringContaining("disk quota"),
        discovery: undefined,
        mitigation: { text: "remedy 1" },
        author: writer(2),
        at: 77,
        status: "provisional",
        provisional: true,
        unconfirmed: true,
        why: expect.stringContaining("judged by nobody"),
      },
    ]);
  });

  it("E3 count everything that is left out, by reason", () => {
    const view = emptyView();
    const at: RecordRef = refOf(0, 0);
    const [known, secret] = [signalOf(0, 1, 1), { ...signalOf(0, 9, 1), mitigation: { text: "a secret" } }];
    const identity = identify(known);
    if (!identity.ok) throw new Error(identity.refusal.message);
    const { fingerprint, remedyId, title, search } = identity.value;
    fold(
      view,
      record("immunization", {
        id: entryId(1),
        type: known.type,
        fingerprint,
        remedyId,
        title,
        search,
        mitigation: known.mitigation,
        author: writer(1),
        of: refOf(1, 1),
        at: 1,
      }),
      at,
    );
    fold(view, record("revoked", { writer: writer(3), last: 4, reason: "left" }), at);
    const index = create(view);
    index.add(known, refOf(1, 2));
    index.add(secret, refOf(1, 3));
    index.add(signalOf(0, 2, 1), refOf(3, 5));
    index.add(signalOf(0, 3, 9), refOf(1, 6));
    index.add(signalOf(0, 3, 3), refOf(2, 7));
    index.add(signalOf(0, 4, 1), refOf(2, 8));
    index.add(signalOf(0, 5, 1), refOf(2, 9));
    index.add({ ...signalOf(0, 6, 0), appliesTo: { tools: "pnpm" } }, refOf(2, 10));
    const tried = entryIdOf(swarm, refOf(2, 8));
    const asker = { profile: { tools: ["npm"] } };
    const { entries, hidden } = ask(index, known, { limit: 1, exclude: [tried], asker });
    expect(entries.map(({ mitigation }) => mitigation.text)).toEqual(["remedy 5"]);
    const none = { heard: 0, known: 0, revoked: 0, secret: 0, repeated: 0, excluded: 0, notRelevant: 0, overLimit: 0 };
    const one = { known: 1, revoked: 1, secret: 1, repeated: 1, excluded: 1, notRelevant: 1, overLimit: 1 };
    expect(hidden).toEqual({ ...none, ...one });
    expect(ask(index, known).entries[0]?.mitigation.text).toBe("remedy 6");
    expect(ask(index, known, { heard: true })).toEqual({ entries: [], hidden: { ...none, heard: 8 } });
  });

  it("takes nothing from a signal without identity, and answers for aliases after exact ones", () => {
    const view = emptyView();
    const index = create(view);
    index.add({ ...signalOf(0, 1, 1), type: "NOT_REGISTERED" }, refOf(1, 1));
    expect(index.size).toBe(0);
    const [one, same] = [signalOf(0, 1, 5), signalOf(1, 2, 1)];
    index.add(one, refOf(1, 2));
    index.add(same, refOf(1, 3));
    fold(view, record("alias", { from: fingerprintOf(same), to: fingerprintOf(one), reason: "same" }), refOf(0, 0));
    expect(ask(index, one).entries.map(({ match }) => match)).toEqual(["exact", "alias"]);
  });
});
