/**
 * The knowledge graph of the official memory server, kept in a space of the swarm's memory: an entity is an item whose members are its
 * observations, a relation is an item. Nothing is held here, so that any number of servers may work on one graph.
 */
import {
  type JsonObject,
  type JsonValue,
  MAX_MEMORY_MEMBERS,
  MAX_MEMORY_OPS,
  type MemoryOp,
  writeInParts,
} from "@herdmind/protocol";
import type { Ask } from "@herdmind/tools";
import {
  ENTITY,
  type Entity,
  entityKey,
  entityOf,
  type Item,
  isThere,
  putEntity,
  putRelation,
  RELATION,
  type Relation,
  relationKey,
  relationOf,
} from "./graph-items.js";

export interface KnowledgeGraph {
  readonly entities: readonly Entity[];
  readonly relations: readonly Relation[];
}

export interface GraphOptions {
  /** The space of the memory; default `graph`. */
  readonly space?: string;
  /** The agent in whose log writes stand; default: the node's own. */
  readonly as?: () => Promise<string | undefined>;
  /** Milliseconds to wait for canon's verdict on a write; default 1,000: usually a few, and without an orchestrator a call should not stand still. */
  readonly verdictMs?: number;
}

/** Every method throws an `Error` whose message says what to do where the node refuses, or cannot be reached. */
export interface Graph {
  /** Those that were not there, as they are kept. */
  createEntities(entities: readonly Entity[]): Promise<readonly Entity[]>;
  createRelations(relations: readonly Relation[]): Promise<readonly Relation[]>;
  addObservations(
    observations: readonly { readonly entityName: string; readonly contents: readonly string[] }[],
  ): Promise<readonly { readonly entityName: string; readonly addedObservations: readonly string[] }[]>;
  /** With the relations that touch them. */
  deleteEntities(names: readonly string[]): Promise<void>;
  deleteObservations(
    deletions: readonly { readonly entityName: string; readonly observations: readonly string[] }[],
  ): Promise<void>;
  deleteRelations(relations: readonly Relation[]): Promise<void>;
  read(): Promise<KnowledgeGraph>;
  /** Entities with the query in their name, type or an observation, in any case, and every relation that touches them. */
  search(query: string): Promise<KnowledgeGraph>;
  open(names: readonly string[]): Promise<KnowledgeGraph>;
  /** Adds what is missing of a graph, observations of known entities too. The same graph twice writes nothing. */
  merge(graph: KnowledgeGraph): Promise<Merged>;
}

/** Of the entities and relations of a graph. */
export interface Merged {
  readonly added: number;
  /** Entities that were there and got observations. */
  readonly extended: number;
  readonly known: number;
  /** Secrets that were replaced before signing (E2). */
  readonly redactions: number;
}

export const DEFAULT_SPACE = "graph";
const VERDICT_MS = 1000;
/** Milliseconds for which no verdict is waited for after one did not come: whoever works offline should not wait with each call. */
const OFFLINE_MS = 30_000;

