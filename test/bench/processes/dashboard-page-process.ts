/** A real Chromium that looks at a node's dashboard as a person does. */
import type { DashboardCode } from "@herdmind/local/client";
import type { Page } from "playwright-core";
import { goTo, signIn } from "../../browser/dashboard-visit.ts";
import { createProfile, type Profile } from "../../browser/profile.ts";
import { serve } from "../frame/serve.ts";

let profile: Profile | undefined;

/** What the page runs: `longest()` is its longest task since it was asked last, in milliseconds; `when(test)` resolves once a test holds. */
const WATCH = `(() => {
  let longest = 0;
  const take = (entries) => { for (const { duration } of entries) longest = Math.max(longest, duration); };
  const observer = new PerformanceObserver((list) => take(list.getEntries()));
  observer.observe({ type: "longtask" });
  globalThis.longest = () => { take(observer.takeRecords()); const ms = longest; longest = 0; return ms; };
  globalThis.when = (test) => new Promise((resolve) => {
    const look = () => (test() ? resolve(performance.now()) : requestAnimationFrame(look));
    look();
  });
  globalThis.after = (event) => new Promise((resolve) => addEventListener(event, () => resolve(performance.now()), { once: true, capture: true }));
})()`;

/** Milliseconds from an event that the page sees to the moment in which \`test\` holds. */
const from = async (page: Page, event: string, test: string, act: () => Promise<void>): Promise<number> => {
  await page.evaluate(
    `globalThis.taken = (async () => { const at = await after("${event}"); return (await when(() => ${test})) - at; })(), 0`,
  );
  await act();
  return page.evaluate<number>("globalThis.taken");
};

const LAST_ROW = `document.querySelector('.list li[aria-posinset="' + document.querySelector('.list li')?.getAttribute('aria-setsize') + '"] a.row') !== null`;
const counted = (text: string): string =>
  `document.querySelector('.list-count')?.textContent !== ${JSON.stringify(text)} && document.querySelector('.list a.row') !== null`;
const SEARCHES = ["kaka", "keka", "kika", "koka", "kuka"];
const WHEELS = 60;

serve({
  measure: async ({ url, code }: DashboardCode, times: number) => {
    profile = await createProfile();
    const context = await profile.visitor();
    await context.addInitScript(WATCH);
    const page = await context.newPage();
    await page.goto(url);
    await signIn(page, code);
    await goTo(page, "Entries");
    await page.locator(".list a.row").first().waitFor();
    const rows: number[] = [];
    const end: number[] = [];
    const typed: number[] = [];
    for (let i = 0; i < times; i++) {
      await page.reload({ waitUntil: "commit" });
      rows.push(await page.evaluate<number>(`when(() => document.querySelector(".list a.row") !== null)`));
      await page.locator('.list a.row[tabindex="0"]').focus();
      end.push(await from(page, "keydown", LAST_ROW, () => page.keyboard.press("End")));
      const before = await page.locator(".list-count").innerText();
      const field = page.getByRole("searchbox", { name: "Search" });
      typed.push(await from(page, "input", counted(before), () => field.fill(SEARCHES[i % SEARCHES.length] ?? "")));
      await from(
        page,
        "input",
        `document.querySelector('.list-count')?.textContent === ${JSON.stringify(before)}`,
        () => field.fill(""),
      );
    }
    await page.locator(".list").hover();
    await page.evaluate("longest()");
    for (let i = 0; i < WHEELS; i++) await page.mouse.wheel(0, i % 3 === 0 ? 20_000 : 700);
    await page.evaluate("when((at => () => performance.now() - at > 500)(performance.now()))");
    const scroll = await page.evaluate<number>("longest()");
    await goTo(page, "Problem graph");
    await page.locator(".graph-node").nth(20).waitFor();
    await page.evaluate("when((at => () => performance.now() - at > 1000)(performance.now()))");
    return { rows, end, typed, scroll, drawing: await page.evaluate<number>("longest()") };
  },
  close: () => profile?.[Symbol.asyncDispose](),
});
