/**
 * All records that a peer holds, in one order: canon block by block, and before each block of canon what it passed of the logs of
 * others, so that a proposal stands right before its effects. Then what is not canon, and what canon has not passed. The order is that
 * of canon, not of anybody's clock; nothing but the block at hand is kept in memory.
 */
import { type History, historyHeld, readHistory } from "@herdmind/canon";
import { placeOf } from "@herdmind/experience";
import type { HeldBlock, Logs } from "@herdmind/log";
import { type EntryId, headOf, type LogId, type LogKey, logKey } from "@herdmind/protocol";
import { createFilter, type RecordFilter } from "./filter.js";
import type { Held } from "./held.js";
import { newRecordsOf, type Place } from "./places.js";
import type { Standing, Told } from "./told.js";

/** Rule E3: what fits the filter and is not shown. */
export interface LeftOut {
  /** Records that only keep the logs together. */
  housekeeping: number;
  /** Their time is asked for, and canon does not say it. */
  untimed: number;
  /** Older ones, where only the newest so many were asked for. */
  overLimit: number;
}

export interface Records extends AsyncIterable<Told> {
  /** Complete when the records are read to their end. */
  readonly leftOut: Readonly<LeftOut>;
  readonly history: History;
}

export interface ReadOptions extends RecordFilter {
  /** At most so many. */
  readonly limit?: number;
  /** From the newest to the oldest; needs a limit, because that many are held in memory. */
  readonly newestFirst?: boolean;
  readonly signal?: AbortSignal;
  /** Asked after each block; what it gives is waited for, so that whoever serves others meanwhile can do so. */
  readonly rest?: () => Promise<void> | undefined;
}

/** Most records that can be asked for newest first: they are held, and one may have 64 KiB. */
export const MAX_NEWEST = 1000;

const tell = (
  block: HeldBlock,
  kind: Told["kind"],
  standing: Standing,
  number: number | undefined,
  at: number | undefined,
): readonly Told[] => {
  // A copy: a record that is held must not hold its block.
  const head = headOf(block.bytes).slice();
  return block.records.map((record, index) => ({
    kind,
    standing,
    ref: { ...block.log, sequence: block.sequence, index },
    record,
    number,
    at,
    hash: block.hash,
    head,
  }));
};

/** A log that is carried for others may be let go of while it is read: then the rest of it is not held. */
const readHeld = async function* (
  logs: Logs,
  log: LogId,
  from: number,
  to: number | undefined,
): AsyncIterable<HeldBlock> {
  try {
    yield* logs.read(log, from, to);
  } catch (error) {
    if (logs.get(log) !== undefined) throw error;
  }
};

/** Everything, unfiltered. `since`: blocks of canon before this number are passed over in silence. */
const readAll = async function* (
  { logs, canon }: Held,
  history: History,
  {
    since,
    wantsProposals,
    signal,
    rest,
  }: { since: number; wantsProposals: boolean; signal: AbortSignal | undefined; rest: ReadOptions["rest"] },
): AsyncIterable<Told> {
  const { view } = canon;
  const passed = new Map<LogKey, number>();
  const place = (log: LogId, sequence: number, otherwise: Standing): Standing =>
    placeOf(view, { ...log, sequence, index: 0 }) === "revoked" ? "revoked" : otherwise;
  const proposals = async function* (
    log: LogId,
    to: number | undefined,
    number: number | undefined,
    at: number | undefined,
  ): AsyncIterable<Told> {
    const from = passed.get(logKey(log)) ?? 0;
    if (to !== undefined) {
      if (to <= from) return;
      passed.set(logKey(log), to);
    }
    if (!wantsProposals || (number ?? since) < since || logs.get(log) === undefined) return;
    for await (const block of readHeld(logs, log, from, to)) {
      signal?.throwIfAborted();
      const standing = place(log, block.sequence, number === undefined ? "pending" : "judged");
      yield* tell(block, "proposal", standing, number, at);
      await rest?.();
    }
  };

  let at: number | undefined;
  // A generation's opening says how far the logs were passed by then.
  const start = history.parts.findLast(({ before }) => before <= since)?.before ?? history.from;
  for await (const { block, number, isRepeated } of readHistory(logs, history, {
    from: start,
    ...(signal === undefined ? {} : { signal }),
  })) {
    await rest?.();
    for (const { type, body } of block.records) if (type === "time") at = Math.max(at ?? 0, body.at);
    for (const { type, body } of block.records) {
      if (type === "watermark" && body.length > (passed.get(logKey(body)) ?? 0))
        yield* proposals({ writer: body.writer, generation: body.generation }, body.length, number, at);
    }
    if (number < since) continue;
    // A checkpoint says again what was shown; what frames it is new.
    const end = isRepeated ? block.records.findIndex(({ type }) => type === "checkpoint-end") : -1;
    for (const told of tell(block, "canon", "canon", number, at)) {
      const { index } = told.ref;
      if (!isRepeated || (block.sequence === 0 && index < 2) || (end >= 0 && index >= end)) yield told;
    }
  }
  for (const { log, from, to } of history.lost) {
    for await (const block of logs.read(log, from, to)) {
      signal?.throwIfAborted();
      yield* tell(block, "canon", "lost", undefined, undefined);
    }
  }
  for (const { writer, generation, membership } of logs.list()) {
    if (membership.role !== "orchestrator") yield* proposals({ writer, generation }, undefined, undefined, undefined);
  }
};

