/**
 * The verdict on blocks that claim to continue a log: L1, L4, L5, L7, A1, A2, by what the log proves itself (A3).
 *
 * Blocks are judged one after the other, each completely, and the first fault is the answer; so the verdict does not
 * depend on how blocks were cut into updates. Signatures are checked in parallel.
 */
import {
  type AnyRecord, type Block, type BlockHash, type Genesis, judgeHead, judgeTerm, type LogHead, type LogId, mayAppend,
  type Membership, PROTOCOL_VERSION, readBlock, readPayload, refuse, type Refused, type Result, verifyChain,
} from "@herdmind/protocol";

/** Where a log stands before the blocks that are judged. */
export interface Standing {
  readonly length: number;
  readonly hash: BlockHash | undefined;
  /** `undefined` while the log is empty. */
  readonly opened: Opened | undefined;
  /** The generation that a `next` record named: nothing may follow. */
  readonly next: LogId["generation"] | undefined;
}

/** What the first block of a generation proves. */
export interface Opened {
  readonly membership: Membership;
  readonly continues: LogHead | undefined;
}

export interface JudgedBlock {
  readonly block: Block;
  readonly records: readonly AnyRecord[];
}

export interface Judged {
  readonly blocks: readonly JudgedBlock[];
  readonly standing: Standing;
}

/** Judges `blocks`, of which the first must have sequence `standing.length`. */
export const judgeBlocks = async (
  genesis: Genesis,
  log: LogId,
  standing: Standing,
  blocks: readonly Uint8Array[],
): Promise<Result<Judged>> => {
  const read = blocks.map(readBlock);
  const formed: Block[] = [];
  for (const block of read) {
    if (!block.ok) break;
    formed.push(block.value);
  }
  const heads = await Promise.all(formed.map((block) => judgeHead(block, genesis.swarm, log)));
  const judged: JudgedBlock[] = [];
  let { length, hash, opened, next } = standing;
  for (const [i, block] of formed.entries()) {
    const where = { log, sequence: length };
    const refusedHead = heads[i];
    if (refusedHead !== undefined) return refusedHead;
    const { header } = block;
    if (header.sequence !== length || header.previous !== hash) {
      return refuse("L4", "writer", `Block ${header.sequence} does not continue block ${length - 1} of ${log.writer}/${log.generation}: the chain is broken. The document is closed.`, where);
    }
    if (next !== undefined) {
      return refuse("L4", "writer", `Generation ${log.generation} is closed: it continues in ${next}. Append there.`, where);
    }
    const records = await recordsOf(genesis, block, opened, where);
    if (!records.ok) return records;
    opened = records.value.opened;
    for (const record of records.value.records) if (record.type === "next") next = record.body.generation;
    judged.push({ block, records: records.value.records });
    length += 1;
    hash = block.hash;
  }
  const malformed = read[formed.length];
  if (malformed !== undefined && !malformed.ok) {
    return { ok: false, refusal: { ...malformed.refusal, log, sequence: length } };
  }
  return { ok: true, value: { blocks: judged, standing: { length, hash, opened, next } } };
};

const recordsOf = async (
  genesis: Genesis,
  block: Block,
  opened: Opened | undefined,
  where: { readonly log: LogId; readonly sequence: number },
): Promise<Result<{ readonly records: readonly AnyRecord[]; readonly opened: Opened }>> => {
  if (opened !== undefined) {
    const records = readRecords(block, opened.membership.role);
    if (!records.ok) return at(records, where);
    if (records.value.some((record) => record.type === "open" || record.type === "term")) {
      return refuse("R1", "writer", "A record that opens a generation stands inside one. The document is closed.", where);
    }
    return { ok: true, value: { records: records.value, opened } };
  }
  // The role is not known yet: read with the widest bounds, then hold the block to those of its role.
  const widest = readRecords(block, "orchestrator");
  if (!widest.ok) return at(widest, where);
  const judged = await judgeOpening(genesis, where.log, widest.value);
  if (!judged.ok) return at(judged, where);
  const records = readRecords(block, judged.value.membership.role);
  return records.ok ? { ok: true, value: { records: records.value, opened: judged.value } } : at(records, where);
};

/** The records of a block whose signature was checked; one unknown record when the protocol version is newer (E5). */
export const readRecords = (block: Block, role: Membership["role"]): Result<readonly AnyRecord[]> =>
  block.header.version === PROTOCOL_VERSION
    ? readPayload(block.header.codec, block.payload, role)
    : { ok: true, value: [{ type: "unknown", of: `protocol ${block.header.version}`, version: block.header.version, body: null }] };

/** Judges the records that open a generation: a member's credential chain, and for canon its term (A1, A2). */
export const judgeOpening = async (
  genesis: Genesis,
  log: LogId,
  records: readonly AnyRecord[],
): Promise<Result<Opened>> => {
  const open = records[0];
  if (open?.type !== "open") {
    return refuse("A1", "sender", `The log ${log.writer}/${log.generation} does not open with a credential chain. Drop the sender.`);
  }
  const membership = await verifyChain(open.body.chain, genesis);
  if (!membership.ok) return membership;
  if (membership.value.writer !== log.writer) {
    return refuse("A1", "sender", `The credential chain of ${log.writer} belongs to ${membership.value.writer}. Drop the sender.`);
  }
  if (!mayAppend(membership.value.role)) {
    return refuse("A1", "sender", `Role ${membership.value.role} of ${log.writer} may not append. Ask for a ticket with role agent.`);
  }
  if (membership.value.role === "orchestrator") {
    const term = await judgeTerm(records, membership.value, genesis);
    if (!term.ok) return term;
  } else if (open.body.continues !== undefined && open.body.continues.writer !== log.writer) {
    return refuse("A1", "writer", `The log ${log.writer}/${log.generation} continues another writer's. The document is closed.`);
  }
  return { ok: true, value: { membership: membership.value, continues: open.body.continues } };
};

const at = (refused: Refused, where: { readonly log: LogId; readonly sequence: number }): Refused => ({
  ok: false,
  refusal: { ...refused.refusal, ...where },
});
