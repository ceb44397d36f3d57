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
export type { CborBounds, CborProblem, CborValue } from "./cbor-pass.js";
export { decodeCbor, decodeCborItems, scanCbor } from "./cbor-read.js";
export { encodeCbor, tryEncodeCbor } from "./cbor-write.js";
export { notJson } from "./not-json.js";
