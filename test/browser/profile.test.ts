// The harness itself: a real Chromium on a real profile, whose IndexedDB outlives reloads, restarts and kills.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Served, servePages } from "./pages.ts";
import { createProfile } from "./profile.ts";

let pages: Served;
beforeAll(async () => {
  pages = await servePages({ visits: resolve(import.meta.dirname, "pages/visits.ts") });
});
afterAll(async () => pages[Symbol.asyncDispose]());

const visitsOn = async (page: Page): Promise<unknown> => {
  await page.waitForFunction("globalThis.visits !== undefined");
  return page.evaluate("globalThis.visits");
};
const visit = async (context: BrowserContext): Promise<unknown> => {
  const page = await context.newPage();
  await page.goto(`${pages.url}/visits.html`);
  return visitsOn(page);
};

describe("a profile", () => {
  it("keeps IndexedDB through reload, restart and kill, apart from other profiles and visitors", async () => {
    let folder: string;
    {
      await using profile = await createProfile();
      ({ folder } = profile);
      const context = await profile.open();
      expect(await visit(context)).toBe(1);
      const [page] = context.pages().slice(-1) as [Page];
      await page.reload();
      expect(await visitsOn(page)).toBe(2);
      const visitor = await profile.visitor();
      expect([await visit(visitor), await visit(visitor)]).toEqual([1, 2]);
      await profile.close();
      expect(await visit(await profile.open())).toBe(3);
      await profile.kill();
      expect(await visit(await profile.open())).toBe(4);
      await using other = await createProfile();
      expect(await visit(await other.open())).toBe(1);
    }
    expect(existsSync(folder)).toBe(false);
  });

  it("finds the same origin after the server was away", async () => {
    await using profile = await createProfile();
    const context = await profile.open();
    expect(await visit(context)).toBe(1);
    await pages.stop();
    await expect(visit(context)).rejects.toThrow(/ERR_CONNECTION_REFUSED/);
    await pages.start();
    expect(await visit(context)).toBe(2);
  });
});
