/**
 * Deterministic CBOR (RFC 8949, section 4.2.1), and a reader that accepts nothing else.
 *
 * Decoders of general CBOR accept many spellings of one value: longer integers, other key order, repeated keys,
 * indefinite lengths. `scanCbor` walks the bytes once without building anything and refuses every spelling but the
 * deterministic one, so hostile bytes never reach an allocating decoder. cborg does the rest.
 */
import { decode, encode } from "cborg";
import { MAX_NESTING, MAX_STRING_BYTES } from "./limits.js";
import type { JsonValue } from "./records.js";

const ENCODE = { float64: true } as const;
const DECODE = { strict: true, allowIndefinite: false, rejectDuplicateMapKeys: true, allowUndefined: false } as const;

export type CborValue = JsonValue | Uint8Array | readonly CborValue[] | { readonly [key: string]: CborValue };

/** Encodes a JSON value, or one with byte strings in it; object keys in deterministic order, `undefined` members left out. */
export const encodeCbor = (value: CborValue): Uint8Array => encode(withoutUndefined(value), ENCODE);

const withoutUndefined = (value: CborValue): CborValue => {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(withoutUndefined);
  const clean: { [key: string]: CborValue } = {};
  for (const [key, member] of Object.entries(value as { readonly [key: string]: CborValue | undefined })) {
    if (member !== undefined) clean[key] = withoutUndefined(member);
  }
  return clean;
};

