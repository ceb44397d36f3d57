/**
 * The writing side of a log: group commit, roll-over, and the choice of generation after a restart (L8).
 *
 * While a block is being signed and stored, further appends queue; all of them go into the next block. So an idle writer has
 * one record a block, and a busy one shares the cost of a signature and of a durable write.
 */
import {
  type AnyRecord, type Block, type BlockHash, encodePayload, encodeRecord, type Genesis, type GenerationId, type KeyPair, type LogHead, type LogId,
  MAX_BLOCKS_PER_GENERATION, mayAppend, type Membership, payloadLimits, record, refuse, type Refused, type Result, sealBlock,
} from "@herdmind/protocol";
import { headOfStanding, type HeldLog, storageRefusal } from "./held-log.js";
import type { JudgedBlock, Standing } from "./judge.js";
import type { AppendReceipt, OpeningReason, OpenWriter, Writer } from "./logs.js";
import type { StorageResult, StoredAppend } from "./storage.js";

/** Room for the array head of a payload. */
const PAYLOAD_SLACK = 16;

export interface WriterOptions extends OpenWriter {
  readonly genesis: Genesis;
  readonly membership: Membership;
  /** The own generation that may be continued, and the newest own one that may only be named. */
  readonly current: LogId | undefined;
  readonly before: LogHead | undefined;
  readonly newGeneration: () => GenerationId;
  readonly hold: (log: LogId) => HeldLog;
  /** Stores appends and, in the same batch, which generation this directory writes. */
  readonly store: (appends: readonly StoredAppend[], writing: LogId) => Promise<StorageResult>;
  readonly quarantined: (log: LogId) => boolean;
  readonly announce: (held: HeldLog, blocks: readonly JudgedBlock[], standing: Standing) => void;
}

interface Pending {
  readonly records: readonly { readonly record: AnyRecord; readonly bytes: Uint8Array }[];
  readonly bytes: number;
  readonly resolve: (receipt: AppendReceipt) => void;
}

/** Blocks that continue one standing, sealed but not stored yet. */
interface Sealed {
  readonly blocks: readonly JudgedBlock[];
  readonly standing: Standing;
}

