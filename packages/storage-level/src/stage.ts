/** Turns a batch of the contract into operations on keys, or throws when it does not fit its logs. */
import type { StorageBatch } from "@herdmind/log";
import { type LogId, type LogKey, logKey } from "@herdmind/protocol";
import { proofHash } from "./contents.js";
import type { Operation } from "./durable-writes.js";
import { blockKey, type HeldLog, headKey, headValue, logPrefix, metaKey, proofKey } from "./keys.js";

/** What a write will have changed when it is durable. */
export interface Staged {
  readonly operations: Operation[];
  readonly logs: Map<LogKey, HeldLog>;
  readonly proofs: Set<string>;
  nextProof: number;
}

export interface StageOn {
  /** Logs and proofs as they stand, with what was staged before in the same write. */
  logOf(key: LogKey): HeldLog | undefined;
  hasProof(hash: string): boolean;
  readonly nextProof: number;
  readonly epoch: number;
}

export const stage = (batch: StorageBatch, on: StageOn): Staged => {
  const staged: Staged = { operations: [], logs: new Map(), proofs: new Set(), nextProof: on.nextProof };
  const { operations, logs, proofs } = staged;
  const heldOf = (log: LogId): HeldLog => {
    const key = logKey(log);
    return (
      logs.get(key) ?? on.logOf(key) ?? { log, prefix: logPrefix(log), length: 0, hash: undefined, epoch: on.epoch }
    );
  };
  for (const { log, length, hash } of batch.cuts ?? []) {
    const held = heldOf(log);
    if (!Number.isInteger(length) || length < 0 || length > held.length || (length === 0) !== (hash === undefined)) {
      throw new Error(`cannot cut ${logKey(log)} to ${length} blocks (hash ${hash}): it has ${held.length}`);
    }
    if (held.length === 0) continue;
    for (let at = length; at < held.length; at++) operations.push({ type: "del", key: blockKey(held.prefix, at) });
    logs.set(logKey(log), { ...held, length, hash, epoch: 0 });
  }
  for (const { log, from, blocks, hash } of batch.appends ?? []) {
    const held = heldOf(log);
    if (from !== held.length || blocks.length === 0) {
      throw new Error(`cannot append ${blocks.length} blocks at ${from} to ${logKey(log)}: it has ${held.length}`);
    }
    for (const [i, block] of blocks.entries()) {
      operations.push({ type: "put", key: blockKey(held.prefix, from + i), value: block });
    }
    const { writer, generation } = held.log;
    logs.set(logKey(log), { ...held, log: { writer, generation }, length: from + blocks.length, hash });
  }
  for (const held of logs.values()) operations.push({ type: "put", key: headKey(held.prefix), value: headValue(held) });
  for (const { key, value } of batch.meta ?? []) {
    operations.push(
      value === undefined ? { type: "del", key: metaKey(key) } : { type: "put", key: metaKey(key), value },
    );
  }
  for (const proof of batch.proofs ?? []) {
    const hash = proofHash(proof);
    if (proofs.has(hash) || on.hasProof(hash)) continue;
    proofs.add(hash);
    operations.push({ type: "put", key: proofKey(staged.nextProof), value: proof });
    staged.nextProof += 1;
  }
  return staged;
};
