/**
 * Deterministic CBOR, and a reader that accepts nothing else.
 *
 * Readers of general CBOR accept many spellings of one value: longer integers, other key order, repeated keys,
 * indefinite lengths. Two peers that differ about one of them differ about a log for ever. So this is the whole of the
 * format that Herdmind uses, written once: RFC 8949, section 4.2.1, of null, booleans, numbers, texts, byte strings,
 * arrays and maps with text keys. A safe integer is an integer; every other finite number is a 64-bit float (section
 * 4.2.2 lets a protocol fix this); -0 is 0, as in JSON. Reading is one pass that checks while it builds, so there is no
 * second parser to disagree with. For every input `x` that is accepted, `encodeCbor(decodeCbor(x))` equals `x`.
 */
import { MAX_NESTING, MAX_STRING_BYTES } from "./limits.js";
import type { JsonValue } from "./records.js";

export type CborValue = JsonValue | Uint8Array | readonly CborValue[] | { readonly [key: string]: CborValue };

export interface CborBounds {
  /** Arrays and maps inside each other; the outermost counts as 1. */
  readonly nesting?: number;
  /** UTF-8 bytes of one text. */
  readonly stringBytes?: number;
  /** Whether byte strings are allowed; JSON has none. */
  readonly allowBytes?: boolean;
}

/** `limit`: the bytes may be well formed, but break a bound (L7). */
export type CborProblem = { readonly ok: false; readonly why: string; readonly limit: boolean };

// Reading and writing are synchronous, so one set of variables serves every call.
let problem: CborProblem = { ok: false, why: "", limit: false };
const STOP = new Error("cbor");

/** Ends the pass under way; `run` below turns it into a value. */
const stop = (why: string, limit = false): never => {
  problem = { ok: false, why, limit };
  throw STOP;
};

const run = <T>(pass: () => T): { readonly ok: true; readonly value: T } | CborProblem => {
  try {
    return { ok: true, value: pass() };
  } catch (error) {
    if (error !== STOP) throw error;
    return problem;
  }
};

// ---------------------------------------------------------------------------------------------------------- reading

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

let input: Uint8Array = new Uint8Array(0);
let view: DataView = new DataView(input.buffer);
let at = 0;
let maxNesting = 0;
let maxString = 0;
let mayBytes = false;

const start = (bytes: Uint8Array, bounds: CborBounds): void => {
  input = bytes;
  view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  at = 0;
  maxNesting = bounds.nesting ?? MAX_NESTING;
  maxString = bounds.stringBytes ?? MAX_STRING_BYTES;
  mayBytes = bounds.allowBytes ?? false;
};

const bad = (why: string, limit = false): never => stop(`${why} at byte ${at}`, limit);

/** The number behind an initial byte, in its only allowed spelling. */
const readArgument = (info: number): number => {
  if (info < 24) return info;
  if (info > 27) return bad(info === 31 ? "indefinite length" : "reserved additional information");
  const size = 1 << (info - 24);
  if (at + size > input.length) return bad("cut short");
  let argument: number;
  if (info === 24) argument = input[at] as number;
  else if (info === 25) argument = view.getUint16(at);
  else if (info === 26) argument = view.getUint32(at);
  else argument = view.getUint32(at) * 0x100000000 + view.getUint32(at + 4);
  if (argument > Number.MAX_SAFE_INTEGER) return bad("integer beyond 2^53");
  if (argument < (info === 24 ? 24 : info === 25 ? 0x100 : info === 26 ? 0x10000 : 0x100000000)) {
    return bad("integer longer than needed");
  }
  at += size;
  return argument;
};

// Below this length a loop beats a call into TextDecoder.
const SHORT_TEXT = 24;

const readText = (length: number): string => {
  if (length > maxString) return bad(`text of ${length} bytes, ${maxString} allowed`, true);
  const end = at + length;
  if (end > input.length) return bad("cut short");
  if (length <= SHORT_TEXT) {
    let text = "";
    let i = at;
    for (; i < end; i++) {
      const byte = input[i] as number;
      if (byte > 127) break;
      text += String.fromCharCode(byte);
    }
    if (i === end) {
      at = end;
      return text;
    }
  }
  let text: string;
  try {
    text = utf8.decode(input.subarray(at, end));
  } catch {
    return bad("text that is not UTF-8");
  }
  at = end;
  return text;
};

