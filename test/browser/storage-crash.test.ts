// A browser that is killed in the middle of writing (rule L8), on a real profile on disk.
import { resolve } from "node:path";
import { sampleBytes, sampleHash, sampleLog, unwrap } from "@herdmind/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { halveManifest, hasHalfManifest, isHalved } from "./chromium-manifest.ts";
import { type Served, servePages } from "./pages.ts";
import { createProfile, type Profile } from "./profile.ts";
import { createStoragePages, type RemoteStorage } from "./remote-storage.ts";

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

/** Appends until `acks` batches are acknowledged and kills the browser. Answers the acknowledged length. */
const appendAndKill = async (profile: Profile, acks: number): Promise<number> => {
  const context = await profile.open();
  const page = await context.newPage();
  const enough = Promise.withResolvers<void>();
  let acknowledged = 0;
  let left = acks;
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
  return acknowledged;
};

const open = async (profile: Profile): Promise<RemoteStorage> => {
  const storages = createStoragePages(await profile.open(), `${pages.url}/storage.html`, LOGS);
  return unwrap(await storages.open("appending"));
};

const GONE = [expect.stringContaining("database appending was here and is gone")];

it("L8 has everything acknowledged after the browser was killed in mid-write, whole batches only, and heads that agree", async () => {
  await using profile = await createProfile();
  let acknowledged = 0;
  let checked = 0;
  let seen = 0;
  let wasHalf = false;
  for (let round = 0; round < ROUNDS; round++) {
    acknowledged = Math.max(acknowledged, await appendAndKill(profile, 1 + ((round * 37) % 90)));
    const isHalf = hasHalfManifest(profile.folder);
    const storage = await open(profile);
    // The one loss that no page can prevent (README, Durability), and never a silent one: the kill before left half a record.
    if (wasHalf && storage.repairs.length > 0) {
      expect([storage.origin, storage.repairs, unwrap(await storage.heads())]).toEqual(["moved", GONE, []]);
      acknowledged = 0;
      checked = 0;
    } else {
      expect(storage.repairs).toEqual([]);
    }
    wasHalf = isHalf;
    const heads = unwrap(await storage.heads());
    const length = heads[0]?.length ?? 0;
    expect(length).toBeGreaterThanOrEqual(acknowledged);
    expect(heads.map((head) => [head.length, head.hash])).toEqual(
      heads.length === 0 ? [] : LOGS.map(() => [length, sampleHash(length)]),
    );
    const named = unwrap(await storage.meta("length"));
    expect(named && new TextDecoder().decode(named)).toBe(length === 0 ? undefined : `${length}`);
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
    seen += length - checked;
    checked = length;
    await storage.close();
  }
  expect(seen).toBeGreaterThan(ROUNDS);
});

it("L8 says so when the browser removed the database after a kill, and is empty once", async () => {
  await using profile = await createProfile();
  const acknowledged = await appendAndKill(profile, 3);
  halveManifest(profile.folder);
  expect(hasHalfManifest(profile.folder)).toBe(true);
  const first = await open(profile);
  expect(first.repairs).toEqual([]);
  expect(unwrap(await first.heads())[0]?.length).toBeGreaterThanOrEqual(acknowledged);
  await first.close(); // and with that a new log file is named behind the half record
  await profile.kill();
  const second = await open(profile);
  const heads = unwrap(await second.heads());
  // Whether Chromium removes it is its own affair: the database is whole, or it is gone and that is told.
  if (isHalved(profile.folder)) expect(heads[0]?.length).toBeGreaterThanOrEqual(acknowledged);
  else expect([second.origin, second.repairs, heads]).toEqual(["moved", GONE, []]);
  await second.close();
  const third = await open(profile);
  expect([third.repairs, unwrap(await third.heads())]).toEqual([[], heads]);
  await third.close();
});
