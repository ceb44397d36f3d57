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
import { logKey, type MemoryWrite, type RecordRef, type WriterId } from "@herdmind/protocol";

export interface PendingWrites {
  /** Canon's items, and over them what is pending. Valid until canon grows or something is written. */
  standing(): MemoryState;
  add(ref: RecordRef, write: MemoryWrite): void;
  /** Reads what stands in a writer's log behind canon's watermark; again by itself when canon is replaced. */
  load(writer: WriterId): Promise<void>;
  close(): void;
}

interface Pending {
  readonly ref: RecordRef;
  readonly write: MemoryWrite;
}

const nameOf = ({ writer, generation, sequence, index }: RecordRef): string =>
  `${writer}/${generation}/${sequence}/${index}`;

export const createPendingWrites = (logs: Logs, canon: Canon, onError: (error: unknown) => void): PendingWrites => {
  const pending = new Map<string, Pending>();
  const writers = new Set<WriterId>();
  /** What was made of one state of canon; `records` grows with each record that is folded. */
  let made: { readonly view: View; readonly records: number; readonly layer: MemoryLayer } | undefined;

  /** What would be refused now changes nothing: canon may see it otherwise, and decides. */
  const lay = (layer: MemoryLayer, write: MemoryWrite): void => {
    const judged = judgeWrite(layer, write);
    if (judged.ok) layer.apply(write.space, judged.changes);
  };
  const isPending = (ref: RecordRef): boolean => placeOf(canon.view, ref) === "pending";

  const add = (ref: RecordRef, write: MemoryWrite): void => {
    if (!isPending(ref) || pending.has(nameOf(ref))) return;
    pending.set(nameOf(ref), { ref, write });
    if (made?.view === canon.view && made.records === canon.view.counts.records) lay(made.layer, write);
  };

  const read = async (all: Iterable<WriterId>): Promise<void> => {
    const found: Pending[] = [];
    for (const writer of all) {
      for (const { generation } of logs.ofWriter(writer)) {
        const log = { writer, generation };
        for await (const block of logs.read(log, canon.view.watermarks.get(logKey(log))?.length ?? 0)) {
          for (const [index, one] of block.records.entries())
            if (one.type === "memory")
              found.push({ ref: { ...log, sequence: block.sequence, index }, write: one.body });
        }
      }
    }
    // Of one writer the order of its log; between writers nobody knows it, and their clock is one machine's.
    found.sort((a, b) => a.write.at - b.write.at);
    for (const { ref, write } of found) add(ref, write);
  };

  const stop = canon.subscribe((event) => {
    if (event.type === "rebuilt") read(writers).catch(onError);
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
    close: stop,
  };
};
