/**
 * The verdict on blocks that claim to continue a log: L1, L4, L5, L7, A1, A2, by what the log proves itself (A3).
 *
 * Blocks are judged one after the other, each completely, and the first fault is the answer; so the verdict does not
 * depend on how blocks were cut into updates. Signatures are checked in parallel.
 */
import {
  type AnyRecord,
  type Block,
  type BlockHash,
  CODEC_CBOR,
  type Genesis,
  judgeHead,
  judgeTerm,
  type LogHead,
  type LogId,
  type Membership,
  mayAppend,
  PROTOCOL_VERSION,
  payloadLimits,
  type Refused,
  type Result,
  readBlock,
  readPayload,
  refuse,
  verifyChain,
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
  /** `undefined` when they were judged and let go again: see `RECORDS_KEPT_BYTES`. */
  readonly records: readonly AnyRecord[] | undefined;
}

export interface Judged {
  readonly blocks: readonly JudgedBlock[];
  readonly standing: Standing;
}

/**
 * Blocks that are checked at once: a bad one is found before a whole hostile update was verified, and between two parts
 * others have their turn. 64 blocks of 1,024 records held them up for a second; 16 give the same throughput.
 */
const CHECKED_AT_ONCE = 16;

/**
 * Inflated bytes of payloads whose records are kept until the whole update is judged. 4 MiB of blocks that each inflate to
 * 256 KiB would be 2 GB of records; what is over this bound is read again when somebody looks at it.
 */
const RECORDS_KEPT_BYTES = 16 * 1024 * 1024;
/** DEFLATE grows at most so many times. */
const MAX_INFLATION = 1032;

const inflatedBound = ({ header, payload }: Block, role: Membership["role"]): number =>
  header.codec === CODEC_CBOR ? payload.length : Math.min(payloadLimits(role).bytes, payload.length * MAX_INFLATION);

/** What judging has cost so far, whatever its verdict: signatures are checked per block, payloads inflated, records read. */
export interface JudgeWork {
  blocks: number;
  records: number;
  /** Inflated bytes of payloads, at most. */
  bytes: number;
}

export const noWork = (): JudgeWork => ({ blocks: 0, records: 0, bytes: 0 });

export interface JudgeOptions {
  readonly genesis: Genesis;
  readonly log: LogId;
  readonly standing: Standing;
  /** The first quarantined sequence, given what the log's first block names (L6); infinite when there is none. */
  readonly boundOf: (continues: LogHead | undefined) => number;
  /** Counted up while judging. */
  readonly work: JudgeWork;
}

/** Judges `blocks`, of which the first must have sequence `standing.length`. */
export const judgeBlocks = async (options: JudgeOptions, blocks: readonly Uint8Array[]): Promise<Result<Judged>> => {
  let standing = options.standing;
  const judged: JudgedBlock[] = [];
  let bytes = 0;
  for (let at = 0; at < blocks.length; ) {
    // Who may write is known after the first block: until then one block is all the work a stranger can cause.
    const size = standing.opened === undefined ? 1 : CHECKED_AT_ONCE;
    const part = await judgePart({ ...options, standing }, blocks.slice(at, at + size));
    if (!part.ok) return part;
    standing = part.value.standing;
    for (const { block, records } of part.value.blocks) {
      bytes += inflatedBound(block, (standing.opened as Opened).membership.role);
      judged.push({ block, records: bytes > RECORDS_KEPT_BYTES ? undefined : records });
    }
    at += size;
  }
  return { ok: true, value: { blocks: judged, standing } };
};

const judgePart = async (
  { genesis, log, standing, boundOf, work }: JudgeOptions,
  blocks: readonly Uint8Array[],
): Promise<Result<Judged>> => {
  // What lies past a quarantine is not looked at, so that the verdict is the same however the blocks are cut.
  const bound = boundOf(standing.opened?.continues);
  const open = blocks.slice(0, Math.max(0, bound - standing.length));
  // Own copies: the update belongs to whoever sent it, and must not be kept alive by a small block. (A `slice` of Node's Buffer copies nothing.)
  const read = open.map((block) => readBlock(new Uint8Array(block)));
  const malformedAt = read.findIndex((block) => !block.ok);
  const formed = (malformedAt < 0 ? read : read.slice(0, malformedAt)).flatMap((block) =>
    block.ok ? [block.value] : [],
  );
  work.blocks += formed.length;
  const heads = await Promise.all(formed.map((block) => judgeHead(block, genesis.swarm, log)));
  const judged: JudgedBlock[] = [];
  let { length, hash, opened, next } = standing;
  for (const [i, block] of formed.entries()) {
    const where = { log, sequence: length };
    const refusedHead = heads[i];
    if (refusedHead !== undefined) return at(refusedHead, where);
    const { header } = block;
    if (header.sequence !== length || header.previous !== hash) {
      return refuse(
        "L4",
        "writer",
        `Block ${header.sequence} does not continue block ${length - 1} of ${log.writer}/${log.generation}: the chain is broken. The document is closed.`,
        where,
      );
    }
    if (next !== undefined) {
      return refuse(
        "L4",
        "writer",
        `Generation ${log.generation} is closed: it continues in ${next}. Append there.`,
        where,
      );
    }
    let plain: number | undefined;
    const records = await recordsOf(genesis, block, opened, where, (bytes) => {
      plain = bytes;
    });
    // What could not be inflated may have cost as much as the bound lets it.
    work.bytes += plain ?? inflatedBound(block, opened?.membership.role ?? "orchestrator");
    if (!records.ok) return records;
    work.records += records.value.records.length;
    if (opened === undefined && boundOf(records.value.opened.continues) <= 0) return forked(log, 0);
    opened = records.value.opened;
    next = nextIn(records.value.records);
    judged.push({ block, records: records.value.records });
    length += 1;
    hash = block.hash;
  }
  const malformed = read[formed.length];
  if (malformed !== undefined && !malformed.ok) return at(malformed, { log, sequence: length });
  if (open.length < blocks.length) return forked(log, length);
  return { ok: true, value: { blocks: judged, standing: { length, hash, opened, next } } };
};

