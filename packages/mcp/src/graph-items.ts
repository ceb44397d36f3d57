/** A knowledge graph as items of a memory: entities and relations, the ops that make them, and the file that the official server keeps. */
import { type JsonValue, MAX_MEMORY_MEMBERS, type MemoryOp, memoryWrites, recordProblem } from "@herdmind/protocol";

export interface Entity {
  readonly name: string;
  readonly entityType: string;
  readonly observations: readonly string[];
}

export interface Relation {
  readonly from: string;
  readonly to: string;
  readonly relationType: string;
}

export interface Item {
  readonly key: string;
  readonly value: JsonValue;
  readonly members: readonly string[];
  readonly createdAt: number;
}

export const ENTITY = "e:";
export const RELATION = "r:";
export const entityKey = (name: string): string => `${ENTITY}${name}`;
export const relationKey = ({ from, relationType, to }: Relation): string =>
  `${RELATION}${JSON.stringify([from, relationType, to])}`;

/** Others may write into the space as well: what is neither is not shown. */
export const entityOf = ({ value, members }: Item): Entity | undefined => {
  const { name, entityType } = (value ?? {}) as Partial<Entity>;
  return typeof name === "string" && typeof entityType === "string"
    ? { name, entityType, observations: members }
    : undefined;
};
export const relationOf = ({ value }: Item): Relation | undefined => {
  const { from, to, relationType } = (value ?? {}) as Partial<Relation>;
  return typeof from === "string" && typeof to === "string" && typeof relationType === "string"
    ? { from, to, relationType }
    : undefined;
};

export const putEntity = ({ name, entityType, observations }: Entity): MemoryOp => ({
  op: "put",
  key: entityKey(name),
  value: { name, entityType },
  members: [...new Set(observations)],
  ifAbsent: true,
});
export const putRelation = (relation: Relation): MemoryOp => {
  const { from, to, relationType } = relation;
  return { op: "put", key: relationKey(relation), value: { from, to, relationType }, ifAbsent: true };
};

export type GraphLine =
  | { readonly type: "entity"; readonly entity: Entity }
  | { readonly type: "relation"; readonly relation: Relation }
  | { readonly type: "bad"; readonly message: string };

export const isThere = <T>(value: T | undefined): value is T => value !== undefined;
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

/** A line of the file that the official memory server keeps. */
export const readGraphLine = (text: string): GraphLine => {
  const bad = (message: string): GraphLine => ({ type: "bad", message });
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return bad("it is no JSON");
  }
  const { type, name, entityType, observations, from, to, relationType } = (line ?? {}) as { [name: string]: unknown };
  const fits = (op: MemoryOp): string | undefined => recordProblem("memory", 1, { space: "x", ops: [op], at: 0 });
  if (type === "entity") {
    if (typeof name !== "string" || typeof entityType !== "string" || !isTexts(observations))
      return bad("an entity has a name, an entityType and observations");
    if (observations.length > MAX_MEMORY_MEMBERS) return bad(`it has more than ${MAX_MEMORY_MEMBERS} observations`);
    const entity = { name, entityType, observations };
    const why = memoryWrites([putEntity(entity)])
      .flat()
      .map(fits)
      .find(isThere);
    return why === undefined ? { type, entity } : bad(why);
  }
  if (type === "relation") {
    if (typeof from !== "string" || typeof to !== "string" || typeof relationType !== "string")
      return bad("a relation has from, to and relationType");
    const why = fits(putRelation({ from, to, relationType }));
    return why === undefined ? { type, relation: { from, to, relationType } } : bad(why);
  }
  return bad('its type is neither "entity" nor "relation"');
};
