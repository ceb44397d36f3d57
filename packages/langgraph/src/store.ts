/**
 * LangGraph's long-term memory on a memory of the swarm. What can be asked of a store, LangGraph's own `InMemoryStore` answers, over
 * the items that are held here: filters, pages, namespaces, errors and vectors are its, also in versions to come. Kept here are only
 * the items, each under one key, and a batch is one write.
 */

import { type JsonObject, type MemoryOp, writeInParts } from "@herdmind/protocol";
import {
  BaseStore,
  type IndexConfig,
  InMemoryStore,
  type Item,
  type ListNamespacesOperation,
  type Operation,
  type OperationResults,
  type PutOperation,
  type SearchItem,
  type SearchOperation,
} from "@langchain/langgraph-checkpoint";
import type { Memory, MemoryItem } from "herdmind";
import { redact } from "herdmind/loop";
import { createTextVectors } from "./text-vectors.js";

export interface SwarmStoreOptions {
  /**
   * The same as that of `InMemoryStore`: with it, `query` ranks by meaning. Vectors are made here, of what is searched, and never
   * leave this process. Without it, `query` is not looked at, as there.
   */
  readonly index?: IndexConfig;
}

/** Labels hold neither "." nor ":", so one prefix finds a namespace and all below it, and the first ":" ends it. */
const prefixOf = (namespace: readonly string[]): string => namespace.map((label) => `${label}.`).join("");
const keyOf = (namespace: readonly string[], key: string): string => `${prefixOf(namespace)}:${key}`;

/** The last moment that a `Date` has. Times are their authors' word: one beyond it is an invalid date, which throws where it is shown. */
const LAST_MS = 8.64e15;
const dateOf = (ms: number): Date => new Date(Math.min(ms, LAST_MS));

/** `undefined`: another program keeps something else in this space. */
const itemOf = ({ key, value, createdAt, updatedAt }: MemoryItem): Item | undefined => {
  const end = key.indexOf(":");
  const labels = key.slice(0, Math.max(end, 0)).split(".");
  if (labels.pop() !== "" || labels.length === 0 || labels.includes("")) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return {
    namespace: labels,
    key: key.slice(end + 1),
    value: { ...value },
    createdAt: dateOf(createdAt),
    updatedAt: dateOf(updatedAt),
  };
};

const isPut = (operation: Operation): operation is PutOperation => "value" in operation;

/** Oldest first, as a `Map` would give them; equal on every peer that holds the same items. */
const byAge = (a: Item, b: Item): number => a.createdAt.getTime() - b.createdAt.getTime();

/** As it can be stored; LangGraph asks for "a JSON-serializable object with string keys". */
const toJson = (value: unknown, key: string): JsonObject => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError(`The value of ${JSON.stringify(key)} is no object with fields, so it cannot be stored.`);
  return JSON.parse(JSON.stringify(value)) as JsonObject;
};

/** Two keys that differ only in what would be replaced before signing would be one item (E2), so such a key is refused. */
const namedKey = async ({ namespace, key }: PutOperation): Promise<string> => {
  const named = keyOf(namespace, key);
  if ((await redact({ key: named })).value.key === named) return named;
  const why = `the key ${JSON.stringify(key)} or its namespace holds a secret or an address. Use an id.`;
  throw notStored(why, "E2");
};

const notStored = (why: string, rule: string): Error => new Error(`Not stored: ${why} (${rule})`);

class SwarmStore extends BaseStore {
  readonly #memory: Memory;
  readonly #index: IndexConfig | undefined;

  constructor(memory: Memory, { index }: SwarmStoreOptions) {
    super();
    this.#memory = memory;
    // Each search ranks what is held now: what was embedded before is not embedded again.
    this.#index = index === undefined ? undefined : { ...index, embeddings: createTextVectors(index.embeddings) };
  }

  /** Reads see what was there before the batch. Of several puts of a key the last counts. */
  async batch<Op extends Operation[]>(operations: Op): Promise<OperationResults<Op>> {
    // An empty store refuses what LangGraph refuses, in its words, before anything is read or written.
    await new InMemoryStore().batch([...operations]);
    const results: readonly unknown[] = await Promise.all(
      operations.map((operation) => (isPut(operation) ? null : this.#read(operation))),
    );
    const writes = new Map<string, MemoryOp>();
    for (const operation of operations) {
      if (!isPut(operation)) continue;
      const key = await namedKey(operation);
      const { value } = operation;
      writes.set(key, value === null ? { op: "delete", key } : { op: "put", key, value: toJson(value, operation.key) });
    }
    const refused = await writeInParts(writes.values(), async (ops) => {
      const written = await this.#memory.write(ops);
      return written.ok ? undefined : written.refusal;
    });
    if (refused !== undefined) throw notStored(refused.message, refused.rule);
    return results as OperationResults<Op>;
  }

  async #read(operation: Exclude<Operation, PutOperation>): Promise<Item | null | SearchItem[] | string[][]> {
    if ("key" in operation) {
      const key = keyOf(operation.namespace, operation.key);
      const held = await this.#memory.get(key);
      // A memory looks for what remains of a key without its secrets; what it finds then is another program's.
      return (held?.key === key ? itemOf(held) : undefined) ?? null;
    }
    if (!("namespacePrefix" in operation)) {
      const list: [ListNamespacesOperation] = [{ ...operation, matchConditions: operation.matchConditions ?? [] }];
      return (await (await this.#view("", false)).store.batch(list))[0];
    }
    const { store, items } = await this.#view(prefixOf(operation.namespacePrefix), operation.query !== undefined);
    const search: [SearchOperation] = [operation];
    const [found] = await store.batch(search);
    return found.map(({ score, key }) => ({ ...(items[Number(key)] as Item), score: score as number }));
  }

  /** What is held under a prefix, as LangGraph's own store: each item under its place, where its times and its key are. */
  async #view(
    prefix: string,
    isRanked: boolean,
  ): Promise<{ readonly store: InMemoryStore; readonly items: readonly Item[] }> {
    const held = (await this.#memory.list({ prefix })).map(itemOf).filter((item) => item !== undefined);
    held.sort(byAge);
    const store = new InMemoryStore(isRanked && this.#index !== undefined ? { index: this.#index } : undefined);
    await store.batch(held.map(({ namespace, value }, place) => ({ namespace, key: String(place), value })));
    return { store, items: held };
  }
}

/**
 * A store for `compile({ store })`, `getStore()` and all else that takes a `BaseStore`. What one agent puts, every agent of the swarm
 * finds. Secrets in a value are replaced before it is signed (E2); a value that cannot be stored throws, and names the rule.
 */
export const createSwarmStore = (memory: Memory, options: SwarmStoreOptions = {}): BaseStore =>
  new SwarmStore(memory, options);
