/**
 * A `Storage` in Node whose every call is made in a page: so the storage contract, unchanged, is asked of the real IndexedDB
 * in a real Chromium. Nothing is answered from memory but `originOf`, which a page cannot answer at once: it is asked
 * together with each call, for every log that was ever named here.
 */
import type { Storage, StorageFault, StorageResult } from "@herdmind/log";
import { type LogHead, type LogId, logKey } from "@herdmind/protocol";
import type { BrowserContext, Page } from "playwright-core";
import { type Answer, type Asked, bytesOf, type Call, type Opened, plainOf, unitsOf } from "./storage-calls.ts";

/** The page's own function, see `pages/storage.ts`. */
const ask = async <T>(page: Page, call: Call, origins: readonly LogId[]): Promise<Answer<T>> => {
  const asked: Asked = { call, origins };
  const text = await page.evaluate((json) => {
    const { answer } = globalThis as unknown as { answer(json: string): Promise<string> };
    return answer(json);
  }, JSON.stringify(asked));
  return JSON.parse(text) as Answer<T>;
};

export interface StoragePages {
  /** Opens the database in a page that has no storage open: another page is another holder. */
  open(name: string): Promise<StorageResult<RemoteStorage>>;
  copy(name: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
}

export interface RemoteStorage extends Storage {
  readonly repairs: readonly string[];
  readonly page: Page;
  /** Ends the process of its page, as a crash does. */
  crash(): Promise<void>;
}

/** Storages in pages of a browser. `url` is the page `storage.html`; origins of the logs in `known` are asked from the start. */
export const createStoragePages = (
  context: BrowserContext,
  url: string,
  known: readonly LogId[] = [],
): StoragePages => {
  const idle: Page[] = [];
  const named = new Map<string, LogId>();
  const name = (log: LogId): void => {
    named.set(logKey(log), { writer: log.writer, generation: log.generation });
  };

  for (const log of known) name(log);

  const page = async (): Promise<Page> => {
    const free = idle.pop();
    if (free !== undefined) return free;
    const fresh = await context.newPage();
    await fresh.goto(url);
    await fresh.waitForFunction(() => "answer" in globalThis);
    return fresh;
  };
  const once = async (call: Call): Promise<void> => {
    const free = await page();
    const { result } = await ask(free, call, []);
    if (!("ok" in result) || !result.ok) throw new Error(JSON.stringify(result));
    idle.push(free);
  };

  const storageOn = (at: Page, { id, origin, repairs }: Opened, movedAtFirst: readonly string[]): RemoteStorage => {
    let moved = new Set(movedAtFirst);
    let asked = new Set(named.keys());
    let ended: "closed" | "crashed" | undefined;
    const gone: { readonly ok: false; readonly fault: StorageFault } = {
      ok: false,
      fault: { kind: "closed", message: "the page of this storage has crashed" },
    };
    const call = async <T>(what: Call): Promise<StorageResult<T>> => {
      if (ended === "crashed") return gone;
      const origins = [...named.values()];
      const answer = await ask<T>(at, what, origins).catch((error: unknown) => {
        if (ended === "crashed") return undefined;
        throw error;
      });
      if (answer === undefined) return gone;
      moved = new Set(answer.moved);
      asked = new Set(origins.map(logKey));
      if ("bug" in answer.result) throw new Error(answer.result.bug);
      return answer.result;
    };
    const bytes = (texts: readonly string[]): readonly Uint8Array[] => texts.map(bytesOf);
    return {
      page: at,
      origin,
      repairs,
      originOf(log) {
        if (!asked.has(logKey(log))) throw new Error(`name ${logKey(log)} before its origin is asked for`);
        return moved.has(logKey(log)) ? "moved" : "created-here";
      },
      appendBatch(batch) {
        for (const { log } of [...(batch.appends ?? []), ...(batch.cuts ?? [])]) name(log);
        return call({ do: "append", id, batch: plainOf(batch) });
      },
      async read(log, from, to) {
        name(log);
        const answer = await call<readonly string[]>({ do: "read", id, log, from, to });
        return answer.ok ? { ok: true, value: bytes(answer.value) } : answer;
      },
      heads: () => call<readonly LogHead[]>({ do: "heads", id }),
      async meta(key) {
        const answer = await call<string | undefined>({ do: "meta", id, key: unitsOf(key) });
        return answer.ok ? { ok: true, value: answer.value === undefined ? undefined : bytesOf(answer.value) } : answer;
      },
      async proofs() {
        const answer = await call<readonly string[]>({ do: "proofs", id });
        return answer.ok ? { ok: true, value: bytes(answer.value) } : answer;
      },
      async close() {
        if (ended === "crashed") return;
        const answer = await call({ do: "close", id });
        if (!answer.ok) throw new Error(answer.fault.message);
        if (ended === undefined) idle.push(at);
        ended = "closed";
      },
      async crash() {
        if (ended !== undefined) return;
        ended = "crashed";
        const session = await context.newCDPSession(at);
        const crashed = at.waitForEvent("crash");
        session.send("Page.crash").catch(() => undefined); // nobody is left to answer it
        await crashed;
        await at.close();
      },
    };
  };

  return {
    async open(database) {
      const at = await page();
      const { result, moved } = await ask<Opened>(at, { do: "open", name: database }, [...named.values()]);
      if ("bug" in result) throw new Error(result.bug);
      if (result.ok) return { ok: true, value: storageOn(at, result.value, moved) };
      idle.push(at);
      return result;
    },
    copy: (from, to) => once({ do: "copy", name: from, to }),
    remove: (database) => once({ do: "delete", name: database }),
  };
};
