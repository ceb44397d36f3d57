/**
 * What canon says, counted by type over its blocks, and where it speaks of whom. Read once and kept up with canon; a bucket covers twice as many blocks whenever
 * there are too many buckets, so that it stays small however long canon is.
 */
import { historyHeld, readHistory } from "@herdmind/canon";
import type { Timeline } from "@herdmind/dashboard";
import type { Entry } from "@herdmind/experience";
import type { AnyRecord } from "@herdmind/protocol";
import { createPlaces, type Peer, type Place } from "herdmind";
import type { Rest } from "./entry-table.js";

export interface CanonTimeline {
  read(rest: Rest, signal?: AbortSignal): Promise<Timeline>;
  /** Where canon speaks of an entry. */
  placesOf(entry: Entry, rest: Rest, signal?: AbortSignal): Promise<readonly Place[]>;
  /** Canon is not what it was: it is counted anew. */
  forget(): void;
}

/** Buckets that are shown; twice as many are counted before two become one. */
const MAX_BUCKETS = 200;
/** Types that are counted by name: those of newer peers can be any. */
const MAX_TYPES = 32;

interface Bucket {
  readonly fromBlocks: number;
  toBlocks: number;
  at: number;
  readonly records: Map<string, number>;
}

const typeOf = (record: AnyRecord): string => (record.type === "unknown" ? record.of : record.type);

const count = (records: Map<string, number>, type: string, many: number): void => {
  const name = records.has(type) || records.size < MAX_TYPES ? type : "others";
  records.set(name, (records.get(name) ?? 0) + many);
};

const joined = (a: Bucket, b: Bucket | undefined): Bucket => {
  if (b === undefined) return a;
  for (const [type, many] of b.records) count(a.records, type, many);
  a.toBlocks = b.toBlocks;
  a.at = b.at;
  return a;
};

/** Two by two. */
const halved = (buckets: readonly Bucket[]): Bucket[] =>
  buckets.flatMap((bucket, i) => (i % 2 === 0 ? [joined(bucket, buckets[i + 1])] : []));

const copyOf = (bucket: Bucket): Bucket => ({ ...bucket, records: new Map(bucket.records) });

export const createCanonTimeline = ({ logs, canon }: Pick<Peer, "logs" | "canon">): CanonTimeline => {
  let buckets: Bucket[] = [];
  let step = 1;
  let seen: number | undefined;
  let at = 0;
  let places = createPlaces();
  let version = 0;
  let turn: Promise<unknown> = Promise.resolve();

  const add = (number: number, records: readonly AnyRecord[]): void => {
    const last = buckets.at(-1);
    const isFull = last === undefined || number >= last.fromBlocks + step;
    const bucket = isFull ? { fromBlocks: number, toBlocks: number, at, records: new Map<string, number>() } : last;
    if (isFull) buckets.push(bucket);
    for (const record of records) {
      if (record.type === "time") at = Math.max(at, record.body.at);
      count(bucket.records, typeOf(record), 1);
    }
    bucket.toBlocks = number + 1;
    bucket.at = at;
    if (buckets.length <= 2 * MAX_BUCKETS) return;
    buckets = halved(buckets);
    step *= 2;
  };

  /** The first block held, and the one after the last that was counted. */
  const catchUp = async (
    rest: Rest,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly from: number; readonly to: number }> => {
    await canon.settled();
    const history = historyHeld(logs, canon);
    // A part of canon that was not held before may have come, or one that was held is gone.
    if (seen === undefined || history.from > (buckets[0]?.fromBlocks ?? history.from) || history.to < seen) {
      buckets = [];
      step = 1;
      at = 0;
      places = createPlaces();
      seen = history.from;
    }
    const begun = version;
    const range = { from: seen, ...(signal === undefined ? {} : { signal }) };
    for await (const { block, number, isRepeated } of readHistory(logs, history, range)) {
      if (version !== begun) break;
      if (!isRepeated) add(number, block.records);
      places.add(number, block, isRepeated);
      seen = number + 1;
      await rest();
    }
    return { from: history.from, to: seen ?? history.from };
  };

  const show = (range: { readonly from: number; readonly to: number }): Timeline => {
    const shown = buckets.length > MAX_BUCKETS ? halved(buckets.map(copyOf)) : buckets;
    return {
      ...range,
      buckets: shown.map(({ records, ...bucket }) => ({ ...bucket, records: Object.fromEntries(records) })),
    };
  };
  /** One after the other: they count on. */
  const inTurn = <T>(rest: Rest, signal: AbortSignal | undefined, then: (range: { from: number; to: number }) => T) => {
    const read = turn.then(() => catchUp(rest, signal)).then(then);
    turn = read.catch(() => undefined);
    return read;
  };

  return {
    read: (rest, signal) => inTurn(rest, signal, show),
    placesOf: (entry, rest, signal) => inTurn(rest, signal, () => places.about(canon.view, entry)),
    forget() {
      version += 1;
      seen = undefined;
    },
  };
};
