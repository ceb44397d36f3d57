// The page of a node, used as a person uses it: with a real swarm behind it, in a real browser.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type DashboardVerbs, PAGE_HEADER } from "@herdmind/dashboard";
import { createClientClaims, runVerb } from "@herdmind/local";
import type { JsonObject } from "@herdmind/protocol";
import axe from "axe-core";
import { join } from "herdmind";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cuttable, createCuttable } from "./cuttable.ts";
import { createDashboardSwarm, type DashboardSwarm } from "./dashboard-swarm.ts";
import { goTo, openDashboard } from "./dashboard-visit.ts";
import { INCIDENTS } from "./incidents.ts";
import { createProfile, type Profile } from "./profile.ts";

const HOSTILE = {
  error: `<script>window.harmed = 1</script><img src=x onerror="window.harmed = 2"> \u202egnp.exe\u202c`,
  remedy: `\u200b\u2066javascript:window.harmed=3\u2069 ${"A".repeat(16_000)}\n<style>*{display:none}</style>`,
} as const;

const VIEWS = [
  "Overview",
  "Live feed",
  "Entries",
  "Problem graph",
  "Timeline",
  "Refusals and alarms",
  "Members",
] as const;

let shown: DashboardSwarm;
let way: Cuttable;
let profile: Profile;
let context: BrowserContext;
let page: Page;
const problems: string[] = [];

const ask = async <Name extends keyof DashboardVerbs>(
  verb: Name,
  input: DashboardVerbs[Name]["input"],
): Promise<DashboardVerbs[Name]["answer"]> => {
  const answered = await runVerb({ peer: shown.swarm, claims: createClientClaims() }, verb, input as JsonObject);
  if (!answered.ok) throw new Error(answered.message);
  return answered.value as DashboardVerbs[Name]["answer"];
};
const report = async (message: string, mitigation: string) => {
  const [ada] = shown.members;
  const receipt = await ada?.report({ problem: { error: { name: "Error", message } }, mitigation });
  if (receipt?.ok !== true) throw new Error("the report was refused");
  expect(await receipt.verdict).toMatchObject({ status: "admitted" });
  return receipt.id;
};

beforeAll(async () => {
  profile = await createProfile();
  [shown, context] = await Promise.all([
    createDashboardSwarm({
      name: "acme",
      names: ["ada", "ben", "cem", "dora", "eli", "fay"],
      incidents: INCIDENTS.slice(0, 18),
    }),
    profile.visitor(),
  ]);
  await report(HOSTILE.error, HOSTILE.remedy);
  way = await createCuttable(shown.web.url ?? "");
  // The policy of the page and its own errors: nothing may break either, in any of the tests.
  await context.addInitScript(() => {
    window.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      console.error(`policy: ${violatedDirective} ${blockedURI}`),
    );
  });
  context.on("page", (opened) => {
    opened.on("pageerror", (error) => problems.push(String(error)));
    opened.on("console", (message) => {
      if (message.type() === "error" && message.text().startsWith("policy")) problems.push(message.text());
    });
  });
  context.on("request", (request) => {
    if (!request.url().startsWith(way.url)) problems.push(`asked elsewhere: ${request.url()}`);
  });
});

afterAll(async () => {
  await profile?.[Symbol.asyncDispose]();
  await way?.[Symbol.asyncDispose]();
  await shown?.[Symbol.asyncDispose]();
  expect(problems).toEqual([]);
});

const main = () => page.getByRole("main");
const backToNow = async (): Promise<void> => {
  const back = page.getByRole("button", { name: "Back to now" });
  if (await back.isVisible()) await back.click();
};

