/** A stock y-websocket client: writes the same signals as our agents, as JSON text in segments, and says when it has seen them. */
import { setImmediate as turn } from "node:timers/promises";
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { serve, sharedNow } from "../frame/serve.ts";
import { signalOf } from "../load/signals.ts";

/** As in our own log: Yjs copies a whole array when it merges an item. */
const SEGMENT = 1024;

interface Open {
  readonly doc: Y.Doc;
  readonly provider: WebsocketProvider;
}

const rooms = new Map<string, Open>();
const seen = new Map<number, number>();
let total = 0;
const whenTotal = new Map<number, () => void>();
let written = 0;

const segmentOf = (doc: Y.Doc, n: number): Y.Array<{ b: Uint8Array }> =>
  doc.getArray(`segment/${Math.floor(n / SEGMENT)}`);

/** Answers when the room is here, and how many milliseconds that took. */
const open = async (url: string, room: string, watch: boolean): Promise<number> => {
  const before = performance.now();
  const doc = new Y.Doc();
  if (watch) {
    doc.on("update", () => {
      // One room has one writer that only appends, so new elements stand at the end of the newest segment.
      const segments = doc.share.size;
      let count = 0;
      for (let i = 0; i < segments; i++) count += doc.getArray(`segment/${i}`).length;
      const before = lengths.get(room) ?? 0;
      const now = sharedNow();
      for (let n = before; n < count; n++) seen.set(n, now);
      lengths.set(room, count);
      total += count - before;
      for (const [wanted, resolve] of whenTotal) {
        if (total < wanted) continue;
        whenTotal.delete(wanted);
        resolve();
      }
    });
  }
  const provider = new WebsocketProvider(url, room, doc, {
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
  });
  rooms.set(room, { doc, provider });
  await new Promise<void>((resolve) => {
    if (provider.synced) return resolve();
    provider.on("sync", (synced: boolean) => {
      if (synced) resolve();
    });
  });
  return performance.now() - before;
};
const lengths = new Map<string, number>();

const docOf = (room: string): Y.Doc => {
  const found = rooms.get(room);
  if (found === undefined) throw new Error(`room ${room} is not open`);
  return found.doc;
};

serve({
  open,
  /** Appends signals, `batch` to an update; answers when the first was written. */
  push: async (room: string, count: number, batch: number, problems: number) => {
    const doc = docOf(room);
    const startedAt = sharedNow();
    for (let at = 0; at < count; at += batch) {
      doc.transact(() => {
        for (let i = at; i < Math.min(count, at + batch); i++) {
          const bytes = new TextEncoder().encode(JSON.stringify(signalOf(written % problems, startedAt)));
          segmentOf(doc, written++).push([{ b: bytes }]);
        }
      });
      await turn();
    }
    return startedAt;
  },
  /** Appends one signal; answers when. */
  one: (room: string) => {
    const at = sharedNow();
    const bytes = new TextEncoder().encode(JSON.stringify(signalOf(written, at)));
    segmentOf(docOf(room), written++).push([{ b: bytes }]);
    return at;
  },
  /** Waits until this many elements have come in over all rooms; answers when that was. */
  total: async (count: number) => {
    if (total < count) await new Promise<void>((resolve) => whenTotal.set(count, resolve));
    return sharedNow();
  },
  /** When the nth element was seen. */
  seen: async (n: number) => {
    while (!seen.has(n)) await turn();
    return seen.get(n);
  },
  rss: () => process.memoryUsage().rss,
});
