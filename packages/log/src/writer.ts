/**
 * The writing side of a log: group commit, roll-over, and new generations (L8).
 *
 * While a block is being signed and stored, further appends queue; all of them go into the next block. So an idle writer has
 * one record a block, and a busy one shares the cost of a signature and of a durable write. Appends and roll-overs take
 * turns in one queue, so that nothing is ever signed after the `next` record of a generation.
 */
import {
  accept,
  type BlockHash,
  type ForkProof,
  type GenerationId,
  type Genesis,
  type LogHead,
  type LogId,
  logKey,
  MAX_BLOCKS_PER_GENERATION,
  type Membership,
  type Refused,
  type Result,
  record,
  refuse,
} from "@herdmind/protocol";
import { type HeldLog, headOfStanding, storageRefusal } from "./held-log.js";
import { type JudgedBlock, judgeBlocks, noWork, type Standing } from "./judge.js";
import type { AppendReceipt, OpeningReason, OpenWriter, Writer } from "./logs.js";
import { type EncodedRecord, encodeRecords, fitsOneBlock, roomOfRole, sealRecords, splitRecords } from "./seal.js";
import type { StorageResult, StoredAppend } from "./storage.js";

export interface WriterOptions extends OpenWriter {
  readonly genesis: Genesis;
  readonly membership: Membership;
  /** The own generation that may be continued. */
  readonly current: HeldLog | undefined;
  /** The newest own generation known, which a new one names. */
  readonly newestOwn: () => LogHead | undefined;
  readonly newGeneration: () => GenerationId;
  /** A log that nobody sees until its first blocks are announced. */
  readonly prepare: (log: LogId) => HeldLog;
  /** Stores appends; with `opened`, in the same batch, that this directory writes that generation. */
  readonly store: (appends: readonly StoredAppend[], opened: LogId | undefined) => Promise<StorageResult>;
  /** A proof that somebody else writes with the same key. */
  readonly fork: () => ForkProof | undefined;
  readonly announce: (held: HeldLog, blocks: readonly JudgedBlock[], standing: Standing) => void;
  readonly onClosed: () => void;
}

type Resolve = (receipt: AppendReceipt) => void;
type Job =
  | {
      readonly kind: "append";
      readonly records: readonly EncodedRecord[];
      readonly bytes: number;
      readonly resolve: Resolve;
    }
  | { readonly kind: "roll-over"; readonly resolve: Resolve };
type AppendJob = Extract<Job, { readonly kind: "append" }>;

/** Blocks that continue one standing of one log, sealed but not stored yet. */
interface Part {
  readonly held: HeldLog;
  readonly blocks: readonly JudgedBlock[];
  readonly standing: Standing;
}

const NEW: Standing = { length: 0, hash: undefined, opened: undefined, next: undefined };

