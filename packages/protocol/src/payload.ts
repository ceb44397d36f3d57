/**
 * Payloads: records in deterministic CBOR, compressed when it pays. Codec 0 is plain, codec 1 is raw DEFLATE (RFC 1951).
 * Other codecs (encryption will be one) are kept and forwarded, and shown as one unknown record (E5).
 */
import { deflateSync } from "fflate";
import { decodeCborItems, notJson, tryEncodeCbor } from "./cbor.js";
import { inflate } from "./inflate.js";
import {
  MAX_CANON_PAYLOAD_BYTES,
  MAX_CANON_RECORDS_PER_BLOCK,
  MAX_NESTING,
  MAX_PAYLOAD_BYTES,
  MAX_RECORD_BYTES,
  MAX_RECORDS_PER_BLOCK,
} from "./limits.js";
import { readRecord } from "./record-versions.js";
import { type AnyRecord, type JsonValue, type Role, recordProblem } from "./records.js";
import { accept, type Refused, type Result, refuse } from "./refusal.js";

export const CODEC_CBOR = 0;
export const CODEC_DEFLATE = 1;

/** Bounds of one block by its writer's role (L7). */
export const payloadLimits = (role: Role): { readonly bytes: number; readonly records: number } =>
  role === "orchestrator"
    ? { bytes: MAX_CANON_PAYLOAD_BYTES, records: MAX_CANON_RECORDS_PER_BLOCK }
    : { bytes: MAX_PAYLOAD_BYTES, records: MAX_RECORDS_PER_BLOCK };

/** A record's type: visible ASCII, so that one nobody knows can be filed and shown (E5); at most 64 characters. */
const TYPE = /^[!-~]{1,64}$/;
const isLabel = (type: unknown, version: unknown): boolean =>
  typeof type === "string" && TYPE.test(type) && Number.isSafeInteger(version) && (version as number) >= 1;

/** Encodes one record and checks it as a reader would (R1, L7), so that nothing is signed that a peer would refuse. */
export const encodeRecord = (record: AnyRecord): Result<Uint8Array> => {
  const type = record.type === "unknown" ? record.of : record.type;
  const cannot = (why: string): Refused =>
    refuse("R1", "writer", `This record cannot be written: ${why}. Correct it and try again.`);
  if (!isLabel(type, record.version)) return cannot(`type ${JSON.stringify(type)}, version ${record.version}`);
  const encoded = tryEncodeCbor([type, record.version, record.body]);
  if (!encoded.ok) {
    if (!encoded.limit) return cannot(notJson(record.body, type) ?? encoded.why);
    return refuse("L7", "writer", `This ${type} record cannot be written: ${encoded.why}. Shorten it and try again.`);
  }
  const why = recordProblem(type, record.version, record.body);
  if (why !== undefined) return cannot(why);
  if (encoded.value.length > MAX_RECORD_BYTES) {
    return refuse(
      "L7",
      "writer",
      `A record of ${encoded.value.length} bytes, ${MAX_RECORD_BYTES} allowed. Shorten its longest text.`,
    );
  }
  return accept(encoded.value);
};

/**
 * Level 3 takes the time of level 1 on 64 signals (160 us) and gives 12 % less; a hash table of 16 KiB instead of 128 KiB
 * halves the time for two signals.
 */
const DEFLATE = { level: 3, mem: 2 } as const;

/** Below this size compression costs more than it saves. */
const WORTH_COMPRESSING = 512;

/** Joins encoded records into a payload. */
export const encodePayload = (
  records: readonly Uint8Array[],
): { readonly codec: number; readonly payload: Uint8Array } => {
  if (records.length === 0) throw new RangeError("a payload has at least one record");
  const head = arrayHead(records.length);
  let length = head.length;
  for (const encoded of records) length += encoded.length;
  const plain = new Uint8Array(length);
  plain.set(head);
  let at = head.length;
  for (const encoded of records) {
    plain.set(encoded, at);
    at += encoded.length;
  }
  if (plain.length < WORTH_COMPRESSING) return { codec: CODEC_CBOR, payload: plain };
  const deflated = deflateSync(plain, DEFLATE);
  return deflated.length < plain.length * 0.9
    ? { codec: CODEC_DEFLATE, payload: deflated }
    : { codec: CODEC_CBOR, payload: plain };
};

const arrayHead = (length: number): Uint8Array =>
  length < 24
    ? Uint8Array.of(0x80 | length)
    : length < 256
      ? Uint8Array.of(0x98, length)
      : Uint8Array.of(0x99, length >> 8, length & 255);

/** Reads a payload whose block is signed: every fault here is the writer's. `onPlain` is told how many bytes it is, inflated. */
export const readPayload = (
  codec: number,
  payload: Uint8Array,
  role: Role,
  onPlain: (bytes: number) => void = () => undefined,
): Result<readonly AnyRecord[]> => {
  const limits = payloadLimits(role);
  const bad = (rule: "L7" | "R1", why: string): Refused =>
    refuse(
      rule,
      "writer",
      `The payload breaks a bound or a form: ${why}. Its writer signed it; this document is closed.`,
    );
  if (payload.length > limits.bytes) return bad("L7", `${payload.length} bytes, ${limits.bytes} allowed`);
  if (codec !== CODEC_CBOR && codec !== CODEC_DEFLATE) {
    return accept([{ type: "unknown", of: `codec ${codec}`, version: 0, body: null }]);
  }
  const plain = codec === CODEC_CBOR ? ({ ok: true, value: payload } as const) : inflate(payload, limits.bytes);
  if (!plain.ok) return bad(plain.limit ? "L7" : "R1", `not a DEFLATE stream, ${plain.why}`);
  onPlain(plain.value.length);
  const decoded = decodeCborItems(plain.value, { nesting: MAX_NESTING + 1 });
  if (!decoded.ok) return bad(decoded.limit ? "L7" : "R1", decoded.why);
  const { items, sizes } = decoded.value;
  if (items.length === 0 || items.length > limits.records) {
    return bad("L7", `${items.length} records, 1 to ${limits.records} allowed`);
  }
  const records: AnyRecord[] = [];
  for (const [i, item] of items.entries()) {
    if ((sizes[i] as number) > MAX_RECORD_BYTES) {
      return bad("L7", `record ${i} has ${sizes[i]} bytes, ${MAX_RECORD_BYTES} allowed`);
    }
    if (!Array.isArray(item) || item.length !== 3) return bad("R1", `record ${i} is not [type, version, body]`);
    const [type, version, body] = item as unknown as readonly [string, number, JsonValue];
    if (!isLabel(type, version)) return bad("R1", `record ${i} has no type and version`);
    const problem = recordProblem(type, version, body);
    if (problem !== undefined) return bad("R1", `record ${i}, ${problem}`);
    records.push(readRecord(type, version, body));
  }
  return accept(records);
};
