/** Reads deterministic CBOR: one pass that checks while it builds. */
import { type CborBounds, type CborProblem, type CborValue, run, stop } from "./cbor-pass.js";
import { MAX_NESTING, MAX_STRING_BYTES } from "./limits.js";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// Reading is synchronous, so one set of variables serves every call.
let input: Uint8Array = new Uint8Array(0);
let view: DataView = new DataView(input.buffer);
let at = 0;
let maxNesting = 0;
let maxString = 0;
let mayBytes = false;
let itemsLeft = 0;

const start = (bytes: Uint8Array, bounds: CborBounds): void => {
  input = bytes;
  view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  at = 0;
  maxNesting = bounds.nesting ?? MAX_NESTING;
  maxString = bounds.stringBytes ?? MAX_STRING_BYTES;
  mayBytes = bounds.allowBytes ?? false;
  itemsLeft = bounds.items ?? Number.POSITIVE_INFINITY;
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
  if (--itemsLeft < 0) return bad("more values than allowed", true);
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
