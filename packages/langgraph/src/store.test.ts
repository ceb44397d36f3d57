import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveLocal } from "@herdmind/local";
import { nodeMemory, socketPath } from "@herdmind/local/client";
import { MAX_MEMORY_OPS } from "@herdmind/protocol";
import {
  type BaseStore,
  type IndexConfig,
  InMemoryStore,
  InvalidNamespaceError,
  type Item,
  type Operation,
  type SearchItem,
} from "@langchain/langgraph-checkpoint";
import fc from "fast-check";
import { createSwarm, type Memory, type Swarm } from "herdmind";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createSwarmStore } from "./store.js";

let swarm: Swarm;
/** Of the peer itself, and of the same one through its node's socket, as from another process. */
const memories = new Map<string, Memory>();
const stack = new AsyncDisposableStack();
beforeAll(async () => {
  swarm = stack.use(await createSwarm({ name: "store", relay: false, now: () => Date.now() }));
  const dir = await mkdtemp(join(tmpdir(), "herdmind-store-"));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const served = await serveLocal({ peer: swarm }, socketPath(dir));
  if (!served.ok) throw new Error(served.refusal.message);
  stack.use(served.value);
  memories.set("peer", swarm.memory("langgraph")).set("node", nodeMemory("langgraph", { dir }));
});
afterAll(() => stack.disposeAsync());

/** Each run begins with nothing. */
const emptied = async (through = "peer"): Promise<Memory> => {
  const memory = memories.get(through) as Memory;
  const gone = (await memory.list()).map(({ key }) => ({ op: "delete" as const, key }));
  while (gone.length > 0) await memory.write(gone.splice(0, 500));
  return memory;
};

const START = Date.UTC(2026, 0, 1);
beforeEach(() => {
  // Both stores read the clock: what they say of times can be compared to the millisecond.
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const label = fc.constantFrom("a", "b", "aa", "users");
const badLabel = fc.constantFrom("langgraph", "", "x.y", "x:y", "x\0y", 7 as unknown as string);
const good = fc.array(label, { minLength: 1, maxLength: 3 });
const bad = fc.tuple(fc.array(label, { maxLength: 2 }), badLabel).map(([labels, last]) => [...labels, last]);
const namespace = fc.oneof({ arbitrary: good, weight: 20 }, bad, fc.constant<string[]>([]));
/** Short ones find more. */
const prefix = fc.oneof({ arbitrary: fc.array(label, { maxLength: 1 }), weight: 2 }, namespace);
const key = fc.constantFrom("k", "l", "__proto__", "a.b", "", "ü/€");
/** Without names and texts that could be taken for a secret: those would be replaced (E2). */
const json = fc.object({
  key: fc.constantFrom("x", "y", "é"),
  values: [fc.integer(), fc.boolean(), fc.constantFrom("", "a", "\u{1f600}"), fc.constant(null)],
  maxDepth: 2,
});
const scalar = fc.constantFrom<unknown>(0, 1, 2, "1", "x", true, null);
const field = fc.constantFrom("n", "s", "t");
const value = fc.dictionary(field, fc.oneof({ arbitrary: scalar, weight: 4 }, json));
const operators = fc.dictionary(
  fc.constantFrom("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$unknown"),
  fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })),
  { maxKeys: 2 },
);
const filter = fc.oneof(
  { arbitrary: fc.constant(undefined), weight: 2 },
  fc.dictionary(field, fc.oneof(scalar, operators), { maxKeys: 2 }),
);
const path = fc.array(fc.oneof(label, fc.constant("*")), { maxLength: 3 });
const count = fc.option(fc.nat({ max: 4 }), { nil: undefined });
/** More than there is: in which order items of several namespaces come is compared nowhere, because both say nothing of it. */
const all = fc.constant(1000);

const put = fc.record({ namespace, key, value: fc.oneof({ arbitrary: value, weight: 4 }, fc.constant(null)) });
const get = fc.record({ namespace, key });
const search = fc.record({ namespacePrefix: prefix, filter, limit: all, query: fc.constantFrom(undefined, "x") });
const list = fc.record({
  matchConditions: fc.option(
    fc.array(fc.record({ matchType: fc.constantFrom("prefix", "suffix"), path }), { maxLength: 2 }),
    { nil: undefined },
  ),
  maxDepth: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  limit: count,
  offset: count,
});
const operation = fc.oneof({ arbitrary: put, weight: 3 }, get, search, list) as unknown as fc.Arbitrary<Operation>;

