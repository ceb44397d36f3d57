/**
 * Keeping fork proofs (L6). Anybody can make a key and sign two heads with it, so a proof is stored only when it concerns a
 * log held here: the log itself, or one that a held generation continues. Other proofs count at once but wait in memory,
 * a bounded number of them, until the first block of such a log is stored in one batch with them.
 */
import {
  accept,
  type ForkProof,
  type LogHead,
  type LogId,
  type LogKey,
  logKey,
  type Result,
  readForkProof,
  type SwarmId,
} from "@herdmind/protocol";
import type { Forks } from "./forks.js";
import { storageRefusal } from "./held-log.js";
import type { Storage } from "./storage.js";

/** Proofs about logs unknown here: about 700 bytes each. The oldest gives way. */
const WAITING_KEPT = 1024;
/**
 * Proofs that gave way are not taken again, this many times as many of them: two full stores that tell each other what is new would
 * else swap the same proofs for ever. Their names are about 100 bytes each.
 */
const GIVEN_UP = 8;

export interface ProofKeeper {
  /** Checks and keeps a proof. `isNew`: it lowered a quarantine. */
  keep(bytes: Uint8Array): Promise<Result<{ readonly proof: ForkProof; readonly isNew: boolean }>>;
  /** What must be stored in the batch that stores the first block of `log`. */
  waitingFor(log: LogId, continues: LogHead | undefined): readonly ForkProof[];
  /** Called when that batch is durable: stores what has come meanwhile as well. */
  settle(log: LogId, continues: LogHead | undefined, stored: readonly ForkProof[]): Promise<void>;
}

export const createProofKeeper = (options: {
  readonly swarm: SwarmId;
  readonly storage: Storage;
  readonly forks: Forks;
  /** Whether a log is held, or continued by one that is. */
  readonly concernsHeld: (log: LogId) => boolean;
  /** Proofs that may wait; default 1,024. */
  readonly kept?: number;
}): ProofKeeper => {
  const { swarm, storage, forks, concernsHeld, kept = WAITING_KEPT } = options;
  const givenUp = new Set<string>();
  const nameOf = ({ log, sequence }: ForkProof): string => `${logKey(log)}/${sequence}`;
  const waitingByLog = new Map<LogKey, ForkProof>();

  const wait = (proof: ForkProof): void => {
    waitingByLog.delete(logKey(proof.log));
    waitingByLog.set(logKey(proof.log), proof);
    if (waitingByLog.size <= kept) return;
    const [key, oldest] = waitingByLog.entries().next().value as [LogKey, ForkProof];
    waitingByLog.delete(key);
    forks.forget(oldest.log);
    givenUp.add(nameOf(oldest));
    if (givenUp.size > kept * GIVEN_UP) givenUp.delete(givenUp.values().next().value as string);
  };

  const release = (proof: ForkProof): void => {
    if (waitingByLog.get(logKey(proof.log)) === proof) waitingByLog.delete(logKey(proof.log));
  };

  const waitingFor: ProofKeeper["waitingFor"] = (log, continues) =>
    [log, continues].flatMap((of) => {
      const proof = of === undefined ? undefined : waitingByLog.get(logKey(of));
      return proof === undefined ? [] : [proof];
    });

  return {
    keep: async (bytes) => {
      const read = await readForkProof(bytes, swarm);
      if (!read.ok) return read;
      const proof = read.value;
      if (forks.has(proof.log, proof.sequence)) return accept({ proof, isNew: false });
      const stores = concernsHeld(proof.log);
      if (stores) {
        const stored = await storage.appendBatch({ proofs: [proof.bytes] });
        if (!stored.ok) return storageRefusal(stored.fault, proof.log);
        waitingByLog.delete(logKey(proof.log));
      } else if (givenUp.has(nameOf(proof))) return accept({ proof, isNew: false });
      const isNew = forks.add(proof);
      if (isNew && !stores) wait(proof);
      return accept({ proof, isNew });
    },
    waitingFor,
    settle: async (log, continues, stored) => {
      for (const proof of stored) release(proof);
      for (const late of waitingFor(log, continues)) {
        if ((await storage.appendBatch({ proofs: [late.bytes] })).ok) release(late);
      }
    },
  };
};
