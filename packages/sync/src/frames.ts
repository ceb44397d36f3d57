/**
 * Frames of a sync session, version 1. Each is a deterministic CBOR array; the first element is its kind.
 *
 *     0 hello      [0, version, "none" | "own" | "all", [writer (32)...], [kind...], carries]   the last two may be missing
 *     1 heads      [1, done, [signed head...]]                                at most 256 heads
 *     2 need       [2, [[writer (32), generation (16), from, signed head at from or empty]...]]
 *     3 blocks     [3, writer (32), generation (16), Yjs update]
 *     4 receipt    [4, [[writer (32), generation (16), length, hash (32)]...]]
 *     5 refused    [5, rule, fault, message, [writer, generation] | null, sequence | null, need | null]
 *     6 ephemeral  [6, signed ephemeral message]
 *     7 proof      [7, fork proof]
 *     8 ping       [8, number]
 *     9 pong       [9, number]
 *    10 left       [10, [[writer (32), generation (16), length]...]]
 *
 * A frame of an unknown kind is ignored and counted (old and new peers mix); a known one of another shape is refused.
 */
import {
  accept,
  type BlockHash,
  type CborValue,
  decodeCbor,
  encodeCbor,
  type Fault,
  type GenerationId,
  idBytes,
  type LogHead,
  type LogId,
  MAX_EPHEMERAL_BYTES,
  MAX_HEADER_BYTES,
  MAX_UPDATE_BYTES,
  type Refusal,
  type Result,
  type Rule,
  refuse,
  toBase64url,
  type WriterId,
} from "@herdmind/protocol";
import type { Interest } from "./interest.js";

export const SYNC_VERSION = 1;

/** Heads, needs or receipts in one frame: 256 heads are about 64 KiB. More come in further frames. */
export const MAX_ITEMS_PER_FRAME = 256;
/** Writers in a hello: one node hosts a few dozen; a million would cost every other peer memory. */
export const MAX_WRITERS_IN_HELLO = 1024;
/** Bytes of a frame: the largest update, and what stands around it. */
export const MAX_FRAME_BYTES = MAX_UPDATE_BYTES + 1024;
/** Bytes of a frame of any kind but `blocks`: 256 heads of the largest size fit. */
export const MAX_CONTROL_FRAME_BYTES = 128 * 1024;
/** CBOR values in a frame: 256 needs or receipts are 1,282, and a hello with 1,024 writers is 1,028. */
const MAX_VALUES_IN_FRAME = 2048;
/** Characters of a message in a `refused` frame. */
const MAX_MESSAGE_CHARS = 1000;

/** Ephemeral kinds in a hello, and characters of one: a list that is only there to be kept. */
const MAX_KINDS_IN_HELLO = 16;
const MAX_KIND_CHARS = 64;

export interface Need {
  readonly log: LogId;
  readonly from: number;
  /** The asking side's signed head at `from`, so that the other can see a fork below; `undefined` at 0. */
  readonly head: Uint8Array | undefined;
}

/** A log that is not asked for up to this length. */
export interface Left extends LogId {
  readonly length: number;
}

export type Frame =
  | {
      readonly kind: "hello";
      readonly version: number;
      readonly interest: Interest;
      /** Ephemeral kinds that this side takes beside `heartbeat`. */
      readonly kinds?: readonly string[];
      /** Whether this side may be shown logs beside its interest, which it then takes or leaves. */
      readonly carries?: boolean;
    }
  | { readonly kind: "heads"; readonly done: boolean; readonly heads: readonly Uint8Array[] }
  | { readonly kind: "need"; readonly needs: readonly Need[] }
  | { readonly kind: "blocks"; readonly log: LogId; readonly update: Uint8Array }
  | { readonly kind: "receipt"; readonly heads: readonly LogHead[] }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "ephemeral"; readonly bytes: Uint8Array }
  | { readonly kind: "proof"; readonly bytes: Uint8Array }
  | { readonly kind: "ping" | "pong"; readonly number: number }
  /** Heads that this side leaves: canon has passed them, or it does not carry that log. */
  | { readonly kind: "left"; readonly heads: readonly Left[] };

const NO_HEAD = new Uint8Array(0);

