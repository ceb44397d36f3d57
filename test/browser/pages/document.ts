// A page with logs in IndexedDB and the document of one of them.
import { createLogs, type Logs } from "@herdmind/log";
import { fromBase64url, type LogId, readGenesis, toBase64url } from "@herdmind/protocol";
import { openIndexeddbStorage } from "@herdmind/storage-indexeddb";
import { openStoredDocument, type StoredDocument } from "@herdmind/storage-indexeddb/document";
import { putRows, rowsOf } from "./rows.ts";

let logs: Logs;
let stored: StoredDocument | undefined;

const bytesOf = (text: string): Uint8Array => fromBase64url(text) ?? new Uint8Array(0);

const open = async (name: string, genesisText: string): Promise<void> => {
  const genesis = readGenesis(bytesOf(genesisText));
  if (!genesis.ok) throw new Error(genesis.refusal.message);
  const storage = await openIndexeddbStorage(name);
  if (!storage.ok) throw new Error(storage.fault.message);
  const opened = await createLogs({ genesis: genesis.value, storage: storage.value });
  if (!opened.ok) throw new Error(opened.refusal.message);
  logs = opened.value;
};

const ingest = (log: LogId, update: string) => logs.ingest(log, bytesOf(update), "test");
const offerProof = (proof: string) => logs.offerProof(bytesOf(proof), "test");

/** Answers why the rows were written anew, or the rule of a refusal. */
const openDocument = async (log: LogId): Promise<string> => {
  const opened = await openStoredDocument(logs, log);
  if (!opened.ok) return opened.refusal.rule;
  stored = opened.value;
  return stored.repaired ?? "as it was";
};

/** Blocks of the document, once it has all that the log shows. */
const shown = async (): Promise<readonly string[]> => {
  await stored?.settled();
  const blocks: string[] = [];
  for (const name of [...(stored?.doc.share.keys() ?? [])].sort()) {
    const elements = stored?.doc.getArray<{ readonly b: Uint8Array }>(name).toArray() ?? [];
    for (const { b } of elements) blocks.push(toBase64url(b));
  }
  return blocks;
};

/** Writes into the document, which nobody may; answers whether it was destroyed for that. */
const spoil = (): boolean => {
  let destroyed = false;
  stored?.doc.on("destroy", () => {
    destroyed = true;
  });
  stored?.doc.getArray<unknown>("segment/0").push(["not a block"]);
  return destroyed;
};

const close = async (): Promise<void> => {
  await stored?.close();
  await logs.close();
};

Object.assign(globalThis, { open, ingest, offerProof, openDocument, shown, spoil, close, rowsOf, putRows });
