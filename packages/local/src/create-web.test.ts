import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSwarm } from "herdmind";
import { expect, test } from "vitest";
import { createWeb } from "./create-web.js";

test("the file that opens the page is whole at every moment, also while another code is asked for", async () => {
  const dir = mkdtempSync(join(tmpdir(), "herdmind-web-"));
  try {
    await using swarm = await createSwarm({ name: "web", relay: false });
    await using web = await createWeb({ peer: swarm }, { dir });
    const made = await web.invitePage();
    if (!made.ok) throw new Error(made.refusal.message);
    let isOver = false;
    const asking = (async () => {
      for (let i = 0; i < 50; i++) await web.invitePage();
    })().finally(() => {
      isOver = true;
    });
    while (!isOver) expect(await readFile(made.value.file, "utf8")).toMatch(/<\/html>\n$/);
    await asking;
    expect(readdirSync(dir).filter((name) => name.startsWith("dashboard.html"))).toEqual(["dashboard.html"]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
