// A page that knows nothing of Herdmind: Yjs and y-indexeddb as they come, on the database of a name.
import { IndexeddbPersistence } from "y-indexeddb";
import * as Y from "yjs";

const onDocument = async <T>(name: string, work: (doc: Y.Doc) => T): Promise<T> => {
  const doc = new Y.Doc();
  const provider = new IndexeddbPersistence(name, doc);
  await provider.whenSynced;
  const answer = work(doc);
  await provider.destroy();
  return answer;
};

const toBase64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** Blocks of a segment as base64url. */
const readSegment = (name: string, segment: number): Promise<readonly string[]> =>
  onDocument(name, (doc) =>
    doc
      .getArray<{ readonly b: Uint8Array }>(`segment/${segment}`)
      .toArray()
      .map(({ b }) => toBase64url(b)),
  );

/** Writes into the middle of a log: every page can. */
const writeInto = (name: string): Promise<void> =>
  onDocument(name, (doc) => doc.getArray<unknown>("segment/0").insert(1, [{ b: new Uint8Array(9) }]));

Object.assign(globalThis, { readSegment, writeInto });
