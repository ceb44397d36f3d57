/**
 * The memory of a swarm (rule E11): small JSON items by space and key. One write is one step in canon's order: all of its ops count, or
 * none. What a write changes is decided by one function, `judgeWrite`: the fold asks it, admission asks it before, and a node asks
 * it for what its own agents wrote and canon has not judged.
 */
import {
  cborSize,
  type JsonValue,
  type LogHead,
  type LogKey,
  logKey,
  MAX_MEMORY_BYTES,
  MAX_MEMORY_ITEMS,
  MAX_MEMORY_MEMBERS,
  MAX_MEMORY_SPACES,
  type MemoryOp,
  type MemoryWrite,
  type RecordBody,
  type RecordRef,
  type Rule,
  textBytes,
} from "@herdmind/protocol";

export interface MemoryItem {
  readonly key: string;
  readonly value: JsonValue;
  /** In the order in which they were added. */
  readonly members: readonly string[];
  /** Milliseconds since 1970, by the clocks of those who wrote it first and last. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What can be asked of the items that are, or that will be. */
export interface MemoryState {
  item(space: string, key: string): MemoryItem | undefined;
  /** Keys of a space, sorted, that begin with `prefix` and stand behind `after`. */
  keys(space: string, prefix?: string, after?: string): Iterable<string>;
  /** Spaces that have items, sorted. */
  spaces(): readonly string[];
  /** Items of a space. */
  size(space: string): number;
  /** Bytes of all items, about as they take room in memory (PROTOCOL.md, section 6). */
  bytes(): number;
}

/** Items that a write sets, by key; `undefined`: the item is deleted. */
export type MemoryChanges = ReadonlyMap<string, MemoryItem | undefined>;

/** Items over other items, or over none. */
export interface MemoryLayer extends MemoryState {
  apply(space: string, changes: MemoryChanges): void;
}

type Judged =
  | { readonly ok: true; readonly changes: MemoryChanges }
  | { readonly ok: false; readonly rule: Rule; readonly reason: string };

/** Of an item without key, value and members, and of each array and map in a value: what is empty takes room in memory as well. */
const CONTAINER_BYTES = 64;
/** Of each other value, key of a map and member, beside its CBOR. */
const PART_BYTES = 16;

/**
 * About what a value takes in memory. By its CBOR alone a list of `{}` would count for a byte each where it takes 64, and so one member
 * could make every peer hold 4 GiB.
 */
const valueBytes = (value: JsonValue): number => {
  if (typeof value !== "object" || value === null) return PART_BYTES + cborSize(value);
  let bytes = CONTAINER_BYTES;
  if (Array.isArray(value)) {
    for (const one of value as readonly JsonValue[]) bytes += valueBytes(one);
    return bytes;
  }
  for (const [key, one] of Object.entries(value)) bytes += memberBytes(key) + valueBytes(one as JsonValue);
  return bytes;
};
const memberBytes = (member: string): number => PART_BYTES + cborSize(member);

const bytesOf = (item: MemoryItem | undefined): number => {
  if (item === undefined) return 0;
  let bytes = CONTAINER_BYTES + textBytes(item.key) + valueBytes(item.value);
  for (const member of item.members) bytes += memberBytes(member);
  return bytes;
};

/**
 * Bytes that `after` has more than `before`. A text that stands in both in the same order is not measured: an item may have megabytes of
 * them, and each write of a few bytes to it would read them all, at every peer.
 */
const bytesMore = (before: MemoryItem | undefined, after: MemoryItem | undefined): number => {
  if (before === undefined || after === undefined) return bytesOf(after) - bytesOf(before);
  let bytes = before.value === after.value ? 0 : valueBytes(after.value) - valueBytes(before.value);
  if (before.members === after.members) return bytes;
  let kept = 0;
  for (const member of before.members) {
    if (kept < after.members.length && member === after.members[kept]) kept += 1;
    else bytes -= memberBytes(member);
  }
  for (let i = kept; i < after.members.length; i++) bytes += memberBytes(after.members[i] as string);
  return bytes;
};

const refused = (rule: Rule, reason: string): Judged => ({ ok: false, rule, reason });

/** A key in a message: long enough to be known again. */
const named = (key: string): string => JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key);