const readFloat = (): number => {
  if (at + 8 > input.length) return bad("cut short");
  const float = view.getFloat64(at);
  if (!Number.isFinite(float)) return bad("not a finite number");
  if (Number.isSafeInteger(float)) return bad("integer written as a float");
  at += 8;
  return float;
};

const readValue = (depth: number): CborValue => {
  if (at >= input.length) return bad("cut short");
  const initial = input[at++] as number;
  const info = initial & 31;
  switch (initial >> 5) {
    case 0:
      return readArgument(info);
    case 1: {
      const argument = readArgument(info);
      return argument < Number.MAX_SAFE_INTEGER ? -1 - argument : bad("integer beyond 2^53");
    }
    case 2: {
      if (!mayBytes) return bad("byte string");
      const length = readArgument(info);
      if (length > input.length - at) return bad("cut short");
      at += length;
      return input.subarray(at - length, at);
    }
    case 3:
      return readText(readArgument(info));
    case 4:
      return readArray(readArgument(info), depth);
    case 5:
      return readMap(readArgument(info), depth);
    case 6:
      return bad("tag");
    default:
      if (info === 20) return false;
      if (info === 21) return true;
      if (info === 22) return null;
      return info === 27 ? readFloat() : bad("simple value or short float");
  }
};

const readArray = (length: number, depth: number): CborValue[] => {
  if (depth > maxNesting) return bad(`nested deeper than ${maxNesting}`, true);
  // Each element takes at least one byte, so a claimed length is bounded by what is left; nothing is allocated by claim.
  if (length > input.length - at) return bad("cut short");
  const array: CborValue[] = [];
  for (let i = 0; i < length; i++) array.push(readValue(depth + 1));
  return array;
};

const readMap = (length: number, depth: number): { readonly [key: string]: CborValue } => {
  if (depth > maxNesting) return bad(`nested deeper than ${maxNesting}`, true);
  if (length * 2 > input.length - at) return bad("cut short");
  const map: { [key: string]: CborValue } = {};
  let lastStart = -1;
  let lastEnd = -1;
  for (let i = 0; i < length; i++) {
    const keyStart = at;
    if (at >= input.length) return bad("cut short");
    const initial = input[at++] as number;
    if (initial >> 5 !== 3) return bad("map key that is not a text");
    const key = readText(readArgument(initial & 31));
    if (lastStart >= 0) {
      const order = compareSpans(lastStart, lastEnd, keyStart, at);
      if (order >= 0) return bad(order === 0 ? "repeated map key" : "map keys out of order");
    }
    // Assigning it would replace the object's prototype.
    if (key === "__proto__") return bad("map key __proto__");
    lastStart = keyStart;
    lastEnd = at;
    map[key] = readValue(depth + 1);
  }
  return map;
};

/** Bytewise order of two encoded keys, section 4.2.1. */
const compareSpans = (aStart: number, aEnd: number, bStart: number, bEnd: number): number => {
  const length = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < length; i++) {
    const difference = (input[aStart + i] as number) - (input[bStart + i] as number);
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
};

const finish = <T>(value: T): T => {
  const rest = input.length - at;
  input = EMPTY;
  return rest === 0 ? value : stop(`${rest} bytes after the value`);
};
const EMPTY = new Uint8Array(0);

/**
 * Decodes deterministic CBOR; says why when the bytes are anything else, or break a bound. Byte strings in the value are
 * views into `bytes`.
 */
export const decodeCbor = (
  bytes: Uint8Array,
  bounds: CborBounds = {},
): { readonly ok: true; readonly value: CborValue } | CborProblem => {
  start(bytes, bounds);
  return run(() => finish(readValue(1)));
};