/** Records that pass a filter, as canon is now. */
export const readRecords = (held: Held, options: ReadOptions = {}): Records => {
  const { limit = Number.POSITIVE_INFINITY, newestFirst = false, signal, rest, ...filter } = options;
  const history = historyHeld(held.logs, held.canon);
  const leftOut: LeftOut = { housekeeping: 0, untimed: 0, overLimit: 0 };

  const matching = async function* (): AsyncIterable<Told> {
    const judge = createFilter(held, filter);
    const wantsProposals = filter.kind !== "canon";
    for await (const told of readAll(held, history, { since: filter.from ?? 0, wantsProposals, signal, rest })) {
      if (filter.to !== undefined && told.number !== undefined && told.number >= filter.to) return;
      const verdict = judge(told);
      if (verdict === "shown") yield told;
      else if (verdict !== "other") leftOut[verdict] += 1;
    }
  };
  const oldest = async function* (): AsyncIterable<Told> {
    let shown = 0;
    for await (const told of matching()) {
      if (shown >= limit) return;
      shown += 1;
      yield told;
    }
  };
  const newest = async function* (): AsyncIterable<Told> {
    const most = Math.min(limit, MAX_NEWEST);
    const ring: Told[] = [];
    let seen = 0;
    for await (const told of matching()) {
      ring[seen % most] = told;
      seen += 1;
    }
    leftOut.overLimit = Math.max(0, seen - most);
    for (let i = seen - 1; i >= Math.max(0, seen - most); i--) yield ring[i % most] as Told;
  };
  return {
    leftOut,
    history,
    [Symbol.asyncIterator]: () => (newestFirst ? newest() : oldest())[Symbol.asyncIterator](),
  };
};

/** Records about one entry, read only where an index says that canon speaks of it. */
export const readPlaces = async function* (
  held: Held,
  places: readonly Place[],
  entry: EntryId,
  { signal, rest }: Pick<ReadOptions, "signal" | "rest"> = {},
): AsyncIterable<Told> {
  const { logs, canon } = held;
  const history = historyHeld(logs, canon);
  const judge = createFilter(held, { entry });
  for (const { number, at, passed } of places) {
    for (const { log, from, to } of passed) {
      if (logs.get(log) === undefined) continue;
      for await (const block of readHeld(logs, log, from, to)) {
        signal?.throwIfAborted();
        await rest?.();
        const isRevoked = placeOf(canon.view, { ...log, sequence: block.sequence, index: 0 }) === "revoked";
        for (const told of tell(block, "proposal", isRevoked ? "revoked" : "judged", number, at))
          if (judge(told) === "shown") yield told;
      }
    }
    for await (const { block, isRepeated } of readHistory(logs, history, { from: number, to: number + 1 })) {
      const isNew = new Set(newRecordsOf(block.records, isRepeated));
      for (const told of tell(block, "canon", "canon", number, at))
        if (isNew.has(told.record) && judge(told) === "shown") yield told;
    }
  }
};