type Step =
  | { readonly call: "batch"; readonly operations: readonly Operation[] }
  | { readonly call: "get" | "delete"; readonly namespace: string[]; readonly key: string }
  | {
      readonly call: "put";
      readonly namespace: string[];
      readonly key: string;
      readonly value: Record<string, unknown>;
    }
  | { readonly call: "search"; readonly namespace: string[]; readonly options: object }
  | { readonly call: "listNamespaces"; readonly options: object };

const optional = fc.option(namespace, { nil: undefined });
const searchIn = (namespaces: fc.Arbitrary<string[]>, limit: fc.Arbitrary<number | undefined>): fc.Arbitrary<Step> =>
  fc.record({
    call: fc.constant("search" as const),
    namespace: namespaces,
    options: fc.record({ filter, limit, offset: limit === all ? fc.constant(0) : count }),
  });
const putIn = (namespaces: fc.Arbitrary<string[]>): fc.Arbitrary<Step> =>
  fc.record({ call: fc.constant("put" as const), namespace: namespaces, key, value });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ call: fc.constant("batch" as const), operations: fc.array(operation, { maxLength: 6 }) }),
  putIn(namespace),
  fc.record({ call: fc.constantFrom("get" as const, "delete" as const), namespace, key }),
  searchIn(prefix, all),
  fc.record({
    call: fc.constant("listNamespaces" as const),
    options: fc.record(
      { prefix: optional, suffix: optional, maxDepth: count, limit: count, offset: count },
      { requiredKeys: [] },
    ),
  }),
);
const here = fc.constant<string[]>(["users", "a"]);
const stepHere: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: putIn(here), weight: 2 },
  fc.record({ call: fc.constant("delete" as const), namespace: here, key }),
  searchIn(here, count),
);

const run = (store: BaseStore, step: Step): Promise<unknown> => {
  switch (step.call) {
    case "batch":
      return store.batch([...step.operations]);
    case "put":
      return store.put(step.namespace, step.key, step.value);
    case "get":
    case "delete":
      return store[step.call](step.namespace, step.key);
    case "search":
      return store.search(step.namespace, step.options);
    case "listNamespaces":
      return store.listNamespaces(step.options);
  }
};

type Answer = { readonly value: unknown } | { readonly error: string };
const answer = async (store: BaseStore, step: Step): Promise<Answer> => {
  try {
    return { value: structuredClone(await run(store, step)) };
  } catch (error) {
    return { error: `${(error as Error).name}: ${(error as Error).message}` };
  }
};

/**
 * The original, but for two things that are its own: it goes on listing a namespace whose last item was deleted, and hands out the
 * items that it goes on changing, so that a read of a batch shows what the same batch puts.
 */
const createOriginal = () => {
  const store = new InMemoryStore();
  const { data } = store as unknown as { readonly data: Map<string, Map<string, unknown>> };
  const forgetEmpty = (): void => {
    for (const [name, items] of data) if (items.size === 0) data.delete(name);
  };
  return {
    store,
    answer: async (step: Step): Promise<Answer> => {
      let before: Answer | undefined;
      if (step.call === "batch") {
        const reads = step.operations.map((each) => ("value" in each ? { namespace: ["a"], key: "k" } : each));
        before = await answer(store, { call: "batch", operations: reads });
      }
      const given = await answer(store, step);
      forgetEmpty();
      if (step.call !== "batch" || before === undefined || "error" in given || "error" in before) return given;
      const read = before.value as unknown[];
      return { value: step.operations.map((each, i) => ("value" in each ? null : read[i])) };
    },
  };
};

const placeOf = ({ namespace, key }: Item): string => JSON.stringify([namespace, key]);
const isFound = (value: unknown): value is SearchItem[] =>
  Array.isArray(value) && value.every((each) => typeof each === "object" && each !== null && "createdAt" in each);
/** Results of a search by place instead of by age. */
const byPlace = (value: unknown): unknown =>
  isFound(value) ? [...value].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1)) : value;