/** Nothing is taken from a quarantined part of a log (L6). */
export const forked = (log: LogId, sequence: number): Refused =>
  refuse(
    "L6",
    "writer",
    `${log.writer} has signed two different logs in generation ${log.generation}, or continues such a one. Nothing from block ${sequence} on is accepted.`,
    { log, sequence },
  );

/** The generation that the last record of a closing block names. */
export const nextIn = (records: readonly AnyRecord[]): LogId["generation"] | undefined => {
  const last = records.at(-1);
  return last?.type === "next" ? last.body.generation : undefined;
};

const recordsOf = async (
  genesis: Genesis,
  block: Block,
  opened: Opened | undefined,
  where: { readonly log: LogId; readonly sequence: number },
  onPlain: (bytes: number) => void,
): Promise<Result<{ readonly records: readonly AnyRecord[]; readonly opened: Opened }>> => {
  if (opened !== undefined) {
    const records = readRecords(block, opened.membership.role, onPlain);
    if (!records.ok) return at(records, where);
    const bad = misplaced(records.value, 0, where);
    return bad ?? { ok: true, value: { records: records.value, opened } };
  }
  // The role is not known yet: read with the widest bounds, then hold the block to those of its role.
  const widest = readRecords(block, "orchestrator", onPlain);
  if (!widest.ok) return at(widest, where);
  const judged = await judgeOpening(genesis, where.log, widest.value);
  if (!judged.ok) return at(judged, where);
  const { role } = judged.value.membership;
  const bad = misplaced(widest.value, role === "orchestrator" ? 2 : 1, where);
  if (bad !== undefined) return bad;
  const records = role === "orchestrator" ? widest : readRecords(block, role);
  return records.ok ? { ok: true, value: { records: records.value, opened: judged.value } } : at(records, where);
};

/** `open` and `term` stand only among the first `opening` records of a generation, `next` only at its very end. */
const misplaced = (
  records: readonly AnyRecord[],
  opening: number,
  where: { readonly log: LogId; readonly sequence: number },
): Refused | undefined => {
  const isMisplaced = ({ type }: AnyRecord, i: number): boolean =>
    (type === "open" && (i > 0 || opening === 0)) ||
    (type === "term" && i >= opening) ||
    (type === "next" && i < records.length - 1);
  const record = records.find(isMisplaced);
  return record === undefined
    ? undefined
    : refuse(
        "R1",
        "writer",
        `A record ${record.type} stands where it may not: the log's frame is broken. The document is closed.`,
        where,
      );
};

/** The records of a block whose signature was checked; one unknown record when the protocol version is newer (E5). */
export const readRecords = (
  block: Block,
  role: Membership["role"],
  onPlain?: (bytes: number) => void,
): Result<readonly AnyRecord[]> =>
  block.header.version === PROTOCOL_VERSION
    ? readPayload(block.header.codec, block.payload, role, onPlain)
    : {
        ok: true,
        value: [{ type: "unknown", of: `protocol ${block.header.version}`, version: block.header.version, body: null }],
      };

/** Judges the records that open a generation: a member's credential chain, and for canon its term (A1, A2). */
export const judgeOpening = async (
  genesis: Genesis,
  log: LogId,
  records: readonly AnyRecord[],
): Promise<Result<Opened>> => {
  const open = records[0];
  if (open?.type === "unknown") {
    // Its writer is newer than this peer, and so may be whoever passed it on: the connection stays.
    return refuse(
      "A1",
      "writer",
      `The log ${log.writer}/${log.generation} opens with ${open.of}, version ${open.version}, which is not known here. Update this peer.`,
    );
  }
  if (open?.type !== "open") {
    return refuse(
      "A1",
      "sender",
      `The log ${log.writer}/${log.generation} does not open with a credential chain. Drop the sender.`,
    );
  }
  const membership = await verifyChain(open.body.chain, genesis);
  if (!membership.ok) return membership;
  if (membership.value.writer !== log.writer) {
    return refuse(
      "A1",
      "sender",
      `The credential chain of ${log.writer} belongs to ${membership.value.writer}. Drop the sender.`,
    );
  }
  if (!mayAppend(membership.value.role)) {
    return refuse(
      "A1",
      "sender",
      `Role ${membership.value.role} of ${log.writer} may not append. Ask for a ticket with role agent.`,
    );
  }
  if (membership.value.role === "orchestrator") {
    const term = await judgeTerm(records, membership.value, genesis);
    if (!term.ok) return term;
  } else if (open.body.continues !== undefined && open.body.continues.writer !== log.writer) {
    return refuse(
      "A1",
      "sender",
      `The log ${log.writer}/${log.generation} continues another writer's. Drop the sender.`,
    );
  }
  return { ok: true, value: { membership: membership.value, continues: open.body.continues } };
};

const at = (refused: Refused, where: { readonly log: LogId; readonly sequence: number }): Refused => ({
  ok: false,
  refusal: { ...refused.refusal, ...where },
});
