/** A knowledge graph as items of a memory: entities and relations, the ops that make them, and the file that the official server keeps. */
import {
  cborSize,
  type JsonValue,
  MAX_MEMORY_MEMBERS,
  MAX_MEMORY_OPS,
  MAX_MEMORY_WRITE_BYTES,
  type MemoryOp,
  recordProblem,
} from "@herdmind/protocol";

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

/** For the head of a write, and for what redaction may add to it. */
const SPARE_BYTES = 4096;
const WRITE_BYTES = MAX_MEMORY_WRITE_BYTES - SPARE_BYTES;

/** An op whose members fill more than a write, as several that do the same. */
const divided = function* (op: MemoryOp): Iterable<MemoryOp> {
  const { members } = op as { readonly members?: readonly string[] };
  if (members === undefined || (members.length <= MAX_MEMORY_MEMBERS && cborSize(op) <= WRITE_BYTES)) {
    yield op;
    return;
  }
  const head = cborSize({ ...op, members: [] });
  let part: string[] = [];
  let bytes = head;
  let next = op;
  for (const member of members) {
    const size = cborSize(member);
    if (part.length > 0 && (bytes + size > WRITE_BYTES || part.length >= MAX_MEMORY_MEMBERS)) {
      yield { ...next, members: part } as MemoryOp;
      next = op.op === "put" ? { op: "add", key: op.key, members: [] } : op;
      part = [];
      bytes = head;
    }
    part.push(member);
    bytes += size;
  }
  yield { ...next, members: part } as MemoryOp;
};

/** Writes that each fit into a record; as a rule one. */
export const writesOf = (ops: readonly MemoryOp[]): readonly (readonly MemoryOp[])[] => {
  const writes: MemoryOp[][] = [];
  let bytes = 0;
  for (const op of ops.flatMap((one) => [...divided(one)])) {
    const size = cborSize(op);
    const last = writes.at(-1);
    if (last === undefined || last.length >= MAX_MEMORY_OPS || bytes + size > WRITE_BYTES) {
      writes.push([op]);
      bytes = size;
    } else {
      last.push(op);
      bytes += size;
    }
  }
  return writes;
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
    const why = [...divided(putEntity(entity))].map(fits).find(isThere);
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
