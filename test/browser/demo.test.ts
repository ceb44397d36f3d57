// The demo page, played through as a visitor would: agents in tabs, one of them off the network, reloaded, and back.
import { startDemo } from "@herdmind/demo-browser";
import type { BrowserContext, Page } from "playwright-core";
import { expect, it } from "vitest";
import { createProfile } from "./profile.ts";

const openAgent = async (context: BrowserContext, url: string, name: string): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(`${url}?agent=${name.toLowerCase()}`);
  await page.getByText(`${name} joined the swarm with a ticket`).waitFor();
  return page;
};

const meet = async (page: Page, problem: string): Promise<void> => {
  // A tab in the background draws no frames, and a visitor looks at the tab that she clicks in.
  await page.bringToFront();
  await page.getByRole("button", { name: problem }).click();
};
const report = (page: Page): Promise<void> => page.getByRole("button", { name: "This cures it: report" }).click();
const row = (page: Page, name: string) => page.getByRole("img", { name: `${name}:` });
const labelOf = (page: Page, name: string) => row(page, name).getAttribute("aria-label");

it("plays the demo: share, go offline, work, reload, come back, converge", async () => {
  await using demo = await startDemo();
  await using profile = await createProfile();
  const context = await profile.visitor();
  const start = await context.newPage();
  await start.goto(demo.url);
  expect(await start.getByRole("link", { name: /^Open / }).allTextContents()).toEqual([
    "Open Ada",
    "Open Ben",
    "Open Cem",
  ]);
  const ada = await openAgent(context, demo.url, "Ada");
  const ben = await openAgent(context, demo.url, "Ben");
  const problems: string[] = [];
  for (const page of [ada, ben]) page.on("pageerror", (error) => problems.push(String(error)));

  await meet(ada, "The database does not answer");
  await report(ada);
  await ada.getByText("Canon has judged that remedy: admitted.").waitFor();
  await ben.getByText("New in canon").waitFor();
  await meet(ben, "The database does not answer");
  await ben.getByText(/Recalled in .* ms, without the network: .*\(by Ada\)/).waitFor();

  await ada.bringToFront();
  await ada.getByRole("switch", { name: "Network" }).click();
  await meet(ada, "Two jobs block each other");
  await report(ada);
  await meet(ben, "The download is not trusted");
  await report(ben);
  await expect.poll(() => labelOf(start, "Ada")).toBe("Ada: offline, holds 1 of 2 entries, 1 waiting");

  // The site is gone as well: whatever the page needs is in this browser.
  await ada.bringToFront();
  await ada.route("**/*", (route) => route.abort());
  await ada.reload();
  await ada.getByText(/Ada came back from this browser's own disk in \d+ ms, without a network/).waitFor();
  await expect.poll(() => labelOf(ada, "Ada")).toBe("Ada: offline, holds 1 of 2 entries, 1 waiting");
  await meet(ada, "The database does not answer");
  await ada.getByText(/Recalled in .* ms, without the network/).waitFor();
  await ada.unroute("**/*");

  await ada.getByRole("switch", { name: "Network" }).click();
  for (const page of [start, ada, ben])
    for (const name of ["Ada", "Ben"])
      await expect.poll(() => labelOf(page, name)).toBe(`${name}: online, holds 3 of 3 entries, 0 waiting`);
  await start.getByText("All 2 agents hold the same 3 entries.").waitFor();
  expect(demo.swarm.stats().immunizations).toBe(3);

  const second = await context.newPage();
  await second.goto(`${demo.url}?agent=ada`);
  await second.getByText("works through another tab").waitFor();
  await ada.close();
  await second.getByText("The tab that held the log is gone: this one took over.").waitFor();
  await meet(second, "Two jobs block each other");
  await second.getByText("Applied. It works.").waitFor();
  expect(problems).toEqual([]);
});

it("gives tickets to its own page only", async () => {
  await using demo = await startDemo();
  const ask = (headers: Readonly<Record<string, string>>) => fetch(`${demo.url}ticket`, { method: "POST", headers });
  expect((await ask({})).status).toBe(403);
  expect((await ask({ "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect((await fetch(`${demo.url}ticket`)).status).toBe(403);
  expect((await fetch(`${demo.url}../package.json`)).status).toBe(404);
});