const change = (item: MemoryItem | undefined, op: MemoryOp, at: number): MemoryItem | undefined => {
  switch (op.op) {
    case "put":
      if (op.ifAbsent === true && item !== undefined) return item;
      return {
        key: op.key,
        value: op.value,
        members: op.members === undefined ? (item?.members ?? []) : [...new Set(op.members)],
        createdAt: item?.createdAt ?? at,
        updatedAt: at,
      };
    case "delete":
      return undefined;
    case "add": {
      if (item === undefined) return undefined;
      // One by one as a rule: then a set of all members would cost more than it saves.
      const held = op.members.length > 8 ? new Set(item.members) : undefined;
      const fresh = [...new Set(op.members)].filter((one) => !(held?.has(one) ?? item.members.includes(one)));
      return fresh.length === 0 ? item : { ...item, members: [...item.members, ...fresh], updatedAt: at };
    }
    case "remove": {
      if (item === undefined) return undefined;
      const gone = new Set(op.members);
      const left = item.members.filter((member) => !gone.has(member));
      return left.length === item.members.length ? item : { ...item, members: left, updatedAt: at };
    }
  }
};

/** What a write changes, or why it may not. Total: whatever stands there, and whatever it says. */
export const judgeWrite = (state: MemoryState, { space, ops, at }: Omit<MemoryWrite, "of">): Judged => {
  const changes = new Map<string, MemoryItem | undefined>();
  for (const op of ops) {
    const { key } = op;
    const item = changes.has(key) ? changes.get(key) : state.item(space, key);
    if (op.op === "add" && item === undefined)
      return refused("E11", `There is no item ${named(key)} to add to. Put it first, in the same write.`);
    const changed = change(item, op, at);
    if (changed === item) continue;
    if (changed !== undefined && changed.members.length > MAX_MEMORY_MEMBERS)
      return refused("L7", `The item ${named(key)} would have more than ${MAX_MEMORY_MEMBERS} members. Remove some.`);
    changes.set(key, changed);
  }
  let items = 0;
  for (const [key, changed] of changes)
    items += (changed === undefined ? 0 : 1) - (state.item(space, key) === undefined ? 0 : 1);
  // What makes it smaller is always taken: else nobody could make room.
  if (items > 0 && state.size(space) + items > MAX_MEMORY_ITEMS)
    return refused("L7", `A space has at most ${MAX_MEMORY_ITEMS} items. Delete some, or use another space.`);
  if (items > 0 && state.size(space) === 0 && state.spaces().length >= MAX_MEMORY_SPACES)
    return refused("L7", `A swarm has at most ${MAX_MEMORY_SPACES} spaces. Use one that is there.`);
  // Last: a write that is refused must not make anybody measure an item again and again.
  let bytes = 0;
  for (const [key, changed] of changes) bytes += bytesMore(state.item(space, key), changed);
  if (bytes > 0 && state.bytes() + bytes > MAX_MEMORY_BYTES)
    return refused("L7", `The memory of a swarm has at most ${MAX_MEMORY_BYTES} bytes. Delete what nobody needs.`);
  return { ok: true, changes };
};

interface Space {
  readonly items: Map<string, MemoryItem | undefined>;
  /** Items more than there are below. */
  more: number;
  /** Keys in order; made when somebody asks, then kept up. */
  sorted: string[] | undefined;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The first place in sorted keys that is behind `after` and not before `prefix`. */
const placeOf = (keys: readonly string[], prefix: string, after: string | undefined): number => {
  let from = 0;
  let to = keys.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const key = keys[middle] as string;
    if (key < prefix || (after !== undefined && key <= after)) from = middle + 1;
    else to = middle;
  }
  return from;
};

const keysFrom = function* (
  keys: readonly string[],
  prefix: string,
  after: string | undefined,
): Generator<string, undefined> {
  for (let at = placeOf(keys, prefix, after); at < keys.length; at++) {
    const key = keys[at] as string;
    if (!key.startsWith(prefix)) return;
    yield key;
  }
};

