/**
 * Fork proofs and the quarantine that follows from them (L6).
 *
 * Quarantine of a log starts at the lowest sequence of all known proofs and covers every later block and every generation
 * that continues one of those. It is computed from the set of proofs alone, so the order of arrival cannot matter.
 */
import { type ForkProof, type LogHead, type LogId, type LogKey, logKey, type WriterId } from "@herdmind/protocol";

export interface Forks {
  readonly proofs: readonly ForkProof[];
  /**
   * Takes a verified proof when it lowers the quarantine of its log; false when that says nothing new. So a writer that
   * signs a thousand forks costs its peers one proof, or a few.
   */
  add(proof: ForkProof): boolean;
  /** Forgets what is known of a log: only for proofs that were never stored. */
  forget(log: LogId): void;
  /** Whether a block of this log is known to be forked at or below a sequence. */
  has(log: LogId, sequence: number): boolean;
  /** Any generation of this writer that is known to be forked. */
  ofWriter(writer: WriterId): ForkProof | undefined;
  /**
   * The first quarantined sequence of a log; infinite when there is none. `continues` is what its first block names,
   * `continuesOf` tells the same of other generations.
   */
  boundOf(log: LogId, continues: LogHead | undefined, continuesOf: (log: LogId) => LogHead | undefined): number;
}

export const createForks = (): Forks => {
  const proofByLog = new Map<LogKey, ForkProof>();
  const lowest = (log: LogId): number => proofByLog.get(logKey(log))?.sequence ?? Number.POSITIVE_INFINITY;
  const has = (log: LogId, sequence: number): boolean => lowest(log) <= sequence;
  return {
    get proofs() {
      return [...proofByLog.values()];
    },
    add: (proof) => {
      if (has(proof.log, proof.sequence)) return false;
      proofByLog.set(logKey(proof.log), proof);
      return true;
    },
    forget: (log) => void proofByLog.delete(logKey(log)),
    has,
    ofWriter: (writer) => [...proofByLog.values()].find((proof) => proof.log.writer === writer),
    boundOf: (log, continues, continuesOf) => {
      if (proofByLog.size === 0) return Number.POSITIVE_INFINITY;
      const seen = new Set<LogKey>([logKey(log)]);
      for (let before = continues; before !== undefined && !seen.has(logKey(before)); before = continuesOf(before)) {
        seen.add(logKey(before));
        // This generation builds on block `length - 1` of the one before: a fork at or below that makes all of it void.
        if (has(before, before.length - 1)) return 0;
      }
      return lowest(log);
    },
  };
};
