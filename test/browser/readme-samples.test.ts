// Every block of a README or the guide that is marked ```ts browser is a program for a page: it runs in Chromium and ends by itself. When
// it asks for a ticket, it gets one of a swarm that is up.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSwarm, type Swarm } from "herdmind";
import { afterAll, beforeAll, expect, it } from "vitest";
import { splitCode } from "../house/markdown.ts";
import { filesBelow, packagesOf, repository, shown } from "../house/workspace.ts";
import { type Served, servePages } from "./pages.ts";
import { createProfile, type Profile } from "./profile.ts";

// Inside the tree, so that imports resolve; one folder for each run. Ignored by git.
const folder = join(repository, "test/.samples", `${process.pid}-browser`);

const samples = [repository, ...packagesOf(repository).map((item) => item.folder)]
  .map((home) => join(home, "README.md"))
  .filter((path) => existsSync(path))
  .concat(filesBelow(join(repository, "packages/herdmind/guide"), (name) => name.endsWith(".md")))
  .flatMap((path) =>
    splitCode(readFileSync(path, "utf8"))
      .blocks.filter(({ language, note }) => language === "ts" && note === "browser")
      .map(({ code, line }) => {
        const title = `${shown(repository, path)}:${line}`;
        return { title, name: title.replace(/[^a-z0-9]+/gi, "-").toLowerCase(), code };
      }),
  );

let pages: Served;
let profile: Profile;
let swarm: Swarm;
beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  for (const { name, code } of samples) {
    writeFileSync(join(folder, `${name}.ts`), code);
    writeFileSync(
      join(folder, `${name}-run.ts`),
      `import(${JSON.stringify(`./${name}.ts`)}).then(() => "ran", String).then((end) => Object.assign(globalThis, { end }));\n`,
    );
  }
  pages = await servePages(Object.fromEntries(samples.map(({ name }) => [name, join(folder, `${name}-run.ts`)])));
  profile = await createProfile();
  swarm = await createSwarm({ name: "herd" });
});
afterAll(async () => {
  await profile[Symbol.asyncDispose]();
  await swarm.close();
  await pages[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

it.each(samples)("$title runs", async ({ name, code }) => {
  const context = await profile.visitor();
  const page = await context.newPage();
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("dialog", async (dialog) => dialog.accept(await swarm.invite()));
  await page.goto(`${pages.url}/${name}.html`);
  await page.waitForFunction(() => "end" in globalThis);
  expect(await page.evaluate("end")).toBe("ran");
  // What a line prints stands behind it: `console.log(x); // this`.
  const promised = [...code.matchAll(/console\.log\(.*\/\/ (.+)$/gm)].map(([, text]) => text);
  expect(said).toEqual(promised);
  await context.close();
});
