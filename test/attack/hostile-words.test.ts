/** What a relay says is shown to people and to programs: it writes no line of its own into a log, and makes no label of its own. */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMetrics, createNodeLog, followLog } from "@herdmind/observe";
import { createSwarm, join as joinSwarm } from "herdmind";
import { expect, test } from "vitest";
import { WebSocketServer } from "ws";

test("a refusal in words that end lines, clear screens and name a rule that there is not", async () => {
  const dir = mkdtempSync(join(tmpdir(), "herdmind-words-"));
  const ticket = "herdmind1.AAECAwQFBgcICQoLDA0ODxAREhMU";
  const forged = `\n{"level":"error","event":"alarm"}\u001b[2J\u202e ${ticket}`;
  const relay = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  relay.on("connection", (socket) => socket.close(4403, `Z9 no${forged}`));
  await once(relay, "listening");
  {
    await using swarm = await createSwarm({ name: "words", relay: false });
    const invitation = await swarm.invite({ addresses: [`ws://127.0.0.1:${(relay.address() as AddressInfo).port}`] });
    await using ada = await joinSwarm(invitation, { name: "ada" });
    using log = createNodeLog({ path: join(dir, "node.log"), env: { HERDMIND_LOG_LEVEL: "debug" } });
    using metrics = createMetrics(ada, { process: false });
    const stop = followLog(ada, log.log);
    await new Promise((resolve) => ada.on("connection", ({ state }) => state === "offline" && resolve(undefined)));
    stop();
    const scraped = await metrics.text();
    expect(scraped).toMatch(/^herdmind_refusals_total\{rule="other"\} [1-9]/m);
    expect(scraped).not.toContain("Z9");
  }
  relay.close();
  const written = readFileSync(join(dir, "node.log"), "utf8");
  expect(written).toMatch(/^[\x20-\x7e\ufffd\n]*$/);
  const lines = written.trimEnd().split("\n");
  const events = lines.map((line) => (JSON.parse(line) as { event: string }).event);
  expect(events).toEqual(expect.arrayContaining(["refused", "connection.offline"]));
  expect(events).not.toContain("alarm");
  expect(written).not.toContain(ticket);
  rmSync(dir, { recursive: true, force: true });
});