describe("the dashboard", () => {
  it("T2 shows nothing without a code, and says why a wrong one is refused", async () => {
    const visitor = await profile.visitor();
    const stranger = await visitor.newPage();
    await stranger.goto(way.url);
    await stranger.getByLabel("Code").fill("WRONG-CODE");
    await stranger.getByRole("button", { name: "Sign in" }).click();
    await stranger.getByRole("alert").filter({ hasText: "wrong" }).waitFor();
    expect(await stranger.content()).not.toContain("acme");
    expect(await stranger.getByLabel("Code").inputValue()).toBe("");
    await visitor.close();

    page = await openDashboard(context, shown.web, way.url);
    expect(page.url()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/(#\/overview)?$/);
  });

  it("T2 the file that the command opens signs a page in; its cookie alone, as another port sees it, is worth nothing", async () => {
    const visitor = await profile.visitor();
    const opened = await visitor.newPage();
    const made = await shown.web.invitePage();
    if (!made.ok) throw new Error(made.refusal.message);
    const { url, file, code } = made.value;
    const form = readFileSync(file, "utf8");
    const firstAsked = opened.waitForRequest(`${url}/v1/watch`);
    const signIns: (string | undefined)[] = [];
    opened.on("request", (request) => {
      if (request.url() === `${url}/session`) signIns.push(request.headers()[PAGE_HEADER]);
    });
    await opened.goto(pathToFileURL(file).href);
    await opened.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    expect(opened.url()).toMatch(new RegExp(`^${url}/(#/overview)?$`));
    expect(signIns).toEqual([undefined, expect.stringMatching(/^[\w-]{43}$/)]);
    expect((await firstAsked).headers()[PAGE_HEADER]).toBe(signIns[1]);
    expect(await opened.content()).not.toContain(code);
    expect(existsSync(file)).toBe(false);
    const [cookie] = await visitor.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", path: "/" });
    const asked = await fetch(`${url}/v1/overview`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        origin: url,
        cookie: `${cookie?.name}=${cookie?.value}`,
        [PAGE_HEADER]: "k".repeat(43),
      },
      body: "{}",
    });
    expect(asked.status).toBe(401);

    // The same file again, kept by somebody: its code is used.
    await visitor.clearCookies();
    const old = `${file}.old.html`;
    writeFileSync(old, form);
    await opened.goto(pathToFileURL(old).href);
    await opened.getByRole("alert").filter({ hasText: "used" }).waitFor();
    expect(opened.url()).toBe(`${url}/`);
    expect(await opened.content()).not.toContain(code);
    rmSync(old);
    await visitor.close();
  });

  it("overview says what the verb says", async () => {
    const { entries, members, signals, repeatsPrevented, recalls, redactions } = await ask("overview", {});
    await main().getByText(`${repeatsPrevented}`, { exact: true }).waitFor();
    await expect.poll(() => main().innerText()).toMatch(new RegExp(`Here now\\s+7\\s+of ${members} members`));
    const text = await main().innerText();
    expect(text).toContain(`${entries.total} entries of canon`);
    expect(text).toMatch(new RegExp(`Signals\\s+${signals}`));
    expect(text).toMatch(new RegExp(`Secrets removed\\s+${redactions}`));
    expect(text).toContain(`${Math.round((repeatsPrevented / recalls) * 100)} % of ${recalls} recalls`);
    expect(redactions).toBeGreaterThan(0);
    await page.locator(".chart .recharts-bar-rectangle").first().waitFor();
    await main().getByText("As a table").click();
    const rows = page.getByRole("region", { name: /Signals that canon judged/ }).locator("tbody tr");
    await expect.poll(() => rows.count()).toBeGreaterThan(5);
  });

  it("the live feed shows a report as it happens; it pauses, and filters", async () => {
    await goTo(page, "Live feed");
    await report("the coffee machine of rack 7 is empty", "Fill it with beans from the store.");
    const events = page.getByRole("list", { name: "Events, newest first" });
    await events.getByText("the coffee machine of rack 7 is empty").waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await report("the tea of rack 8 is cold", "Heat the water of rack 8 again.");
    await page.getByText(/Paused, [1-9]\d* newer event/).waitFor();
    expect(await events.getByText("the tea of rack 8").count()).toBe(0);
    await page.getByRole("button", { name: "Go on" }).click();
    await events.getByText("the tea of rack 8 is cold").waitFor();
    await page.getByLabel("Kind").selectOption("immunized");
    expect(new Set(await events.locator(".event-name").allInnerTexts())).toEqual(new Set(["New entry"]));
    await page.getByLabel("Words").fill("rack 7");
    await expect.poll(() => events.locator("li").count()).toBe(1);
    await report("the lock of rack 6 is jammed", "Oil the lock of rack 6.");
    await expect
      .poll(() => page.locator(".visually-hidden[role=status]").textContent())
      .toContain("the lock of rack 6 is jammed");
  });

  it("entries are all there, filtered, sorted and searched by the node", async () => {
    await goTo(page, "Entries");
    const { total } = await ask("entries", {});
    await main().getByText(`${total} entries`, { exact: true }).waitFor();
    const titles = () => page.locator(".row-title").allInnerTexts();
    const titlesOf = async (query: DashboardVerbs["entries"]["input"]) =>
      (await ask("entries", query)).rows.map(({ title }) => title);
    await page.getByLabel("Sort by").selectOption("oldest");
    await expect.poll(async () => (await titles())[0]).toBe((await titlesOf({ sort: "oldest" }))[0]);
    await page.getByLabel("Domain").selectOption("database");
    await expect.poll(titles).toEqual(await titlesOf({ sort: "oldest", domain: "database" }));
    await page.getByLabel("Domain").selectOption("");
    await page.getByLabel("Status").selectOption("revoked");
    await expect.poll(titles).toEqual(["amount_too_small: Amount must be at least 50 cents"]);
    await page.locator(".row").click();
    await page.getByText(/1 writer told that it worked, 4 writers that it failed/).waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByRole("searchbox", { name: "Search" }).fill("deadlock");
    await main().getByText("1 entry", { exact: true }).waitFor();
    await page.locator(".row").click();
    const panel = page.getByRole("complementary", { name: "Entry" });
    await panel.getByRole("heading", { name: "Its story" }).waitFor();
    for (const part of ["Lock orders before order_lines", "Became an entry", "Gone after that.", "independent group"])
      await expect.poll(() => panel.innerText()).toContain(part);
    // Reloaded or linked, it is the same view.
    await page.reload();
    await panel.getByText("Lock orders before order_lines").first().waitFor();
    await page.keyboard.press("Tab");
    await panel.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Clear" }).click();
    await main().getByText(`${total} entries`, { exact: true }).waitFor();
  });

  it("by keyboard alone: past the navigation, through the list, into an entry and out", async () => {
    await goTo(page, "Overview");
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("Skip to content");
    for (let i = 0; i < 3; i++) await page.keyboard.press("Tab");
    expect(await focused()).toBe("Entries");
    await page.keyboard.press("Enter");
    await page.locator(".row").first().waitFor();
    expect(await focused()).toBe("Entries"); // its heading: whoever navigates by keyboard stands before the content
    const stop = page.locator('.row[tabindex="0"]');
    while (!(await stop.evaluate((row) => row === document.activeElement))) await page.keyboard.press("Tab");
    await page.keyboard.press("End");
    const oldest = (await ask("entries", { sort: "oldest", limit: 2 })).rows;
    await expect.poll(focused).toContain(oldest[0]?.title);
    await page.keyboard.press("ArrowUp");
    await expect.poll(focused).toContain(oldest[1]?.title);
    await page.keyboard.press("Enter");
    const panel = page.getByRole("complementary", { name: "Entry" });
    await panel.getByText("How far it can be trusted").waitFor();
    await expect.poll(() => panel.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press("Escape");
    await expect.poll(() => panel.count()).toBe(0);
  });

  it("E4 texts of others are text: nothing runs, what cannot be seen is spelled out, what is long is cut", async () => {
    await page.getByRole("searchbox", { name: "Search" }).fill("harmed");
    await main().getByText("1 entry", { exact: true }).waitFor();
    await page.locator(".row").click();
    const panel = page.getByRole("complementary", { name: "Entry" });
    await panel.getByText("<script>window.harmed = 1</script>").first().waitFor();
    expect(await panel.locator(".unseen").allInnerTexts()).toEqual(expect.arrayContaining(["\\u{202e}", "\\u{202c}"]));
    await panel
      .getByRole("button", { name: /Show all 16,\d{3} characters/ })
      .first()
      .click();
    await expect.poll(() => panel.innerText()).toContain("<style>*{display:none}</style>");
    for (const view of VIEWS) await goTo(page, view);
    expect(await page.evaluate(() => "harmed" in window)).toBe(false);
    expect(await page.content()).not.toMatch(/[\u202e\u2066\u200b]/);
  });

  it("the graph has the nodes of the verb, for the eye, the keyboard and a table", async () => {
    await goTo(page, "Problem graph");
    const { nodes, edges } = await ask("graph", { limit: 150 });
    await main().getByText(`${nodes.length} nodes, ${edges.length} connections`).waitFor();
    await expect.poll(() => page.locator(".graph-node").count()).toBe(nodes.length);
    const node = page.locator(".react-flow__node").filter({ hasText: "Lock orders before" });
    await node.focus();
    await page.keyboard.press("Enter");
    const chosen = page.getByRole("complementary", { name: "Chosen node" });
    await chosen.getByText("error: deadlock detected").first().waitFor();
    await chosen.getByRole("button", { name: "Draw what is around it" }).click();
    await expect.poll(() => page.locator(".graph-node").count()).toBeLessThan(nodes.length);
    await page.getByRole("button", { name: "The whole graph" }).click();
    await page.getByRole("button", { name: "As a table" }).click();
    const table = page.getByRole("region", { name: /Nodes of the problem graph/ });
    await expect.poll(() => table.locator("tbody tr").count()).toBe(nodes.length);
    await page.getByRole("button", { name: "As a table" }).click();
  });

  it("A4 the timeline goes back to any moment, and says so until one is back", async () => {
    await goTo(page, "Timeline");
    await page.getByLabel("Moment", { exact: true }).fill("30");
    const then = await ask("moment", { blocks: 30, withHash: true });
    await page.getByRole("heading", { name: "Canon after 30 blocks" }).waitFor();
    await main().getByText(`${then.entries.total} entries, ${then.members} members`).waitFor();
    expect(then.entries.total).toBeGreaterThan(0);
    expect(then.entries.total).toBeLessThan(shown.ids.length);
    await page.getByRole("link", { name: "Entries then" }).click();
    await main()
      .getByText(`${then.entries.total} ${then.entries.total === 1 ? "entry" : "entries"}`, { exact: true })
      .waitFor();
    await page.getByRole("complementary", { name: "Moment that is shown" }).getByText("Not now:").waitFor();
    await goTo(page, "Overview");
    await page.getByRole("button", { name: "Compute its hash" }).click();
    await main().locator(`code[title="${then.viewHash}"]`).waitFor();
    await goTo(page, "Members");
    await main().getByText("this view always shows now").waitFor();
    await backToNow();
    await goTo(page, "Entries");
    await main()
      .getByText(`${(await ask("entries", {})).total} entries`, { exact: true })
      .waitFor();
  });

  it("a replay runs to now by itself", async () => {
    await goTo(page, "Timeline");
    const { to } = await ask("timeline", {});
    await page.getByLabel("Moment", { exact: true }).fill(String(to - 3));
    await page.getByRole("button", { name: "Replay" }).click();
    await main()
      .getByText(/, now$/)
      .waitFor();
    await page.getByRole("button", { name: "Replay" }).waitFor();
    expect(await page.getByRole("complementary", { name: "Moment that is shown" }).count()).toBe(0);
  });

  it("refusals have their rule, what it means and what to do", async () => {
    await goTo(page, "Refusals and alarms");
    const { refusals, recent } = await ask("alarms", {});
    expect(refusals.map(({ rule }) => rule)).toContain("L7");
    expect(recent.map(({ rule }) => rule)).toContain("E9");
    for (const { rule } of refusals) await page.locator(".rules .rule-id").getByText(rule, { exact: true }).waitFor();
    for (const { message } of recent) await expect.poll(() => main().innerText()).toContain(message);
    expect(await main().innerText()).toContain("What to do:");
  });

  it("members are listed, and an invitation's ticket is shown once and works", async () => {
    await goTo(page, "Members");
    const table = page.getByRole("region", { name: "Members of the swarm" });
    const { members } = await ask("members", {});
    await expect.poll(() => table.locator("tbody tr").count()).toBe(members.length);
    await page.getByLabel("Uses").fill("1");
    await page.getByRole("button", { name: "Make a ticket" }).click();
    const ticket = await page.getByLabel("Ticket", { exact: true }).inputValue();
    await using gus = await join(ticket, { name: "gus" });
    await gus.synced();
    await table.getByRole("link", { name: "gus" }).waitFor();
    await page.getByRole("button", { name: "Done, forget it" }).click();
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]));
    expect(kept).not.toContain(ticket.slice(0, 40));
    expect(await page.content()).not.toContain(ticket.slice(0, 40));
  });

  it("axe finds nothing on any view, in light and in dark", async () => {
    /** Only contrast depends on the theme. */
    const check = (theme: string): Promise<readonly string[]> =>
      page.evaluate(
        async (options) => {
          const { axe: tool } = window as unknown as {
            axe: {
              run(
                options: object,
              ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
            };
          };
          const { violations } = await tool.run(options);
          return violations.flatMap(({ id, nodes }) =>
            nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
          );
        },
        theme === "Light" ? {} : { runOnly: ["color-contrast"] },
      );
    await page.emulateMedia({ reducedMotion: "reduce" }); // a colour on its way to another is neither
    await page.evaluate(axe.source);
    await goTo(page, "Entries");
    await page.locator(".row").nth(2).click();
    const found: string[] = [];
    for (const theme of ["Light", "Dark"]) {
      await page.getByRole("radio", { name: theme }).check({ force: true });
      for (const view of VIEWS) {
        await goTo(page, view);
        await page.locator(".row, .event, .graph-node, .recharts-surface, table").first().waitFor();
        found.push(...(await check(theme)).map((one) => `${theme}, ${view}: ${one}`));
      }
      await page.goto(`${way.url}/#/entries?id=${shown.ids[2]}&at=40`);
      await page.getByRole("heading", { name: "Its story" }).waitFor();
      found.push(...(await check(theme)).map((one) => `${theme}, entry: ${one}`));
      await backToNow();
    }
    expect(found).toEqual([]);
  });

  it("on a phone no view is wider than the screen, and no text is squeezed to a few letters a line", async () => {
    const wide = page.viewportSize();
    await page.setViewportSize({ width: 390, height: 844 });
    for (const view of VIEWS) {
      await goTo(page, view);
      const isWithin = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
      await expect.poll(isWithin, { message: view, timeout: 10_000 }).toBe(true);
    }
    const narrowest = (selector: string) =>
      page.locator(selector).evaluateAll((found) => Math.min(...found.map(({ clientWidth }) => clientWidth)));
    await goTo(page, "Entries");
    await page.locator(".row-title").first().waitFor();
    await expect.poll(() => narrowest(".row-words")).toBeGreaterThan(160);
    await goTo(page, "Refusals and alarms");
    await page.locator("td .foreign-block").first().waitFor();
    await expect.poll(() => narrowest("td .foreign-block")).toBeGreaterThan(160);
    if (wide !== null) await page.setViewportSize(wide);
  });

  it("says that the node does not answer, shows what it has as old, and comes back by itself", async () => {
    await goTo(page, "Overview");
    await page.waitForFunction(() => document.querySelector(".link.is-live") !== null);
    await way.cut();
    await page.getByText("The node does not answer.").first().waitFor();
    await expect.poll(() => page.locator("main.is-old").count()).toBe(1);
    await goTo(page, "Timeline");
    await page.getByRole("heading", { name: "Records of canon, block by block" }).waitFor();
    await report("a lamp of rack 9 is dark", "Change the lamp of rack 9.");
    await way.mend();
    await page.locator(".link.is-live").waitFor();
    await expect.poll(() => page.locator("main.is-old").count()).toBe(0);
    await goTo(page, "Entries");
    await main().getByText("a lamp of rack 9 is dark").waitFor();
  });

  it("T2 forgets what it showed when the session ends", async () => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Code").waitFor();
    expect(await page.content()).not.toContain("acme");
    const answered = await page.evaluate(
      async () => (await fetch("/v1/overview", { method: "POST", body: "{}" })).status,
    );
    expect(answered).toBe(401);
  });
});
