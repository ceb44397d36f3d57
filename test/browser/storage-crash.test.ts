// A browser that is killed in the middle of writing (rule L8), on a real profile on disk.
import { resolve } from "node:path";
import { sampleBytes, sampleHash, sampleLog, unwrap } from "@herdmind/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Served, servePages } from "./pages.ts";
import { createProfile } from "./profile.ts";
import { createStoragePages } from "./remote-storage.ts";

const ROUNDS = 20;
const LOGS = [sampleLog(1), sampleLog(2), sampleLog(3)];

let pages: Served;
beforeAll(async () => {
  pages = await servePages({
    appending: resolve(import.meta.dirname, "pages/appending.ts"),
    storage: resolve(import.meta.dirname, "pages/storage.ts"),
  });
});
afterAll(async () => pages[Symbol.asyncDispose]());

it("L8 has everything acknowledged after the browser was killed in mid-write, whole batches only, and heads that agree", async () => {
  await using profile = await createProfile();
  let acknowledged = 0;
  let checked = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const context = await profile.open();
    const page = await context.newPage();
    const enough = Promise.withResolvers<void>();
    let left = 1 + ((round * 37) % 90);
    page.on("console", (message) => {
      const length = Number(message.text());
      if (!Number.isInteger(length)) {
        enough.reject(new Error(message.text()));
        return;
      }
      acknowledged = Math.max(acknowledged, length);
      left -= 1;
      if (left === 0) enough.resolve();
    });
    page.on("pageerror", enough.reject);
    await page.goto(`${pages.url}/appending.html`);
    await enough.promise;
    await profile.kill();

    const storages = createStoragePages(await profile.open(), `${pages.url}/storage.html`, LOGS);
    const storage = unwrap(await storages.open("appending"));
    expect([storage.origin, storage.repairs]).toEqual(["created-here", []]);
    const heads = unwrap(await storage.heads());
    const length = heads[0]?.length ?? 0;
    expect(length).toBeGreaterThanOrEqual(acknowledged);
    expect(heads.map((head) => [head.length, head.hash])).toEqual(LOGS.map(() => [length, sampleHash(length)]));
    expect(new TextDecoder().decode(unwrap(await storage.meta("length")))).toBe(`${length}`);
    const proofs = unwrap(await storage.proofs());
    for (const [i, log] of LOGS.entries()) {
      const blocks = unwrap(await storage.read(log, checked, length + 10));
      expect(blocks.length).toBe(length - checked);
      for (const [k, block] of blocks.entries()) {
        const n = checked + k;
        expect(Buffer.compare(block, sampleBytes(i * 1_000_003 + n, 100 + (n % 900)))).toBe(0);
      }
    }
    // One proof for each batch, named by where it began: the last one must not be of a batch that is not there.
    const starts = new Set(Array.from({ length }, (_, n) => Buffer.from(sampleBytes(n, 40)).toString("hex")));
    expect(proofs.filter((proof) => !starts.has(Buffer.from(proof).toString("hex")))).toEqual([]);
    checked = length;
    await storage.close();
  }
  expect(checked).toBeGreaterThan(ROUNDS);
});
