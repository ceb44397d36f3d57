import { readFileSync } from "node:fs";
import type { Ask } from "@herdmind/tools";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { expect, test } from "vitest";
import { createMcpServer, createMemoryServer } from "./index.js";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
const nobody: Ask = async () => ({ ok: false, rule: "unavailable", message: "there is no node" });

test.each([
  ["herdmind", createMcpServer],
  ["herdmind-memory", createMemoryServer],
])("%s says the version of its package to the official client", async (name, create) => {
  const client = new Client({ name: "reader", version: "1.0.0" });
  const [near, far] = InMemoryTransport.createLinkedPair();
  const server = create(nobody);
  await server.connect(far);
  await client.connect(near);
  expect(client.getServerVersion()).toMatchObject({ name, version: manifest.version });
  await client.close();
});
