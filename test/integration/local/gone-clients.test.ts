/** Clients that go away, or stand still, in the middle of a request: the node forgets them, idles, and ends all the same. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClientClaims, serveLocal } from "@herdmind/local";
import { createSwarm } from "herdmind";
import { afterEach, expect, test } from "vitest";

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const open = async () => {
  const dir = mkdtempSync(join(tmpdir(), "herdmind-gone-"));
  dirs.push(dir);
  const peer = await createSwarm({ name: "machine", dir, relay: false });
  const served = await serveLocal({ peer, claims: createClientClaims() }, join(dir, "test.sock"));
  if (!served.ok) throw new Error(served.refusal.message);
  const server = served.value;
  const send = async (verb: string, body: string, length = Buffer.byteLength(body)) => {
    const socket = connect(server.path);
    socket.write(`POST /v1/${verb} HTTP/1.1\r\nhost: node\r\ncontent-length: ${length}\r\n\r\n${body}`);
    await expect.poll(() => server.idleMs()).toBe(0);
    return socket;
  };
  return { peer, server, send };
};

test("one that leaves in the middle of its request is not waited for", async () => {
  const { peer, server, send } = await open();
  (await send("status", "{", 100)).destroy();
  await expect.poll(() => server.idleMs()).toBeGreaterThan(0);
  await server[Symbol.asyncDispose]();
  await peer.close();
});

test("one that leaves before its answer is not waited for", async () => {
  const { peer, server, send } = await open();
  const { fingerprints } = await peer.recall({ error: "the lift stands still" });
  const other = await peer.as("other");
  const turn = await other.claim(fingerprints[0] as (typeof fingerprints)[number]);
  const waiting = new Promise((resolve) => peer.on("waiting", resolve));
  const socket = await send("claim", JSON.stringify({ error: "the lift stands still", waitMs: 60_000 }));
  await waiting;
  socket.destroy();
  await expect.poll(() => server.idleMs()).toBeGreaterThan(0);
  if (turn.type === "search") turn.end();
  await server[Symbol.asyncDispose]();
  await peer.close();
});

test("one that stands still holds up no end", async () => {
  const { peer, server, send } = await open();
  const socket = await send("status", "{", 100);
  const closed = once(socket, "close");
  await server[Symbol.asyncDispose]();
  await closed;
  await peer.close();
});
