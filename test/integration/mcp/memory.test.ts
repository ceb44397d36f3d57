/** `herdmind mcp --memory` beside the official memory server: the same calls by the official client over stdio, and what both answer. */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ensureNode, nodeMemory, stopNode } from "@herdmind/local/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const herdmind = resolve(import.meta.dirname, "../../../packages/cli/dist/main.js");
const require = createRequire(import.meta.url);
const manifest = require.resolve("@modelcontextprotocol/server-memory/package.json");
const official = join(manifest, "../dist/index.js");

const folder = mkdtempSync(join(tmpdir(), "herdmind-memory-"));
const dir = join(folder, "node");
const ends: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  await Promise.all(ends.map((end) => end()));
  await stopNode(dir);
  rmSync(folder, { recursive: true, force: true });
});

const connect = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Client> => {
  const client = new Client({ name: "differ", version: "1.0.0" });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [...args],
    env: { ...(process.env as Record<string, string>), ...env },
    stderr: "ignore",
  });
  await client.connect(transport as Transport);
  ends.push(() => client.close());
  return client;
};
const ours = (space: string): Promise<Client> => connect([herdmind, "mcp", "--memory", "--space", space, "--dir", dir]);

let theirs: Client;
let mine: Client;
beforeAll(async () => {
  [theirs, mine] = await Promise.all([
    connect([official], { MEMORY_FILE_PATH: join(folder, "memory.jsonl") }),
    ours("differ"),
  ]);
}, 60_000);

/** Lists without their order: that server keeps the order of its file, ours that of canon. */
const unordered = (value: unknown): unknown => {
  if (Array.isArray(value))
    return value.map(unordered).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, unordered(member)]));
};
/** The text of an answer is its structure as JSON, or words. */
const read = (text: string): unknown => {
  try {
    return unordered(JSON.parse(text));
  } catch {
    return text;
  }
};
const call = async (client: Client, name: string, input: object): Promise<unknown> => {
  const { content, structuredContent, isError = false } = await client.callTool({ name, arguments: { ...input } });
  const texts = (content as readonly { readonly type: string; readonly text: string }[]).map(({ type, text }) => ({
    type,
    text: read(text),
  }));
  return { texts, structured: unordered(structuredContent), isError };
};

type Call = readonly [name: string, input: object];

/** A generator of its own, so that a failing seed can be named. */
const randomCalls = (seed: number, count: number): readonly Call[] => {
  let state = seed;
  const below = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const names = ["Ada", "Bob", "", "Ünïcode 🐑", 'quo"te', "ada", "a/b", "__proto__", "line\nbreak", "constructor"];
  const types = ["person", "Team", ""];
  const facts = ["likes tea", "Likes TEA", "", "works at night", "[1,2]", "naïve", "x".repeat(2000)];
  const one = (all: readonly string[]): string => all[below(all.length)] as string;
  /** Different ones: that server keeps what is said twice in one call twice. */
  const some = (all: readonly string[]): string[] => [...new Set(Array.from({ length: below(4) }, () => one(all)))];
  const relation = () => ({ from: one(names), to: one(names), relationType: one(types) });
  const relations = () => [...new Map([relation(), relation()].map((it) => [JSON.stringify(it), it])).values()];
  const makers: readonly (() => Call)[] = [
    () => [
      "create_entities",
      { entities: some(names).map((name) => ({ name, entityType: one(types), observations: some(facts) })) },
    ],
    () => ["create_relations", { relations: relations() }],
    () => [
      "add_observations",
      { observations: some(names).map((entityName) => ({ entityName, contents: some(facts) })) },
    ],
    () => ["add_observations", { observations: [{ entityName: one(names), contents: some(facts) }] }],
    () => ["delete_observations", { deletions: [{ entityName: one(names), observations: some(facts) }] }],
    () => ["delete_relations", { relations: relations() }],
    () => (below(3) === 0 ? ["delete_entities", { entityNames: some(names) }] : ["read_graph", {}]),
    () => ["search_nodes", { query: one(["tea", "PERSON", "", "ada", "ï", "none at all", '"']) }],
    () => ["open_nodes", { names: some(names) }],
  ];
  return Array.from({ length: count }, () => (makers[below(makers.length)] as () => Call)());
};

