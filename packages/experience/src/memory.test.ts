import {
  encodeRecord,
  type JsonValue,
  type LogHead,
  MAX_MEMORY_BYTES,
  MAX_MEMORY_ITEMS,
  MAX_MEMORY_MEMBERS,
  MAX_MEMORY_SPACES,
  type MemoryOp,
  type MemoryWrite,
  type RecordRef,
  record,
} from "@herdmind/protocol";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { hash, memoryOps, refOf } from "./canon.fixture.js";
import { checkpointRecords, viewHash } from "./checkpoint.js";
import { createMemoryLayer, judgeWrite, type MemoryItem, type MemoryLayer, type MemoryState } from "./memory.js";
import { emptyView, fold, type View } from "./view.js";

interface Step {
  readonly of: RecordRef;
  readonly space: string;
  readonly ops: readonly MemoryOp[];
  readonly at: number;
}

const position = refOf(0, 0);
/** Whether it counts. */
const foldStep = (view: View, step: Step): boolean =>
  fold(view, record("memory-step", { ...step, ops: [...step.ops] }), position).length > 0;
const passed = (n: number, length: number): LogHead =>
  ({ ...refOf(n, 0), length, hash: hash(length) }) as unknown as LogHead;
const foldWatermark = (view: View, n: number, length: number): void => {
  const { writer, generation } = refOf(n, 0);
  fold(view, record("watermark", { writer, generation, length, hash: passed(n, length).hash }), position);
};
const again = (view: View): View => {
  const fresh = emptyView();
  for (const one of checkpointRecords(view)) fold(fresh, one, position, true);
  return fresh;
};
const all = (state: MemoryState): unknown =>
  state.spaces().map((space) => [space, [...state.keys(space)].map((key) => state.item(space, key))]);

/** The rules once more, in the simplest way: everything is copied, and a write that fails is thrown away. */
const reference = (steps: readonly Step[]): unknown => {
  let spaces: { [space: string]: MemoryItem[] } = {};
  for (const { space, ops, at } of steps) {
    const next = structuredClone(spaces);
    next[space] ??= [];
    let items = next[space];
    let counts = true;
    for (const op of ops) {
      const item = items.find(({ key }) => key === op.key);
      const others = items.filter(({ key }) => key !== op.key);
      if (op.op === "delete") items = others;
      else if (op.op === "put") {
        if (item !== undefined && op.ifAbsent) continue;
        const members = op.members?.filter((one, i, list) => list.indexOf(one) === i) ?? item?.members ?? [];
        items = [...others, { key: op.key, value: op.value, members, createdAt: item?.createdAt ?? at, updatedAt: at }];
      } else if (item === undefined) counts = counts && op.op === "remove";
      else {
        const members =
          op.op === "add"
            ? [...item.members, ...op.members].filter((one, i, list) => list.indexOf(one) === i)
            : item.members.filter((one) => !op.members.includes(one));
        const isSame = members.length === item.members.length;
        items = [...others, { ...item, members, updatedAt: isSame ? item.updatedAt : at }];
      }
    }
    next[space] = items;
    if (counts) spaces = next;
  }
  return Object.entries(spaces)
    .filter(([, items]) => items.length > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([space, items]) => [space, items.sort((a, b) => (a.key < b.key ? -1 : 1))]);
};

/** Steps of a few writers in some order; each writer counts its own blocks. */
const histories = fc
  .array(
    fc.record({
      writer: fc.integer({ min: 1, max: 3 }),
      space: fc.constantFrom("s", "t"),
      ops: fc.array(memoryOps, { minLength: 1, maxLength: 4 }),
    }),
    { maxLength: 40 },
  )
  .map((writes) => {
    const next = new Map<number, number>();
    return writes.map(({ writer, ...write }, at): Step => {
      const sequence = next.get(writer) ?? 0;
      next.set(writer, sequence + 1);
      return { of: refOf(writer, sequence), at, ...write };
    });
  });

/** Blocks of canon: after each cut the watermarks of what it took up. */
const foldCut = (steps: readonly Step[], cuts: ReadonlySet<number>, view = emptyView(), from = 0): View => {
  const lengths = new Map<number, number>();
  for (let i = from; i < steps.length; i++) {
    const step = steps[i] as Step;
    foldStep(view, step);
    const n = [1, 2, 3].find((one) => refOf(one, 0).writer === step.of.writer) as number;
    lengths.set(n, step.of.sequence + 1);
    if (!cuts.has(i) && i < steps.length - 1) continue;
    for (const [one, length] of lengths) foldWatermark(view, one, length);
    lengths.clear();
  }
  return view;
};

