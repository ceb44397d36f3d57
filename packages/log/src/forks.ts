/**
 * Fork proofs and the quarantine that follows from them (L6).
 *
 * Quarantine of a log starts at the lowest sequence of all known proofs and covers every later block and every generation
 * that continues one of those. It is computed from the set of proofs alone, so the order of arrival cannot matter.
 */
import { type ForkProof, type LogHead, type LogId, logKey, type LogKey } from "@herdmind/protocol";

export interface Forks {
  readonly proofs: readonly ForkProof[];
  /**
   * Keeps a verified proof when it lowers the quarantine of its log; false when that says nothing new. So a writer that
   * signs a thousand forks costs its peers one proof, or a few.
   */
  add(proof: ForkProof): boolean;
  /** Whether a block of this log is known to be forked at or below a sequence. */
  has(log: LogId, sequence: number): boolean;
  /** The lowest quarantined sequence, given what each generation continues. */
  quarantinedFrom(log: LogId, continuesOf: (log: LogId) => LogHead | undefined): number | undefined;
}

export const createForks = (): Forks => {
  const proofByLog = new Map<LogKey, ForkProof>();
  const lowest = (log: LogId): number | undefined => proofByLog.get(logKey(log))?.sequence;
  const has = (log: LogId, sequence: number): boolean => (lowest(log) ?? Number.POSITIVE_INFINITY) <= sequence;
  return {
    get proofs() {
      return [...proofByLog.values()];
    },
    add: (proof) => {
      if (has(proof.log, proof.sequence)) return false;
      proofByLog.set(logKey(proof.log), proof);
      return true;
    },
    has,
    quarantinedFrom: (log, continuesOf) => {
      if (proofByLog.size === 0) return undefined;
      const seen = new Set<LogKey>();
      for (let generation = log; ; ) {
        seen.add(logKey(generation));
        const before = continuesOf(generation);
        if (before === undefined || seen.has(logKey(before))) return lowest(log);
        // This generation builds on block `length - 1` of the one before: a fork at or below that makes all of it void.
        if (has(before, before.length - 1)) return 0;
        generation = before;
      }
    },
  };
};
