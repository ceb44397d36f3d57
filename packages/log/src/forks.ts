/**
 * Fork proofs and the quarantine that follows from them (L6).
 *
 * Quarantine of a log starts at the lowest sequence of all known proofs and covers every later block and every generation
 * that continues one of those. It is computed from the set of proofs alone, so the order of arrival cannot matter.
 */
import { type ForkProof, type LogHead, type LogId, type LogKey, logKey, type WriterId } from "@herdmind/protocol";

export interface Forks {
  readonly proofs: readonly ForkProof[];
  /** Grows with every proof that said something new, also where it took the place of a weaker one. */
  readonly revision: number;
  /**
   * Takes a verified proof when it lowers the quarantine of its log; false when that says nothing new. So a writer that
   * signs a thousand forks costs its peers one proof, or a few.
   */
  add(proof: ForkProof): boolean;
  /** Forgets what is known of a log: only for proofs that were never stored. */
  forget(log: LogId): void;
  /** Whether a block of this log is known to be forked at or below a sequence. */
  has(log: LogId, sequence: number): boolean;
  /** To be called when the first block of a log is held: `continuesOf` answers for it from now on. */
  linked(log: LogId): void;
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
  /**
   * Whether a generation builds on a fork, for those that others continue. Without it, a member with ten thousand generations
   * in one chain would cost its peers fifty million looks each time they list their logs.
   */
  const voidByKey = new Map<LogKey, boolean>();
  let revision = 0;
  const lowest = (log: LogId): number => proofByLog.get(logKey(log))?.sequence ?? Number.POSITIVE_INFINITY;
  const has = (log: LogId, sequence: number): boolean => lowest(log) <= sequence;

  /** Follows what generations continue, as far as that is held; every link once, also in a circle. */
  const buildsOnFork = (continues: LogHead | undefined, continuesOf: (log: LogId) => LogHead | undefined): boolean => {
    const passed = new Set<LogKey>();
    let verdict = false;
    for (let before = continues; before !== undefined; before = continuesOf(before)) {
      const key = logKey(before);
      // The one after it builds on block `length - 1` of this one: a fork at or below that makes all of that one void.
      verdict = has(before, before.length - 1);
      if (verdict || passed.has(key)) break;
      const known = voidByKey.get(key);
      if (known !== undefined) {
        verdict = known;
        break;
      }
      passed.add(key);
    }
    for (const key of passed) voidByKey.set(key, verdict);
    return verdict;
  };

  return {
    get proofs() {
      return [...proofByLog.values()];
    },
    get revision() {
      return revision;
    },
    add: (proof) => {
      if (has(proof.log, proof.sequence)) return false;
      proofByLog.set(logKey(proof.log), proof);
      voidByKey.clear();
      revision += 1;
      return true;
    },
    forget: (log) => {
      proofByLog.delete(logKey(log));
      voidByKey.clear();
    },
    has,
    linked: (log) => {
      if (voidByKey.has(logKey(log))) voidByKey.clear();
    },
    ofWriter: (writer) => [...proofByLog.values()].find((proof) => proof.log.writer === writer),
    boundOf: (log, continues, continuesOf) =>
      proofByLog.size > 0 && buildsOnFork(continues, continuesOf) ? 0 : lowest(log),
  };
};
