import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { stopNode } from "./ensure-node.js";
import { socketPath } from "./home.js";
import { askNode, streamNode } from "./local-client.js";

const folder = mkdtempSync(join(tmpdir(), "herdmind-strange-"));
afterAll(() => rmSync(folder, { recursive: true }));

const listen = async (handle: RequestListener) => {
  const dir = mkdtempSync(join(folder, "dir-"));
  const server = createServer(handle).listen(socketPath(dir));
  await once(server, "listening");
  return {
    dir,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

test("what listens there and is no node is said to be none, to whoever asks once or for a stream", async () => {
  await using strange = await listen((_, response) => response.writeHead(500).end("<html>"));
  const path = socketPath(strange.dir);
  await expect(askNode(path, "status", {})).rejects.toThrow("is no node of herdmind");
  await expect(streamNode(path, "export", {})).rejects.toThrow("is no node of herdmind");
});

test("a node that ends by itself while it is told to is a node that ended", async () => {
  const { pid } = spawnSync("true");
  await using strange = await listen((_, response) => {
    response.end(JSON.stringify({ ok: true, value: { node: { pid } } }));
    response.once("close", () => void strange[Symbol.asyncDispose]());
  });
  expect(await stopNode(strange.dir)).toBe("stopped");
});
