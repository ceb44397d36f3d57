/** Fork proofs (rule L6): two signed heads of one writer at one sequence with different hashes. */

import { judgeHead, readHead } from "./block.js";
import { decodeCbor, encodeCbor } from "./cbor.js";
import type { BlockHash, LogId, SwarmId } from "./ids.js";
import { MAX_HEADER_BYTES } from "./limits.js";
import { accept, type Result, refuse } from "./refusal.js";

export interface ForkProof {
  readonly log: LogId;
  readonly sequence: number;
  readonly hashes: readonly [BlockHash, BlockHash];
  /** `CBOR [1, head, head]`, the head with the smaller hash first: equal on every peer. */
  readonly bytes: Uint8Array;
}

/** Joins two signed heads (bytes as in `headOf`) into a proof. */
export const encodeForkProof = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const [first, second] = [readHead(a), readHead(b)];
  if (!first.ok || !second.ok) throw new Error("a fork proof needs two heads");
  return first.value.hash < second.value.hash ? encodeCbor([1, a, b]) : encodeCbor([1, b, a]);
};

/** Verifies a proof before it is kept or passed on. */
export const readForkProof = async (bytes: Uint8Array, swarm: SwarmId): Promise<Result<ForkProof>> => {
  const bad = (why: string) => refuse("L6", "sender", `This is not a fork proof: ${why}. Drop the sender.`);
  if (bytes.length > 2 * (MAX_HEADER_BYTES + 80)) return bad("too long");
  const decoded = decodeCbor(bytes, { nesting: 2, stringBytes: 0, allowBytes: true });
  if (!decoded.ok) return bad(decoded.why);
  if (!Array.isArray(decoded.value) || decoded.value.length !== 3) return bad("not an array of three");
  const [version, a, b] = decoded.value as readonly unknown[];
  if (version !== 1) return bad("its version is unknown");
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array)) return bad("no heads");
  const [first, second] = [readHead(a), readHead(b)];
  if (!first.ok || !second.ok) return bad("a head is malformed");
  const { header, hash } = first.value;
  const other = second.value;
  if (
    header.writer !== other.header.writer ||
    header.generation !== other.header.generation ||
    header.sequence !== other.header.sequence
  ) {
    return bad("the heads do not stand in one place");
  }
  if (!(hash < other.hash)) return bad("the heads are equal or in the wrong order");
  const log = { writer: header.writer, generation: header.generation };
  for (const head of [first.value, other]) {
    if ((await judgeHead(head, swarm, log)) !== undefined) return bad("a head is not validly signed for this swarm");
  }
  return accept({ log, sequence: header.sequence, hashes: [hash, other.hash], bytes: new Uint8Array(bytes) });
};
