/**
 * Reading logs back from storage. No storage engine tells when the middle of a file was damaged, and in a browser anybody who
 * gets at the page's data can change it, so every block is checked against the hash chain, and the last one's signature is
 * checked: it names the block before it by hash, and so proves all of them (L5). A damaged log is cut back to its last good
 * block and wants the rest from peers.
 */
import {
  accept,
  type Block,
  type BlockHash,
  type Genesis,
  judgeHead,
  type LogHead,
  logKey,
  type Refused,
  type Result,
  readBlock,
  refuse,
} from "@herdmind/protocol";
import { storageRefusal } from "./held-log.js";
import { judgeOpening, nextIn, type Opened, readRecords, type Standing } from "./judge.js";
import type { Damage } from "./logs.js";
import type { Storage } from "./storage.js";

const READ_BLOCKS = 512;

export interface OpenedLog {
  readonly head: LogHead;
  readonly standing: Standing;
}

export const openLogs = async (
  genesis: Genesis,
  storage: Storage,
): Promise<Result<{ readonly logs: readonly OpenedLog[]; readonly damage: readonly Damage[] }>> => {
  const heads = await storage.heads();
  if (!heads.ok) return storageRefusal(heads.fault);
  const logs: OpenedLog[] = [];
  const damage: Damage[] = [];
  for (const head of heads.value) {
    const checked = await checkLog(genesis, storage, head);
    if (!checked.ok) return checked;
    const { standing, why } = checked.value;
    if (why !== undefined) {
      const cut = await storage.appendBatch({ cuts: [{ log: head, length: standing.length, hash: standing.hash }] });
      if (!cut.ok) return storageRefusal(cut.fault, head);
      damage.push({
        log: { writer: head.writer, generation: head.generation },
        kept: standing.length,
        had: head.length,
        message: `Log ${logKey(head)} is damaged at block ${standing.length} of ${head.length} (${why}). It was cut back to ${standing.length} blocks; the rest is fetched from peers.`,
      });
    }
    if (standing.length > 0) logs.push({ head, standing });
  }
  return accept({ logs, damage });
};

interface Checked {
  readonly standing: Standing;
  /** Why the log ends before its head says so. */
  readonly why: string | undefined;
}

const checkLog = async (genesis: Genesis, storage: Storage, head: LogHead): Promise<Result<Checked>> => {
  let length = 0;
  let hash: BlockHash | undefined;
  let opened: Opened | undefined;
  let next: Standing["next"];
  /** The last block that was read: no other block names it, so only its signature proves it. */
  let newest: Block | undefined;
  const end = async (why?: string): Promise<Result<Checked>> => {
    if (newest === undefined || (await judgeHead(newest, genesis.swarm, head)) === undefined)
      return accept({ standing: { length, hash, opened, next }, why });
    const signed = await lastSigned(genesis, storage, head, length - 1);
    if (!signed.ok) return signed;
    return accept({
      standing: {
        length: signed.value.length,
        hash: signed.value.hash,
        opened: signed.value.length === 0 ? undefined : opened,
        next: undefined,
      },
      why: why ?? "its last block is not signed by its writer",
    });
  };
  while (length < head.length) {
    const read = await storage.read(head, length, Math.min(head.length, length + READ_BLOCKS));
    if (!read.ok) return storageRefusal(read.fault, head);
    if (read.value.length === 0) return end("blocks are missing");
    for (const [i, bytes] of read.value.entries()) {
      const block = readBlock(bytes);
      if (!block.ok) return end(block.refusal.message);
      const { header } = block.value;
      if (header.sequence !== length || header.previous !== hash) return end("the hash chain is broken");
      if (opened === undefined) {
        const judged = await judgeFirst(genesis, head, block.value);
        if (!judged.ok) {
          if (header.swarm === genesis.swarm && logKey(header) !== logKey(head)) return end(judged.refusal.message);
          return isFollowedBy(block.value, read.value[i + 1], head)
            ? refuseToOpen(genesis, head, header, judged)
            : end(judged.refusal.message);
        }
        opened = judged.value;
      }
      if (length === head.length - 1) {
        const records = readRecords(block.value, opened.membership.role);
        if (!records.ok) return end(records.refusal.message);
        next = nextIn(records.value);
      }
      length += 1;
      hash = block.value.hash;
      newest = block.value;
    }
  }
  return end(hash === head.hash ? undefined : "its last block is not the one that was stored last");
};

/**
 * The longest part of the first `length` blocks that ends with a block its writer signed. Only after damage; one block is
 * usually enough, and whoever has changed many makes one opening slow: some seconds for a full generation.
 */
const lastSigned = async (
  genesis: Genesis,
  storage: Storage,
  head: LogHead,
  length: number,
): Promise<Result<{ readonly length: number; readonly hash: BlockHash | undefined }>> => {
  for (let end = length; end > 0; end--) {
    const read = await storage.read(head, end - 1, end);
    if (!read.ok) return storageRefusal(read.fault, head);
    const block = readBlock(read.value[0] ?? new Uint8Array(0));
    if (block.ok && (await judgeHead(block.value, genesis.swarm, head)) === undefined)
      return accept({ length: end, hash: block.value.hash });
  }
  return accept({ length: 0, hash: undefined });
};

const judgeFirst = async (genesis: Genesis, head: LogHead, block: Block): Promise<Result<Opened>> => {
  const { swarm, writer, generation } = block.header;
  if (swarm !== genesis.swarm || writer !== head.writer || generation !== head.generation) {
    return refuse("L1", "none", "its first block belongs to another log");
  }
  const records = readRecords(block, "orchestrator");
  return records.ok ? judgeOpening(genesis, head, records.value) : records;
};

/** Whether a first block is the one that was stored: the next block, or the head, names its hash. */
const isFollowedBy = (first: Block, second: Uint8Array | undefined, head: LogHead): boolean => {
  if (second === undefined) return first.hash === head.hash;
  const block = readBlock(second);
  return block.ok && block.value.header.previous === first.hash;
};

/** A log that is whole and still not understood is never cut: somebody opened it with the wrong genesis or version. */
const refuseToOpen = (genesis: Genesis, head: LogHead, header: Block["header"], { refusal }: Refused): Refused =>
  header.swarm === genesis.swarm
    ? refuse(
        "L8",
        "none",
        `Nothing was changed: log ${logKey(head)} is whole, but this version cannot read how it opens (${refusal.message}). Open it with the version that wrote it.`,
      )
    : refuse(
        "L8",
        "none",
        `Nothing was changed: this storage holds logs of swarm ${header.swarm}, not of ${genesis.swarm}. Open it with its own genesis, or use another directory.`,
      );
