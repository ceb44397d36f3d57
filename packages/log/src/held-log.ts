/**
 * One log as this peer holds it: its standing in memory, its blocks in storage, its Yjs document while somebody uses it.
 * Storage is asked first, then `advance` takes the blocks over, then whoever listens hears of them (L8).
 */
import {
  accept,
  type Block,
  type BlockHash,
  clientIdOf,
  type LogHead,
  type LogId,
  logKey,
  MAX_UPDATE_BYTES,
  type Refused,
  type Result,
  readBlock,
  refuse,
  type SwarmId,
} from "@herdmind/protocol";
import type * as Y from "yjs";
import type * as DocumentModule from "./document.js";
import type { LogDocument } from "./document.js";
import { encodeUpdate } from "./grammar.js";
import { type JudgedBlock, type Opened, readRecords, type Standing } from "./judge.js";
import type { HeldBlock } from "./logs.js";
import type { RecentUpdates } from "./recent-updates.js";
import type { Storage, StorageFault } from "./storage.js";
import { createTurns, type Turns } from "./turns.js";

/** Blocks read from storage in one go: few enough to stay small in memory, many enough to be fast. */
const READ_BLOCKS = 256;
/** Bytes of an update besides its blocks: at most 8 for each block, and a head for each of at most 64 segments. */
const BYTES_PER_BLOCK = 8;
const BYTES_PER_UPDATE = 2048;

export interface HeldLog {
  readonly log: LogId;
  readonly standing: Standing;
  /** Everything that changes the log, or must see it unchanged, takes a turn. */
  readonly turns: Turns;
  /** Takes over blocks that storage has confirmed. Answers those that may be shown. */
  advance(blocks: readonly JudgedBlock[], standing: Standing, origin: unknown): readonly HeldBlock[];
  read(from: number, to: number): AsyncIterable<HeldBlock>;
  bytes(sequence: number): Promise<Uint8Array | undefined>;
  update(from: number, maxBytes: number): Promise<{ readonly update: Uint8Array; readonly next: number } | undefined>;
  document(): Promise<Result<{ readonly doc: Y.Doc; release(): void }>>;
  /** Blocks that are shown: fewer than are held once a fork is proved. */
  visibleLength(): number;
  /** Forgets every block at once; what is read meanwhile ends early. */
  letGo(): void;
  /** Takes that back, where the storage kept them. */
  restore(standing: Standing): void;
  /** Called when a fork was proved: lets go of a document that shows too much. */
  withdraw(): void;
}

const NOTHING: Standing = { length: 0, hash: undefined, opened: undefined, next: undefined };

/** A storage that failed: the caller cannot go on, and the message says what the system reported. */
export const storageRefusal = (fault: StorageFault, log?: LogId): Refused =>
  refuse("L8", "none", `Nothing was changed: ${fault.message}`, log === undefined ? {} : { log });

