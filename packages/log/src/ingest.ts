/**
 * The one door for foreign bytes. Grammar (L1, L2), gaps and overlaps (L3, L6), then the verdict on what is new; storage
 * confirms before anything is shown (L8). A refusal changes nothing.
 */
import {
  accept, encodeForkProof, equalBytes, type Genesis, headOf, judgeHead, type LogId, readBlock, refuse, type Refused, type Result,
} from "@herdmind/protocol";
import { decodeUpdate, type CarriedBlocks } from "./grammar.js";
import { type HeldLog, storageRefusal } from "./held-log.js";
import { judgeBlocks, type Judged } from "./judge.js";
import type { Storage } from "./storage.js";

export interface Ingested {
  /** What was new and is now stored; empty when everything was known. */
  readonly judged: Judged | undefined;
}

export interface IngestOptions {
  readonly genesis: Genesis;
  readonly storage: Storage;
  readonly held: HeldLog;
  readonly quarantinedFrom: () => number | undefined;
  /** Keeps a proof that this peer made itself from two valid heads. */
  readonly keepProof: (proof: Uint8Array) => Promise<Refused | undefined>;
}

/** Must run inside a turn of the log. */
export const ingestUpdate = async (options: IngestOptions, update: Uint8Array): Promise<Result<Ingested>> => {
  const { genesis, storage, held, quarantinedFrom } = options;
  const { log, standing } = held;
  const carried = decodeUpdate(genesis.swarm, log, update);
  if (!carried.ok) return carried;
  const { from, blocks } = carried.value;
  if (blocks.length === 0) return accept({ judged: undefined });
  if (from > standing.length) {
    return refuse("L3", "none", `The update starts at block ${from} of ${log.writer}/${log.generation}, ${standing.length} are held here. Send from ${standing.length}.`, {
      log,
      sequence: from,
      need: standing.length,
    });
  }
  const overlap = await judgeOverlap(options, carried.value);
  if (!overlap.ok) return overlap;
  // Own copies: the update's buffer belongs to whoever sent it, and must not be kept alive by a small block.
  const fresh = blocks.slice(standing.length - from).map((block) => block.slice());
  if (fresh.length === 0) return accept({ judged: undefined });
  // What lies past a quarantine is not looked at, so that the verdict is the same however the blocks are cut.
  const open = Math.max(0, (quarantinedFrom() ?? Number.POSITIVE_INFINITY) - standing.length);
  const judged = await judgeBlocks(genesis, log, standing, fresh.slice(0, open));
  if (!judged.ok) return judged;
  if (open < fresh.length) return forked(log, standing.length + open);
  const stored = await storage.appendBatch({
    appends: [
      {
        log,
        from: standing.length,
        blocks: judged.value.blocks.map(({ block }) => block.bytes),
        hash: judged.value.blocks.at(-1)?.block.hash as Judged["blocks"][number]["block"]["hash"],
      },
    ],
  });
  return stored.ok ? accept({ judged: judged.value }) : storageRefusal(stored.fault, log);
};

const forked = (log: LogId, sequence: number): Refused =>
  refuse("L6", "writer", `${log.writer} has signed two different logs in generation ${log.generation}. Nothing from block ${sequence} on is accepted.`, { log, sequence });

/** Compares what is already held, block by block. A different block that is valid by itself is a fork (L6). */
const judgeOverlap = async (
  { genesis, storage, held, keepProof }: IngestOptions,
  { from, blocks }: CarriedBlocks,
): Promise<Result<void>> => {
  const { log, standing } = held;
  const known = Math.min(standing.length - from, blocks.length);
  if (known === 0) return accept(undefined);
  const stored = await storage.read(log, from, from + known);
  if (!stored.ok) return storageRefusal(stored.fault, log);
  for (let i = 0; i < known; i++) {
    const offered = blocks[i] as Uint8Array;
    const ours = stored.value[i];
    if (ours === undefined) return refuse("L8", "none", `Block ${from + i} cannot be read from storage. Open the directory again to repair it.`, { log });
    if (equalBytes(ours, offered)) continue;
    const sequence = from + i;
    const block = readBlock(offered);
    if (!block.ok) return { ok: false, refusal: { ...block.refusal, log, sequence } };
    const bad = await judgeHead(block.value, genesis.swarm, log);
    if (bad !== undefined) return bad;
    if (block.value.header.sequence !== sequence) {
      return refuse("L4", "writer", `Block ${block.value.header.sequence} stands at place ${sequence} of ${log.writer}/${log.generation}. The document is closed.`, { log, sequence });
    }
    const failed = await keepProof(encodeForkProof(headOf(ours), headOf(offered)));
    return failed ?? forked(log, sequence);
  }
  return accept(undefined);
};