export const createWriter = (options: WriterOptions): Writer => {
  const { key, genesis, membership } = options;
  const room = roomOfRole(membership.role);
  const maxBlocks = Math.min(
    options.blocksPerGeneration ?? MAX_BLOCKS_PER_GENERATION / 2,
    MAX_BLOCKS_PER_GENERATION - 1,
  );
  const queue: Job[] = [];
  let current = options.current;
  let pumping: Promise<void> | undefined;
  let closed = false;

  const seal = async (held: HeldLog, standing: Standing, records: readonly EncodedRecord[]): Promise<Part> => {
    const sealed = await sealRecords(
      key,
      { ...held.log, swarm: genesis.swarm, sequence: standing.length, previous: standing.hash },
      records,
    );
    return {
      held,
      blocks: [sealed],
      standing: { length: standing.length + 1, hash: sealed.block.hash, opened: standing.opened, next: sealed.next },
    };
  };

  /**
   * Seals the first blocks of a generation: `open`, then the opening records, as many to a block as fit. They are judged
   * as a peer will judge them, because a generation that opens wrongly can never be mended.
   */
  const sealOpening = async (held: HeldLog, why: OpeningReason): Promise<Result<Part>> => {
    const continues = why.kind === "first" ? undefined : why.continues;
    const open = record("open", { chain: [...options.chain], ...(continues === undefined ? {} : { continues }) });
    const encoded = encodeRecords([open, ...(options.opening?.(why) ?? [])]);
    if (!encoded.ok) return encoded;
    const blocks: Uint8Array[] = [];
    let standing = NEW;
    for (const records of splitRecords(encoded.value, room)) {
      const part = await seal(held, standing, records);
      blocks.push(...part.blocks.map(({ block }) => block.bytes));
      standing = part.standing;
    }
    const boundOf = () => Number.POSITIVE_INFINITY;
    const judged = await judgeBlocks({ genesis, log: held.log, standing: NEW, boundOf, work: noWork() }, blocks);
    return judged.ok ? accept({ held, ...judged.value }) : judged;
  };

  const commit = async (parts: readonly Part[], opened?: LogId): Promise<AppendReceipt | undefined> => {
    const appends = parts.map(
      ({ held, blocks, standing }): StoredAppend => ({
        log: held.log,
        from: standing.length - blocks.length,
        blocks: blocks.map(({ block }) => block.bytes),
        hash: standing.hash as BlockHash,
      }),
    );
    const stored = await options.store(appends, opened);
    if (!stored.ok) return { ...storageRefusal(stored.fault, parts[0]?.held.log), fault: stored.fault };
    for (const { held, blocks, standing } of parts) options.announce(held, blocks, standing);
    return undefined;
  };

  const prepareNew = (): HeldLog => options.prepare({ writer: key.id, generation: options.newGeneration() });

  /** Opens a generation beside what is known: the first one, or after this storage lost sight of its own writing. */
  const openGeneration = async (): Promise<AppendReceipt | undefined> => {
    const continues = options.newestOwn();
    const held = prepareNew();
    const opening = await sealOpening(held, continues === undefined ? { kind: "first" } : { kind: "moved", continues });
    if (!opening.ok) return opening;
    const failed = await commit([opening.value], held.log);
    if (failed === undefined) current = held;
    return failed;
  };

  /** Closes a generation and opens the next one, all in one batch. */
  const followGeneration = (closing: HeldLog): Promise<AppendReceipt | undefined> =>
    closing.turns.take(async () => {
      if (closing.standing.next !== undefined) return undefined;
      const following = prepareNew();
      const next = encodeRecords([record("next", { generation: following.log.generation })]);
      if (!next.ok) return next;
      const last = await seal(closing, closing.standing, next.value);
      const continues = headOfStanding(closing.log, last.standing);
      const opening = await sealOpening(following, { kind: "roll-over", continues });
      if (!opening.ok) return opening;
      const failed = await commit([last, opening.value], following.log);
      if (failed === undefined) current = following;
      return failed;
    });

  const refuseFork = (): Refused | undefined => {
    const fork = options.fork();
    return fork === undefined
      ? undefined
      : refuse(
          "L6",
          "writer",
          `Log ${logKey(fork.log)} is forked at block ${fork.sequence}: somebody else writes with this key. Make a new key and join again.`,
          {
            log: fork.log,
            sequence: fork.sequence,
          },
        );
  };

  /** The generation to write in, opened or followed if need be. A peer may have brought a `next` made by a copy of us. */
  const place = async (): Promise<{ readonly held: HeldLog } | { readonly failed: AppendReceipt }> => {
    const forked = refuseFork();
    if (forked !== undefined) return { failed: forked };
    if (current?.standing.next !== undefined) current = undefined;
    const failed =
      current === undefined
        ? await openGeneration()
        : current.standing.length >= maxBlocks
          ? await followGeneration(current)
          : undefined;
    return failed === undefined ? { held: current as HeldLog } : { failed };
  };

  const writeBatch = async (batch: readonly AppendJob[]): Promise<AppendReceipt> => {
    for (;;) {
      const placed = await place();
      if ("failed" in placed) return placed.failed;
      const { held } = placed;
      const receipt = await held.turns.take(async (): Promise<AppendReceipt | undefined> => {
        if (held.standing.next !== undefined) return undefined;
        const sequence = held.standing.length;
        const part = await seal(
          held,
          held.standing,
          batch.flatMap((job) => job.records),
        );
        // A proof may have come while the block was being signed.
        const failed = refuseFork() ?? (await commit([part]));
        return failed ?? { ok: true, log: held.log, sequence, index: 0, hash: part.standing.hash as BlockHash };
      });
      if (receipt !== undefined) return receipt;
    }
  };

  const rollOver = async (): Promise<AppendReceipt> => {
    const before = current;
    const placed = await place();
    if ("failed" in placed) return placed.failed;
    if (placed.held === before) {
      const failed = await followGeneration(before);
      if (failed !== undefined) return failed;
      // A peer closed it just before us: then a new one is opened beside it.
      if (current === before) return rollOver();
    }
    const { log, standing } = current as HeldLog;
    return { ok: true, log, sequence: standing.length - 1, index: 0, hash: standing.hash as BlockHash };
  };

  /** Takes queued appends that fit into one block together. */
  const takeBatch = (first: AppendJob): readonly AppendJob[] => {
    const batch = [first];
    let records = first.records.length;
    let bytes = first.bytes;
    for (let job = queue[0]; job?.kind === "append"; job = queue[0]) {
      records += job.records.length;
      bytes += job.bytes;
      if (!fitsOneBlock(room, records, bytes)) break;
      batch.push(job);
      queue.shift();
    }
    return batch;
  };

  const attempt = async (work: () => Promise<AppendReceipt>): Promise<AppendReceipt> => {
    try {
      return await work();
    } catch (error) {
      return refuse("L8", "none", `Nothing was appended: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

  const pump = async (): Promise<void> => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      if (job.kind === "roll-over") {
        job.resolve(await attempt(rollOver));
        continue;
      }
      const batch = takeBatch(job);
      const receipt = await attempt(() => writeBatch(batch));
      let index = 0;
      for (const { records, resolve } of batch) {
        resolve(receipt.ok ? { ...receipt, index } : receipt);
        index += records.length;
      }
    }
    pumping = undefined;
  };

  const enqueue = (job: Job): void => {
    queue.push(job);
    pumping ??= pump();
  };

  const refuseClosed = (): AppendReceipt => refuse("L8", "none", "This writer is closed. Open the node again.");

  return {
    id: key.id,
    membership,
    get log() {
      return current?.log;
    },
    append: async (records) => {
      if (closed) return refuseClosed();
      if (records.length === 0) return refuse("R1", "writer", "There is no record to append.");
      const framing = records.find(({ type }) => type === "open" || type === "term" || type === "next");
      if (framing !== undefined) {
        return refuse(
          "R1",
          "writer",
          `A record ${framing.type} frames a generation and is written by the log itself. Use rollOver.`,
        );
      }
      const encoded = encodeRecords(records);
      if (!encoded.ok) return encoded;
      const bytes = encoded.value.reduce((sum, item) => sum + item.bytes.length, 0);
      if (!fitsOneBlock(room, records.length, bytes)) {
        return refuse(
          "L7",
          "writer",
          `${records.length} records of ${bytes} bytes do not fit into one block (${room.records} records, ${room.bytes} bytes). Append them in parts.`,
        );
      }
      return new Promise((resolve) => {
        enqueue({ kind: "append", records: encoded.value, bytes, resolve });
      });
    },
    rollOver: async () => {
      if (closed) return refuseClosed();
      return new Promise((resolve) => {
        enqueue({ kind: "roll-over", resolve });
      });
    },
    close: async () => {
      closed = true;
      await pumping;
      options.onClosed();
    },
  };
};
