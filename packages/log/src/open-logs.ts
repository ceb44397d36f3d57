/**
 * Reading logs back from storage. Signatures were checked before anything was stored, so the hash chain is enough (L5);
 * but no storage engine tells when the middle of a file was damaged, so every block is checked against the chain. A
 * damaged log is cut back to its last good block and wants the rest from peers.
 */
import { type BlockHash, type Genesis, logKey, readBlock, type LogHead } from "@herdmind/protocol";
import { judgeOpening, readRecords, type Opened, type Standing } from "./judge.js";
import type { Damage } from "./logs.js";
import type { Storage, StorageResult } from "./storage.js";

const READ_BLOCKS = 512;

export interface OpenedLog {
  readonly head: LogHead;
  readonly standing: Standing;
}

export const openLogs = async (
  genesis: Genesis,
  storage: Storage,
): Promise<StorageResult<{ readonly logs: readonly OpenedLog[]; readonly damage: readonly Damage[] }>> => {
  const heads = await storage.heads();
  if (!heads.ok) return heads;
  const logs: OpenedLog[] = [];
  const damage: Damage[] = [];
  for (const head of heads.value) {
    const checked = await checkLog(genesis, storage, head);
    if (!checked.ok) return checked;
    const { standing, why } = checked.value;
    if (why !== undefined) {
      const cut = await storage.appendBatch({ cuts: [{ log: head, length: standing.length, hash: standing.hash }] });
      if (!cut.ok) return cut;
      damage.push({
        log: { writer: head.writer, generation: head.generation },
        kept: standing.length,
        had: head.length,
        message: `Log ${logKey(head)} is damaged at block ${standing.length} of ${head.length} (${why}). It was cut back to ${standing.length} blocks; the rest is fetched from peers.`,
      });
    }
    if (standing.length > 0) logs.push({ head, standing });
  }
  return { ok: true, value: { logs, damage } };
};

const checkLog = async (
  genesis: Genesis,
  storage: Storage,
  head: LogHead,
): Promise<StorageResult<{ readonly standing: Standing; readonly why: string | undefined }>> => {
  let length = 0;
  let hash: BlockHash | undefined;
  let opened: Opened | undefined;
  let next: Standing["next"];
  const end = (why: string | undefined) =>
    ({ ok: true, value: { standing: { length, hash, opened, next }, why } }) as const;
  while (length < head.length) {
    const blocks = await storage.read(head, length, Math.min(head.length, length + READ_BLOCKS));
    if (!blocks.ok) return blocks;
    if (blocks.value.length === 0) return end("blocks are missing");
    for (const bytes of blocks.value) {
      const block = readBlock(bytes);
      if (!block.ok) return end(block.refusal.message);
      const { header } = block.value;
      if (header.sequence !== length || header.previous !== hash) return end("the hash chain is broken");
      if (opened === undefined) {
        const records = readRecords(block.value, "orchestrator");
        const judged = records.ok ? await judgeOpening(genesis, head, records.value) : records;
        if (!judged.ok) return end(judged.refusal.message);
        opened = judged.value;
      }
      if (length === head.length - 1) {
        const records = readRecords(block.value, opened.membership.role);
        if (!records.ok) return end(records.refusal.message);
        for (const record of records.value) if (record.type === "next") next = record.body.generation;
      }
      length += 1;
      hash = block.value.hash;
    }
  }
  return end(hash === head.hash ? undefined : "its last block is not the one that was stored last");
};