export const encodeFrame = (frame: Frame): Uint8Array => {
  switch (frame.kind) {
    case "hello":
      return encodeCbor([
        0,
        frame.version,
        frame.interest.logs,
        frame.interest.writers.map(idBytes),
        ...(frame.kinds === undefined && frame.carries !== true ? [] : [[...(frame.kinds ?? [])]]),
        ...(frame.carries === true ? [true] : []),
      ]);
    case "heads":
      return encodeCbor([1, frame.done, [...frame.heads]]);
    case "need":
      return encodeCbor([
        2,
        frame.needs.map(({ log, from, head }) => [idBytes(log.writer), idBytes(log.generation), from, head ?? NO_HEAD]),
      ]);
    case "blocks":
      return encodeCbor([3, idBytes(frame.log.writer), idBytes(frame.log.generation), frame.update]);
    case "receipt":
      return encodeCbor([
        4,
        frame.heads.map(({ writer, generation, length, hash }) => [
          idBytes(writer),
          idBytes(generation),
          length,
          idBytes(hash),
        ]),
      ]);
    case "refused": {
      const { rule, fault, message, log, sequence, need } = frame.refusal;
      return encodeCbor([
        5,
        rule,
        fault,
        message.slice(0, MAX_MESSAGE_CHARS).toWellFormed(),
        log === undefined ? null : [idBytes(log.writer), idBytes(log.generation)],
        sequence ?? null,
        need ?? null,
      ]);
    }
    case "ephemeral":
      return encodeCbor([6, frame.bytes]);
    case "proof":
      return encodeCbor([7, frame.bytes]);
    case "ping":
      return encodeCbor([8, frame.number]);
    case "pong":
      return encodeCbor([9, frame.number]);
    case "left":
      return encodeCbor([
        10,
        frame.heads.map(({ writer, generation, length }) => [idBytes(writer), idBytes(generation), length]),
      ]);
  }
};

const isBytes = (value: unknown, length: number): value is Uint8Array =>
  value instanceof Uint8Array && value.length === length;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isFault = (value: unknown): value is Fault => value === "writer" || value === "sender" || value === "none";
const isHead = (value: unknown): value is Uint8Array =>
  value instanceof Uint8Array && value.length > 0 && value.length <= MAX_HEADER_BYTES + 66;

const logOf = (writer: unknown, generation: unknown): LogId | undefined =>
  isBytes(writer, 32) && isBytes(generation, 16)
    ? { writer: toBase64url(writer) as WriterId, generation: toBase64url(generation) as GenerationId }
    : undefined;

const itemsOf = <T>(value: unknown, read: (item: CborValue) => T | undefined): T[] | undefined => {
  if (!Array.isArray(value) || value.length > MAX_ITEMS_PER_FRAME) return undefined;
  const items: T[] = [];
  for (const each of value as readonly CborValue[]) {
    const item = read(each);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
};

const readNeed = (item: CborValue): Need | undefined => {
  if (!Array.isArray(item) || item.length !== 4) return undefined;
  const [writer, generation, from, head] = item as readonly unknown[];
  const log = logOf(writer, generation);
  if (log === undefined || !isCount(from)) return undefined;
  if (from === 0) return isBytes(head, 0) ? { log, from, head: undefined } : undefined;
  return isHead(head) ? { log, from, head } : undefined;
};

const readReceipt = (item: CborValue): LogHead | undefined => {
  if (!Array.isArray(item) || item.length !== 4) return undefined;
  const [writer, generation, length, hash] = item as readonly unknown[];
  const log = logOf(writer, generation);
  if (log === undefined || !isCount(length) || length === 0 || !isBytes(hash, 32)) return undefined;
  return { ...log, length, hash: toBase64url(hash) as BlockHash };
};

const readLeft = (item: CborValue): Left | undefined => {
  if (!Array.isArray(item) || item.length !== 3) return undefined;
  const [writer, generation, length] = item as readonly unknown[];
  const log = logOf(writer, generation);
  return log === undefined || !isCount(length) ? undefined : { ...log, length };
};

const readInterest = (logs: unknown, writers: unknown): Interest | undefined => {
  if (logs !== "none" && logs !== "own" && logs !== "all") return undefined;
  if (!Array.isArray(writers) || writers.length > MAX_WRITERS_IN_HELLO) return undefined;
  if (!writers.every((writer) => isBytes(writer, 32))) return undefined;
  return { logs, writers: writers.map((writer) => toBase64url(writer as Uint8Array) as WriterId) };
};

/** Whatever else stands there, a later version may have put. */
const readKinds = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) &&
  value.length <= MAX_KINDS_IN_HELLO &&
  value.every((kind) => typeof kind === "string" && kind.length <= MAX_KIND_CHARS)
    ? (value as readonly string[])
    : undefined;

