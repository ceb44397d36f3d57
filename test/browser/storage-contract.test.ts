// The storage contract, unchanged, asked of IndexedDB in a real Chromium: a page for each holder, a profile on disk.
import { resolve } from "node:path";
import { sampleLog, storageContract } from "@herdmind/testing";
import { afterAll, beforeAll } from "vitest";
import { type Served, servePages } from "./pages.ts";
import { createProfile, type Profile } from "./profile.ts";
import { createStoragePages, type RemoteStorage, type StoragePages } from "./remote-storage.ts";

let pages: Served;
let profile: Profile;
let storages: StoragePages;
let made = 0;

beforeAll(async () => {
  pages = await servePages({ storage: resolve(import.meta.dirname, "pages/storage.ts") });
  profile = await createProfile();
  storages = createStoragePages(await profile.open(), `${pages.url}/storage.html`, [1, 2, 3].map(sampleLog));
});
afterAll(async () => {
  await profile[Symbol.asyncDispose]();
  await pages[Symbol.asyncDispose]();
});

storageContract<string>("storage-indexeddb", {
  create: async () => `contract-${++made}`,
  open: (name) => storages.open(name),
  crash: async (_name, storage) => (storage as RemoteStorage).crash(),
  copy: async (name) => {
    const to = `contract-${++made}`;
    await storages.copy(name, to);
    return to;
  },
  exclusive: true,
  dispose: (name) => storages.remove(name),
  rounds: 20,
});
