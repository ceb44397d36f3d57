/**
 * Blocks that wait for admission: a fair queue of writers (deficit round robin). A writer with 10,000 records waiting delays only
 * itself; nothing is dropped, because a log keeps what the queue does not hold in memory.
 */
import type { Accepted, HeldBlock, Logs } from "@herdmind/log";
import { type LogHead, type LogId, type LogKey, logKey, type Membership, type WriterId } from "@herdmind/protocol";
import type { Unit } from "./admit-unit.js";

export interface Queues {
  /** Blocks that were just accepted. */
  offer(accepted: Accepted): void;
  /** The next unit in turn; `undefined` when nothing waits. */
  next(): Promise<Unit | undefined>;
  /** Begins again from the watermarks in canon. */
  restart(watermark: (log: LogId) => LogHead | undefined): void;
  /** Blocks that wait, by writer. */
  waiting(): ReadonlyMap<WriterId, number>;
}

export interface QueueLimits {
  /** Records of one writer that are taken in its turn. */
  readonly quantum: number;
  /** Bytes of waiting blocks that are kept in memory; the others are read again when it is their turn. */
  readonly cacheBytes: number;
}

interface WaitingLog {
  readonly log: LogId;
  readonly membership: Membership;
  readonly continues: LogId | undefined;
  /** The next block to admit, and how many there are. */
  next: number;
  length: number;
  /** Blocks from `next` on. */
  readonly cached: HeldBlock[];
}

interface WriterTurn {
  readonly logs: Map<LogKey, WaitingLog>;
  isInRing: boolean;
  isToppedUp: boolean;
  deficit: number;
}

/** Blocks read from storage in one go. */
const READ_BLOCKS = 32;

export const createQueues = (logs: Logs, { quantum, cacheBytes }: QueueLimits): Queues => {
  const turns = new Map<WriterId, WriterTurn>();
  let ring: WriterTurn[] = [];
  let cached = 0;
  /** How far canon has passed a log: one that was lost here and comes again is not judged again. */
  let passed: (log: LogId) => LogHead | undefined = () => undefined;

  const waitingLog = (log: LogId, membership: Membership, continues: LogId | undefined): WaitingLog => {
    let turn = turns.get(log.writer);
    if (turn === undefined) {
      turn = { logs: new Map(), isInRing: false, isToppedUp: false, deficit: 0 };
      turns.set(log.writer, turn);
    }
    let waiting = turn.logs.get(logKey(log));
    if (waiting === undefined) {
      waiting = {
        log: { writer: log.writer, generation: log.generation },
        membership,
        continues,
        next: passed(log)?.length ?? 0,
        length: 0,
        cached: [],
      };
      turn.logs.set(logKey(log), waiting);
    }
    return waiting;
  };
  const enterRing = (writer: WriterId): void => {
    const turn = turns.get(writer);
    if (turn === undefined || turn.isInRing) return;
    turn.isInRing = true;
    ring.push(turn);
  };

  /** The log of a writer whose turn it is: one that continues another waits for it. */
  const pick = (turn: WriterTurn): WaitingLog | undefined => {
    const waiting = [...turn.logs.values()].filter(({ next, length }) => next < length);
    return (
      waiting.find(({ continues }) => !waiting.some((other) => other.log.generation === continues?.generation)) ??
      waiting[0]
    );
  };

  const fill = async (waiting: WaitingLog): Promise<void> => {
    if (waiting.cached.length > 0) return;
    const at = waiting.next;
    const blocks: HeldBlock[] = [];
    for await (const block of logs.read(waiting.log, at, at + READ_BLOCKS)) blocks.push(block);
    // What cannot be read is behind a proved fork.
    if (blocks.length === 0) waiting.length = waiting.next;
    for (const block of blocks) {
      waiting.cached.push(block);
      cached += block.bytes.length;
    }
  };

  return {
    offer: ({ log, blocks, membership }) => {
      const [first] = blocks;
      const last = blocks.at(-1);
      if (first === undefined || last === undefined) return;
      const waiting = waitingLog(log, membership, logs.get(log)?.continues);
      const isNext = first.sequence === waiting.next + waiting.cached.length;
      waiting.length = Math.max(waiting.length, last.sequence + 1);
      if (isNext) {
        for (const block of blocks) {
          if (cached + block.bytes.length > cacheBytes) break;
          waiting.cached.push(block);
          cached += block.bytes.length;
        }
      }
      if (waiting.next < waiting.length) enterRing(log.writer);
    },
    next: async () => {
      for (;;) {
        const turn = ring[0];
        if (turn === undefined) return undefined;
        const waiting = pick(turn);
        if (waiting !== undefined) await fill(waiting);
        const block = waiting?.cached[0];
        if (waiting === undefined || block === undefined) {
          if (pick(turn) !== undefined) continue;
          turn.isInRing = false;
          turn.isToppedUp = false;
          turn.deficit = 0;
          ring.shift();
          continue;
        }
        // A fork that was proved while the block waited: it does not count any more.
        if (block.sequence >= (logs.get(waiting.log)?.quarantinedFrom ?? Number.POSITIVE_INFINITY)) {
          for (const { bytes } of waiting.cached.splice(0)) cached -= bytes.length;
          waiting.length = waiting.next;
          continue;
        }
        if (!turn.isToppedUp) {
          turn.deficit += quantum;
          turn.isToppedUp = true;
        }
        const cost = block.records.length;
        if (cost > turn.deficit) {
          turn.isToppedUp = false;
          ring.push(ring.shift() as WriterTurn);
          continue;
        }
        turn.deficit -= cost;
        waiting.cached.shift();
        waiting.next = block.sequence + 1;
        cached -= block.bytes.length;
        return { log: waiting.log, membership: waiting.membership, block };
      }
    },
    restart: (watermark) => {
      turns.clear();
      ring = [];
      cached = 0;
      passed = watermark;
      for (const state of logs.list()) {
        if (state.membership.role === "orchestrator") continue;
        const waiting = waitingLog(state, state.membership, state.continues);
        waiting.length = Math.max(waiting.next, Math.min(state.length, state.quarantinedFrom ?? state.length));
        if (waiting.next < waiting.length) enterRing(state.writer);
      }
    },
    waiting: () => {
      const counts = new Map<WriterId, number>();
      for (const [writer, turn] of turns) {
        let count = 0;
        for (const { next, length } of turn.logs.values()) count += length - next;
        if (count > 0) counts.set(writer, count);
      }
      return counts;
    },
  };
};
