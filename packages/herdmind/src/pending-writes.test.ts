import type { Canon, CanonEvent } from "@herdmind/canon";
import { emptyView, fold, type View } from "@herdmind/experience";
import type { Logs } from "@herdmind/log";
import {
  type BlockHash,
  type GenerationId,
  type MemoryOp,
  type MemoryWrite,
  type RecordRef,
  record,
  type WriterId,
} from "@herdmind/protocol";
import { expect, it } from "vitest";
import { createMemory, type MemoryHost } from "./memory.js";
import { createPendingWrites } from "./pending-writes.js";

const writer = (name: string) => name.repeat(43) as WriterId;
const generation = "G".repeat(22) as GenerationId;
const refOf = (of: WriterId, sequence: number): RecordRef => ({ writer: of, generation, sequence, index: 0 });
const put = (key: string, value: number, at: number): MemoryWrite => ({
  space: "s",
  ops: [{ op: "put", key, value } satisfies MemoryOp],
  at,
});

/** Logs of two writers, and a canon that a test grows or replaces. */
const scene = async (blocks: { readonly [name: string]: MemoryWrite[] }) => {
  let view: View = emptyView();
  let listener: (event: CanonEvent) => void = () => undefined;
  const logs = {
    ofWriter: () => [{ generation }],
    async *read(log: { readonly writer: WriterId }, from: number) {
      for (const [sequence, body] of (blocks[log.writer[0] as string] ?? []).entries())
        if (sequence >= from) yield { sequence, records: [record("memory", body)] };
    },
  } as unknown as Logs;
  const canon = {
    get view() {
      return view;
    },
    subscribe: (take: typeof listener) => {
      listener = take;
      return () => undefined;
    },
  } as unknown as Canon;
  const errors: unknown[] = [];
  const pending = createPendingWrites(logs, canon, (error) => errors.push(error));
  for (const name of Object.keys(blocks)) await pending.load(writer(name));
  return {
    pending,
    errors,
    /** Canon admits a block, or passes it without its write. */
    judge: (name: string, sequence: number, counts: boolean) => {
      const of = refOf(writer(name), sequence);
      const write = (blocks[name] as MemoryWrite[])[sequence] as MemoryWrite;
      if (counts) fold(view, record("memory-step", { of, ...write }), of);
      const hash = "H".repeat(43) as BlockHash;
      fold(view, record("watermark", { writer: of.writer, generation, length: sequence + 1, hash }), of);
    },
    replace: async () => {
      view = emptyView();
      listener({ type: "rebuilt", view, reason: "", withdrawn: [] });
      // What a reader waits for before it looks.
      await pending.settled();
    },
    value: (key: string) => pending.standing().item("s", key)?.value,
  };
};

it("E11 what is pending lies over canon, in the order of its log, until canon has judged it", async () => {
  // The clock of A goes back.
  const one = await scene({ A: [put("k", 1, 50), put("k", 2, 10)], B: [put("other", 3, 20)] });
  expect([one.value("k"), one.value("other")]).toEqual([2, 3]);
  one.judge("A", 0, true);
  expect(one.value("k")).toBe(2);
  one.judge("A", 1, false);
  // Rejected: what canon has is what is read.
  expect(one.value("k")).toBe(1);
  one.pending.add(refOf(writer("B"), 1), put("k", 9, 30));
  expect(one.value("k")).toBe(9);
});

it("E11 what a replaced canon had judged is pending again, in its place", async () => {
  const one = await scene({ A: [put("k", 1, 10), put("k", 2, 20)] });
  one.judge("A", 0, true);
  expect(one.value("k")).toBe(2);
  one.pending.add(refOf(writer("A"), 2), put("late", 5, 30));
  await one.replace();
  expect([one.value("k"), one.value("late"), one.errors]).toEqual([2, 5, []]);
  one.judge("A", 0, true);
  one.judge("A", 1, true);
  expect(one.pending.standing().size("s")).toBe(2);
});

it("E11 a read while a replaced canon's writes are read again waits for them", async () => {
  const one = await scene({ A: [put("k", 1, 10)] });
  one.judge("A", 0, true);
  // It is pending no more.
  expect(one.value("k")).toBe(1);
  const host = { ...one.pending } as unknown as MemoryHost;
  const memory = createMemory(host, "s", undefined);
  const replaced = one.replace();
  expect((await memory.list()).map(({ value }) => value)).toEqual([1]);
  await replaced;
});
