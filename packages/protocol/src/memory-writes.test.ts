import { describe, expect, it } from "vitest";
import {
  cborSize,
  MAX_MEMORY_MEMBERS,
  MAX_MEMORY_OPS,
  MAX_MEMORY_WRITE_BYTES,
  type MemoryOp,
  memoryWrites,
  recordProblem,
  writeInParts,
} from "./index.js";

const problemOf = (ops: readonly MemoryOp[]): string | undefined =>
  recordProblem("memory", 1, { space: "s", ops: [...ops], at: 1 });
const put = (n: number, text: string): MemoryOp => ({ op: "put", key: `k${n}`, value: { text } });
const redacted = (ops: readonly MemoryOp[]): readonly MemoryOp[] =>
  JSON.parse(JSON.stringify(ops).replaceAll("a@b.co", "[redacted:e-mail]"));

/** A peer that removes addresses before it looks whether a write fits. */
const createPeer = () => {
  const written: (readonly MemoryOp[])[] = [];
  let refused = 0;
  return {
    written,
    refused: () => refused,
    write: async (ops: readonly MemoryOp[]) => {
      const clean = redacted(ops);
      const message = problemOf(clean);
      if (message === undefined) written.push(clean);
      else refused += 1;
      return message === undefined ? undefined : { rule: "R1", message };
    },
  };
};

describe("E11 ops in as few writes as hold them", () => {
  it("one, where it holds them", () => {
    const ops = Array.from({ length: MAX_MEMORY_OPS }, (_, n) => put(n, "x".repeat(80)));
    expect(memoryWrites(ops)).toEqual([ops]);
    expect(memoryWrites([])).toEqual([]);
  });

  it("several that each fit, in order, where there are too many or they are too large", () => {
    const many = Array.from({ length: MAX_MEMORY_OPS * 2 + 1 }, (_, n) => put(n, ""));
    expect(memoryWrites(many).map(({ length }) => length)).toEqual([MAX_MEMORY_OPS, MAX_MEMORY_OPS, 1]);
    const large = Array.from({ length: 9 }, (_, n) => put(n, "x".repeat(20_000)));
    const writes = memoryWrites(large);
    expect(writes.flat()).toEqual(large);
    expect(writes.length).toBe(5);
    for (const write of [...memoryWrites(many), ...writes]) expect(problemOf(write)).toBeUndefined();
  });

  it.each([
    ["too many", MAX_MEMORY_MEMBERS * 2, 0],
    ["too long", MAX_MEMORY_MEMBERS, 100],
  ])("divides the members of one op that are %s, and what comes behind a put adds to it", (_title, length, chars) => {
    const members = Array.from({ length }, (_, n) => `${n} ${"m".repeat(chars)}`);
    for (const op of [
      { op: "put", key: "k", value: 1, members, ifAbsent: true },
      { op: "add", key: "k", members },
      { op: "remove", key: "k", members },
    ] as const) {
      const ops = memoryWrites([{ ...op, members: [...members] }]).flat() as (MemoryOp & { members: string[] })[];
      expect(ops.flatMap((one) => one.members)).toEqual(members);
      expect(ops.map((one) => one.op)).toEqual([op.op, ...ops.slice(1).map(() => (op.op === "put" ? "add" : op.op))]);
      expect(ops).toHaveLength(2);
      for (const one of ops) expect(problemOf([one])).toBeUndefined();
    }
  });
});

describe("E2 writes that redaction makes longer", () => {
  it("a full batch of short addresses, which becomes more than twice as long", async () => {
    const ops = Array.from({ length: 380 }, (_, n) => put(n, "a@b.co ".repeat(17)));
    expect(memoryWrites(ops)).toEqual([ops]);
    expect(cborSize(redacted(ops))).toBeGreaterThan(MAX_MEMORY_WRITE_BYTES * 2);
    const peer = createPeer();
    expect(await writeInParts(ops, peer.write)).toBeUndefined();
    expect(peer.written.flat()).toEqual(redacted(ops));
    expect(peer.refused()).toBe(3);
  });

  it("one op whose members become too long", async () => {
    const members = Array.from({ length: 500 }, (_, n) => `${n} ${"a@b.co ".repeat(14)}`);
    const peer = createPeer();
    expect(
      await writeInParts([{ op: "put", key: "k", value: 1, members, ifAbsent: true }], peer.write),
    ).toBeUndefined();
    const ops = peer.written.flat() as (MemoryOp & { members: string[] })[];
    expect(ops.map(({ op }) => op)).toEqual(["put", "add", "add", "add"]);
    expect(ops.flatMap((one) => one.members)).toHaveLength(500);
  });

  it("a value that becomes too long alone is refused, and nothing behind it is written", async () => {
    const peer = createPeer();
    const ops = [put(0, "first"), put(1, "a@b.co ".repeat(4000)), put(2, "last")];
    expect(await writeInParts(ops, peer.write)).toMatchObject({
      rule: "R1",
      message: expect.stringContaining("32768"),
    });
    expect(peer.written).toEqual([[put(0, "first")]]);
  });

  it("what fits no record from the beginning, or is refused by another rule, is asked once", async () => {
    for (const [ops, rule] of [
      [[put(0, "first"), put(1, "x".repeat(40_000))], "R1"],
      [[put(0, "first"), put(1, "second")], "L7"],
    ] as const) {
      let asked = 0;
      const write = async () => {
        asked += 1;
        return { rule };
      };
      expect(await writeInParts(ops, write)).toEqual({ rule });
      expect(asked).toBe(1);
    }
  });
});
