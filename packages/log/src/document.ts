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
   * Appends blocks; the first has sequence `from`, which must be the document's length. Throws what an observer of the
   * document threw (the blocks are in it then), or when somebody else wrote into it.
   */
  push(from: number, blocks: readonly Uint8Array[], origin: unknown): void;
  length(): number;
}

export const createLogDocument = (swarm: SwarmId, log: LogId): LogDocument => {
  const clientId = clientIdOf(swarm, log);
  const doc = new Y.Doc({ gc: false, guid: roomOf(swarm, log) });
  const length = (): number => Y.getState(doc.store, clientId);
  return {
    doc,
    length,
    push: (from, blocks, origin) => {
      if (length() !== from)
        throw new Error(`the document of ${roomOf(swarm, log)} has ${length()} blocks, not ${from}`);
      doc.transact(() => {
        // Yjs replaces a document's client id when it sees its own id arrive from outside.
        doc.clientID = clientId;
        for (let at = 0; at < blocks.length; ) {
          const segment = Math.floor((from + at) / BLOCKS_PER_SEGMENT);
          const stop = Math.min(blocks.length, (segment + 1) * BLOCKS_PER_SEGMENT - from);
          doc.getArray(segmentName(segment)).push(blocks.slice(at, stop).map((b) => ({ b })));
          at = stop;
        }
      }, origin);
    },
  };
};
