/**
 * What is known of each generation of canon: its term, where its checkpoint ends, and whether that was checked. Blocks are
 * looked at once: as they arrive, or from storage.
 */
import type { Term } from "@herdmind/experience";
import type { HeldBlock, Logs } from "@herdmind/log";
import { type BlockHash, type LogHead, type LogId, type LogKey, logKey, type RecordBody } from "@herdmind/protocol";
import type { Candidate } from "./select.js";

export interface Checkpoint {
  /** Where its last record stands. */
  readonly sequence: number;
  readonly index: number;
  readonly end: RecordBody<"checkpoint-end">;
}

export interface Generation extends Candidate {
  readonly officeOf: Term;
  readonly checkpoint: Checkpoint | undefined;
  /** Its checkpoint is the state of what it continues: computed here, now or before a restart. */
  readonly checked: boolean;
  /** What it continues is said in three places, and not the same in all of them. */
  readonly contradicts: boolean;
  /** The lowest proved fork at or before its end. */
  readonly quarantinedFrom: number | undefined;
}

export interface Generations {
  /** Notes a generation, and blocks that were just accepted. */
  note(log: LogId, blocks?: readonly HeldBlock[]): void;
  /** Every generation noted, read up to what is held. */
  refresh(): Promise<readonly Generation[]>;
  /** Remembers the outcome of a check. A passed one outlives a restart, so that old generations need not be read again. */
  judged(log: LogId, holds: boolean): Promise<void>;
}

/** Mutable knowledge behind a `Generation`. */
interface Scan {
  readonly log: LogId;
  scanned: number;
  first: BlockHash | undefined;
  term: RecordBody<"term"> | undefined;
  checkpoint: Checkpoint | undefined;
  verdict: boolean | undefined;
  isRemembered: boolean;
}

const checkedKey = (log: LogId): string => `canon/checked/${logKey(log)}`;

export const createGenerations = (logs: Logs): Generations => {
  const scans = new Map<LogKey, Scan>();

  const look = (scan: Scan, block: HeldBlock): void => {
    if (block.sequence !== scan.scanned) return;
    scan.scanned += 1;
    if (block.sequence === 0) {
      scan.first = block.hash;
      const term = block.records[1];
      if (term?.type === "term") scan.term = term.body;
    }
    if (scan.checkpoint !== undefined || scan.term?.continues === undefined) return;
    const index = block.records.findIndex(({ type }) => type === "checkpoint-end");
    const end = block.records[index];
    if (end?.type === "checkpoint-end") scan.checkpoint = { sequence: block.sequence, index, end: end.body };
  };

  const note = (log: LogId, blocks: readonly HeldBlock[] = []): void => {
    const key = logKey(log);
    let scan = scans.get(key);
    if (scan === undefined) {
      scan = {
        log: { writer: log.writer, generation: log.generation },
        scanned: 0,
        first: undefined,
        term: undefined,
        checkpoint: undefined,
        verdict: undefined,
        isRemembered: false,
      };
      scans.set(key, scan);
    }
    for (const block of blocks) look(scan, block);
  };

  const read = async (scan: Scan, length: number): Promise<void> => {
    const isDone = (): boolean =>
      scan.scanned > 0 && (scan.checkpoint !== undefined || scan.term?.continues === undefined);
    if (!isDone()) {
      for await (const block of logs.read(scan.log, scan.scanned, length)) {
        look(scan, block);
        if (isDone()) break;
      }
    }
    if (scan.isRemembered || scan.checkpoint === undefined) return;
    scan.isRemembered = true;
    const kept = await logs.meta.get(checkedKey(scan.log));
    if (scan.verdict === undefined && kept !== undefined && new TextDecoder().decode(kept) === scan.first)
      scan.verdict = true;
  };

  for (const state of logs.list()) if (state.membership.role === "orchestrator") note(state);
  return {
    note,
    refresh: async () => {
      const generations: Generation[] = [];
      for (const scan of [...scans.values()]) {
        const state = logs.get(scan.log);
        if (state === undefined) continue;
        const length = Math.min(state.length, state.quarantinedFrom ?? state.length);
        await read(scan, length);
        if (scan.first === undefined || scan.term === undefined) continue;
        const { checkpoint, term } = scan;
        const contradicts = !agrees(state.continues, term.continues, checkpoint);
        generations.push({
          log: scan.log,
          term: term.term,
          officeOf: { term: term.term, holder: term.holder, grant: term.grant },
          first: scan.first,
          continues: state.continues,
          length,
          // A `next` record stands in the last block; one that a fork makes void closes nothing.
          next: length === state.length ? state.next : undefined,
          checkpointLength:
            checkpoint === undefined || checkpoint.sequence >= length ? undefined : checkpoint.sequence + 1,
          checkpoint,
          refuted: scan.verdict === false || contradicts,
          contradicts,
          get checked() {
            return scan.verdict === true;
          },
          quarantinedFrom: state.quarantinedFrom,
        });
      }
      return generations;
    },
    judged: async (log, holds) => {
      const scan = scans.get(logKey(log));
      if (scan === undefined || scan.verdict === holds) return;
      scan.verdict = holds;
      if (holds && scan.first !== undefined) await logs.meta.set(checkedKey(log), new TextEncoder().encode(scan.first));
    },
  };
};

const same = (a: LogHead | undefined, b: LogHead | undefined): boolean =>
  a === undefined || b === undefined
    ? a === b
    : a.writer === b.writer && a.generation === b.generation && a.length === b.length && a.hash === b.hash;

/** What a generation continues is said in `open`, `term` and `checkpoint-end`: three times the same. */
const agrees = (open: LogHead | undefined, term: LogHead | undefined, checkpoint: Checkpoint | undefined): boolean =>
  same(open, term) && (checkpoint === undefined || same(open, checkpoint.end.continues));