const readRefusal = (fields: readonly unknown[]): Refusal | undefined => {
  const [, rule, fault, message, at, sequence, need] = fields;
  if (fields.length !== 7 || typeof rule !== "string" || !/^[A-Z]\d{1,2}$/.test(rule) || !isFault(fault))
    return undefined;
  if (typeof message !== "string" || message.length > MAX_MESSAGE_CHARS) return undefined;
  const log = Array.isArray(at) && at.length === 2 ? logOf(at[0], at[1]) : undefined;
  if (
    (at !== null && log === undefined) ||
    (sequence !== null && !isCount(sequence)) ||
    (need !== null && !isCount(need))
  ) {
    return undefined;
  }
  return {
    // A newer peer may cite a rule that is not known here; it is shown as it is.
    rule: rule as Rule,
    fault,
    message,
    ...(log === undefined ? {} : { log }),
    ...(sequence === null ? {} : { sequence }),
    ...(need === null ? {} : { need }),
  };
};

const shapeOf = (fields: readonly unknown[]): Frame | undefined => {
  const [kind, a, b, c] = fields;
  switch (kind) {
    case 0: {
      // Later versions may add elements at the end of a hello.
      const interest = fields.length >= 4 ? readInterest(b, c) : undefined;
      const kinds = readKinds(fields[4]);
      return isCount(a) && interest !== undefined
        ? {
            kind: "hello",
            version: a,
            interest,
            ...(kinds === undefined ? {} : { kinds }),
            ...(fields[5] === true ? { carries: true } : {}),
          }
        : undefined;
    }
    case 1: {
      const heads = fields.length === 3 ? itemsOf(b, (item) => (isHead(item) ? item : undefined)) : undefined;
      return typeof a === "boolean" && heads !== undefined ? { kind: "heads", done: a, heads } : undefined;
    }
    case 2: {
      const needs = fields.length === 2 ? itemsOf(a, readNeed) : undefined;
      return needs === undefined ? undefined : { kind: "need", needs };
    }
    case 3: {
      const log = fields.length === 4 ? logOf(a, b) : undefined;
      return log !== undefined && c instanceof Uint8Array ? { kind: "blocks", log, update: c } : undefined;
    }
    case 4: {
      const heads = fields.length === 2 ? itemsOf(a, readReceipt) : undefined;
      return heads === undefined ? undefined : { kind: "receipt", heads };
    }
    case 5: {
      const refusal = readRefusal(fields);
      return refusal === undefined ? undefined : { kind: "refused", refusal };
    }
    case 6:
      return fields.length === 2 && a instanceof Uint8Array && a.length <= MAX_EPHEMERAL_BYTES
        ? { kind: "ephemeral", bytes: a }
        : undefined;
    case 7:
      return fields.length === 2 && a instanceof Uint8Array ? { kind: "proof", bytes: a } : undefined;
    case 8:
    case 9:
      return fields.length === 2 && isCount(a) ? { kind: kind === 8 ? "ping" : "pong", number: a } : undefined;
    case 10: {
      const heads = fields.length === 2 ? itemsOf(a, readLeft) : undefined;
      return heads === undefined ? undefined : { kind: "left", heads };
    }
    default:
      return undefined;
  }
};

/** Reads a frame; the value is `undefined` for a kind that this version does not know. */
export const decodeFrame = (bytes: Uint8Array): Result<Frame | undefined> => {
  const bad = (why: string) =>
    refuse("T4", "sender", `This is not a frame of sync version ${SYNC_VERSION}: ${why}. Update the older peer.`);
  if (bytes.length > MAX_FRAME_BYTES) {
    return refuse(
      "L7",
      "sender",
      `A frame of ${bytes.length} bytes, ${MAX_FRAME_BYTES} allowed. Send smaller updates.`,
    );
  }
  // [3, ...] is 0x84 0x03: only blocks may be large.
  if (bytes.length > MAX_CONTROL_FRAME_BYTES && !(bytes[0] === 0x84 && bytes[1] === 3)) {
    return bad(`${bytes.length} bytes, ${MAX_CONTROL_FRAME_BYTES} allowed for its kind`);
  }
  const decoded = decodeCbor(bytes, {
    nesting: 4,
    stringBytes: 4 * MAX_MESSAGE_CHARS,
    allowBytes: true,
    items: MAX_VALUES_IN_FRAME,
  });
  if (!decoded.ok) return bad(decoded.why);
  const fields = decoded.value;
  if (!Array.isArray(fields) || !isCount(fields[0])) return bad("not an array that starts with its kind");
  if ((fields[0] as number) > 10) return accept(undefined);
  const frame = shapeOf(fields as readonly unknown[]);
  return frame === undefined ? bad(`kind ${String(fields[0])} has another shape`) : accept(frame);
};
