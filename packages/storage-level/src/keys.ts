/**
 * Key layout of format 1. All numbers are big-endian, so that keys sort by sequence; README.md has this as a table.
 *
 *   v                                     format version, decimal text
 *   o                                     origin record, JSON (see origin.ts)
 *   h  writer(32) generation(16)          length u32, epoch u32, hash of the last block (32, absent at length 0)
 *   b  writer(32) generation(16) seq u32  the block
 *   m  name (UTF-16, so that any text is a name)  the value
 *   p  number u32                         a fork proof
 */
import {
  type BlockHash,
  type GenerationId,
  idBytes,
  type LogId,
  logKey,
  toBase64url,
  type WriterId,
} from "@herdmind/protocol";

/** The newest format that this code reads and writes. */
export const FORMAT = 1;

const PREFIX = { head: 0x68, block: 0x62, meta: 0x6d, proof: 0x70 } as const;

export const VERSION_KEY = new TextEncoder().encode("v");
export const ORIGIN_KEY = new TextEncoder().encode("o");

const WRITER_BYTES = 32;
const GENERATION_BYTES = 16;
const LOG_BYTES = WRITER_BYTES + GENERATION_BYTES;
const HASH_BYTES = 32;

/** A log as it is held: its head, and what its keys start with. */
export interface HeldLog {
  readonly log: LogId;
  readonly prefix: Uint8Array;
  readonly length: number;
  /** `undefined` when the log was cut to nothing. */
  readonly hash: BlockHash | undefined;
  /** The epoch (see origin.ts) in which the log was begun; 0 when it was cut or damaged. */
  readonly epoch: number;
}

/** The 48 bytes that name a log. Throws for ids of a wrong length: they would mix the keys of two logs. */
export const logPrefix = (log: LogId): Uint8Array => {
  const writer = idBytes(log.writer);
  const generation = idBytes(log.generation);
  if (writer.length !== WRITER_BYTES || generation.length !== GENERATION_BYTES)
    throw new Error(`not a log: ${logKey(log)}`);
  const prefix = new Uint8Array(LOG_BYTES);
  prefix.set(writer);
  prefix.set(generation, WRITER_BYTES);
  return prefix;
};

const putUint32 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
};
const uint32At = (bytes: Uint8Array, at: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);

export const blockKey = (prefix: Uint8Array, sequence: number): Uint8Array => {
  const key = new Uint8Array(1 + LOG_BYTES + 4);
  key[0] = PREFIX.block;
  key.set(prefix, 1);
  putUint32(key, 1 + LOG_BYTES, sequence);
  return key;
};
/** The sequence in a block key. */
export const sequenceOf = (key: Uint8Array): number => uint32At(key, 1 + LOG_BYTES);

export const headKey = (prefix: Uint8Array): Uint8Array => {
  const key = new Uint8Array(1 + LOG_BYTES);
  key[0] = PREFIX.head;
  key.set(prefix, 1);
  return key;
};

export const headValue = ({ length, epoch, hash }: HeldLog): Uint8Array => {
  const value = new Uint8Array(hash === undefined ? 8 : 8 + HASH_BYTES);
  putUint32(value, 0, length);
  putUint32(value, 4, epoch);
  if (hash !== undefined) value.set(idBytes(hash), 8);
  return value;
};

/**
 * Reads a stored head. A value of a wrong size is damage: the log is then held with nothing in it, and never again as
 * `created-here`. `undefined` when not even the key is one.
 */
export const parseHead = (
  key: Uint8Array,
  value: Uint8Array,
): { readonly held: HeldLog; readonly damaged: boolean } | undefined => {
  if (key.length !== 1 + LOG_BYTES) return undefined;
  const prefix = Uint8Array.from(key.subarray(1));
  const log: LogId = {
    writer: toBase64url(prefix.subarray(0, WRITER_BYTES)) as WriterId,
    generation: toBase64url(prefix.subarray(WRITER_BYTES)) as GenerationId,
  };
  const length = value.length >= 8 ? uint32At(value, 0) : 0;
  const epoch = value.length >= 8 ? uint32At(value, 4) : 0;
  if (value.length === 8 && length === 0)
    return { held: { log, prefix, length, hash: undefined, epoch }, damaged: false };
  if (value.length === 8 + HASH_BYTES && length > 0) {
    const hash = toBase64url(value.subarray(8)) as BlockHash;
    return { held: { log, prefix, length, hash, epoch }, damaged: false };
  }
  return { held: { log, prefix, length: 0, hash: undefined, epoch: 0 }, damaged: true };
};

export const metaKey = (name: string): Uint8Array => {
  const key = new Uint8Array(1 + name.length * 2);
  key[0] = PREFIX.meta;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    key[1 + i * 2] = code >>> 8;
    key[2 + i * 2] = code;
  }
  return key;
};

export const proofKey = (number: number): Uint8Array => {
  const key = new Uint8Array(5);
  key[0] = PREFIX.proof;
  putUint32(key, 1, number);
  return key;
};
/** The number in a proof key. */
export const proofNumber = (key: Uint8Array): number => (key.length === 5 ? uint32At(key, 1) : 0);

/** Every key of one kind. */
export const rangeOf = (kind: "head" | "proof" | "meta"): { readonly gte: Uint8Array; readonly lt: Uint8Array } => ({
  gte: Uint8Array.of(PREFIX[kind]),
  lt: Uint8Array.of(PREFIX[kind] + 1),
});
