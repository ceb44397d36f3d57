/**
 * One log as this peer holds it: its standing in memory, its blocks in storage, its Yjs document while somebody uses it.
 * `commit` is the one place where a log grows: storage first, then document, then whoever listens (L8).
 */
import {
  type BlockHash, clientIdOf, type LogHead, type LogId, readBlock, refuse, type Refused, type SwarmId,
} from "@herdmind/protocol";
import type * as Y from "yjs";
import { createLogDocument, type LogDocument } from "./document.js";
import { encodeUpdate } from "./grammar.js";
import { type Opened, readRecords, type Standing, type JudgedBlock } from "./judge.js";
import type { HeldBlock } from "./logs.js";
import type { Storage, StorageFault } from "./storage.js";
import type { RecentUpdates } from "./recent-updates.js";
import { createTurns } from "./turns.js";

/** Blocks read from storage in one go: few enough to stay small in memory, many enough to be fast. */
const READ_BLOCKS = 256;

export interface HeldLog {
  readonly log: LogId;
  readonly standing: Standing;
  /** Everything that changes the log, or must see it unchanged, takes a turn. */
  readonly turns: ReturnType<typeof createTurns>;
  /** Takes over blocks that storage has confirmed. */
  advance(blocks: readonly JudgedBlock[], standing: Standing, origin: unknown): readonly HeldBlock[];
  read(from: number, to: number): AsyncIterable<HeldBlock>;
  bytes(sequence: number): Promise<Uint8Array | undefined>;
  update(from: number, to: number, maxBytes: number): Promise<{ readonly update: Uint8Array; readonly next: number } | undefined>;
  document(): Promise<{ readonly doc: Y.Doc; release(): void }>;
  /** Changes when a fork is proved: readers stop before this sequence. */
  visibleLength(): number;
}

/** A storage that failed while it was read: the caller cannot go on, and the message says what the system reported. */
export const storageRefusal = (fault: StorageFault, log?: LogId): Refused =>
  refuse("L8", "none", `Nothing was changed: ${fault.message}`, log === undefined ? {} : { log });

export const createHeldLog = (options: {
  readonly swarm: SwarmId;
  readonly log: LogId;
  readonly storage: Storage;
  readonly standing: Standing;
  readonly quarantinedFrom: () => number | undefined;
  readonly recentUpdates: RecentUpdates;
}): HeldLog => {
  const { swarm, log, storage, quarantinedFrom, recentUpdates } = options;
  const clientId = clientIdOf(swarm, log);
  const turns = createTurns();
  let standing = options.standing;
  let document: LogDocument | undefined;
  let users = 0;

  const visibleLength = (): number => Math.min(standing.length, quarantinedFrom() ?? standing.length);

  const stored = async (from: number, to: number): Promise<readonly Uint8Array[]> => {
    const blocks = await storage.read(log, from, to);
    if (!blocks.ok) throw new Error(blocks.fault.message, { cause: blocks.fault });
    return blocks.value;
  };

  const held = (bytes: Uint8Array): HeldBlock => {
    const block = readBlock(bytes);
    if (!block.ok) throw new Error(`${block.refusal.message} It was damaged after it was opened.`);
    const records = readRecords(block.value, (standing.opened as Opened).membership.role);
    if (!records.ok) throw new Error(records.refusal.message);
    return { log, sequence: block.value.header.sequence, hash: block.value.hash, bytes, records: records.value };
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
      const bytes = blocks.map(({ block }) => block.bytes);
      recentUpdates.keep(log, from, next.length, encodeUpdate(clientId, from, bytes));
      document?.push(from, bytes, origin);
      return blocks.map(({ block, records }) => ({
        log,
        sequence: block.header.sequence,
        hash: block.hash,
        bytes: block.bytes,
        records,
      }));
    },
    async *read(from, to) {
      for (let at = from; at < Math.min(to, visibleLength()); ) {
        const blocks = await stored(at, Math.min(to, visibleLength(), at + READ_BLOCKS));
        if (blocks.length === 0) return;
        for (const bytes of blocks) {
          if (at >= visibleLength()) return;
          yield held(bytes);
          at += 1;
        }
      }
    },
    bytes: async (sequence) => (await stored(sequence, sequence + 1))[0],
    update: async (from, to, maxBytes) => {
      const end = Math.min(to, visibleLength());
      const recent = recentUpdates.find(log, from, end);
      if (recent !== undefined && recent.length <= maxBytes) return { update: recent, next: end };
      const blocks: Uint8Array[] = [];
      let size = 0;
      for (let at = from; at < end && size < maxBytes; ) {
        const chunk = await stored(at, Math.min(end, at + READ_BLOCKS));
        if (chunk.length === 0) break;
        for (const bytes of chunk) {
          if (blocks.length > 0 && size + bytes.length > maxBytes) {
            size = maxBytes;
            break;
          }
          blocks.push(bytes);
          size += bytes.length;
        }
        at += chunk.length;
      }
      return blocks.length === 0
        ? undefined
        : { update: encodeUpdate(clientId, from, blocks), next: from + blocks.length };
    },
    document: async () => {
      users += 1;
      if (document === undefined) {
        const loaded = createLogDocument(swarm, log);
        await turns.take(async () => {
          if (document !== undefined) return;
          for (let at = 0; at < visibleLength(); ) {
            const blocks = await stored(at, Math.min(visibleLength(), at + READ_BLOCKS));
            if (blocks.length === 0) throw new Error(`storage lost block ${at} of ${log.writer}/${log.generation}`);
            loaded.push(at, blocks, "storage");
            at += blocks.length;
          }
          document = loaded;
        });
      }
      let released = false;
      return {
        doc: (document as LogDocument).doc,
        release: () => {
          if (released) return;
          released = true;
          users -= 1;
          if (users > 0) return;
          document?.doc.destroy();
          document = undefined;
        },
      };
    },
  };
};

/** The head that a standing amounts to. */
export const headOfStanding = (log: LogId, standing: Standing): LogHead => ({
  ...log,
  length: standing.length,
  hash: standing.hash as BlockHash,
});
