// The faults a page meets: no room, another holder, a newer version, data cleared under its feet; and what stays small.
import { resolve } from "node:path";
import type { LogId } from "@herdmind/protocol";
import { sampleBytes, sampleHash, sampleLog, unwrap } from "@herdmind/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Served, servePages } from "./pages.ts";
import { createProfile } from "./profile.ts";
import { createStoragePages, type RemoteStorage, type StoragePages } from "./remote-storage.ts";

const LOG = sampleLog(1);

let pages: Served;
beforeAll(async () => {
  pages = await servePages({ storage: resolve(import.meta.dirname, "pages/storage.ts") });
});
afterAll(async () => pages[Symbol.asyncDispose]());

const onProfile = async (
  test: (storages: StoragePages, profile: Awaited<ReturnType<typeof createProfile>>) => Promise<void>,
): Promise<void> => {
  await using profile = await createProfile();
  await test(createStoragePages(await profile.open(), `${pages.url}/storage.html`, [LOG]), profile);
};

const append = (storage: RemoteStorage, from: number, to: number, size: number, log: LogId = LOG) =>
  storage.appendBatch({
    appends: [
      {
        log,
        from,
        blocks: Array.from({ length: to - from }, (_, i) => sampleBytes(from + i, size)),
        hash: sampleHash(to),
      },
    ],
  });

const lengthOf = async (storage: RemoteStorage): Promise<number> => unwrap(await storage.heads())[0]?.length ?? 0;

describe("faults", () => {
  it("answers `full` when the quota is used up, has nothing of that write, and goes on when there is room", () =>
    onProfile(async (storages, profile) => {
      const context = await profile.open();
      const session = await context.newCDPSession(await context.newPage());
      const quota = (bytes?: number) =>
        session.send("Storage.overrideQuotaForOrigin", {
          origin: pages.url,
          ...(bytes === undefined ? {} : { quotaSize: bytes }),
        });
      await quota(16_000_000); // before the first write: Chromium remembers for a while how much room it saw
      const storage = unwrap(await storages.open("full"));
      unwrap(await append(storage, 0, 4, 1000));
      let length = 4;
      let answer = await append(storage, length, length + 40, 50_000);
      while (answer.ok && length < 1000) {
        length += 40;
        answer = await append(storage, length, length + 40, 50_000);
      }
      expect(answer).toMatchObject({ ok: false, fault: { kind: "full", message: expect.stringContaining("room") } });
      expect(await lengthOf(storage)).toBe(length);
      expect(unwrap(await storage.read(LOG, 0, 9999)).length).toBe(length);
      await quota();
      unwrap(await append(storage, length, length + 40, 50_000));
      await storage.close();
      const again = unwrap(await storages.open("full"));
      expect([await lengthOf(again), again.origin, again.repairs]).toEqual([length + 40, "created-here", []]);
      await again.close();
    }));

  it("L8 answers `held` in a second tab, and opens there when the first is closed or has crashed", () =>
    onProfile(async (storages) => {
      let holder = unwrap(await storages.open("tabs"));
      for (const end of ["close", "crash", "crash"] as const) {
        expect(await storages.open("tabs")).toMatchObject({
          ok: false,
          fault: { kind: "held", message: expect.stringContaining("another tab") },
        });
        const length = await lengthOf(holder);
        unwrap(await append(holder, length, length + 2, 100));
        await holder[end]();
        holder = unwrap(await storages.open("tabs"));
        expect(await lengthOf(holder)).toBe(length + 2);
      }
      await holder.close();
    }));

  it("answers `newer` to a database of a newer format, and leaves it as it is", () =>
    onProfile(async (storages) => {
      const storage = unwrap(await storages.open("newer"));
      unwrap(await append(storage, 0, 2, 100));
      await storage.close();
      const { page } = storage;
      await page.evaluate(`upgrade("newer", 2)`);
      const before = await page.evaluate(`rowsOf("newer", "heads").then(JSON.stringify)`);
      expect(await storages.open("newer")).toMatchObject({
        ok: false,
        fault: { kind: "newer", message: expect.stringContaining("reload") },
      });
      expect(await page.evaluate(`rowsOf("newer", "heads").then(JSON.stringify)`)).toBe(before);
    }));

  it("answers `io` for a database that belongs to something else, and leaves it as it is", () =>
    onProfile(async (storages) => {
      const other = unwrap(await storages.open("other"));
      await other.page.evaluate(`create("theirs", ["things"])`);
      expect(await storages.open("theirs")).toMatchObject({
        ok: false,
        fault: { kind: "io", message: expect.stringContaining("belongs to something else") },
      });
      expect(await other.page.evaluate(`rowsOf("theirs", "things")`)).toEqual([]);
      await other.close();
    }));

  it("answers `io`, and never goes on, when another page deletes the database under it", () =>
    onProfile(async (storages) => {
      const storage = unwrap(await storages.open("deleted"));
      unwrap(await append(storage, 0, 2, 100));
      await storages.remove("deleted");
      for (const answer of [await append(storage, 2, 3, 100), await storage.heads(), await storage.read(LOG, 0, 9)]) {
        expect(answer).toMatchObject({ ok: false, fault: { kind: "io", message: expect.stringContaining("again") } });
      }
      const anew = unwrap(await storages.open("deleted"));
      expect([await lengthOf(anew), anew.origin]).toEqual([0, "moved"]);
      expect(anew.repairs).toEqual([expect.stringContaining("database deleted was here and is gone")]);
      await anew.close();
      await storage.close();
    }));
});

it("does not grow by being opened: 30 openings add no row", () =>
  onProfile(async (storages) => {
    const rows = async (storage: RemoteStorage): Promise<unknown> =>
      storage.page.evaluate(
        `Promise.all(["state", "heads", "blocks", "meta", "proofs"].map((store) => rowsOf("often", store).then((all) => all.length)))`,
      );
    let storage = unwrap(await storages.open("often"));
    unwrap(await append(storage, 0, 20, 400));
    const before = await rows(storage);
    for (let n = 0; n < 30; n++) {
      await storage.close();
      storage = unwrap(await storages.open("often"));
    }
    expect(await rows(storage)).toEqual(before);
    expect(before).toEqual([1, 1, 20, 0, 0]);
    await storage.close();
  }));
