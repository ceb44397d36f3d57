/** Tabs with a peer in them (`pages/peer.ts`), driven from a test. */
import type { BrowserContext, Page } from "playwright-core";

export interface PeerTab {
  readonly page: Page;
  /** Joins with a ticket, or comes back without one. Gives the peer's id. */
  start(dir: string, ticket?: string): Promise<string>;
  /** Runs an expression in the page, where `peer`, `heard` and `herdmind` are. Gives what it gives, awaited. */
  run<T>(expression: string): Promise<T>;
  /** Resolves when the expression is true there. */
  until(expression: string): Promise<void>;
  reload(): Promise<void>;
}

const ready = (page: Page) => page.waitForFunction("globalThis.start !== undefined");

/** `prepared`: a page of the context, to start with instead of a new one. */
export const openTab = async (context: BrowserContext, url: string, prepared?: Page): Promise<PeerTab> => {
  const page = prepared ?? (await context.newPage());
  await page.goto(`${url}/peer.html`);
  await ready(page);
  const run = <T>(expression: string) => page.evaluate(expression) as Promise<T>;
  return {
    page,
    run,
    start: (dir, ticket) => run(`start(${JSON.stringify(ticket)}, ${JSON.stringify(dir)})`),
    until: async (expression) => {
      // Polled from here: a page in the background draws no frames, and may be busy.
      while (!(await run<boolean>(`(async () => Boolean(${expression}))()`))) await page.waitForTimeout(20);
    },
    reload: async () => {
      await page.reload();
      await ready(page);
    },
  };
};

/** What `run` sends for a report; `message` names the problem. */
export const reportOf = (message: string, mitigation: string): string =>
  `peer.report({ problem: new Error(${JSON.stringify(message)}), mitigation: ${JSON.stringify(mitigation)} })`;

export const recallOf = (message: string): string => `peer.recall({ error: new Error(${JSON.stringify(message)}) })`;
