/**
 * Proposals held here that canon has not judged, as something to recall while no orchestrator is heard. Read from the logs when the
 * first recall asks for it, and kept up as blocks come and canon passes them; a node that never asks pays nothing.
 */
import type { Canon } from "@herdmind/canon";
import {
  askerOf,
  createProvisional,
  DEFAULT_LIMIT,
  type ProvisionalHidden,
  type Query,
  type Recall,
} from "@herdmind/experience";
import type { HeldBlock, Logs } from "@herdmind/log";
import { type JsonObject, type LogId, type LogKey, logKey } from "@herdmind/protocol";
import { HEARD_MS, isCanon } from "@herdmind/sync";
import { findSecret } from "./redact.js";

/** Proposals read of one log, from its watermark on: a writer with a week's backlog does not crowd out the others. */
const MAX_PER_LOG = 1024;
/** In all: 1 KB each, 32 KiB at most where members write as much as they may. */
const MAX_PROPOSALS = 16_384;

/** What a recall that asked for provisional answers says of them. */
export interface ProvisionalCounts {
  /** Proposals that could have answered. */
  readonly held: number;
  /** Blocks over the bound of what is kept in memory, not looked at. */
  readonly unread: number;
  /** Those with the problem's fingerprint that are not among the answers, and why. */
  readonly hidden: ProvisionalHidden;
}

export interface Proposals {
  /** Adds what fits below the canonical answers, up to the query's limit. */
  addTo<Freshness extends { readonly heardMs: number | undefined }>(
    known: Recall<Freshness>,
    query: Query,
  ): Promise<Recall<Freshness> & { readonly provisional: ProvisionalCounts }>;
  close(): void;
}

interface Cursor {
  readonly log: LogId;
  /** The next block to read. */
  next: number;
  /** Blocks and signals read that canon has not passed, oldest first. */
  readonly read: { readonly sequence: number; readonly signals: number }[];
}

export const createProposals = (logs: Logs, canon: Canon): Proposals => {
  const make = () =>
    createProvisional(
      logs.swarm,
      () => canon.view,
      (signal) => findSecret(signal as unknown as JsonObject) !== undefined,
    );
  let index = make();
  let cursors = new Map<LogKey, Cursor>();
  let started: Promise<void> | undefined;
  /** Reading is one job after the other. */
  let reading: Promise<void> = Promise.resolve();
  let isClosed = false;

  const passed = (log: LogId): number => canon.view.watermarks.get(logKey(log))?.length ?? 0;
  const cursorOf = ({ writer, generation }: LogId): Cursor => {
    const key = logKey({ writer, generation });
    const known = cursors.get(key);
    if (known !== undefined) return known;
    const made: Cursor = { log: { writer, generation }, next: passed({ writer, generation }), read: [] };
    cursors.set(key, made);
    return made;
  };
  const hasRoom = ({ read }: Cursor): boolean =>
    index.size < MAX_PROPOSALS && read.reduce((sum, { signals }) => sum + signals, 0) < MAX_PER_LOG;

  const take = (cursor: Cursor, { log, sequence, records }: HeldBlock): void => {
    let signals = 0;
    for (const [at, one] of records.entries()) {
      if (one.type !== "signal") continue;
      index.add(one.body, { ...log, sequence, index: at });
      signals++;
    }
    cursor.read.push({ sequence, signals });
    cursor.next = sequence + 1;
  };

  const readOn = (cursor: Cursor): void => {
    reading = reading.then(async () => {
      if (isClosed || cursors.get(logKey(cursor.log)) !== cursor) return;
      if (!hasRoom(cursor) || cursor.next >= (logs.get(cursor.log)?.length ?? 0)) return;
      for await (const block of logs.read(cursor.log, cursor.next)) {
        if (isClosed || cursors.get(logKey(cursor.log)) !== cursor || !hasRoom(cursor)) return;
        // Canon may have passed it, or another turn taken it, while storage was read.
        if (block.sequence >= passed(cursor.log) && block.sequence === cursor.next) take(cursor, block);
        else cursor.next = Math.max(cursor.next, block.sequence + 1);
      }
    });
    // A storage that cannot be read now is asked again by the next recall; until then its blocks are counted as unread (E3).
    reading = reading.catch(() => undefined);
  };

  const start = async (): Promise<void> => {
    index = make();
    cursors = new Map();
    for (const state of logs.list()) if (!isCanon(state) && state.length > passed(state)) readOn(cursorOf(state));
    await reading;
  };

  const stops = [
    logs.subscribe(({ log, membership }) => {
      if (started !== undefined && membership.role !== "orchestrator") readOn(cursorOf(log));
    }),
    canon.subscribe((event) => {
      if (started === undefined) return;
      if (event.type === "rebuilt" || (event.type === "changed" && event.event.type === "signal-type"))
        started = start();
      if (event.type !== "changed" || event.event.type !== "watermark") return;
      const { head } = event.event;
      const cursor = cursors.get(logKey(head));
      if (cursor === undefined) return;
      index.drop(head, head.length);
      while (cursor.read[0] !== undefined && cursor.read[0].sequence < head.length) cursor.read.shift();
      cursor.next = Math.max(cursor.next, head.length);
      if (cursor.next >= (logs.get(cursor.log)?.length ?? 0) && cursor.read.length === 0) cursors.delete(logKey(head));
      // There is room again: for this one, and for those that waited.
      for (const one of cursors.values()) if (one.next < (logs.get(one.log)?.length ?? 0)) readOn(one);
    }),
  ];

  return {
    async addTo(known, query) {
      started ??= start();
      for (const one of cursors.values()) if (one.next < (logs.get(one.log)?.length ?? 0)) readOn(one);
      // Canon may be rebuilt while this waits, and everything with it.
      for (let seen: unknown; seen !== started; ) {
        seen = started;
        await started;
        await reading;
      }
      const limit = query.limit ?? DEFAULT_LIMIT;
      const { heardMs } = known.freshness;
      const { entries, hidden } = index.recall({
        fingerprints: known.fingerprints,
        limit: Math.max(0, limit - known.entries.length),
        exclude: query.exclude ?? [],
        asker: askerOf(query),
        heard: heardMs !== undefined && heardMs < HEARD_MS,
      });
      let unread = 0;
      for (const { log, next } of cursors.values()) unread += Math.max(0, (logs.get(log)?.length ?? 0) - next);
      return { ...known, entries: [...known.entries, ...entries], provisional: { held: index.size, unread, hidden } };
    },
    close() {
      isClosed = true;
      for (const stop of stops) stop();
    },
  };
};
