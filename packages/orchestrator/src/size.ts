/** Sizes of canon's records and blocks: admission must know whether a unit's effects fit before it writes them. */
import {
  type AnyRecord,
  cborSize,
  MAX_CANON_PAYLOAD_BYTES,
  MAX_CANON_RECORDS_PER_BLOCK,
  textBytes,
} from "@herdmind/protocol";

/** Payload bytes of a canon block that effects may fill; the rest is for the array head and the block's `time` record (20 bytes). */
export const CANON_BLOCK_BYTES = MAX_CANON_PAYLOAD_BYTES - 64;
/** Records of a canon block, without that one. */
export const CANON_BLOCK_RECORDS = MAX_CANON_RECORDS_PER_BLOCK - 1;

/** Bytes of a record in a payload: `[type, version, body]`. */
export const recordSize = ({ type, body }: AnyRecord): number => 2 + cborSize(type) + cborSize(body);

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