export const createHeldLog = (options: {
  readonly swarm: SwarmId;
  readonly log: LogId;
  readonly storage: Storage;
  readonly standing: Standing;
  /** The first quarantined sequence, given what the log's first block names. */
  readonly boundOf: (continues: LogHead | undefined) => number;
  readonly recentUpdates: RecentUpdates;
  readonly reportError: (error: unknown) => void;
}): HeldLog => {
  const { swarm, log, storage, boundOf, recentUpdates, reportError } = options;
  const clientId = clientIdOf(swarm, log);
  const turns = createTurns();
  let standing = options.standing;
  let shared: { readonly document: LogDocument; length: number; users: number } | undefined;

  const visibleLength = (): number => Math.min(standing.length, boundOf(standing.opened?.continues));

  const stored = async (from: number, to: number): Promise<readonly Uint8Array[]> => {
    const blocks = await storage.read(log, from, to);
    if (!blocks.ok) throw new Error(blocks.fault.message, { cause: blocks.fault });
    if (blocks.value.length === 0 && standing.length > from)
      throw new Error(`storage lost block ${from} of ${logKey(log)}; open it again to repair it`);
    return blocks.value;
  };

  const heldBlock = (block: Block, records: HeldBlock["records"] | undefined): HeldBlock => {
    const { header, hash, bytes } = block;
    const common = { log, sequence: header.sequence, hash, bytes };
    // The log may be let go of before somebody looks.
    const { role } = (standing.opened as Opened).membership;
    if (records !== undefined) return { ...common, records };
    return {
      ...common,
      get records() {
        const read = readRecords(block, role);
        if (!read.ok) throw new Error(`${logKey(log)} was damaged after it was opened: ${read.refusal.message}`);
        return read.value;
      },
    };
  };

  const letGo = (): void => {
    const { document } = shared ?? {};
    shared = undefined;
    document?.doc.destroy();
  };

  /** A document never stops a log: what an observer throws is reported, and a document that somebody wrote into is given up. */
  const show = (from: number, blocks: readonly Uint8Array[], origin: unknown): void => {
    if (shared === undefined || blocks.length === 0) return;
    try {
      shared.document.push(from, blocks, origin);
    } catch (error) {
      reportError(error);
    }
    if (shared?.document.isIntact(from + blocks.length) === false) letGo();
    if (shared !== undefined) shared.length = from + blocks.length;
  };

  /** Fills a new document; inside a turn, so that no block is accepted meanwhile. A fork may be proved meanwhile. */
  const load = async ({ createLogDocument }: typeof DocumentModule): Promise<NonNullable<typeof shared>> => {
    for (;;) {
      const document = createLogDocument(swarm, log, reportError);
      let length = 0;
      while (length < visibleLength()) {
        const blocks = await stored(length, Math.min(visibleLength(), length + READ_BLOCKS));
        document.push(length, blocks, "storage");
        length += blocks.length;
      }
      if (length <= visibleLength()) return { document, length, users: 0 };
    }
  };

  return {
    log,
    get standing() {
      return standing;
    },
    turns,
    visibleLength,
    advance: (blocks, next, origin) => {
      const from = standing.length;
      standing = next;
      const visible = blocks.slice(0, Math.max(0, visibleLength() - from));
      const bytes = visible.map(({ block }) => block.bytes);
      const size = bytes.reduce((sum, block) => sum + block.length, 0);
      recentUpdates.keep(log, from, from + bytes.length, size, () => encodeUpdate(clientId, from, bytes));
      show(from, bytes, origin);
      return visible.map(({ block, records }) => heldBlock(block, records));
    },
    async *read(from, to) {
      for (let at = from; at < Math.min(to, visibleLength()); ) {
        for (const bytes of await stored(at, Math.min(to, visibleLength(), at + READ_BLOCKS))) {
          if (at >= visibleLength()) return;
          const block = readBlock(bytes);
          if (!block.ok || block.value.header.sequence !== at) {
            throw new Error(
              `block ${at} of ${logKey(log)} was damaged after it was opened; open it again to repair it`,
            );
          }
          const records = readRecords(block.value, (standing.opened as Opened).membership.role);
          yield heldBlock(block.value, records.ok ? records.value : undefined);
          at += 1;
        }
      }
    },
    bytes: async (sequence) => (await stored(sequence, sequence + 1))[0],
    update: async (from, maxBytes) => {
      const end = visibleLength();
      if (from < 0 || from >= end) return undefined;
      const recent = recentUpdates.find(log, from, end);
      if (recent !== undefined && recent.length <= maxBytes) return { update: recent, next: end };
      const room = Math.min(maxBytes, MAX_UPDATE_BYTES) - BYTES_PER_UPDATE;
      const blocks: Uint8Array[] = [];
      let size = 0;
      reading: for (let at = from; at < end; ) {
        const chunk = await stored(at, Math.min(end, at + READ_BLOCKS));
        if (chunk.length === 0) break;
        for (const bytes of chunk) {
          size += bytes.length + BYTES_PER_BLOCK;
          if (blocks.length > 0 && size > room) break reading;
          blocks.push(bytes);
        }
        at += chunk.length;
      }
      // A fork may have been proved while storage was read.
      const shown = blocks.slice(0, Math.max(0, visibleLength() - from));
      return shown.length === 0
        ? undefined
        : { update: encodeUpdate(clientId, from, shown), next: from + shown.length };
    },
    document: async () => {
      const notLoaded = (error: unknown) =>
        refuse(
          "L8",
          "none",
          `The document of ${logKey(log)} was not loaded: ${error instanceof Error ? error.message : String(error)}`,
          { log },
        );
      // Yjs is a fifth of a peer in a page, where most never ask for a document. Loaded before the turn: that may need a network.
      const loaded = await import("./document.js").then(accept, notLoaded);
      if (!loaded.ok) return loaded;
      const taken = await turns.take(async () => {
        try {
          shared ??= await load(loaded.value);
        } catch (error) {
          return notLoaded(error);
        }
        shared.users += 1;
        return accept(shared);
      });
      if (!taken.ok) return taken;
      const mine = taken.value;
      let released = false;
      return accept({
        doc: mine.document.doc,
        release: () => {
          if (released) return;
          released = true;
          mine.users -= 1;
          if (mine.users > 0) return;
          if (shared === mine) shared = undefined;
          mine.document.doc.destroy();
        },
      });
    },
    letGo: () => {
      standing = NOTHING;
      letGo();
    },
    restore: (before) => {
      standing = before;
    },
    withdraw: () => {
      if (shared !== undefined && shared.length > visibleLength()) letGo();
    },
  };
};

/** The head that a standing amounts to. */
export const headOfStanding = (log: LogId, standing: Standing): LogHead => ({
  writer: log.writer,
  generation: log.generation,
  length: standing.length,
  hash: standing.hash as BlockHash,
});
