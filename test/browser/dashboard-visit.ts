/** A visitor of a dashboard: signs in as a person does, with the code that the command would print. */
import type { Web } from "@herdmind/local";
import type { BrowserContext, Page } from "playwright-core";

export const signIn = async (page: Page, code: string): Promise<void> => {
  await page.getByLabel("Code").fill(code);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
};

/** `url`: another way to it than its own. */
export const openDashboard = async (context: BrowserContext, web: Web, url = web.url ?? ""): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(url);
  const invited = await web.invitePage();
  if (!invited.ok) throw new Error(invited.refusal.message);
  await signIn(page, invited.value.code);
  return page;
};

export const goTo = async (page: Page, view: string): Promise<void> => {
  await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: view, exact: true }).click();
  await page.getByRole("heading", { level: 1, name: view }).waitFor();
};