/** A write to the memory counts, also one that had nothing to change; `of` says where it stands. */
export interface MemoryEvent {
  readonly type: "memory";
  readonly of: RecordRef;
  readonly space: string;
  readonly keys: readonly string[];
}

/** `below`: asked anew each time, because what is below may be replaced by what it has become. */
export const createMemoryLayer = (below?: () => MemoryState): MemoryLayer => {
  const spaces = new Map<string, Space>();
  let bytes = 0;

  const own = (space: string, prefix: string, after: string | undefined): Iterator<string> => {
    const held = spaces.get(space);
    if (held === undefined) return [].values();
    held.sorted ??= [...held.items.keys()].sort(byText);
    return keysFrom(held.sorted, prefix, after);
  };
  const layer: MemoryLayer = {
    item: (space, key) => {
      const held = spaces.get(space)?.items;
      return held?.has(key) === true ? held.get(key) : below?.().item(space, key);
    },
    *keys(space, prefix = "", after = undefined) {
      const mine = own(space, prefix, after);
      const others = below?.().keys(space, prefix, after)[Symbol.iterator]();
      let a = mine.next();
      let b = others?.next();
      while (a.done !== true || (b !== undefined && b.done !== true)) {
        const ours = a.done === true ? undefined : a.value;
        const theirs = b === undefined || b.done === true ? undefined : b.value;
        if (ours !== undefined && (theirs === undefined || ours <= theirs)) {
          if (spaces.get(space)?.items.get(ours) !== undefined) yield ours;
          a = mine.next();
          if (ours === theirs) b = others?.next();
        } else {
          yield theirs as string;
          b = others?.next();
        }
      }
    },
    spaces: () => {
      const names = new Set(below?.().spaces());
      for (const space of spaces.keys()) {
        if (layer.size(space) > 0) names.add(space);
        else names.delete(space);
      }
      return [...names].sort(byText);
    },
    size: (space) => (spaces.get(space)?.more ?? 0) + (below?.().size(space) ?? 0),
    bytes: () => bytes + (below?.().bytes() ?? 0),
    apply: (space, changes) => {
      if (changes.size === 0) return;
      const held = spaces.get(space) ?? { items: new Map(), more: 0, sorted: undefined };
      spaces.set(space, held);
      for (const [key, item] of changes) {
        const before = layer.item(space, key);
        bytes += bytesMore(before, item);
        held.more += (item === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
        const had = held.items.has(key);
        if (item !== undefined || below !== undefined) held.items.set(key, item);
        else held.items.delete(key);
        const place = had === held.items.has(key) ? undefined : held.sorted && placeOf(held.sorted, key, undefined);
        if (place !== undefined) held.sorted?.splice(place, had ? 1 : 0, ...(had ? [] : [key]));
      }
      if (held.items.size === 0) spaces.delete(space);
    },
  };
  return layer;
};

/**
 * An item of a checkpoint, which is no news. It replaces what was there, so that a checkpoint may be folded again; `more` adds to it.
 * Anywhere else it would be a write without an author, checked by nobody and held to no bound, so it is not for there.
 */
export const foldMemoryItem = (memory: MemoryLayer, body: RecordBody<"memory-item">): readonly [] => {
  const { space, more, ...item } = body;
  const before = more === true ? (memory.item(space, item.key)?.members ?? []) : [];
  memory.apply(space, new Map([[item.key, { ...item, members: [...new Set([...before, ...item.members])] }]]));
  return [];
};

/** Folds a write, and says what happened; `undefined` when it does not count. */
export const foldMemoryStep = (
  memory: MemoryLayer,
  body: RecordBody<"memory-step">,
  watermarks: ReadonlyMap<LogKey, LogHead>,
): readonly MemoryEvent[] | undefined => {
  const { of, space } = body;
  // Below the watermark of its log it was admitted before: again, it would undo what came after it.
  if (of.sequence < (watermarks.get(logKey(of))?.length ?? 0)) return undefined;
  const judged = judgeWrite(memory, body);
  if (!judged.ok) return undefined;
  memory.apply(space, judged.changes);
  return [{ type: "memory", of, space, keys: [...judged.changes.keys()] }];
};
