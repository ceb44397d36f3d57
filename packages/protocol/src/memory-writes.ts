/**
 * Ops of a memory (E11) in as few writes as hold them, for those who have more than one may hold. What is in one write counts as a
 * whole or not at all; several count each for itself.
 */
import { cborSize } from "./cbor-size.js";
import { MAX_MEMORY_MEMBERS, MAX_MEMORY_OPS, MAX_MEMORY_WRITE_BYTES } from "./limits.js";
import { type MemoryOp, recordProblem } from "./records.js";

/** For the head of a list, and for what redaction adds as a rule: a placeholder is longer than what it stands for by some 10 bytes. */
const SPARE_BYTES = 4096;
const WRITE_BYTES = MAX_MEMORY_WRITE_BYTES - SPARE_BYTES;

const membersOf = (op: MemoryOp): readonly string[] => (op.op === "delete" ? [] : (op.members ?? []));

/** The same op with other members; what comes behind the first of several parts of a `put` adds to it. */
const withMembers = (op: MemoryOp, members: readonly string[], isFirst: boolean): MemoryOp =>
  op.op === "put" && !isFirst
    ? { op: "add", key: op.key, members: [...members] }
    : ({ ...op, members: [...members] } as MemoryOp);

/** An op whose members fill more than a write, as several that do the same. */
const divided = function* (op: MemoryOp): Iterable<MemoryOp> {
  const members = membersOf(op);
  if (members.length === 0 || (members.length <= MAX_MEMORY_MEMBERS && cborSize(op) <= WRITE_BYTES)) {
    yield op;
    return;
  }
  const head = cborSize({ ...op, members: [] });
  let part: string[] = [];
  let bytes = head;
  let isFirst = true;
  for (const member of members) {
    const size = cborSize(member);
    if (part.length > 0 && (bytes + size > WRITE_BYTES || part.length >= MAX_MEMORY_MEMBERS)) {
      yield withMembers(op, part, isFirst);
      isFirst = false;
      part = [];
      bytes = head;
    }
    part.push(member);
    bytes += size;
  }
  yield withMembers(op, part, isFirst);
};

/** Writes that each fit into a record, as long as redaction adds little; as a rule one. */
export const memoryWrites = (ops: Iterable<MemoryOp>): readonly (readonly MemoryOp[])[] => {
  const writes: MemoryOp[][] = [];
  let bytes = 0;
  for (const op of [...ops].flatMap((one) => [...divided(one)])) {
    const size = cborSize(op);
    const last = writes.at(-1);
    if (last === undefined || last.length >= MAX_MEMORY_OPS || bytes + size > WRITE_BYTES) {
      writes.push([op]);
      bytes = size;
    } else {
      last.push(op);
      bytes += size;
    }
  }
  return writes;
};

/** A write as two that do the same one after the other; `undefined`: nothing of it can be divided. */
const halves = (ops: readonly MemoryOp[]): readonly [readonly MemoryOp[], readonly MemoryOp[]] | undefined => {
  const [op] = ops;
  if (op === undefined) return undefined;
  if (ops.length > 1) {
    const half = Math.ceil(ops.length / 2);
    return [ops.slice(0, half), ops.slice(half)];
  }
  const members = membersOf(op);
  if (members.length < 2) return undefined;
  const half = Math.ceil(members.length / 2);
  return [[withMembers(op, members.slice(0, half), true)], [withMembers(op, members.slice(half), false)]];
};

/** Whether a record may have each of them, as far as it stands here. */
const fitAlone = (ops: readonly MemoryOp[]): boolean =>
  ops.every((op) => recordProblem("memory", 1, { space: "x", ops: [op], at: 0 }) === undefined);

/**
 * Hands one write after the other to `write`, which answers why one was refused; gives the first refusal, behind which nothing is
 * written. By how much redaction makes a write longer is known to the peer alone (E2), and may be more than twice: a text full of
 * short e-mail addresses. So one that is refused as no record (R1) although each of its ops fits is divided, and tried again.
 */
export const writeInParts = async <Refused extends { readonly rule: string }>(
  ops: Iterable<MemoryOp>,
  write: (ops: readonly MemoryOp[]) => Promise<Refused | undefined>,
): Promise<Refused | undefined> => {
  const waiting = [...memoryWrites(ops)].reverse();
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    const refused = await write(part);
    if (refused === undefined) continue;
    const parts = refused.rule === "R1" && fitAlone(part) ? halves(part) : undefined;
    if (parts === undefined) return refused;
    waiting.push(parts[1], parts[0]);
  }
  return undefined;
};
