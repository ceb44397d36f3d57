// Holds storages for a test in Node, which calls them through `remote-storage.ts`.
import { logKey, toBase64url } from "@herdmind/protocol";
import { type IndexeddbStorage, openIndexeddbStorage } from "@herdmind/storage-indexeddb";
import { type Answer, type Asked, batchOf, bytesOf, type Call, textOfUnits } from "../storage-calls.ts";
import { copyDatabase, createDatabase, deleteDatabase, dump, load, putRows, rowsOf, upgrade } from "./rows.ts";

const storages: IndexeddbStorage[] = [];

/** Bytes in the middle of a larger buffer, as blocks often come out of an update: what is stored must not be all of it. */
const viewOf = (text: string): Uint8Array => {
  const bytes = bytesOf(text);
  const around = new Uint8Array(bytes.length + 64).fill(0xee);
  around.set(bytes, 32);
  return around.subarray(32, 32 + bytes.length);
};

const answerTo = async (call: Call): Promise<Answer<unknown>["result"]> => {
  if (call.do === "open") {
    const opened = await openIndexeddbStorage(call.name);
    if (!opened.ok) return opened;
    const id = storages.push(opened.value) - 1;
    return { ok: true, value: { id, origin: opened.value.origin, repairs: opened.value.repairs } };
  }
  if (call.do === "copy") return { ok: true, value: await copyDatabase(call.name, call.to) };
  if (call.do === "delete") return { ok: true, value: await deleteDatabase(call.name) };
  const storage = storages[call.id];
  if (storage === undefined) return { bug: `no storage ${call.id}` };
  switch (call.do) {
    case "append": {
      const given: Uint8Array[] = [];
      const batch = batchOf(call.batch, (text) => {
        const bytes = viewOf(text);
        given.push(bytes);
        return bytes;
      });
      const answer = await storage.appendBatch(batch);
      for (const bytes of given) bytes.fill(0); // from here on they are the caller's again
      return answer;
    }
    case "read": {
      const answer = await storage.read(call.log, call.from, call.to);
      return answer.ok ? { ok: true, value: answer.value.map(toBase64url) } : answer;
    }
    case "heads":
      return storage.heads();
    case "proofs": {
      const answer = await storage.proofs();
      return answer.ok ? { ok: true, value: answer.value.map(toBase64url) } : answer;
    }
    case "meta": {
      const answer = await storage.meta(textOfUnits(call.key));
      return answer.ok ? { ok: true, value: answer.value && toBase64url(answer.value) } : answer;
    }
    case "close":
      await storage.close();
      return { ok: true, value: undefined };
  }
};

const answer = async (text: string): Promise<string> => {
  const { call, origins } = JSON.parse(text) as Asked;
  let id = "id" in call ? call.id : -1;
  const result = await answerTo(call).catch((bug: unknown) => ({ bug: String(bug) }));
  if (call.do === "open") id = storages.length - 1;
  const storage = storages[id];
  const moved = origins.filter((log) => storage?.originOf(log) === "moved").map(logKey);
  return JSON.stringify({ result, moved } satisfies Answer<unknown>);
};

Object.assign(globalThis, { answer, create: createDatabase, dump, load, putRows, rowsOf, upgrade });
