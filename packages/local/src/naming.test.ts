import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSwarm, type Peer } from "herdmind";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveLocal } from "./local-server.js";
import { createNameLeases, MAX_LEASES } from "./name-leases.js";
import { createLocalNaming, createNodeNaming } from "./naming.js";

const dir = mkdtempSync(join(tmpdir(), "herdmind-naming-"));
let peer: Peer;
beforeAll(async () => {
  peer = await createSwarm({ name: "herd", relay: false });
});
afterAll(async () => {
  await peer.close();
  rmSync(dir, { recursive: true, force: true });
});

const serve = async (name: string, leases = createNameLeases()) => {
  const path = join(dir, name);
  const served = await serveLocal({ peer, leases }, path);
  if (!served.ok) throw new Error(served.refusal.message);
  return Object.assign(served.value, { leases });
};

test("a name is held as long as its client is connected, and does not keep the node up", async () => {
  await using server = await serve("held.sock");
  const [first, second] = [0, 1].map(() => createNodeNaming(async () => server.path));
  expect(await Promise.all([first?.as("ada"), first?.as("ada")])).toEqual(["ada", "ada"]);
  expect(await second?.as("ada")).toBe("ada 2");
  expect(server.leases.size).toBe(2);
  await expect.poll(() => server.idleMs()).toBeGreaterThan(0);
  first?.[Symbol.dispose]();
  await expect.poll(() => server.leases.size).toBe(1);
  using third = createNodeNaming(async () => server.path);
  expect(await third.as("ada")).toBe("ada");
  second?.[Symbol.dispose]();
});

test("a server that ends lets go of who is named, and the next one names them as before", async () => {
  let server = await serve("again.sock");
  using first = createNodeNaming(async () => server.path);
  using second = createNodeNaming(async () => server.path);
  expect([await first.as("ada"), await second.as("ada")]).toEqual(["ada", "ada 2"]);
  await server[Symbol.asyncDispose]();
  server = await serve("again.sock");
  await using _ = server;
  await expect.poll(() => second.as("ada")).toBe("ada 2");
  expect(await first.as("ada")).toBe("ada");
  expect(server.leases.size).toBe(2);
});

test("a node that ends while it is asked is not the last one that is asked", async () => {
  await using server = await serve("after.sock");
  const ending = createServer((_, response) => {
    if (sockets.length % 2 === 0) response.writeHead(200).end();
    else response.destroy();
  });
  await new Promise<void>((listening) => ending.listen(join(dir, "ending.sock"), listening));
  const sockets = ["none.sock", "ending.sock", "after.sock", "ending.sock", "ending.sock", "after.sock"];
  const next = async () => join(dir, sockets.shift() ?? "after.sock");
  using first = createNodeNaming(next);
  expect(await first.as("ada")).toBe("ada");
  expect(server.leases.size).toBe(1);
  using second = createNodeNaming(next);
  expect(await second.as("ada")).toBe("ada 2");
  expect(server.leases.size).toBe(2);
  ending.close();
});

test("where no name can be lent, clients share one: a node that is full, and one of an older version", async () => {
  const full = createNameLeases();
  for (let n = 0; n < MAX_LEASES; n += 1) full.take("ada");
  await using server = await serve("full.sock", full);
  using crowded = createNodeNaming(async () => server.path);
  expect(await crowded.as("ben")).toBe("ben");
  using near = createLocalNaming(full);
  expect(await near.as("ben")).toBe("ben");

  const older = createServer((_, response) => {
    response.writeHead(404, { "content-type": "application/json" });
    response.end(JSON.stringify({ ok: false, rule: "T4", message: "There is no verb" }));
  });
  const path = join(dir, "older.sock");
  await new Promise<void>((resolve) => older.listen(path, resolve));
  using old = createNodeNaming(async () => path);
  expect(await old.as("ben")).toBe("ben");
  older.close();
});
