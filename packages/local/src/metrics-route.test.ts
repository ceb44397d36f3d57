import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSwarm } from "herdmind";
import { expect, test } from "vitest";
import { serveHttp } from "./http-server.js";
import { observeNode } from "./observe-node.js";

test("metrics ask for the token, are read only, and reading them is no use of a node", async () => {
  const dir = mkdtempSync(join(tmpdir(), "herdmind-metrics-"));
  {
    await using peer = await createSwarm({ name: "idle", relay: false });
    await using observed = await observeNode(peer, () => undefined);
    const served = await serveHttp({ peer, observed }, { dir });
    if (!served.ok) throw new Error(served.refusal.message);
    await using server = served.value;
    const { token } = JSON.parse(readFileSync(join(dir, "http.json"), "utf8")) as { readonly token: string };
    const ask = (path: string, method: string, headers: { readonly [name: string]: string } = {}) =>
      fetch(server.url + path, { method, headers, ...(method === "POST" ? { body: "{}" } : {}) });
    const authorized = { authorization: `Bearer ${token}` };
    const began = performance.now();
    const scraped = await ask("/metrics", "GET", authorized);
    expect(scraped.status).toBe(200);
    expect(await scraped.text()).toContain("herdmind_signals_total 0\n");
    expect((await ask("/metrics?x=1", "GET")).status).toBe(401);
    expect((await ask("/metrics", "POST", authorized)).status).toBe(405);
    expect((await ask("/metrics", "GET", { ...authorized, origin: "https://elsewhere.example" })).status).toBe(403);
    const scraping = performance.now() - began;
    expect(server.idleMs()).toBeGreaterThanOrEqual(scraping);
    const used = performance.now();
    expect((await ask("/v1/status", "POST", authorized)).status).toBe(200);
    const idle = server.idleMs();
    expect(idle).toBeLessThanOrEqual(performance.now() - used);
  }
  rmSync(dir, { recursive: true, force: true });
});

test("without a node that is observed there is nothing at /metrics", async () => {
  const dir = mkdtempSync(join(tmpdir(), "herdmind-metrics-"));
  {
    await using peer = await createSwarm({ name: "unseen", relay: false });
    const served = await serveHttp({ peer }, { dir });
    if (!served.ok) throw new Error(served.refusal.message);
    await using server = served.value;
    const { token } = JSON.parse(readFileSync(join(dir, "http.json"), "utf8")) as { readonly token: string };
    const asked = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
    expect(asked.status).toBe(404);
  }
  rmSync(dir, { recursive: true, force: true });
});