/** Decodes deterministic CBOR; `undefined` with a reason when the bytes are anything else. */
export const decodeCbor = (
  bytes: Uint8Array,
  bounds: { readonly nesting?: number; readonly stringBytes?: number; readonly allowBytes?: boolean } = {},
): { readonly ok: true; readonly value: CborValue } | { readonly ok: false; readonly why: string } => {
  const why = scanCbor(bytes, bounds);
  if (why !== undefined) return { ok: false, why };
  try {
    return { ok: true, value: decode(bytes, DECODE) as CborValue };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What makes these bytes anything but one deterministic CBOR value within the bounds; `undefined` if nothing does. */
export const scanCbor = (
  bytes: Uint8Array,
  { nesting = MAX_NESTING, stringBytes = MAX_STRING_BYTES, allowBytes = false }: {
    readonly nesting?: number;
    readonly stringBytes?: number;
    readonly allowBytes?: boolean;
  } = {},
): string | undefined => {
  let at = 0;
  let argument = 0;
  let why: string | undefined;
  const fail = (reason: string): false => {
    why = `${reason} at byte ${at}`;
    return false;
  };

  const readArgument = (info: number): boolean => {
    if (info < 24) {
      argument = info;
      return true;
    }
    if (info > 27) return fail(info === 31 ? "indefinite length" : "reserved additional information");
    const size = 1 << (info - 24);
    if (at + size > bytes.length) return fail("cut short");
    argument = 0;
    for (let i = 0; i < size; i++) argument = argument * 256 + (bytes[at + i] as number);
    at += size;
    if (argument > Number.MAX_SAFE_INTEGER) return fail("integer beyond 2^53");
    const smallest = info === 24 ? 24 : info === 25 ? 0x100 : info === 26 ? 0x10000 : 0x100000000;
    return argument >= smallest || fail("integer longer than needed");
  };

  const text = (length: number): boolean => {
    if (length > stringBytes) return fail(`text of ${length} bytes, ${stringBytes} allowed`);
    if (at + length > bytes.length) return fail("cut short");
    for (let i = at; i < at + length; i++) {
      if ((bytes[i] as number) > 127) {
        try {
          utf8.decode(bytes.subarray(at, at + length));
          break;
        } catch {
          return fail("text that is not UTF-8");
        }
      }
    }
    at += length;
    return true;
  };

  const value = (depth: number): boolean => {
    if (depth > nesting) return fail(`nested deeper than ${nesting}`);
    if (at >= bytes.length) return fail("cut short");
    const initial = bytes[at++] as number;
    const major = initial >> 5;
    const info = initial & 31;
    if (major === 7) {
      if (info === 20 || info === 21 || info === 22) return true;
      if (info !== 27) return fail("simple value or short float");
      if (at + 8 > bytes.length) return fail("cut short");
      const float = new DataView(bytes.buffer, bytes.byteOffset + at, 8).getFloat64(0);
      at += 8;
      if (!Number.isFinite(float)) return fail("not a finite number");
      return !Number.isSafeInteger(float) || Object.is(float, -0) || fail("integer written as a float");
    }
    if (major === 6) return fail("tag");
    if (!readArgument(info)) return false;
    const length = argument;
    if (major < 2) return major === 0 || length < Number.MAX_SAFE_INTEGER || fail("integer beyond 2^53");
    if (major === 2) {
      if (!allowBytes) return fail("byte string");
      if (at + length > bytes.length) return fail("cut short");
      at += length;
      return true;
    }
    if (major === 3) return text(length);
    // Each element takes at least one byte, so a claimed length is bounded by what is left.
    if (length * (major === 5 ? 2 : 1) > bytes.length - at) return fail("cut short");
    if (major === 4) {
      for (let i = 0; i < length; i++) if (!value(depth + 1)) return false;
      return true;
    }
    let lastStart = -1;
    let lastEnd = -1;
    for (let i = 0; i < length; i++) {
      const start = at;
      if (at >= bytes.length) return fail("cut short");
      const key = bytes[at++] as number;
      if (key >> 5 !== 3) return fail("map key that is not a text");
      if (!readArgument(key & 31) || !text(argument)) return false;
      if (lastStart >= 0) {
        const order = compare(bytes, lastStart, lastEnd, start, at, bytes);
        if (order >= 0) return fail(order === 0 ? "repeated map key" : "map keys out of order");
      }
      if (compare(PROTO_KEY, 0, PROTO_KEY.length, start, at, bytes) === 0) return fail("map key __proto__");
      lastStart = start;
      lastEnd = at;
      if (!value(depth + 1)) return false;
    }
    return true;
  };

  if (!value(1)) return why;
  return at === bytes.length ? undefined : `${bytes.length - at} bytes after the value`;
};

// The encoded key "__proto__": a decoder that assigns it would replace an object's prototype.
const PROTO_KEY = encode("__proto__");

const compare = (
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  bStart: number,
  bEnd: number,
  b: Uint8Array,
): number => {
  const length = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < length; i++) {
    const difference = (a[aStart + i] as number) - (b[bStart + i] as number);
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
};

/** What in a value JSON cannot carry, as a path and a reason; `undefined` when it is a JSON value. */
export const notJson = (value: unknown, path = "value", depth = 0): string | undefined => {
  if (depth > MAX_NESTING) return `${path} is nested deeper than ${MAX_NESTING} (a cycle?)`;
  switch (typeof value) {
    case "boolean":
      return undefined;
    case "string":
      return value.isWellFormed() ? undefined : `${path} is a text with a lone surrogate`;
    case "number":
      return Number.isFinite(value) ? undefined : `${path} is ${value}, which JSON cannot carry`;
    case "object": {
      if (value === null) return undefined;
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) {
          const why = notJson(value[i], `${path}[${i}]`, depth + 1);
          if (why !== undefined) return why;
        }
        return undefined;
      }
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) {
        return `${path} is a ${value.constructor?.name ?? "special object"}, which JSON cannot carry`;
      }
      for (const [key, member] of Object.entries(value)) {
        if (key === "__proto__") return `${path} has a key __proto__`;
        if (member === undefined) continue;
        const why = notJson(key, `${path} key`, depth) ?? notJson(member, `${path}.${key}`, depth + 1);
        if (why !== undefined) return why;
      }
      return undefined;
    }
    default:
      return `${path} is a ${typeof value}, which JSON cannot carry`;
  }
};