export const createWriter = (options: WriterOptions): Writer => {
  const { key, genesis, membership } = options;
  const limits = payloadLimits(membership.role);
  const maxBlocks = Math.min(options.blocksPerGeneration ?? MAX_BLOCKS_PER_GENERATION / 2, MAX_BLOCKS_PER_GENERATION - 1);
  const queue: Pending[] = [];
  let current = options.current;
  let before = options.before;
  let pumping: Promise<void> | undefined;
  let closed = false;

  const seal = async (log: LogId, standing: Standing, records: readonly { readonly record: AnyRecord; readonly bytes: Uint8Array }[]): Promise<Sealed> => {
    const { codec, payload } = encodePayload(records.map(({ bytes }) => bytes));
    const block: Block = await sealBlock(
      key,
      { ...log, swarm: genesis.swarm, sequence: standing.length, previous: standing.hash, codec },
      payload,
    );
    let next = standing.next;
    for (const { record: written } of records) if (written.type === "next") next = written.body.generation;
    return {
      blocks: [{ block, records: records.map((item) => item.record) }],
      standing: { length: standing.length + 1, hash: block.hash, opened: standing.opened, next },
    };
  };

  /** Seals the first blocks of a generation: `open`, then the opening records, as many to a block as fit. */
  const sealOpening = async (log: LogId, why: OpeningReason): Promise<Result<Sealed>> => {
    const continues = why.kind === "first" ? undefined : why.continues;
    const opening = [record("open", { chain: [...options.chain], ...(continues === undefined ? {} : { continues }) }), ...(options.opening?.(why) ?? [])];
    const encoded = encodeAll(opening);
    if (!encoded.ok) return encoded;
    const blocks: JudgedBlock[] = [];
    let standing: Standing = { length: 0, hash: undefined, opened: { membership, continues }, next: undefined };
    for (const chunk of split(encoded.value, limits)) {
      const sealed = await seal(log, standing, chunk);
      blocks.push(...sealed.blocks);
      standing = sealed.standing;
    }
    return { ok: true, value: { blocks, standing } };
  };

  const appendOf = (log: LogId, from: number, sealed: Sealed): StoredAppend => ({
    log,
    from,
    blocks: sealed.blocks.map(({ block }) => block.bytes),
    hash: sealed.standing.hash as BlockHash,
  });

  /** After a failed write: a block that reached the disk all the same counts as written, and is never signed twice. */
  const reachedDisk = async (held: HeldLog, sealed: Sealed): Promise<boolean> => {
    const last = sealed.blocks.at(-1) as JudgedBlock;
    const stored = await held.bytes(sealed.standing.length - 1).catch(() => undefined);
    return stored !== undefined && stored.length === last.block.bytes.length && stored.every((byte, i) => byte === last.block.bytes[i]);
  };

  const commit = async (parts: readonly { readonly held: HeldLog; readonly sealed: Sealed }[]): Promise<Refused | undefined> => {
    const newest = parts.at(-1) as { readonly held: HeldLog; readonly sealed: Sealed };
    const stored = await options.store(
      parts.map(({ held, sealed }) => appendOf(held.log, held.standing.length, sealed)),
      newest.held.log,
    );
    if (!stored.ok && !(await reachedDisk(newest.held, newest.sealed))) {
      return { ...storageRefusal(stored.fault, newest.held.log), fault: stored.fault } as Refused;
    }
    for (const { held, sealed } of parts) options.announce(held, sealed.blocks, sealed.standing);
    return undefined;
  };

  const openGeneration = async (): Promise<Refused | undefined> => {
    const log: LogId = { writer: key.id, generation: options.newGeneration() };
    const held = options.hold(log);
    const sealed = await sealOpening(log, before === undefined ? { kind: "first" } : { kind: "moved", continues: before });
    if (!sealed.ok) return sealed;
    const failed = await held.turns.take(() => commit([{ held, sealed: sealed.value }]));
    if (failed !== undefined) return failed;
    current = log;
    before = undefined;
    return undefined;
  };

  const closeGeneration = async (log: LogId): Promise<Refused | undefined> => {
    const held = options.hold(log);
    const following: LogId = { writer: key.id, generation: options.newGeneration() };
    return held.turns.take(async () => {
      const next = encodeAll([record("next", { generation: following.generation })]);
      if (!next.ok) return next;
      const closing = await seal(log, held.standing, next.value);
      const opening = await sealOpening(following, { kind: "roll-over", continues: headOfStanding(log, closing.standing) });
      if (!opening.ok) return opening;
      const followingHeld = options.hold(following);
      const failed = await commit([
        { held, sealed: closing },
        { held: followingHeld, sealed: opening.value },
      ]);
      if (failed === undefined) current = following;
      return failed;
    });
  };

  /** Takes queued appends that fit into one block together. */
  const takeBatch = (): readonly Pending[] => {
    const batch: Pending[] = [];
    let records = 0;
    let bytes = PAYLOAD_SLACK;
    while (queue.length > 0) {
      const pending = queue[0] as Pending;
      if (batch.length > 0 && (records + pending.records.length > limits.records || bytes + pending.bytes > limits.bytes)) break;
      records += pending.records.length;
      bytes += pending.bytes;
      batch.push(queue.shift() as Pending);
    }
    return batch;
  };

  const writeBatch = async (batch: readonly Pending[]): Promise<Result<{ readonly log: LogId; readonly sequence: number; readonly hash: BlockHash }>> => {
    if (current !== undefined && options.quarantined(current)) {
      return refuse("L6", "writer", `This peer's log ${current.generation} is forked: somebody else writes with the same key. Make a new key and join again.`, { log: current });
    }
    if (current === undefined) {
      const failed = await openGeneration();
      if (failed !== undefined) return failed;
    } else if (options.hold(current).standing.length >= maxBlocks) {
      const failed = await closeGeneration(current);
      if (failed !== undefined) return failed;
    }
    const held = options.hold(current as LogId);
    return held.turns.take(async () => {
      const sequence = held.standing.length;
      const sealed = await seal(held.log, held.standing, batch.flatMap((pending) => pending.records));
      const failed = await commit([{ held, sealed }]);
      return failed ?? { ok: true, value: { log: held.log, sequence, hash: sealed.standing.hash as BlockHash } };
    });
  };

  const pump = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = takeBatch();
      let written: Awaited<ReturnType<typeof writeBatch>>;
      try {
        written = await writeBatch(batch);
      } catch (error) {
        written = refuse("L8", "none", `Nothing was appended: ${error instanceof Error ? error.message : String(error)}`);
      }
      let index = 0;
      for (const pending of batch) {
        pending.resolve(written.ok ? { ok: true, ...written.value, index } : written);
        index += pending.records.length;
      }
    }
  };

  const start = (): void => {
    pumping ??= pump().finally(() => {
      pumping = undefined;
    });
  };

  return {
    id: key.id,
    membership,
    get log() {
      return current;
    },
    append: async (records) => {
      if (closed) return refuse("L8", "none", "This writer is closed. Open the node again.");
      if (!mayAppend(membership.role)) return refuse("A1", "none", `Role ${membership.role} may not append. Ask for a ticket with role agent.`);
      if (records.length === 0) return refuse("R1", "writer", "There is no record to append.");
      const encoded = encodeAll(records);
      if (!encoded.ok) return encoded;
      const bytes = encoded.value.reduce((sum, item) => sum + item.bytes.length, 0);
      if (records.length > limits.records || bytes + PAYLOAD_SLACK > limits.bytes) {
        return refuse("L7", "writer", `${records.length} records of ${bytes} bytes do not fit into one block (${limits.records} records, ${limits.bytes} bytes). Append them in parts.`);
      }
      return new Promise((resolve) => {
        queue.push({ records: encoded.value, bytes, resolve });
        start();
      });
    },
    rollOver: async () => {
      await pumping;
      const failed = current === undefined ? await openGeneration() : await closeGeneration(current);
      if (failed !== undefined) return failed;
      const { log, standing } = options.hold(current as LogId);
      return { ok: true, log, sequence: standing.length - 1, index: 0, hash: standing.hash as BlockHash };
    },
    close: async () => {
      closed = true;
      await pumping;
    },
  };
};

const encodeAll = (records: readonly AnyRecord[]): Result<readonly { readonly record: AnyRecord; readonly bytes: Uint8Array }[]> => {
  const encoded: { readonly record: AnyRecord; readonly bytes: Uint8Array }[] = [];
  for (const one of records) {
    const bytes = encodeRecord(one);
    if (!bytes.ok) return bytes;
    encoded.push({ record: one, bytes: bytes.value });
  }
  return { ok: true, value: encoded };
};

/** Fills blocks one after the other up to the bounds of the writer's role. */
const split = function* (
  records: Pending["records"],
  limits: { readonly bytes: number; readonly records: number },
): Generator<Pending["records"]> {
  let chunk: Pending["records"][number][] = [];
  let bytes = PAYLOAD_SLACK;
  for (const item of records) {
    if (chunk.length > 0 && (chunk.length === limits.records || bytes + item.bytes.length > limits.bytes)) {
      yield chunk;
      chunk = [];
      bytes = PAYLOAD_SLACK;
    }
    chunk.push(item);
    bytes += item.bytes.length;
  }
  if (chunk.length > 0) yield chunk;
};
