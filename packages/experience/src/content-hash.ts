/** One way to turn content into a name: SHA-256 over deterministic CBOR, the first 24 bytes in base64url. */
import { encodeCbor, type JsonValue, sha256, toBase64url } from "@herdmind/protocol";

/** Bytes of the hash that are kept: 2^96 contents until two share a name by chance, and 32 characters as text. */
const HASH_BYTES = 24;

export const contentHash = (content: JsonValue): string =>
  toBase64url(sha256(encodeCbor(content)).subarray(0, HASH_BYTES));
