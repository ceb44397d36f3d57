/**
 * The Yjs document of one log. It is filled with blocks that were verified and stored, by pushing them as the log's one
 * client: what a peer shows to Yjs is its own encoding, never bytes that came from outside (L8).
 */
import { BLOCKS_PER_SEGMENT, clientIdOf, type LogId, roomOf, type SwarmId } from "@herdmind/protocol";
import * as Y from "yjs";
import { segmentName } from "./grammar.js";

export interface LogDocument {
  readonly doc: Y.Doc;
  /**
   * Appends blocks; the first has sequence `from`. Throws what an observer of a type threw, or when the document is not
   * `isIntact` at that length.
   */
  push(from: number, blocks: readonly Uint8Array[], origin: unknown): void;
  /** Whether the document has exactly `length` blocks and nobody else wrote into it. */
  isIntact(length: number): boolean;
}

/**
 * `reportError` hears what observers of the document throw. Without it an observer that throws at an `update` would leave
 * Yjs' list of transactions to clean up behind, and the document would never tell of an update again.
 */
export const createLogDocument = (swarm: SwarmId, log: LogId, reportError: (error: unknown) => void): LogDocument => {
  const clientId = clientIdOf(swarm, log);
  const doc = new Y.Doc({ gc: false, guid: roomOf(swarm, log) });
  const observers = doc._observers as unknown as ReadonlyMap<unknown, ReadonlySet<(...args: unknown[]) => void>>;
  doc.emit = (name, args) => {
    for (const observer of [...(observers.get(name) ?? [])]) {
      try {
        observer(...args);
      } catch (error) {
        reportError(error);
      }
    }
  };
  const isIntact = (length: number): boolean =>
    Y.getState(doc.store, clientId) === length && doc.store.clients.size === (length === 0 ? 0 : 1);
  return {
    doc,
    isIntact,
    push: (from, blocks, origin) => {
      if (!isIntact(from)) throw new Error(`somebody else has written into the document of ${roomOf(swarm, log)}`);
      // The log's id only while the log writes: a stray write of somebody else must show, and presence needs ids that differ.
      const usual = doc.clientID;
      doc.clientID = clientId;
      try {
        doc.transact(() => {
          for (let at = 0; at < blocks.length; ) {
            const segment = Math.floor((from + at) / BLOCKS_PER_SEGMENT);
            const stop = Math.min(blocks.length, (segment + 1) * BLOCKS_PER_SEGMENT - from);
            doc.getArray(segmentName(segment)).push(blocks.slice(at, stop).map((b) => ({ b })));
            at = stop;
          }
        }, origin);
      } finally {
        doc.clientID = usual;
      }
    },
  };
};