const unordered = (given: Answer, { call }: Step): Answer => {
  if ("error" in given) return given;
  return { value: call === "batch" ? (given.value as unknown[]).map(byPlace) : byPlace(given.value) };
};

describe.each([
  ["peer", 40],
  ["node", 12],
])("the store of a %s beside LangGraph's InMemoryStore", (through, numRuns) => {
  test("any sequence of calls is answered alike, errors and times included", async () => {
    const seen = { errors: 0, items: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30, size: "max" }), async (steps) => {
        const original = createOriginal();
        const ours = createSwarmStore(await emptied(through));
        for (const each of steps) {
          vi.setSystemTime(Date.now() + 1);
          const wanted = await original.answer(each);
          expect(unordered(await answer(ours, each), each)).toEqual(unordered(wanted, each));
          if ("error" in wanted) seen.errors += 1;
          else if (isFound(wanted.value)) seen.items += wanted.value.length;
        }
      }),
      { numRuns },
    );
    expect(seen.errors).toBeGreaterThan(0);
    expect(seen.items).toBeGreaterThan(0);
  });

  test("the items of a namespace come in the same order, page by page", async () => {
    let items = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(stepHere, { minLength: 10, maxLength: 30, size: "max" }), async (steps) => {
        const original = createOriginal();
        const ours = createSwarmStore(await emptied(through));
        for (const each of steps) {
          vi.setSystemTime(Date.now() + 1);
          const wanted = await original.answer(each);
          expect(await answer(ours, each)).toEqual(wanted);
          if ("value" in wanted && isFound(wanted.value)) items += wanted.value.length;
        }
      }),
      { numRuns: numRuns / 2 },
    );
    expect(items).toBeGreaterThan(0); // pages that were all empty would prove nothing
  });
});

/** How often which letter stands in a text: enough to rank by. */
const letters = (text: string): number[] =>
  [..."abcdefghijklmnopqrstuvwxyz"].map((letter) => text.toLowerCase().split(letter).length - 1);

describe("with an index", () => {
  test("a query ranks as in InMemoryStore; a text is embedded once", async () => {
    const embedded: string[] = [];
    const embeddings = {
      embedQuery: async (text: string) => letters(text),
      embedDocuments: async (texts: string[]) => {
        embedded.push(...texts);
        return texts.map(letters);
      },
    } as unknown as IndexConfig["embeddings"];
    const index: IndexConfig = { dims: 26, embeddings, fields: ["text", "also[*]"] };
    const original = new InMemoryStore({ index });
    const ours = createSwarmStore(await emptied(), { index });
    for (const [name, item] of Object.entries({
      one: { text: "the cat sat on the mat" },
      two: { text: "zebras zigzag", also: ["cats", "mats"] },
      three: { text: "a hat for a cat" },
      four: { other: "nothing to embed" },
    })) {
      vi.setSystemTime(Date.now() + 1);
      await original.put(["docs"], name, item);
      await ours.put(["docs"], name, item);
    }
    const texts = new Set(embedded);
    for (const options of [
      { query: "cat mat" },
      { query: "zigzag", limit: 2 },
      { query: "hat", offset: 1, limit: 2 },
    ]) {
      const wanted = await original.search(["docs"], options);
      expect(await ours.search(["docs"], options)).toEqual(wanted);
      expect(wanted.some(({ score }) => (score ?? 0) > 0)).toBe(true);
    }
    // Once by the original, once by ours, whatever was searched.
    expect(embedded.length).toBe(2 * texts.size);
    expect(await ours.search(["docs"], { limit: 1 })).toMatchObject([{ key: "one", score: undefined }]);
  });
});