/** Decodes an array together with the number of bytes of each element. */
export const decodeCborItems = (
  bytes: Uint8Array,
  bounds: CborBounds = {},
): { readonly ok: true; readonly value: { readonly items: CborValue[]; readonly sizes: number[] } } | CborProblem => {
  start(bytes, bounds);
  return run(() => {
    if (bytes.length === 0 || (bytes[0] as number) >> 5 !== 4) return stop("not an array");
    const initial = input[at++] as number;
    const length = readArgument(initial & 31);
    if (length > input.length - at) return bad("cut short");
    const items: CborValue[] = [];
    const sizes: number[] = [];
    for (let i = 0; i < length; i++) {
      const from = at;
      items.push(readValue(2));
      sizes.push(at - from);
    }
    return finish({ items, sizes });
  });
};

/** What makes these bytes anything but one deterministic CBOR value within the bounds; `undefined` if nothing does. */
export const scanCbor = (bytes: Uint8Array, bounds: CborBounds = {}): string | undefined => {
  const decoded = decodeCbor(bytes, bounds);
  return decoded.ok ? undefined : decoded.why;
};

// ---------------------------------------------------------------------------------------------------------- writing

const utf8Encoder = new TextEncoder();
const OUT_BYTES_KEPT = 128 * 1024;

let out = new Uint8Array(4096);
let outView = new DataView(out.buffer);
let end = 0;
let writing = false;

const room = (bytes: number): void => {
  if (end + bytes <= out.length) return;
  const larger = new Uint8Array(Math.max(out.length * 2, end + bytes));
  larger.set(out.subarray(0, end));
  out = larger;
  outView = new DataView(out.buffer);
};

const writeHead = (major: number, argument: number): void => {
  room(9);
  const type = major << 5;
  if (argument < 24) {
    out[end++] = type | argument;
  } else if (argument < 0x100) {
    out[end++] = type | 24;
    out[end++] = argument;
  } else if (argument < 0x10000) {
    out[end++] = type | 25;
    outView.setUint16(end, argument);
    end += 2;
  } else if (argument < 0x100000000) {
    out[end++] = type | 26;
    outView.setUint32(end, argument);
    end += 4;
  } else {
    out[end++] = type | 27;
    outView.setUint32(end, Math.floor(argument / 0x100000000));
    outView.setUint32(end + 4, argument >>> 0);
    end += 8;
  }
};

const writeText = (text: string): void => {
  const { length } = text;
  // UTF-8 is never shorter than UTF-16 has units: this stops before room is made for three times as much.
  if (length > maxString) stop(`text of ${length} bytes or more, ${maxString} allowed`, true);
  if (length <= SHORT_TEXT * 2) {
    const back = end;
    writeHead(3, length);
    room(length);
    let i = 0;
    for (; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) break;
      out[end++] = code;
    }
    if (i === length) return;
    end = back;
  }
  if (!text.isWellFormed()) stop("a text with a lone surrogate");
  // Three bytes for each UTF-16 unit is the most that UTF-8 takes.
  room(9 + length * 3);
  const guess = end + headBytes(length);
  const { written } = utf8Encoder.encodeInto(text, out.subarray(guess));
  if (written > maxString) stop(`text of ${written} bytes, ${maxString} allowed`, true);
  const textAt = end + headBytes(written);
  // Before the head is written: a longer one stands where the text begins now.
  if (textAt !== guess) out.copyWithin(textAt, guess, guess + written);
  writeHead(3, written);
  end += written;
};

const headBytes = (argument: number): number => (argument < 24 ? 1 : argument < 0x100 ? 2 : argument < 0x10000 ? 3 : 5);

const isAscii = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
};

