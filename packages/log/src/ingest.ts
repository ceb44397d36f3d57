/**
 * The one door for foreign bytes. Grammar (L1, L2), gaps and overlaps (L3, L6), then the verdict on what is new; storage
 * confirms before anything is shown (L8). A refusal changes nothing.
 */
import {
  accept,
  type BlockHash,
  encodeForkProof,
  equalBytes,
  type Genesis,
  headOf,
  judgeHead,
  type Result,
  readBlock,
  refuse,
} from "@herdmind/protocol";
import { type CarriedBlocks, decodeUpdate } from "./grammar.js";
import { type HeldLog, storageRefusal } from "./held-log.js";
import { forked, type Judged, type JudgeOptions, type JudgeWork, judgeBlocks, type Opened } from "./judge.js";
import type { ProofKeeper } from "./proof-keeper.js";
import type { Storage } from "./storage.js";

export interface IngestOptions {
  readonly genesis: Genesis;
  readonly storage: Storage;
  readonly held: HeldLog;
  readonly boundOf: JudgeOptions["boundOf"];
  readonly proofs: ProofKeeper;
  /** Counted up by what the verdict cost. */
  readonly work: JudgeWork;
}

/** What was new and is now stored; `undefined` when everything was known. Must run inside a turn of the log. */
export const ingestUpdate = async (options: IngestOptions, update: Uint8Array): Promise<Result<Judged | undefined>> => {
  const { genesis, storage, held, boundOf, proofs, work } = options;
  const { log, standing } = held;
  const carried = decodeUpdate(genesis.swarm, log, update);
  if (!carried.ok) return carried;
  const { from, blocks } = carried.value;
  if (blocks.length === 0) return accept(undefined);
  if (from > standing.length) {
    return refuse(
      "L3",
      "none",
      `The update starts at block ${from} of ${log.writer}/${log.generation}, ${standing.length} are held here. Send from ${standing.length}.`,
      {
        log,
        sequence: from,
        need: standing.length,
      },
    );
  }
  const overlap = await judgeOverlap(options, carried.value);
  if (!overlap.ok) return overlap;
  const fresh = blocks.slice(standing.length - from);
  if (fresh.length === 0) return accept(undefined);
  const judged = await judgeBlocks({ genesis, log, standing, boundOf, work }, fresh);
  if (!judged.ok) return judged;
  const opened = judged.value.standing.opened as Opened;
  const waiting = standing.length === 0 ? proofs.waitingFor(log, opened.continues) : [];
  const stored = await storage.appendBatch({
    appends: [
      {
        log,
        from: standing.length,
        blocks: judged.value.blocks.map(({ block }) => block.bytes),
        hash: judged.value.standing.hash as BlockHash,
      },
    ],
    proofs: waiting.map((proof) => proof.bytes),
  });
  if (!stored.ok) return storageRefusal(stored.fault, log);
  if (standing.length === 0) await proofs.settle(log, opened.continues, waiting);
  return judged;
};

/** Compares what is already held, block by block. A different block that is valid by itself is a fork (L6). */
const judgeOverlap = async (
  { genesis, storage, held, proofs }: IngestOptions,
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
    if (ours === undefined)
      return refuse(
        "L8",
        "none",
        `Block ${from + i} cannot be read from storage. Open the directory again to repair it.`,
        { log },
      );
    if (equalBytes(ours, offered)) continue;
    const sequence = from + i;
    const block = readBlock(offered);
    if (!block.ok) return { ok: false, refusal: { ...block.refusal, log, sequence } };
    const bad = await judgeHead(block.value, genesis.swarm, log);
    if (bad !== undefined) return { ok: false, refusal: { ...bad.refusal, sequence } };
    if (block.value.header.sequence !== sequence) {
      return refuse(
        "L4",
        "writer",
        `Block ${block.value.header.sequence} stands at place ${sequence} of ${log.writer}/${log.generation}. The document is closed.`,
        { log, sequence },
      );
    }
    const kept = await proofs.keep(encodeForkProof(headOf(ours), headOf(offered)));
    return kept.ok ? forked(log, sequence) : kept;
  }
  return accept(undefined);
};
