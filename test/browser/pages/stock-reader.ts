// A page that knows nothing of Herdmind: y-websocket and y-indexeddb as they come, on one room of a relay.
import { IndexeddbPersistence } from "y-indexeddb";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

const doc = new Y.Doc();
const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** Without `protocols`: what the browser kept, and no network. */
const follow = async (url: string, room: string, protocols: string[] | undefined): Promise<void> => {
  const kept = new IndexeddbPersistence(room, doc);
  await kept.whenSynced;
  if (protocols !== undefined) new WebsocketProvider(url, room, doc, { protocols });
};

/** Blocks of the log, in order, as base64. */
const blocks = (): readonly string[] => {
  const found: string[] = [];
  for (let segment = 0; ; segment++) {
    const array = doc.getArray<{ readonly b: Uint8Array }>(`segment/${segment}`);
    if (array.length === 0) return found;
    for (const { b } of array.toArray()) found.push(toBase64(b));
  }
};

Object.assign(globalThis, { follow, blocks });
