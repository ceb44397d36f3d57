/** Writes deterministic CBOR, within the bounds of its reader. */
import { type CborBounds, type CborProblem, type CborValue, run, stop } from "./cbor-pass.js";
import { MAX_NESTING, MAX_STRING_BYTES } from "./limits.js";

const utf8Encoder = new TextEncoder();
const OUT_BYTES_KEPT = 128 * 1024;

// Up to this length a loop beats a call into TextEncoder.
const SHORT_TEXT = 48;

// Writing is synchronous, and a getter that starts it again is refused, so one set of variables serves every call.
let out = new Uint8Array(4096);
let outView = new DataView(out.buffer);
let end = 0;
let writing = false;
let maxNesting = 0;
let maxString = 0;
let mayBytes = false;

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
  if (length <= SHORT_TEXT) {
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
