import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { socketPath } from "@herdmind/local/client";
import { afterEach, beforeEach, expect, test } from "vitest";
import { askSoon } from "./swarm-soon.js";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "herdmind-soon-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const signal = new AbortController().signal;

test("S1 a directory without a peer is said at once, and no node is started there", async () => {
  expect(await askSoon({ dir, signal }, "recall", { text: "x" })).toMatchObject({ ok: false, rule: "S1" });
});

test("a node that hangs is waited for as long as patience lasts, and no longer", async () => {
  writeFileSync(join(dir, "peer.json"), "{}");
  const hung = createServer(() => undefined);
  await new Promise<void>((done) => {
    hung.listen(socketPath(dir), done);
  });
  try {
    const answer = await askSoon({ dir, signal }, "recall", { text: "x" }, 200);
    expect(answer).toMatchObject({ ok: false, rule: "unavailable" });
    expect(answer.ok ? "" : answer.message).toMatch(/did not answer|could not be/);
  } finally {
    hung.close();
  }
});
