/** Pictures of the dashboard for the READMEs, from a real swarm: `npm run screenshots -w @herdmind/dashboard`. */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { Page } from "playwright-core";
import { createDashboardSwarm } from "./dashboard-swarm.ts";
import { goTo, openDashboard } from "./dashboard-visit.ts";
import { createProfile } from "./profile.ts";

const folder = resolve(process.argv[2] ?? resolve(import.meta.dirname, "../../packages/dashboard/screenshots"));
await mkdir(folder, { recursive: true });

await using shown = await createDashboardSwarm({
  name: "acme platform",
  names: ["ada", "ben", "cem", "dora", "eli", "fay", "gus"],
  repeats: 6,
});
await using profile = await createProfile();
const context = await profile.visitor();
const page = await openDashboard(context, shown.web);
await page.setViewportSize({ width: 1360, height: 900 });

const take = async (name: string, look: Page = page): Promise<void> => {
  await look.mouse.move(0, 0);
  await look.evaluate(() => document.fonts.ready);
  await look.screenshot({ path: resolve(folder, `${name}.png`) });
};
const theme = (name: "light" | "dark") => page.getByRole("radio", { name, exact: false }).check({ force: true });

// Something has to happen while somebody looks.
for (const [i, member] of shown.members.entries()) {
  const id = shown.ids[(i * 5) % shown.ids.length];
  const told = id === undefined ? undefined : await member.outcome(id, { success: i !== 2 });
  if (told?.ok === true) await told.verdict;
}
await theme("light");
await page.locator(".chart .recharts-surface").waitFor();
await page.locator(".events .event").nth(4).waitFor();
await page.setViewportSize({ width: 1360, height: 1240 });
await take("overview");
await page.setViewportSize({ width: 1360, height: 900 });
await goTo(page, "Entries");
await page.getByRole("link", { name: /statement timeout/ }).click();
await page.getByRole("heading", { name: "Its story" }).waitFor();
await take("entries");
await goTo(page, "Timeline");
await page.locator(".chart .recharts-surface").waitFor();
await page.getByLabel("Moment", { exact: true }).fill("40");
await page.getByRole("heading", { name: "Canon after 40 blocks" }).waitFor();
await take("timeline");
await page.getByRole("button", { name: "Back to now" }).click();
await theme("dark");
await page.setViewportSize({ width: 1180, height: 720 });
await goTo(page, "Problem graph");
await page.locator(".react-flow__node").filter({ hasText: "Lock orders before" }).click();
await page.getByRole("complementary", { name: "Chosen node" }).waitFor();
await page.waitForFunction(() => document.querySelectorAll(".graph-node.is-near").length > 3);
await page.waitForTimeout(400);
await take("graph-dark");
await goTo(page, "Overview");
await page.locator(".chart .recharts-surface").waitFor();
await page.setViewportSize({ width: 1360, height: 1240 });
await page.locator(".events .event").nth(4).waitFor();
await take("overview-dark");