describe("E11 A4 the fold of the memory", () => {
  it("E11 is what the rules say, for any history", () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const view = foldCut(steps, new Set());
        expect(all(view.memory)).toEqual(reference(steps));
        expect(view.memory.bytes() > 0).toBe(view.memory.spaces().length > 0);
        for (const space of ["s", "t"]) expect(view.memory.size(space)).toBe([...view.memory.keys(space)].length);
      }),
      { numRuns: 300 },
    );
  });

  it("E11 A4 any cut into blocks and any checkpoint between them give the same view", () => {
    fc.assert(
      fc.property(histories, fc.array(fc.nat(39)), fc.nat(39), (steps, cuts, at) => {
        const whole = foldCut(steps, new Set(), emptyView());
        expect(viewHash(foldCut(steps, new Set(cuts)))).toBe(viewHash(whole));
        const half = foldCut(steps.slice(0, at), new Set(cuts));
        expect(viewHash(again(half))).toBe(viewHash(half));
        expect(viewHash(foldCut(steps, new Set(cuts), again(half), Math.min(at, steps.length)))).toBe(viewHash(whole));
        // Folded into the view that it was made from it changes nothing.
        const before = viewHash(whole);
        for (const one of checkpointRecords(whole)) fold(whole, one, position, true);
        expect(viewHash(whole)).toBe(before);
      }),
      { numRuns: 200 },
    );
  });

  it("E11 an item stands in a checkpoint only: elsewhere it is ignored, whatever it says", () => {
    const view = emptyView();
    const put = (key: string): MemoryOp => ({ op: "put", key, value: 1, members: ["m"] });
    expect(foldStep(view, { of: refOf(1, 0), space: "s", ops: [put("kept"), put("gone")], at: 1 })).toBe(true);
    const before = viewHash(view);
    const item = { key: "new", value: 2, members: [], createdAt: 1, updatedAt: 1 };
    for (const body of [
      { space: "s", ...item },
      { space: "s", ...item, key: "kept" },
      { space: "s", ...item, key: "kept", members: ["more"], more: true as const },
      { space: "another", ...item },
    ]) {
      expect(fold(view, record("memory-item", body), position)).toEqual([]);
      expect(viewHash(view)).toBe(before);
    }
    expect(view.counts.ignored).toBe(4);
    // A checkpoint says the whole state all the same.
    expect(viewHash(again(view))).toBe(before);
    expect(again(view).counts.ignored).toBe(0);
    expect(all(again(view).memory)).toEqual(all(view.memory));
  });

  it("E11 admitting a block again changes nothing, whatever came after it", () => {
    fc.assert(
      fc.property(histories, fc.nat(39), (steps, at) => {
        const view = foldCut(steps, new Set(steps.keys()));
        const before = viewHash(view);
        const step = steps[at % Math.max(1, steps.length)];
        if (step !== undefined) expect(foldStep(view, step)).toBe(false);
        expect(viewHash(view)).toBe(before);
      }),
    );
  });

  it("E11 an item with more members than one record holds survives a checkpoint, in order", () => {
    const view = emptyView();
    const members = Array.from({ length: MAX_MEMORY_MEMBERS }, (_, i) => `${i} ${"m".repeat(500)}`);
    for (let i = 0; i < members.length; i += 64) {
      const part = members.slice(i, i + 64);
      const op: MemoryOp =
        i === 0
          ? { op: "put", key: "k", value: { text: "v".repeat(30_000) }, members: part }
          : { op: "add", key: "k", members: part };
      expect(foldStep(view, { of: refOf(1, i), space: "s", ops: [op], at: i })).toBe(true);
    }
    const records = [...checkpointRecords(view)].filter(({ type }) => type === "memory-item");
    expect(records.length).toBeGreaterThan(8);
    for (const one of records) expect(encodeRecord(one)).toMatchObject({ ok: true });
    expect(again(view).memory.item("s", "k")).toEqual(view.memory.item("s", "k"));
    expect(again(view).memory.item("s", "k")?.members).toEqual(members);
  });
});

