/** Sizes on the wire, computed without encoding: who must know whether something fits asks this of each part. */

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

/** Bytes of a JSON value in deterministic CBOR. */
export const cborSize = (value: unknown): number => {
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
    for (const item of value) size += cborSize(item);
    return headSize(value.length) + size;
  }
  let members = 0;
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    members += 1;
    size += cborSize(name) + cborSize(member);
  }
  return headSize(members) + size;
};
