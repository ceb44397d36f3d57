/** Sizes on the wire, computed without encoding: admission must know whether a unit's effects fit before it writes them. */
import {
  type AnyRecord,
  type JsonValue,
  MAX_CANON_PAYLOAD_BYTES,
  MAX_CANON_RECORDS_PER_BLOCK,
} from "@herdmind/protocol";

/** Payload bytes of a canon block that effects may fill; the rest is for the array head and the block's `time` record (20 bytes). */
export const CANON_BLOCK_BYTES = MAX_CANON_PAYLOAD_BYTES - 64;
/** Records of a canon block, without that one. */
export const CANON_BLOCK_RECORDS = MAX_CANON_RECORDS_PER_BLOCK - 1;

const headSize = (n: number): number => (n < 24 ? 1 : n < 0x100 ? 2 : n < 0x10000 ? 3 : n < 0x100000000 ? 5 : 9);

/** Bytes of a text in UTF-8. */
export const textBytes = (text: string): number => {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // Each half of a surrogate pair counts two: four for the pair.
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return bytes;
};

/** Bytes of a value in deterministic CBOR. */
export const cborSize = (value: JsonValue | undefined): number => {
  if (typeof value === "string") {
    const bytes = textBytes(value);
    return headSize(bytes) + bytes;
  }
  if (typeof value === "number") {
    if (!Number.isInteger(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) return 9;
    // CBOR counts negative numbers from -1.
    return headSize(value < 0 ? -1 - value : value);
  }
  if (typeof value !== "object" || value === null) return 1;
  let size = 0;
  if (Array.isArray(value)) {
    for (const item of value as readonly JsonValue[]) size += cborSize(item);
    return headSize(value.length) + size;
  }
  let members = 0;
  for (const [name, member] of Object.entries(value as { readonly [key: string]: JsonValue })) {
    if (member === undefined) continue;
    members += 1;
    size += cborSize(name) + cborSize(member);
  }
  return headSize(members) + size;
};

/** Bytes of a record in a payload: `[type, version, body]`. */
export const recordSize = ({ type, body }: AnyRecord): number => 2 + cborSize(type) + cborSize(body as JsonValue);

/** The longest beginning of a text that has at most `bytes` bytes, with a mark when something was cut. */
export const cutText = (text: string, bytes: number): string => {
  if (text.length * 3 <= bytes || textBytes(text) <= bytes) return text;
  let end = 0;
  // Three bytes are kept for the mark.
  for (let left = bytes - 3; end < text.length; end++) {
    left -= textBytes(text[end] as string);
    if (left < 0) break;
  }
  // Never half of a surrogate pair.
  const code = text.charCodeAt(end - 1);
  if (code >= 0xd800 && code <= 0xdbff) end -= 1;
  return end <= 0 ? "" : `${text.slice(0, end)}\u2026`;
};
