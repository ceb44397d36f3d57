/** Clients that go away, or stand still, in the middle of a request: the node forgets them, idles, and ends all the same. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveLocal } from "@herdmind/local";
import { createSwarm, join as joinSwarm } from "herdmind";
import { afterEach, expect, test } from "vitest";

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const makeDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "herdmind-gone-"));
  dirs.push(dir);
  return dir;
};

/** A member whose orchestrator has gone: its reports wait for a verdict. */
const open = async () => {
  await using swarm = await createSwarm({ name: "gone", dir: makeDir(), relay: { port: 0 } });
  const dir = makeDir();
  const peer = await joinSwarm(await swarm.invite(), { name: "member", dir });
  const served = await serveLocal({ peer }, join(dir, "test.sock"));
  if (!served.ok) throw new Error(served.refusal.message);
  const server = served.value;
  /** Connects and sends a request; ended by whoever called. */
  const send = (verb: string, body: string, length = Buffer.byteLength(body)) => {
    const socket = connect(server.path);
    socket.write(`POST /v1/${verb} HTTP/1.1\r\nhost: node\r\ncontent-length: ${length}\r\n\r\n${body}`);
    return socket;
  };
  return { peer, server, send };
};

test("one that leaves in the middle of its request is not waited for", async () => {
  const { peer, server, send } = await open();
  const socket = send("status", "{", 100);
  await expect.poll(() => server.idleMs()).toBe(0);
  socket.destroy();
  await expect.poll(() => server.idleMs()).toBeGreaterThan(0);
  await server[Symbol.asyncDispose]();
  await peer.close();
});

test("one that leaves before its answer is not waited for", async () => {
  const { peer, server, send } = await open();
  const socket = send("report", JSON.stringify({ error: "the lift stands still", mitigation: "pull", waitMs: 60_000 }));
  await expect.poll(() => peer.pending).toBe(1);
  expect(server.idleMs()).toBe(0);
  socket.destroy();
  await expect.poll(() => server.idleMs()).toBeGreaterThan(0);
  await server[Symbol.asyncDispose]();
  await peer.close();
});

test("one that stands still holds up no end", async () => {
  const { peer, server, send } = await open();
  const socket = send("status", "{", 100);
  await expect.poll(() => server.idleMs()).toBe(0);
  const closed = once(socket, "close");
  await server[Symbol.asyncDispose]();
  await closed;
  await peer.close();
});
