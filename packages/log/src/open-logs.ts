/**
 * Reading logs back from storage. Signatures were checked before anything was stored, so the hash chain is enough (L5);
 * but no storage engine tells when the middle of a file was damaged, so every block is checked against the chain. A
 * damaged log is cut back to its last good block and wants the rest from peers.
 */
import {
  accept,
  type Block,
  type BlockHash,
  type Genesis,
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
  const end = (why?: string) => accept({ standing: { length, hash, opened, next }, why });
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
    }
  }
  return end(hash === head.hash ? undefined : "its last block is not the one that was stored last");
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
