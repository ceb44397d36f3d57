/**
 * The state written again as records, in an order that depends on the state alone. What it leaves out is not state; so the hash
 * of these records is the hash of the view, and two views are equal exactly when their checkpoints are.
 */
import {
  type AnyRecord,
  type BlockHash,
  cborSize,
  concat,
  encodeCbor,
  type JsonValue,
  type LogHead,
  MAX_MEMORY_WRITE_BYTES,
  record,
  toBase64url,
  type WriterId,
} from "@herdmind/protocol";
import { sha256 } from "@noble/hashes/sha2.js";
import type { MemoryItem } from "./memory.js";
import type { Entry, View } from "./view.js";

/** Writers in one evidence record: 1,000 ids of 45 bytes stay under MAX_RECORD_BYTES (64 KiB). */
const WRITERS_PER_RECORD = 1000;

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const sorted = <K extends string, V>(map: ReadonlyMap<K, V>): (readonly [K, V])[] =>
  [...map].sort(([a], [b]) => byText(a, b));
/** The same for a large map: one part after the other, so that no step takes long. */
const sortedInParts = function* <K extends string, V>(map: ReadonlyMap<K, V>): Iterable<readonly [K, V]> {
  const parts = Map.groupBy(map.keys(), (key) => key.slice(0, 1));
  for (const first of [...parts.keys()].sort())
    for (const key of (parts.get(first) ?? []).sort()) yield [key, map.get(key) as V];
};

const evidenceRecords = function* (entry: Entry): Iterable<AnyRecord> {
  const writers = sorted(entry.evidence);
  for (let i = 0; i < writers.length; i += WRITERS_PER_RECORD) {
    const part = writers.slice(i, i + WRITERS_PER_RECORD);
    const of = (outcome: boolean): WriterId[] =>
      part.filter(([, worked]) => worked === outcome).map(([writer]) => writer);
    yield record("evidence", { entry: entry.immunization.id, worked: of(true), failed: of(false) });
  }
};

/** An item whose members do not fit into one record goes on in the next ones. */
const itemRecords = function* (space: string, item: MemoryItem): Iterable<AnyRecord> {
  const { members, ...rest } = item;
  let part: string[] = [];
  let bytes = cborSize(rest);
  let isFirst = true;
  const written = (): AnyRecord => {
    const body = { space, ...rest, members: part, ...(isFirst ? {} : { more: true as const }) };
    isFirst = false;
    return record("memory-item", body);
  };
  for (const member of members) {
    const size = cborSize(member);
    if (part.length > 0 && bytes + size > MAX_MEMORY_WRITE_BYTES) {
      yield written();
      part = [];
      bytes = cborSize(rest);
    }
    part.push(member);
    bytes += size;
  }
  yield written();
};

/**
 * Records that fold from an empty view into this state, without the `checkpoint-end` that closes a checkpoint. The first one is
 * the term, which also opens a generation of canon; `continues` goes into it and is not state.
 */
export const checkpointRecords = function* (view: View, continues?: LogHead): Iterable<AnyRecord> {
  if (view.term !== undefined) {
    const { term, holder, grant } = view.term;
    yield record("term", {
      term,
      holder,
      ...(continues === undefined ? {} : { continues }),
      ...(grant === undefined ? {} : { grant }),
    });
  }
  for (const [name, identity] of sorted(view.signalTypes))
    yield record("signal-type", { name, identity: [...identity] });
  for (const [, rule] of sorted(view.relevance)) yield record("relevance", rule);
  for (const [, member] of sorted(view.members)) yield record("member", member);
  for (const [, revocation] of sorted(view.revocations)) yield record("revoked", revocation);
  for (const [id, entry] of sortedInParts(view.entries)) {
    yield record("immunization", entry.immunization);
    yield* evidenceRecords(entry);
    if (entry.reason !== undefined) {
      yield record("status", {
        entry: id,
        status: entry.status,
        reason: entry.reason,
        ...(entry.by === undefined ? {} : { by: entry.by }),
      });
    }
  }
  for (const [from, { to, reason }] of sorted(view.aliases)) yield record("alias", { from, to, reason });
  for (const space of view.memory.spaces())
    for (const key of view.memory.keys(space)) yield* itemRecords(space, view.memory.item(space, key) as MemoryItem);
  for (const [, head] of sorted(view.watermarks)) yield record("watermark", head);
};

/**
 * Hash of the state: SHA-256 over the checkpoint's records, each as deterministic CBOR `[type, version, body]` with its length
 * before it. 43 characters. Each record has the lowest version that can say its body, whatever version was read: one state, one
 * hash. Linear in the state: about 10 us an entry, so it is for checkpoints, not for every block.
 */
export const viewHash = (view: View): BlockHash => {
  const steps = viewHashSteps(view);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
};

/** The same in steps of some microseconds, for whoever serves others meanwhile. The view must not change before the last one. */
export const viewHashSteps = function* (view: View): Generator<undefined, BlockHash> {
  const hash = sha256.create();
  const length = new Uint8Array(4);
  for (const { type, version, body } of checkpointRecords(view)) {
    const bytes = encodeCbor([type, version, body as JsonValue]);
    new DataView(length.buffer).setUint32(0, bytes.length);
    hash.update(concat(length, bytes));
    yield;
  }
  return toBase64url(hash.digest()) as BlockHash;
};
