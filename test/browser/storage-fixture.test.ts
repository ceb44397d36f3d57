// Rows of format 1, frozen: this version writes exactly these, and reads them. A change here is a new format.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { sampleBytes, sampleHash, sampleLog, unwrap } from "@herdmind/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Served, servePages } from "./pages.ts";
import { createProfile, type Profile } from "./profile.ts";
import { createStoragePages, type StoragePages } from "./remote-storage.ts";

const A = sampleLog(1);
const B = sampleLog(2);
const C = sampleLog(3);

const FROZEN = readFileSync(resolve(import.meta.dirname, "storage-format-1.jsonl"), "utf8").trimEnd();

let pages: Served;
let profile: Profile;
let storages: StoragePages;
beforeAll(async () => {
  pages = await servePages({ storage: resolve(import.meta.dirname, "pages/storage.ts") });
  profile = await createProfile();
  storages = createStoragePages(await profile.open(), `${pages.url}/storage.html`, [A, B, C]);
});
afterAll(async () => {
  await profile[Symbol.asyncDispose]();
  await pages[Symbol.asyncDispose]();
});

it("L8 writes format 1 as it was frozen", async () => {
  const storage = unwrap(await storages.open("frozen"));
  const blocks = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => sampleBytes(from + i, 5));
  unwrap(
    await storage.appendBatch({
      appends: [A, B, C].map((log) => ({ log, from: 0, blocks: blocks(0, 3), hash: sampleHash(3) })),
      meta: [{ key: "name", value: Uint8Array.of(1, 2, 3) }],
      proofs: [sampleBytes(9, 6)],
    }),
  );
  unwrap(
    await storage.appendBatch({
      cuts: [
        { log: B, length: 1, hash: sampleHash(1) },
        { log: C, length: 0, hash: undefined },
      ],
      appends: [{ log: A, from: 3, blocks: blocks(3, 4), hash: sampleHash(4) }],
      proofs: [sampleBytes(9, 6), sampleBytes(10, 6)],
    }),
  );
  await storage.close();
  const dumped = (await storage.page.evaluate(`dump("frozen")`)) as string;
  expect(dumped.replaceAll(pages.url, "https://example.org")).toBe(FROZEN);
});

it("L8 reads format 1 as it was frozen", async () => {
  const first = unwrap(await storages.open("some page"));
  const text = FROZEN.replaceAll("https://example.org frozen", `${pages.url} thawed`);
  await first.page.evaluate(`load("thawed", ${JSON.stringify(text)})`);
  await first.close();
  const storage = unwrap(await storages.open("thawed"));
  expect([storage.repairs, storage.origin]).toEqual([[], "moved"]);
  expect([A, B, C].map((log) => storage.originOf(log))).toEqual(["created-here", "moved", "moved"]);
  const heads = unwrap(await storage.heads()).map(({ writer, length, hash }) => [writer, length, hash]);
  expect(new Map(heads.map((head) => [head[0], head]))).toEqual(
    new Map([
      [A.writer, [A.writer, 4, sampleHash(4)]],
      [B.writer, [B.writer, 1, sampleHash(1)]],
    ]),
  );
  const read = async (log: typeof A) => unwrap(await storage.read(log, 0, 9)).map((block) => [...block]);
  expect(await read(A)).toEqual([0, 1, 2, 3].map((n) => [...sampleBytes(n, 5)]));
  expect([await read(B), await read(C)]).toEqual([[[...sampleBytes(0, 5)]], []]);
  expect(unwrap(await storage.meta("name"))).toEqual(Uint8Array.of(1, 2, 3));
  expect(unwrap(await storage.proofs())).toEqual([sampleBytes(9, 6), sampleBytes(10, 6)]);
  await storage.close();
});
