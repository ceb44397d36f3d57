import type { BlockHash, GenerationId, LogHead, WriterId } from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Candidate, selectCanon } from "./select.js";

const writer = "w" as WriterId;
const head = (generation: string, length: number, by = writer): LogHead => ({
  writer: by,
  generation: generation as GenerationId,
  length,
  hash: "h" as BlockHash,
});
const one = (
  name: string,
  more: Partial<Candidate> & { readonly next?: GenerationId | undefined } = {},
): Candidate => ({
  log: { writer, generation: name as GenerationId },
  term: 1,
  first: name as BlockHash,
  continues: undefined,
  length: 10,
  next: undefined,
  checkpointLength: more.continues === undefined ? undefined : 2,
  refuted: false,
  ...more,
});
const names = (held: readonly Candidate[]): readonly string[] =>
  selectCanon(held).map(({ generation, to }) => `${generation.log.generation}:${to}`);
const id = (name: string) => name as GenerationId;

describe("selection of canon", () => {
  it("A2 has none without a generation, and the only one there is", () => {
    expect(names([])).toEqual([]);
    expect(names([one("a", { length: 0 })])).toEqual([]);
    expect(names([one("a")])).toEqual(["a:10"]);
  });

  it("A2 goes on in the generation that the closed one names, once its checkpoint is complete", () => {
    const a = one("a", { next: id("b") });
    const b = one("b", { continues: head("a", 10) });
    expect(names([a, b])).toEqual(["a:10", "b:10"]);
    expect(names([a, { ...b, checkpointLength: undefined }])).toEqual(["a:10"]);
    expect(names([a, { ...b, refuted: true }])).toEqual(["a:10"]);
  });

  it("A2 lets nobody continue a term but the generation that was named, at the very end", () => {
    const a = one("a", { next: id("b") });
    expect(names([a, one("x", { continues: head("a", 10) })])).toEqual(["a:10"]);
    expect(names([a, one("b", { continues: head("a", 9) })])).toEqual(["a:10"]);
    expect(names([one("a"), one("b", { continues: head("a", 10) })])).toEqual(["a:10"]);
    const stranger = "z" as WriterId;
    expect(names([a, one("b", { log: { writer: stranger, generation: id("b") }, continues: head("a", 10) })])).toEqual([
      "a:10",
    ]);
  });

  it("A2 takes the higher term, and of the older one only what is continued", () => {
    const a = one("a", { next: id("b") });
    const b = one("b", { continues: head("a", 10) });
    const c = one("c", { term: 2, continues: head("a", 4) });
    expect(names([a, b, c])).toEqual(["a:4", "c:10"]);
    expect(names([a, b, { ...c, term: 1 }])).toEqual(["a:10", "b:10"]);
    expect(names([{ ...a, term: 3 }, c])).toEqual([]);
  });

  it("A2 takes the smaller first block of rivals, by their oldest generation", () => {
    expect(names([one("b"), one("a")])).toEqual(["a:10"]);
    const rival = one("a", { first: "z" as BlockHash, next: id("c") });
    expect(names([rival, one("c", { first: "0" as BlockHash, continues: head("a", 10) }), one("b")])).toEqual(["b:10"]);
  });

  it("A2 needs no history, and trusts none that was refuted", () => {
    const b = one("b", { continues: head("a", 10), next: id("c") });
    const c = one("c", { continues: head("b", 10) });
    expect(names([b, c])).toEqual(["b:10", "c:10"]);
    expect(names([c])).toEqual(["c:10"]);
    expect(names([{ ...b, refuted: true }, c])).toEqual([]);
    // Held in part: what is missing cannot be folded, so canon begins at the checkpoint.
    expect(names([one("a", { length: 5 }), b, c])).toEqual(["b:10", "c:10"]);
    // The middle one is missing, and is known to be named.
    expect(names([one("a", { first: "0" as BlockHash, next: id("b") }), c])).toEqual(["c:10"]);
  });

  it("A2 begins with term 1: a later term that continues nothing would wipe out what is known", () => {
    expect(names([one("a"), one("b", { term: 9 })])).toEqual(["a:10"]);
  });

  it("A2 continues no head inside a checkpoint, and none that was never in force", () => {
    const a = one("a", { next: id("b") });
    const b = one("b", { continues: head("a", 10) });
    expect(names([a, b, one("c", { term: 2, continues: head("b", 1) })])).toEqual(["a:10", "b:10"]);
    expect(names([a, { ...b, checkpointLength: undefined }, one("c", { term: 2, continues: head("b", 8) })])).toEqual([
      "a:10",
    ]);
  });

  it("A4 chooses the same when two generations name one successor, whichever is listed first", () => {
    const next = id("d");
    const a = one("a", { next });
    const b = one("b", { next });
    const c = one("c", { continues: head("d", 1), checkpointLength: 1 });
    expect(names([b, a, c])).toEqual(names([a, b, c]));
  });

  it("A4 ends on claims that go in a circle, and does not depend on the order of anything", () => {
    expect(names([one("a", { continues: head("b", 3) }), one("b", { continues: head("a", 3) })])).toEqual([]);
    const letters = ["a", "b", "c", "d", "e"];
    const candidate = fc.record({
      term: fc.integer({ min: 1, max: 3 }),
      length: fc.integer({ min: 0, max: 4 }),
      continues: fc.option(fc.record({ name: fc.constantFrom(...letters), length: fc.integer({ min: 1, max: 4 }) }), {
        nil: undefined,
      }),
      next: fc.option(fc.constantFrom(...letters), { nil: undefined }),
      isComplete: fc.boolean(),
      refuted: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(candidate, { minLength: 1, maxLength: 5 }), fc.infiniteStream(fc.nat()), (made, random) => {
        const held = made.map((each, i): Candidate => {
          const name = letters[i] as string;
          return one(name, {
            ...each,
            next: each.next as GenerationId | undefined,
            continues: each.continues && head(each.continues.name, each.continues.length),
            checkpointLength: each.isComplete && each.length > 0 ? 1 : undefined,
          });
        });
        const shuffled = held
          .map((each) => ({ each, key: random.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ each }) => each);
        const chosen = names(held);
        expect(names(shuffled)).toEqual(chosen);
        expect(new Set(chosen.map((name) => name[0])).size).toBe(chosen.length);
      }),
      { numRuns: 2000 },
    );
  });
});