describe("a store", () => {
  test("keeps apart what has a colon in its key", async () => {
    const store = createSwarmStore(await emptied());
    await store.batch([
      { namespace: ["a"], key: "b:k", value: { n: 1 } },
      { namespace: ["a", "b"], key: "k", value: { n: 2 } },
    ]);
    expect(await store.get(["a"], "b:k")).toMatchObject({ namespace: ["a"], key: "b:k", value: { n: 1 } });
    expect((await store.search(["a"])).map(({ value }) => value)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test("stores a batch that is larger than one write, and nothing of one that LangGraph refuses", async () => {
    const store = createSwarmStore(await emptied());
    const large = Array.from({ length: 40 }, (_, n) => ({
      namespace: ["big"],
      key: `k${n}`,
      value: { text: "words ".repeat(1000) },
    }));
    await store.batch(large);
    const many = Array.from({ length: 600 }, (_, n) => ({ namespace: ["many"], key: `k${n}`, value: { n } }));
    await store.batch(many);
    expect((await store.search([], { limit: 1000 })).length).toBe(640);
    const wrong = [
      { namespace: ["c"], key: "k", value: {} },
      { namespace: ["c", "d:e"], key: "k", value: {} },
    ];
    await expect(store.batch(wrong)).rejects.toThrow(InvalidNamespaceError);
    expect(await store.get(["c"], "k")).toBeNull();
  });

  test("says what it cannot store, and by which rule", async () => {
    const store = createSwarmStore(await emptied());
    await expect(store.put(["a"], "k", { text: "x".repeat(40_000) })).rejects.toThrow(/32768 bytes.*\(R1\)/);
    for (const wrong of [undefined, 7, "text", ["list"]])
      await expect(store.put(["a"], "k", wrong as never)).rejects.toThrow(/"k" is no object/);
    const ring: Record<string, unknown> = {};
    ring.ring = ring;
    await expect(store.put(["a"], "k", ring)).rejects.toThrow(TypeError);
    expect(await store.search([])).toEqual([]);
  });

  test.each(["peer", "node"])("E2 stores a full batch that grows by what is replaced in it (%s)", async (through) => {
    const store = createSwarmStore(await emptied(through));
    const mails = "a@b.co c@d.co e@f.co g@h.co i@j.co";
    const batch = Array.from({ length: MAX_MEMORY_OPS }, (_, n) => ({
      namespace: ["mails"],
      key: `k${n}`,
      value: { mails, pin: n, password: "hunter2x" },
    }));
    await store.batch(batch);
    const found = await store.search(["mails"], { limit: 1000 });
    expect(found).toHaveLength(MAX_MEMORY_OPS);
    for (const { value } of found)
      expect(value).toMatchObject({
        mails: mails.replaceAll(/\S+/g, "[redacted:e-mail]"),
        password: "[redacted:assigned-secret]",
      });
  });

  test("E2 replaces secrets in a value, and refuses a key that holds one: two of them would be one item", async () => {
    const memory = await emptied();
    const store = createSwarmStore(memory);
    await store.put(["users"], "1", { mail: "ada@example.com", age: 36 });
    expect((await store.get(["users"], "1"))?.value).toEqual({ mail: "[redacted:e-mail]", age: 36 });
    await expect(store.put(["users"], "ada@example.com", { age: 36 })).rejects.toThrow(/Use an id/);
    await memory.write([{ op: "put", key: "users.:[redacted:e-mail]", value: { age: 7 } }]);
    expect(await store.get(["users"], "bob@example.com")).toBeNull();
  });

  test("passes over what another program keeps in its space", async () => {
    const memory = await emptied();
    const store = createSwarmStore(memory);
    const foreign = ["plain", "a:b", ".:k", "a..:k", "users.:list", "users.:text"];
    await memory.write([
      ...foreign.map((name) => ({ op: "put" as const, key: name, value: name.endsWith("list") ? [1] : "text" })),
      { op: "put", key: "users.:k", value: { n: 1 } },
    ]);
    expect((await store.search([])).map(({ key }) => key)).toEqual(["k"]);
    expect(await store.listNamespaces()).toEqual([["users"]]);
    expect(await store.get(["users"], "list")).toBeNull();
  });

  test("shows a time that its author made up as a date", async () => {
    const memory = await emptied();
    const far = { key: "users.:k", value: { n: 1 }, members: [], createdAt: 9e15, updatedAt: 9e15 };
    const store = createSwarmStore({ ...memory, get: async () => far, list: async () => [far] });
    expect((await store.get(["users"], "k"))?.createdAt.toISOString()).toBe("+275760-09-13T00:00:00.000Z");
    expect((await store.search(["users"]))[0]?.updatedAt.toISOString()).toBe("+275760-09-13T00:00:00.000Z");
  });
});
