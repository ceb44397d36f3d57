/**
 * Payloads: records in deterministic CBOR, compressed when it pays. Codec 0 is plain, codec 1 is raw DEFLATE (RFC 1951).
 * Other codecs (encryption will be one) are kept and forwarded, and shown as one unknown record (E5).
 */
import { deflateSync, Inflate } from "fflate";
import { decode } from "cborg";
import { type CborValue, encodeCbor, notJson, scanCbor } from "./cbor.js";
import {
  MAX_CANON_PAYLOAD_BYTES, MAX_CANON_RECORDS_PER_BLOCK, MAX_NESTING, MAX_PAYLOAD_BYTES, MAX_RECORD_BYTES,
  MAX_RECORDS_PER_BLOCK, MAX_STRING_BYTES,
} from "./limits.js";
import { type AnyRecord, type JsonValue, type KnownRecord, recordProblem, type Role, schemaOf } from "./records.js";
import { accept, refuse, type Result } from "./refusal.js";

export const CODEC_CBOR = 0;
export const CODEC_DEFLATE = 1;

/** Bounds of one block by its writer's role (L7). */
export const payloadLimits = (role: Role): { readonly bytes: number; readonly records: number } =>
  role === "orchestrator"
    ? { bytes: MAX_CANON_PAYLOAD_BYTES, records: MAX_CANON_RECORDS_PER_BLOCK }
    : { bytes: MAX_PAYLOAD_BYTES, records: MAX_RECORDS_PER_BLOCK };

/** Encodes one record and checks it as a reader would (R1, L7), so that nothing is signed that a peer would refuse. */
export const encodeRecord = (record: AnyRecord): Result<Uint8Array> => {
  const type = record.type === "unknown" ? record.of : record.type;
  const why = notJson(record.body, type) ?? recordProblem(type, record.version, record.body);
  if (why !== undefined) return refuse("R1", "writer", `This record cannot be written: ${why}. Correct it and try again.`);
  const bytes = encodeCbor([type, record.version, record.body as JsonValue]);
  if (bytes.length > MAX_RECORD_BYTES) {
    return refuse("L7", "writer", `A record of ${bytes.length} bytes, ${MAX_RECORD_BYTES} allowed. Shorten its longest text.`);
  }
  const bound = scanCbor(bytes);
  if (bound !== undefined) {
    return refuse("L7", "writer", `This ${type} record cannot be written: ${bound} (a text may have ${MAX_STRING_BYTES} bytes).`);
  }
  return accept(bytes);
};

/** Below this size compression costs more than it saves. */
const WORTH_COMPRESSING = 512;

/** Joins encoded records into a payload. */
export const encodePayload = (records: readonly Uint8Array[]): { readonly codec: number; readonly payload: Uint8Array } => {
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
  const deflated = deflateSync(plain, { level: 1 });
  return deflated.length < plain.length * 0.9
    ? { codec: CODEC_DEFLATE, payload: deflated }
    : { codec: CODEC_CBOR, payload: plain };
};

const arrayHead = (length: number): Uint8Array =>
  length < 24 ? Uint8Array.of(0x80 | length)
  : length < 256 ? Uint8Array.of(0x98, length)
  : Uint8Array.of(0x99, length >> 8, length & 255);

/** Inflates within a bound: input goes in by small steps, so that a bomb is noticed after one of them. */
const inflate = (payload: Uint8Array, bound: number): Uint8Array | undefined => {
  const parts: Uint8Array[] = [];
  let length = 0;
  let ended = false;
  try {
    const stream = new Inflate((part, final) => {
      length += part.length;
      if (length > bound) throw new RangeError("over the bound");
      if (part.length > 0) parts.push(part);
      ended = final;
    });
    // DEFLATE grows at most 1,032 times: 256 bytes give at most 264 KiB before the next check.
    for (let at = 0; at < payload.length; at += 256) {
      stream.push(payload.subarray(at, at + 256), at + 256 >= payload.length);
    }
  } catch {
    return undefined;
  }
  if (!ended) return undefined;
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** Reads a payload whose block is signed: every fault here is the writer's. */
export const readPayload = (codec: number, payload: Uint8Array, role: Role): Result<readonly AnyRecord[]> => {
  const limits = payloadLimits(role);
  const bad = (rule: "L7" | "R1", why: string) =>
    refuse(rule, "writer", `The payload breaks a bound or a form: ${why}. Its writer signed it; this document is closed.`);
  if (payload.length > limits.bytes) return bad("L7", `${payload.length} bytes, ${limits.bytes} allowed`);
  if (codec !== CODEC_CBOR && codec !== CODEC_DEFLATE) {
    return accept([{ type: "unknown", of: `codec ${codec}`, version: 0, body: null }]);
  }
  const plain = codec === CODEC_CBOR ? payload : inflate(payload, limits.bytes);
  if (plain === undefined) return bad("L7", `inflates to more than ${limits.bytes} bytes, or is damaged`);
  const why = scanCbor(plain, { nesting: MAX_NESTING + 1 });
  if (why !== undefined) return bad("L7", why);
  const items = decode(plain) as CborValue;
  if (!Array.isArray(items)) return bad("R1", "not an array of records");
  if (items.length === 0 || items.length > limits.records) {
    return bad("L7", `${items.length} records, 1 to ${limits.records} allowed`);
  }
  const records: AnyRecord[] = [];
  for (const item of items as readonly unknown[]) {
    if (!Array.isArray(item) || item.length !== 3) return bad("R1", "a record is not [type, version, body]");
    const [type, version, body] = item as readonly unknown[];
    if (typeof type !== "string" || !Number.isSafeInteger(version) || (version as number) < 1) {
      return bad("R1", "a record has no type and version");
    }
    if (schemaOf(type, version as number) === undefined) {
      records.push({ type: "unknown", of: type, version: version as number, body: body as JsonValue });
      continue;
    }
    const problem = recordProblem(type, version as number, body);
    if (problem !== undefined) return bad("R1", problem);
    records.push({ type, version, body } as unknown as KnownRecord);
  }
  return accept(records);
};