/** Bytewise order of the encoded keys: length in UTF-8 first, then bytes. */
const compareKeys = (a: string, b: string): number => {
  if (isAscii(a) && isAscii(b)) return a.length - b.length || (a < b ? -1 : 1);
  const [aBytes, bBytes] = [utf8Encoder.encode(a), utf8Encoder.encode(b)];
  if (aBytes.length !== bBytes.length) return aBytes.length - bBytes.length;
  for (let i = 0; i < aBytes.length; i++) {
    const difference = (aBytes[i] as number) - (bBytes[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
};

const writeValue = (value: unknown, depth: number): void => {
  switch (typeof value) {
    case "string":
      writeText(value);
      return;
    case "number":
      writeNumber(value);
      return;
    case "boolean":
      room(1);
      out[end++] = value ? 0xf5 : 0xf4;
      return;
    case "object":
      if (value === null) {
        room(1);
        out[end++] = 0xf6;
        return;
      }
      if (value instanceof Uint8Array && mayBytes) {
        writeHead(2, value.length);
        room(value.length);
        out.set(value, end);
        end += value.length;
        return;
      }
      if (depth > maxNesting) stop(`nested deeper than ${maxNesting}`, true);
      if (Array.isArray(value)) writeArray(value, depth);
      else writeMap(value, depth);
      return;
    default:
      stop(`a ${typeof value}`);
  }
};

const writeNumber = (value: number): void => {
  if (Number.isSafeInteger(value)) {
    if (value < 0) writeHead(1, -1 - value);
    else writeHead(0, value);
    return;
  }
  if (!Number.isFinite(value)) stop(`${value}`);
  room(9);
  out[end++] = 0xfb;
  outView.setFloat64(end, value);
  end += 8;
};

const writeArray = (array: readonly unknown[], depth: number): void => {
  writeHead(4, array.length);
  for (let i = 0; i < array.length; i++) writeValue(array[i], depth + 1);
};

const writeMap = (map: object, depth: number): void => {
  const prototype: unknown = Object.getPrototypeOf(map);
  if (prototype !== Object.prototype && prototype !== null) stop("a special object");
  const members = map as { readonly [key: string]: unknown };
  const keys: string[] = [];
  for (const key of Object.keys(map)) {
    if (members[key] === undefined) continue;
    if (key === "__proto__") stop("a key __proto__");
    // Insertion sort: objects have few keys, and those of a literal often stand in order.
    let i = keys.length;
    for (; i > 0 && compareKeys(keys[i - 1] as string, key) > 0; i--) keys[i] = keys[i - 1] as string;
    keys[i] = key;
  }
  writeHead(5, keys.length);
  for (const key of keys) {
    writeText(key);
    writeValue(members[key], depth + 1);
  }
};

/** Encodes within bounds; says why when the value cannot be carried. `undefined` members are left out, as in JSON. */
export const tryEncodeCbor = (
  value: unknown,
  bounds: CborBounds = {},
): { readonly ok: true; readonly value: Uint8Array } | CborProblem => {
  if (writing) throw new TypeError("a getter of a value that is being encoded encodes another value");
  writing = true;
  end = 0;
  maxNesting = bounds.nesting ?? MAX_NESTING;
  maxString = bounds.stringBytes ?? MAX_STRING_BYTES;
  mayBytes = bounds.allowBytes ?? false;
  try {
    return run(() => {
      writeValue(value, 1);
      return out.slice(0, end);
    });
  } finally {
    writing = false;
    if (out.length > OUT_BYTES_KEPT) {
      out = new Uint8Array(4096);
      outView = new DataView(out.buffer);
    }
  }
};

/** Deep enough for every layout of this protocol; a cycle ends here instead of in a stack overflow. */
const ENCODE_NESTING = 64;

/** Encodes a JSON value, or one with byte strings in it; `undefined` members left out. Throws for anything else. */
export const encodeCbor = (value: CborValue): Uint8Array => {
  const written = tryEncodeCbor(value, {
    nesting: ENCODE_NESTING,
    stringBytes: Number.MAX_SAFE_INTEGER,
    allowBytes: true,
  });
  if (!written.ok) throw new TypeError(`CBOR cannot carry this value: ${written.why}`);
  return written.value;
};

// --------------------------------------------------------------------------------------------------------- explaining

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
        const maker: unknown = value.constructor;
        return `${path} is a ${typeof maker === "function" ? maker.name : "special object"}, which JSON cannot carry`;
      }
      for (const [key, member] of Object.entries(value)) {
        if (member === undefined) continue;
        if (key === "__proto__") return `${path} has a key __proto__`;
        if (!key.isWellFormed()) return `${path} has a key with a lone surrogate`;
        const why = notJson(member, `${path}.${key}`, depth + 1);
        if (why !== undefined) return why;
      }
      return undefined;
    }
    default:
      return `${path} is a ${typeof value}, which JSON cannot carry`;
  }
};
