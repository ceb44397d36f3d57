/**
 * A visitor's browser: one profile folder on disk, and the Chromium process that runs on it. Closed or killed and opened
 * again, it has the same IndexedDB, as after a restart of the machine.
 */
import { rm } from "node:fs/promises";
import { type Browser, type BrowserContext, chromium as playwright } from "playwright-core";
import { type Chromium, createProfileFolder, launchChromium } from "./chromium.ts";

export interface Profile extends AsyncDisposable {
  readonly folder: string;
  /** Starts the browser if it does not run. Its pages, workers and IndexedDB belong to the profile. */
  open(): Promise<BrowserContext>;
  /**
   * A separate visitor in the same process, with nothing stored; what it stores is in memory and ends with it. Cheaper than
   * another profile where only reloads matter, not restarts.
   */
  visitor(): Promise<BrowserContext>;
  /** Ends the browser properly: pages get no say, but what was handed to the disk is written. */
  close(): Promise<void>;
  /** Ends every process of the browser at once (SIGKILL). */
  kill(): Promise<void>;
}

/** A new, empty profile. Disposing of it ends the browser and removes the folder. */
export const createProfile = async (): Promise<Profile> => {
  const folder = await createProfileFolder();
  let running: Promise<{ readonly process: Chromium; readonly browser: Browser }> | undefined;
  const start = async () => {
    const process = await launchChromium(folder);
    try {
      return { process, browser: await playwright.connectOverCDP(process.endpoint) };
    } catch (error) {
      await process.kill();
      throw error;
    }
  };
  const browser = async (): Promise<Browser> => {
    running ??= start();
    return (await running).browser;
  };
  const kill = async (): Promise<void> => {
    const ended = await running?.catch(() => undefined);
    running = undefined;
    await ended?.process.kill();
    await ended?.browser.close();
  };
  return {
    folder,
    async open() {
      const [context] = (await browser()).contexts();
      if (context === undefined) throw new Error("a Chromium always has its default context");
      return context;
    },
    visitor: async () => (await browser()).newContext(),
    async close() {
      const ended = await running;
      running = undefined;
      if (ended === undefined) return;
      const session = await ended.browser.newBrowserCDPSession();
      await session.send("Browser.close");
      await ended.process.ended;
      await ended.browser.close();
    },
    kill,
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