describe("L7 bounds of the memory", () => {
  const write = (ops: readonly MemoryOp[], space = "s"): Omit<MemoryWrite, "of"> => ({ space, ops: [...ops], at: 1 });
  const put = (key: string, value: JsonValue = 1): MemoryOp => ({ op: "put", key, value });
  /** A state that claims to be as full as it is said to be. */
  const full = (claims: Partial<MemoryState>): MemoryLayer => ({ ...createMemoryLayer(), ...claims });

  it("L7 a space has so many items, a swarm so many spaces and bytes; what makes less is always taken", () => {
    const items = full({ size: () => MAX_MEMORY_ITEMS, item: (_, key) => (key === "old" ? OLD : undefined) });
    expect(judgeWrite(items, write([put("new")]))).toMatchObject({ ok: false, rule: "L7" });
    expect(judgeWrite(items, write([put("old")]))).toMatchObject({ ok: true });
    expect(judgeWrite(items, write([put("new"), { op: "delete", key: "old" }]))).toMatchObject({ ok: true });
    const names = Array.from({ length: MAX_MEMORY_SPACES }, (_, i) => `s${i}`);
    const spaces = full({ spaces: () => names });
    expect(judgeWrite(spaces, write([put("k")], "another"))).toMatchObject({ ok: false, rule: "L7" });
    const bytes = full({ bytes: () => MAX_MEMORY_BYTES, item: (_, key) => (key === "old" ? OLD : undefined) });
    expect(judgeWrite(bytes, write([put("new")]))).toMatchObject({ ok: false, rule: "L7" });
    expect(judgeWrite(bytes, write([put("old", "much longer than it was")]))).toMatchObject({ ok: false, rule: "L7" });
    expect(judgeWrite(bytes, write([{ op: "remove", key: "old", members: ["m"] }]))).toMatchObject({ ok: true });
  });

  it("L7 what is empty counts as what it takes in memory", () => {
    const layer = createMemoryLayer();
    const set = (value: JsonValue): number => {
      const judged = judgeWrite(layer, { space: "s", ops: [{ op: "put", key: "k", value }], at: 1 });
      if (!judged.ok) throw new Error(judged.reason);
      layer.apply("s", judged.changes);
      return layer.bytes();
    };
    const nothing = set([]);
    // 65 bytes and more of a heap, for one byte of CBOR.
    expect(set(Array.from({ length: 1000 }, () => ({}))) - nothing).toBeGreaterThanOrEqual(64_000);
    expect(set(Array.from({ length: 1000 }, () => [])) - nothing).toBeGreaterThanOrEqual(64_000);
    // 8 for the place in the list and more for a number that is none of the small ones.
    expect(set(Array.from({ length: 1000 }, () => 1)) - nothing).toBeGreaterThanOrEqual(16_000);
    expect(set([])).toBe(nothing);
  });

  it("L7 a small write to a large item does not read the item's texts again", () => {
    const layer = createMemoryLayer();
    const apply = (op: MemoryOp): void => {
      const judged = judgeWrite(layer, { space: "s", ops: [op], at: 1 });
      if (!judged.ok) throw new Error(judged.reason);
      layer.apply("s", judged.changes);
    };
    apply({ op: "put", key: "k", value: { text: "v".repeat(1000) } });
    for (let n = 0; n < 100; n++) apply({ op: "add", key: "k", members: [String(n).padEnd(1000, "m")] });
    const before = layer.bytes();
    const read = vi.spyOn(String.prototype, "charCodeAt");
    try {
      apply({ op: "add", key: "k", members: ["x"] });
      apply({ op: "remove", key: "k", members: ["x"] });
      apply({ op: "put", key: "k", value: 1 });
      // The value that was replaced, and the one byte, each a few times; never the 100,000 of the members.
      expect(read.mock.calls.length).toBeLessThan(5000);
    } finally {
      read.mockRestore();
    }
    apply({ op: "put", key: "k", value: { text: "v".repeat(1000) } });
    expect(layer.bytes()).toBe(before);
  });

  it("L7 an item has so many members, however few ops add them", () => {
    const many = Array.from({ length: MAX_MEMORY_MEMBERS }, (_, i) => `m${i}`);
    const view = emptyView();
    expect(
      foldStep(view, { of: refOf(1, 0), space: "s", ops: [{ op: "put", key: "k", value: 1, members: many }], at: 1 }),
    ).toBe(true);
    const add = (member: string): MemoryOp => ({ op: "add", key: "k", members: [member] });
    expect(judgeWrite(view.memory, write([add("m1")]))).toMatchObject({ ok: true });
    expect(judgeWrite(view.memory, write([add("more")]))).toMatchObject({ ok: false, rule: "L7" });
    expect(foldStep(view, { of: refOf(1, 1), space: "s", ops: [put("other"), add("more")], at: 1 })).toBe(false);
    expect([...view.memory.keys("s")]).toEqual(["k"]);
    expect(view.counts.ignored).toBe(1);
  });

  const OLD: MemoryItem = { key: "old", value: 1, members: ["m"], createdAt: 1, updatedAt: 1 };
});

describe("layers", () => {
  it("E11 a layer over another shows what both say, in the order of keys, and counts alike", () => {
    fc.assert(
      fc.property(
        histories,
        fc.nat(39),
        fc.constantFrom("", "a", "a/", "z"),
        fc.option(fc.constantFrom("a", "b")),
        (steps, at, prefix, after) => {
          const below = createMemoryLayer();
          const above = createMemoryLayer(() => below);
          const flat = createMemoryLayer();
          for (const [i, step] of steps.entries()) {
            const layer = i < at ? below : above;
            const judged = judgeWrite(layer, { ...step, ops: [...step.ops] });
            expect(judgeWrite(flat, { ...step, ops: [...step.ops] })).toEqual(judged);
            if (!judged.ok) continue;
            layer.apply(step.space, judged.changes);
            flat.apply(step.space, judged.changes);
          }
          const shown = steps.length > at ? above : below;
          expect(all(shown)).toEqual(all(flat));
          expect(shown.bytes()).toBe(flat.bytes());
          for (const space of ["s", "t"]) {
            expect(shown.size(space)).toBe(flat.size(space));
            const keys = [...shown.keys(space, prefix, after ?? undefined)];
            expect(keys).toEqual(
              [...flat.keys(space)].filter((key) => key.startsWith(prefix) && (after === null || key > after)),
            );
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