describe("beside the official memory server", () => {
  test("it has the same tools, with the same schemas, titles, descriptions and hints", async () => {
    const [one, other] = await Promise.all([mine.listTools(), theirs.listTools()]);
    expect(one.tools.map(({ name }) => name)).toHaveLength(9);
    expect(one.tools).toEqual(other.tools);
    expect((await mine.listResources()).resources).toEqual((await theirs.listResources()).resources);
  });

  test.each([1, 2, 3])("it answers random calls alike, seed %i", { timeout: 60_000 }, async (seed) => {
    const said: Call[] = [];
    for (const [name, input] of [...randomCalls(seed, 60), ["read_graph", {}] as const]) {
      said.push([name, input]);
      const [one, other] = await Promise.all([call(mine, name, input), call(theirs, name, input)]);
      expect(one, `after ${JSON.stringify(said)}`).toEqual(other);
    }
  });

  test("it refuses what that server refuses, and in its words", async () => {
    for (const [name, input] of [
      ["add_observations", { observations: [{ entityName: "nobody", contents: ["x"] }] }],
      ["create_entities", { entities: [{ name: "half" }] }],
      ["create_entities", {}],
      ["forget_everything", {}],
    ] as const) {
      const [one, other] = await Promise.all([call(mine, name, input), call(theirs, name, input)]);
      expect(one).toMatchObject({ isError: true });
      expect(one).toEqual(other);
    }
  });

  test("its resource is the graph, and tells who subscribed that it changed", async () => {
    const uri = "memory://knowledge-graph";
    const updated = new Promise<string>((done) => {
      mine.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => done(params.uri));
    });
    await mine.subscribeResource({ uri });
    await call(mine, "create_entities", { entities: [{ name: "watched", entityType: "t", observations: [] }] });
    expect(await updated).toBe(uri);
    const { contents } = await mine.readResource({ uri });
    expect((contents[0] as { readonly text: string }).text).toContain('"watched"');
  });
});

