/**
 * What this node's agents wrote to the memory and canon has not judged, laid over canon's items: so they read what they wrote. It is
 * derived from their logs and canon's watermarks; where canon judged a write, or never will, canon alone is what is read.
 */
import type { Canon } from "@herdmind/canon";
import {
  createMemoryLayer,
  judgeWrite,
  type MemoryLayer,
  type MemoryState,
  placeOf,
  type View,
} from "@herdmind/experience";
import type { Logs } from "@herdmind/log";
import { type LogKey, logKey, type MemoryWrite, type RecordRef, type WriterId } from "@herdmind/protocol";

export interface PendingWrites {
  /** Canon's items, and over them what is pending. Valid until canon grows or something is written. */
  standing(): MemoryState;
  add(ref: RecordRef, write: MemoryWrite): void;
  /** Reads what stands in a writer's log behind canon's watermark; again by itself when canon is replaced. */
  load(writer: WriterId): Promise<void>;
  /** Resolves when all that is pending is known: after canon was replaced, what it had judged is read again. */
  settled(): Promise<void>;
  close(): void;
}

interface Pending {
  readonly ref: RecordRef;
  readonly write: MemoryWrite;
  /** Its time, and never before that of a write before it in its log, whatever the clock did. */
  readonly since: number;
}

const nameOf = ({ writer, generation, sequence, index }: RecordRef): string =>
  `${writer}/${generation}/${sequence}/${index}`;

export const createPendingWrites = (logs: Logs, canon: Canon, onError: (error: unknown) => void): PendingWrites => {
  const pending = new Map<string, Pending>();
  const writers = new Set<WriterId>();
  const lastByLog = new Map<LogKey, number>();
  /** What was made of one state of canon; `records` grows with each record that is folded. */
  let made: { readonly view: View; readonly records: number; readonly layer: MemoryLayer } | undefined;

  /** What would be refused now changes nothing: canon may see it otherwise, and decides. */
  const lay = (layer: MemoryLayer, write: MemoryWrite): void => {
    const judged = judgeWrite(layer, write);
    if (judged.ok) layer.apply(write.space, judged.changes);
  };
  const isPending = (ref: RecordRef): boolean => placeOf(canon.view, ref) === "pending";

  const sinceOf = ({ writer, generation }: RecordRef, { at }: MemoryWrite): number => {
    const log = logKey({ writer, generation });
    const since = Math.max(at, lastByLog.get(log) ?? 0);
    lastByLog.set(log, since);
    return since;
  };

  const add = (ref: RecordRef, write: MemoryWrite): void => {
    if (!isPending(ref) || pending.has(nameOf(ref))) return;
    pending.set(nameOf(ref), { ref, write, since: sinceOf(ref, write) });
    if (made?.view === canon.view && made.records === canon.view.counts.records) lay(made.layer, write);
  };

  /** All that is pending of these writers: also what was judged by a canon that was replaced. */
  const read = async (all: Iterable<WriterId>): Promise<void> => {
    const found = new Map<string, Pending>();
    for (const writer of all) {
      for (const { generation } of logs.ofWriter(writer)) {
        const log = { writer, generation };
        lastByLog.delete(logKey(log));
        for await (const block of logs.read(log, canon.view.watermarks.get(logKey(log))?.length ?? 0)) {
          for (const [index, { type, body }] of block.records.entries()) {
            if (type !== "memory") continue;
            const ref = { ...log, sequence: block.sequence, index };
            found.set(nameOf(ref), { ref, write: body, since: sinceOf(ref, body) });
          }
        }
      }
    }
    if (found.size === 0) return;
    // Behind it what was written meanwhile. Between logs nobody knows the order; their clock is one machine's.
    const merged = [...found, ...[...pending].filter(([name]) => !found.has(name))];
    merged.sort(([, one], [, other]) => one.since - other.since);
    pending.clear();
    for (const [name, one] of merged) pending.set(name, one);
    made = undefined;
  };

  let reading: Promise<void> = Promise.resolve();
  const stop = canon.subscribe((event) => {
    if (event.type === "rebuilt") reading = reading.then(() => read(writers)).catch(onError);
  });

  return {
    standing: () => {
      const { view } = canon;
      if (made?.view === view && made.records === view.counts.records) return made.layer;
      const layer = createMemoryLayer(() => view.memory);
      for (const [name, { ref, write }] of pending) {
        if (isPending(ref)) lay(layer, write);
        else pending.delete(name);
      }
      made = { view, records: view.counts.records, layer };
      return layer;
    },
    add,
    load: async (writer) => {
      writers.add(writer);
      await read([writer]);
    },
    settled: () => reading,
    close: stop,
  };
};
