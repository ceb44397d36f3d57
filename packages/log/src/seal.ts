/** From records to signed blocks: encoding, the bounds of one block, and sealing. */
import {
  type AnyRecord,
  accept,
  type Block,
  decodeCbor,
  encodePayload,
  encodeRecord,
  type JsonValue,
  type KeyPair,
  type LogId,
  type NewBlock,
  payloadLimits,
  type Result,
  type Role,
  readRecord,
  sealBlock,
} from "@herdmind/protocol";
import { type JudgedBlock, nextIn } from "./judge.js";

/** A record with its encoding; `record` is what a reader of the bytes will see, whatever becomes of the caller's object. */
export interface EncodedRecord {
  readonly record: AnyRecord;
  readonly bytes: Uint8Array;
}

/** What fits into one block, the payload's own array head set aside. */
export interface BlockRoom {
  readonly bytes: number;
  readonly records: number;
}

/** CBOR's longest head of an array of at most 65,535 items. */
const ARRAY_HEAD_BYTES = 3;

export const roomOfRole = (role: Role): BlockRoom => {
  const { bytes, records } = payloadLimits(role);
  return { bytes: bytes - ARRAY_HEAD_BYTES, records };
};

export const fitsOneBlock = (room: BlockRoom, records: number, bytes: number): boolean =>
  records <= room.records && bytes <= room.bytes;

export const encodeRecords = (records: Iterable<AnyRecord>): Result<readonly EncodedRecord[]> => {
  const encoded: EncodedRecord[] = [];
  for (const one of records) {
    const bytes = encodeRecord(one);
    if (!bytes.ok) return bytes;
    encoded.push({ record: readBack(bytes.value), bytes: bytes.value });
  }
  return accept(encoded);
};

/** Every peer derives its view from the bytes (A4). So does the author, who may change his object after `append`. */
const readBack = (bytes: Uint8Array): AnyRecord => {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) throw new Error(`a record just encoded cannot be read: ${decoded.why}`);
  const [type, version, body] = decoded.value as unknown as readonly [string, number, JsonValue];
  return readRecord(type, version, body);
};

/** Fills blocks one after the other. */
export const splitRecords = function* (
  records: readonly EncodedRecord[],
  room: BlockRoom,
): Generator<readonly EncodedRecord[]> {
  let chunk: EncodedRecord[] = [];
  let bytes = 0;
  for (const item of records) {
    if (!fitsOneBlock(room, chunk.length + 1, bytes + item.bytes.length)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(item);
    bytes += item.bytes.length;
  }
  if (chunk.length > 0) yield chunk;
};

/** Signs one block over records that fit into it. */
export const sealRecords = async (
  key: KeyPair,
  place: Omit<NewBlock, "codec">,
  records: readonly EncodedRecord[],
): Promise<JudgedBlock & { readonly block: Block; readonly next: LogId["generation"] | undefined }> => {
  const { codec, payload } = encodePayload(records.map(({ bytes }) => bytes));
  const block = await sealBlock(key, { ...place, codec }, payload);
  const read = records.map((item) => item.record);
  return { block, records: read, next: nextIn(read) };
};
