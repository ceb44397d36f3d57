/**
 * @herdmind/storage-indexeddb/document: a log as a Yjs document that y-indexeddb keeps, under the log's room as its name.
 *
 * y-indexeddb writes without waiting and loads without checking. So here rows are written first, in an awaited strict
 * transaction, and then applied with the provider as origin, which therefore does not write them again (L8); and rows are
 * compared with the verified log before y-indexeddb loads them, and the document after it has. A page without Herdmind reads
 * the log with a stock `IndexeddbPersistence` of the same name. What it does to the rows harms nobody: they are a copy.
 */

import { type Logs, type StorageResult, segmentName } from "@herdmind/log";
import {
  BLOCKS_PER_SEGMENT,
  clientIdOf,
  equalBytes,
  type LogId,
  logKey,
  type Result,
  refuse,
  roomOf,
} from "@herdmind/protocol";
import { IndexeddbPersistence } from "y-indexeddb";
import * as Y from "yjs";
import { faultOf } from "./fault.js";
import { extendRows, openYjsDatabase, rewriteRows, settleRows } from "./yjs-rows.js";

export interface StoredDocument extends AsyncDisposable {
  /** Name of the database: the log's room, `<swarm>/<writer>/<generation>`. */
  readonly name: string;
  /**
   * Verified and stored blocks only, and read-only by contract. It is destroyed (its `destroy` event) when a fork is proved
   * among its blocks, or when somebody else writes into it: open it again.
   */
  readonly doc: Y.Doc;
  /** What had to be written anew when it was opened, and why; `undefined` when the rows were as they should be. */
  readonly repaired: string | undefined;
  /** When every block that the log shows by now is stored and in the document, or why that failed; the next block tries again. */
  settled(): Promise<StorageResult>;
  close(): Promise<void>;
}

/** Whether the document has exactly these blocks, from nobody else. */
const says = (doc: Y.Doc, clientId: number, blocks: readonly Uint8Array[]): boolean => {
  const { store } = doc;
  if (store.pendingStructs !== null || store.pendingDs !== null || store.clients.size > 1) return false;
  if (Y.getState(store, clientId) !== blocks.length) return false;
  const segments = Math.ceil(blocks.length / BLOCKS_PER_SEGMENT);
  for (let segment = 0, at = 0; segment < segments; segment++) {
    for (const element of doc.getArray<{ readonly b?: unknown }>(segmentName(segment)).toArray()) {
      const block = blocks[at];
      if (block === undefined || !(element.b instanceof Uint8Array) || !equalBytes(element.b, block)) return false;
      at += 1;
    }
    if (at !== Math.min(blocks.length, (segment + 1) * BLOCKS_PER_SEGMENT)) return false;
  }
  return true;
};

/**
 * Opens the document of a log that is held. Refused: a log that is not held (L3), a database that cannot be read or written
 * (L8).
 */
export const openStoredDocument = async (logs: Logs, log: LogId): Promise<Result<StoredDocument>> => {
  const name = roomOf(logs.swarm, log);
  const clientId = clientIdOf(logs.swarm, log);
  if (logs.get(log) === undefined) {
    return refuse("L3", "none", `The log ${logKey(log)} is not held here. Ask a peer that carries it.`, { log });
  }
  let database: IDBDatabase;
  try {
    database = await openYjsDatabase(globalThis.indexedDB, name);
  } catch (error) {
    return refuse("L8", "none", faultOf(error, name).fault.message, { log });
  }
  const doc = new Y.Doc({ gc: false, guid: name });
  let rows: Awaited<ReturnType<typeof settleRows>>;
  let provider: IndexeddbPersistence;
  try {
    rows = await settleRows(database, logs, log);
    provider = new IndexeddbPersistence(name, doc);
    await provider.whenSynced;
    if (!says(doc, clientId, rows.blocks)) {
      await provider.destroy();
      doc.destroy();
      database.close();
      return refuse("L8", "none", `Somebody else writes into database ${name} at this moment. Open it again.`, { log });
    }
  } catch (error) {
    doc.destroy();
    database.close();
    return refuse("L8", "none", faultOf(error, name).fault.message, { log });
  }
  let { count, length } = rows;
  let closed = false;
  let last: StorageResult = { ok: true, value: undefined };
  let turn: Promise<void> = Promise.resolve();

  const end = (): void => {
    closed = true;
    stopListening();
    doc.destroy();
    database.close();
  };

  const catchUp = async (): Promise<void> => {
    if (closed) return;
    try {
      const forked = logs.get(log)?.quarantinedFrom;
      if (forked !== undefined && forked < length) {
        // A document cannot forget: what is stored ends where the log ends now, and the document ends altogether.
        await rewriteRows(database, logs, log);
        end();
        return;
      }
      const extended = await extendRows(database, logs, log, { count, length });
      ({ count, length } = extended);
      for (const update of extended.updates) Y.applyUpdate(doc, update, provider);
      last = { ok: true, value: undefined };
    } catch (error) {
      last = faultOf(error, name);
    }
  };
  const soon = (): Promise<void> => {
    turn = turn.then(catchUp);
    return turn;
  };
  doc.on("update", (_update: Uint8Array, origin: unknown) => {
    // y-indexeddb has stored it already; the next opening writes everything anew.
    if (origin !== provider) end();
  });
  const stops = [
    logs.subscribe(({ log: of }) => {
      if (logKey(of) === logKey(log)) void soon();
    }),
    logs.onRefusal(({ rule }) => {
      if (rule === "L6") void soon();
    }),
  ];
  const stopListening = (): void => {
    for (const stop of stops) stop();
  };
  const close = async (): Promise<void> => {
    if (closed) return;
    stopListening();
    await turn;
    if (!closed) end();
  };
  await soon();
  return {
    ok: true,
    value: {
      name,
      doc,
      repaired: rows.repaired,
      settled: async () => {
        await soon();
        return closed
          ? { ok: false, fault: { kind: "closed", message: `the document ${name} was closed: open it again` } }
          : last;
      },
      close,
      [Symbol.asyncDispose]: close,
    },
  };
};
