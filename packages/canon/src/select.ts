/**
 * Which generations are canon (rule A2): a pure function of what is held of them.
 *
 * - A generation counts when it is the first one (it continues nothing, and its term is 1), or when the checkpoint that opens it
 *   is complete. One that was refuted, or that continues a refuted one, never counts.
 * - The highest term wins. In one term a generation follows another only where that one's `next` record names it. Generations of
 *   one term that no chain connects are rivals: the one whose oldest generation has the smaller first-block hash wins.
 * - Canon is the winner's newest generation and, of each generation before it that is held, the blocks up to the continued head.
 */
import { type BlockHash, type GenerationId, type LogHead, type LogId, type LogKey, logKey } from "@herdmind/protocol";

/** What selection knows of a generation whose writer's role is `orchestrator`. */
export interface Candidate {
  readonly log: LogId;
  readonly term: number;
  /** Hash of its first block. */
  readonly first: BlockHash;
  readonly continues: LogHead | undefined;
  /** Blocks held, none from a proved fork on. */
  readonly length: number;
  /** The generation that its `next` record names. */
  readonly next: GenerationId | undefined;
  /** Blocks up to and with the end of the checkpoint; `undefined` while that is not held. */
  readonly checkpointLength: number | undefined;
  /** Its checkpoint was checked, and does not hold. */
  readonly refuted: boolean;
}

/** Blocks 0 to `to` (exclusive) of a generation are canon. */
export interface Part<C extends Candidate> {
  readonly generation: C;
  readonly to: number;
}

/** The parts of canon, oldest first; empty when there is none. */
export const selectCanon = <C extends Candidate>(held: readonly C[]): readonly Part<C>[] => {
  const candidates = held.filter(({ length }) => length > 0);
  const byLog = new Map<LogKey, C>(candidates.map((one) => [logKey(one.log), one]));
  // A closed generation names its successor, also where that one is not held.
  const closedBy = new Map<LogKey, C>();
  for (const one of candidates) {
    if (one.next === undefined) continue;
    const key = logKey({ writer: one.log.writer, generation: one.next });
    const known = closedBy.get(key);
    // Two generations may name one successor: the choice must not depend on which arrived last (A4).
    if (known === undefined || byText(one.first, known.first) < 0) closedBy.set(key, one);
  }
  const before = (one: C): C | undefined =>
    one.continues === undefined ? undefined : byLog.get(logKey(one.continues));

  const verdicts = new Map<C, boolean>();
  /** Claims of `continues` may go in a circle; a generation under judgement counts as void. */
  const isVoid = (one: C): boolean => {
    const known = verdicts.get(one);
    if (known !== undefined) return known;
    verdicts.set(one, true);
    const previous = before(one);
    const verdict =
      one.refuted ||
      !(one.continues === undefined
        ? one.term === 1
        : previous === undefined || (follows(one, previous) && !isVoid(previous)));
    verdicts.set(one, verdict);
    return verdict;
  };
  const inForce = candidates.filter(
    (one) => (one.continues === undefined || one.checkpointLength !== undefined) && !isVoid(one),
  );
  const term = inForce.reduce((highest, one) => Math.max(highest, one.term), 0);

  /** The oldest generation of the same term that leads to this one, and how many steps back it stands. */
  const origin = (one: C): { readonly first: BlockHash; readonly steps: number } => {
    const seen = new Set<C>();
    let oldest = one;
    let steps = 0;
    while (!seen.has(oldest) && oldest.continues !== undefined) {
      seen.add(oldest);
      const direct = before(oldest);
      const previous = direct ?? closedBy.get(logKey(oldest.continues));
      if (previous === undefined || previous.term !== one.term || isVoid(previous)) break;
      steps += direct === undefined ? 2 : 1;
      oldest = previous;
    }
    return { first: oldest.first, steps };
  };
  const [newest] = inForce
    .filter((one) => one.term === term)
    .map((one) => ({ one, ...origin(one) }))
    .sort((a, b) => byText(a.first, b.first) || b.steps - a.steps || byText(a.one.first, b.one.first));
  if (newest === undefined) return [];
  return historyOf(candidates, { generation: newest.one, to: newest.one.length });
};

/** A part with those before it, oldest first, as far back as they are held whole. */
export const historyOf = <C extends Candidate>(held: readonly C[], newest: Part<C>): readonly Part<C>[] => {
  const parts = [newest];
  for (let one = newest.generation; ; ) {
    const { continues } = one;
    if (continues === undefined) return parts;
    const previous = held.find(({ log }) => logKey(log) === logKey(continues));
    if (
      previous === undefined ||
      !isWhole(previous, continues.length) ||
      parts.some((part) => part.generation === previous)
    )
      return parts;
    parts.unshift({ generation: previous, to: continues.length });
    one = previous;
  }
};

/** Whether the state after `length` blocks can be computed. */
export const isWhole = (one: Candidate, length: number): boolean =>
  one.length >= length &&
  (one.continues === undefined || (one.checkpointLength !== undefined && one.checkpointLength <= length));

/** Whether `one` may continue `previous`, as far as what is held of that one can tell. */
const follows = (one: Candidate, previous: Candidate): boolean => {
  const { length } = one.continues as LogHead;
  // A head inside the checkpoint, or in a generation that was never in force, is not canon and cannot be continued.
  if (previous.length >= length && !isWhole(previous, length)) return false;
  if (one.term !== previous.term) return one.term > previous.term;
  if (one.log.writer !== previous.log.writer) return false;
  return previous.next === undefined
    ? length > previous.length
    : previous.next === one.log.generation && length === previous.length;
};

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