describe("of its own", () => {
  test("20 parallel creates of four processes keep 20, and all see the same graph", { timeout: 60_000 }, async () => {
    const clients = await Promise.all([0, 1, 2, 3].map(() => ours("parallel")));
    const wanted = Array.from({ length: 20 }, (_, i) => `entity ${i}`);
    const made = await Promise.all(
      wanted.map((name, i) =>
        call(clients[i % 4] as Client, "create_entities", {
          entities: [
            { name, entityType: "thing", observations: [`by ${i % 4}`] },
            { name: "shared", entityType: "thing", observations: ["one"] },
          ],
        }),
      ),
    );
    for (const said of made) expect(said).toMatchObject({ isError: false });
    const added = await Promise.all(
      clients.map((client, i) =>
        call(client, "add_observations", { observations: [{ entityName: "shared", contents: [`from ${i}`] }] }),
      ),
    );
    for (const said of added) expect(said).toMatchObject({ isError: false });
    const graphs = await Promise.all(
      clients.map(async (client) => (await client.callTool({ name: "read_graph", arguments: {} })).structuredContent),
    );
    for (const graph of graphs) expect(graph).toEqual(graphs[0]);
    const { entities } = graphs[0] as { entities: { name: string; observations: string[] }[] };
    expect(entities.map(({ name }) => name).sort()).toEqual([...wanted, "shared"].sort());
    expect(entities.find(({ name }) => name === "shared")?.observations.toSorted()).toEqual(
      ["one", "from 0", "from 1", "from 2", "from 3"].toSorted(),
    );
  });

  test("E2 what grows by what is replaced in it is stored all the same, also when it is one entity", async () => {
    const mails = (n: number): string => `${n}: ${"a@b.co ".repeat(12)}`;
    const one = { name: "mails", entityType: "list", observations: Array.from({ length: 600 }, (_, n) => mails(n)) };
    const many = Array.from({ length: 500 }, (_, n) => ({
      name: `mail ${n}`,
      entityType: "mail",
      observations: [mails(n)],
    }));
    expect(await call(mine, "create_entities", { entities: [one] })).toMatchObject({ isError: false });
    expect(await call(mine, "create_entities", { entities: many })).toMatchObject({ isError: false });
    const opened = await mine.callTool({
      name: "open_nodes",
      arguments: { names: [one, ...many].map(({ name }) => name) },
    });
    const { entities } = opened.structuredContent as { entities: { observations: string[] }[] };
    expect(entities).toHaveLength(501);
    const kept = entities.flatMap(({ observations }) => observations);
    expect(kept).toHaveLength(1100);
    for (const text of kept) expect(text).toMatch(/^\d+: (\[redacted:e-mail\] ){12}$/);
    await call(mine, "delete_entities", { entityNames: [one, ...many].map(({ name }) => name) });
  });

  test("E2 a secret does not enter it, and nothing is named by one", async () => {
    const token = `ghp_${"k3T9".repeat(9)}`;
    const entity = { name: "key of the vault", entityType: "key", observations: [`is ${token}`] };
    await call(mine, "create_entities", { entities: [entity] });
    const opened = JSON.stringify(await call(mine, "open_nodes", { names: [entity.name] }));
    expect(opened).toContain("redacted");
    expect(opened).not.toContain(token);
    expect(await call(mine, "create_entities", { entities: [{ ...entity, name: "ada@example.com" }] })).toMatchObject({
      isError: true,
      texts: [{ text: expect.stringContaining("(E2)") }],
    });
    await call(mine, "delete_entities", { entityNames: [entity.name] });
    expect(JSON.stringify(await call(mine, "search_nodes", { query: "redacted" }))).not.toContain("vault");
  });

  test("E11 what does not fit is refused whole, and named; a program sees the same items through the node", async () => {
    const huge = { name: "huge", entityType: "t", observations: Array.from({ length: 1025 }, (_, i) => `o ${i}`) };
    expect(await call(mine, "create_entities", { entities: [huge] })).toMatchObject({
      isError: true,
      texts: [{ text: expect.stringContaining("1025 observations") }],
    });
    const long = { ...huge, observations: ["x".repeat(9000)] };
    expect(await call(mine, "create_entities", { entities: [long] })).toMatchObject({ isError: true });
    // More than one write holds.
    const large = { ...huge, observations: Array.from({ length: 40 }, (_, i) => `${i} ${"y".repeat(4000)}`) };
    expect(await call(mine, "create_entities", { entities: [large] })).toMatchObject({ isError: false });
    const memory = nodeMemory("differ", { dir });
    const item = await memory.get("e:huge");
    expect(item?.members).toEqual(large.observations);
    expect(await memory.list({ prefix: "e:hug" })).toEqual([item]);
    expect(
      await memory.write([
        { op: "put", key: "e:gone", value: 1, ifAbsent: true },
        { op: "delete", key: "e:gone" },
      ]),
    ).toMatchObject({ ok: true });
    expect(await memory.write([{ op: "add", key: "none", members: ["x"] }])).toMatchObject({
      ok: false,
      refusal: { rule: "E11" },
    });
  });

  test("a program reads more items through the node than one answer holds, in order", async () => {
    const memory = nodeMemory("pages", { dir, as: "writer" });
    const keys = Array.from({ length: 1500 }, (_, i) => `k${String(i).padStart(4, "0")}`);
    for (let i = 0; i < keys.length; i += 500) {
      const ops = keys.slice(i, i + 500).map((key) => ({ op: "put" as const, key, value: i }));
      expect(await memory.write(ops, { waitMs: 30_000 })).toMatchObject({ value: { verdict: { status: "admitted" } } });
    }
    expect((await memory.list()).map(({ key }) => key)).toEqual(keys);
    expect((await memory.list({ after: "k0100", limit: 1200 })).map(({ key }) => key)).toEqual(keys.slice(101, 1301));
    expect(await memory.list({ prefix: "k14", limit: 0 })).toEqual([]);
    expect(await memory.get("k9999")).toBeUndefined();
  });

  test("E11 L8 a node that is killed loses nothing that was answered, and the servers go on with the next one", {
    timeout: 60_000,
  }, async () => {
    const before = await ensureNode({ dir });
    if (!before.ok) throw new Error(before.refusal.message);
    const names: string[] = [];
    // Killed among parallel calls: those that were answered count, the others may.
    const killed = Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        const entity = { name: `killed ${i}`, entityType: "thing", observations: [`o ${i}`] };
        const said = await call(mine, "create_entities", { entities: [entity] });
        if ((said as { isError: boolean }).isError === false) names.push(entity.name);
        if (names.length === 10) process.kill(before.value.pid, "SIGKILL");
      }),
    );
    await killed;
    expect(names.length).toBeGreaterThanOrEqual(10);
    const { structuredContent } = await mine.callTool({ name: "search_nodes", arguments: { query: "killed " } });
    const found = (structuredContent as { entities: { name: string; observations: string[] }[] }).entities;
    expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    for (const { name, observations } of found) expect(observations).toEqual([name.replace("killed", "o")]);
    const after = await ensureNode({ dir });
    expect(after.ok && after.value.pid).not.toBe(before.value.pid);
  });
});