const touches = (names: ReadonlySet<string>, { from, to }: Relation): boolean => names.has(from) || names.has(to);
/** The first of each key. */
const uniqueBy = <T>(all: readonly T[], keyOf: (one: T) => string): readonly T[] => {
  const seen = new Set<string>();
  return all.filter((one) => {
    const key = keyOf(one);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
};

const failure = ({ rule, message }: { readonly rule: string; readonly message: string }): Error =>
  new Error(`${message} (${rule})`);

export const createGraph = (
  ask: Ask,
  { space = DEFAULT_SPACE, as = async () => undefined, verdictMs = VERDICT_MS }: GraphOptions = {},
): Graph => {
  const answered = async <T>(input: JsonObject): Promise<T> => {
    const said = await ask("memory-read", input);
    if (!said.ok) throw failure(said);
    return said.value as T;
  };

  /** In the order in which they were made, as far as clocks say. */
  const list = async (prefix: string): Promise<readonly Item[]> => {
    const items: Item[] = [];
    for (let after: string | undefined; ; ) {
      const more = after === undefined ? {} : { after };
      const page = await answered<{ items: readonly Item[]; next?: string }>({ space, prefix, ...more });
      items.push(...page.items);
      if (page.next === undefined) return items.sort((a, b) => a.createdAt - b.createdAt);
      after = page.next;
    }
  };
  /** Items of these keys, `undefined` where there is none. */
  const items = async (keys: readonly string[]): Promise<readonly (Item | undefined)[]> => {
    const found: (Item | undefined)[] = [];
    // An answer has at least one of them, and not all where they are large.
    while (found.length < keys.length) {
      const asked = keys.slice(found.length, found.length + MAX_MEMORY_OPS);
      const { items: some } = await answered<{ items: readonly (Item | null)[] }>({
        space,
        keys: asked,
      });
      if (some.length === 0)
        throw new Error("The node answers none of the items that it was asked for. Update it. (internal)");
      found.push(...some.map((item) => item ?? undefined));
    }
    return found;
  };
  let waitsAgainAt = 0;
  /** Answers how many secrets were removed. */
  const write = async (ops: readonly MemoryOp[]): Promise<number> => {
    const name = await as();
    let redactions = 0;
    const refused = await writeInParts(ops, async (part) => {
      const said = await ask("memory-write", {
        space,
        ops: part as unknown as readonly JsonValue[],
        waitMs: performance.now() < waitsAgainAt ? 0 : verdictMs,
        ...(name === undefined ? {} : { as: name }),
      });
      if (!said.ok) return said;
      const { verdict, redactions: some } = said.value as Written;
      redactions += some.length;
      if (verdict.status === "pending" && performance.now() >= waitsAgainAt)
        waitsAgainAt = performance.now() + OFFLINE_MS;
      if (verdict.status === "rejected" || verdict.status === "ignored" || verdict.status === "revoked")
        throw failure({ rule: verdict.rule ?? verdict.status, message: verdict.reason ?? "It does not count." });
      return undefined;
    });
    if (refused !== undefined) throw failure(refused);
    return redactions;
  };
  const entities = async (): Promise<readonly Entity[]> => (await list(ENTITY)).map(entityOf).filter(isThere);
  const relations = async (): Promise<readonly Relation[]> => (await list(RELATION)).map(relationOf).filter(isThere);
  const around = async (found: readonly Entity[]): Promise<KnowledgeGraph> => {
    const names = new Set(found.map(({ name }) => name));
    return { entities: found, relations: (await relations()).filter((relation) => touches(names, relation)) };
  };
  /** Puts what is not there, and answers it as it is kept. */
  const putNew = async <T>(
    given: readonly T[],
    keyOf: (one: T) => string,
    opOf: (one: T) => MemoryOp,
    read: (item: Item) => T | undefined,
  ): Promise<readonly T[]> => {
    const wanted = uniqueBy(given, keyOf);
    const held = await items(wanted.map(keyOf));
    const fresh = wanted.filter((_, i) => held[i] === undefined);
    const redactions = await write(fresh.map(opOf));
    if (redactions === 0) return fresh;
    return (await items(fresh.map(keyOf))).filter(isThere).map(read).filter(isThere);
  };

  return {
    createEntities: async (given) => {
      const all = given.map((one) => ({ ...one, observations: [...new Set(one.observations)] }));
      // Before anything is written: what is left of a large entity would stand there without the rest.
      const large = all.find(({ observations }) => observations.length > MAX_MEMORY_MEMBERS);
      if (large !== undefined)
        throw new Error(
          `Entity ${large.name} has ${large.observations.length} observations, ${MAX_MEMORY_MEMBERS} are allowed. Divide it. (L7)`,
        );
      return putNew(all, ({ name }) => entityKey(name), putEntity, entityOf);
    },
    createRelations: (given) => putNew(given, relationKey, putRelation, relationOf),
    addObservations: async (given) => {
      const names = [...new Set(given.map(({ entityName }) => entityName))];
      const held = await items(names.map(entityKey));
      const observed = new Map(names.map((name, i) => [name, held[i] && new Set(held[i].members)]));
      const results = given.map(({ entityName, contents }) => {
        const known = observed.get(entityName);
        if (known === undefined) throw new Error(`Entity with name ${entityName} not found`);
        const addedObservations = [...new Set(contents)].filter((content) => !known.has(content));
        for (const content of addedObservations) known.add(content);
        return { entityName, addedObservations };
      });
      await write(
        results.flatMap(({ entityName, addedObservations: members }) =>
          members.length === 0 ? [] : [{ op: "add" as const, key: entityKey(entityName), members }],
        ),
      );
      return results;
    },
    deleteEntities: async (names) => {
      const held = await items([...new Set(names)].map(entityKey));
      // As they are kept, too: a secret in a name was removed from relations as well.
      const gone = new Set([...names, ...held.flatMap((item) => (item && entityOf(item)?.name) ?? [])]);
      const loose = (await relations()).filter((relation) => touches(gone, relation));
      await write([...[...gone].map(entityKey), ...loose.map(relationKey)].map((key) => ({ op: "delete", key })));
    },
    deleteObservations: async (deletions) => {
      await write(
        deletions.map(({ entityName, observations: members }) => ({
          op: "remove",
          key: entityKey(entityName),
          members: [...members],
        })),
      );
    },
    deleteRelations: async (given) => {
      await write(given.map((relation) => ({ op: "delete", key: relationKey(relation) })));
    },
    read: async () => ({ entities: await entities(), relations: await relations() }),
    search: async (query) => {
      const wanted = query.toLowerCase();
      const holds = (text: string): boolean => text.toLowerCase().includes(wanted);
      return around(
        (await entities()).filter((one) => holds(one.name) || holds(one.entityType) || one.observations.some(holds)),
      );
    },
    open: async (names) => {
      const wanted = [...new Set(names)].map(entityKey);
      return around((await items(wanted)).filter(isThere).map(entityOf).filter(isThere));
    },
    merge: async ({ entities: given, relations: lines }) => {
      const names = uniqueBy(given, ({ name }) => name).map(({ name }) => name);
      const held = await items(names.map(entityKey));
      const before = new Map(names.map((name, i) => [name, held[i]]));
      const missing = uniqueBy(lines, relationKey);
      const heldRelations = await items(missing.map(relationKey));
      const ops: MemoryOp[] = [];
      const extended = new Set<string>();
      let added = 0;
      for (const entity of given) {
        const item = before.get(entity.name);
        const fresh = entity.observations.filter((one) => item?.members.includes(one) !== true);
        if (item === undefined) ops.push(putEntity({ ...entity, observations: [] }));
        else if (fresh.length > 0) extended.add(entity.name);
        // Added, not put: two lines of one entity are joined, also where somebody else makes it meanwhile.
        if (fresh.length > 0) ops.push({ op: "add", key: entityKey(entity.name), members: [...new Set(fresh)] });
      }
      added += names.filter((name) => before.get(name) === undefined).length;
      for (const [i, relation] of missing.entries()) {
        if (heldRelations[i] !== undefined) continue;
        ops.push(putRelation(relation));
        added += 1;
      }
      const redactions = await write(ops);
      return {
        added,
        extended: extended.size,
        known: names.length + missing.length - added - extended.size,
        redactions,
      };
    },
  };
};

interface Written {
  readonly redactions: readonly unknown[];
  readonly verdict: { readonly status: string; readonly rule?: string; readonly reason?: string };
}
