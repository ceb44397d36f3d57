/**
 * Blocks: header, signature, payload. The layout is section 5 of PROTOCOL.md; the header's is frozen for all versions.
 *
 *     block   = u16 length of header | header | signature (64) | payload
 *     header  = CBOR [version, swarm, writer, generation, sequence, previous, codec, payload length, payload hash]
 *     hash    = SHA-256(header | signature)
 *     signed  = "herdmind/1/block\0" | header
 */
import { decodeCbor, encodeCbor } from "./cbor.js";
import { concat, domain, equalBytes, sha256 } from "./hash.js";
import {
  type BlockHash,
  type EntryId,
  type GenerationId,
  idBytes,
  type LogId,
  type RecordRef,
  type SwarmId,
  toBase64url,
  type WriterId,
} from "./ids.js";
import { type KeyPair, verifySignature } from "./keys.js";
import { MAX_BLOCK_BYTES, MAX_BLOCKS_PER_GENERATION, MAX_HEADER_BYTES, PROTOCOL_VERSION } from "./limits.js";
import { accept, type Refused, type Result, refuse } from "./refusal.js";

export interface BlockHeader {
  readonly version: number;
  readonly swarm: SwarmId;
  readonly writer: WriterId;
  readonly generation: GenerationId;
  readonly sequence: number;
  /** Hash of the block before; `undefined` for sequence 0. */
  readonly previous: BlockHash | undefined;
  readonly codec: number;
  readonly payloadLength: number;
  readonly payloadHash: Uint8Array;
}

/** A block taken apart. Views into `bytes`, not copies. Its signature is not checked yet. */
export interface Block {
  readonly header: BlockHeader;
  readonly headerBytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly payload: Uint8Array;
  readonly hash: BlockHash;
  readonly bytes: Uint8Array;
}

/** A block's header and signature: proves (writer, generation, sequence, hash) in about 250 bytes. */
export type SignedHead = Omit<Block, "payload">;

const BLOCK_DOMAIN = domain("block");
const NO_PREVIOUS = new Uint8Array(0);

const readHeader = (bytes: Uint8Array): Result<BlockHeader> => {
  const bad = (why: string): Refused =>
    refuse(
      "L4",
      "sender",
      `This is not a block header: ${why}. Nobody signed these bytes as a block; drop the sender.`,
    );
  if (bytes.length > MAX_HEADER_BYTES) return bad(`${bytes.length} bytes, ${MAX_HEADER_BYTES} allowed`);
  const decoded = decodeCbor(bytes, { nesting: 1, stringBytes: 0, allowBytes: true });
  if (!decoded.ok) return bad(decoded.why);
  const fields = decoded.value;
  if (!Array.isArray(fields) || fields.length !== 9) return bad("not an array of nine");
  const [version, swarm, writer, generation, sequence, previous, codec, payloadLength, payloadHash] =
    fields as readonly unknown[];
  const isBytes = (value: unknown, length: number): value is Uint8Array =>
    value instanceof Uint8Array && value.length === length;
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!isCount(version) || version < 1) return bad("no version");
  if (!isBytes(swarm, 32) || !isBytes(writer, 32) || !isBytes(generation, 16)) return bad("ids of wrong length");
  if (!isCount(sequence) || !isCount(codec) || !isCount(payloadLength)) return bad("numbers out of range");
  if (!isBytes(previous, sequence === 0 ? 0 : 32)) return bad("no hash of the previous block");
  if (!isBytes(payloadHash, 32)) return bad("no payload hash");
  return accept({
    version,
    swarm: toBase64url(swarm) as SwarmId,
    writer: toBase64url(writer) as WriterId,
    generation: toBase64url(generation) as GenerationId,
    sequence,
    previous: sequence === 0 ? undefined : (toBase64url(previous) as BlockHash),
    codec,
    payloadLength,
    payloadHash,
  });
};

/** Takes a signed head apart: `u16 length | header | signature`. */
export const readHead = (bytes: Uint8Array): Result<SignedHead> => {
  const short = refuse("L4", "sender", "This head is cut short. Nobody signed it; drop the sender.");
  if (bytes.length < 2) return short;
  const end = 2 + (((bytes[0] as number) << 8) | (bytes[1] as number));
  if (bytes.length < end + 64) return short;
  if (bytes.length > end + 64) return refuse("L4", "sender", "There are bytes after this head. Drop the sender.");
  const headerBytes = bytes.subarray(2, end);
  const header = readHeader(headerBytes);
  if (!header.ok) return header;
  return accept({
    header: header.value,
    headerBytes,
    signature: bytes.subarray(end),
    hash: toBase64url(sha256(bytes.subarray(2))) as BlockHash,
    bytes,
  });
};

/** Takes a block apart and checks what needs no key: sizes, the header's form and the payload's hash. */
export const readBlock = (bytes: Uint8Array): Result<Block> => {
  if (bytes.length > MAX_BLOCK_BYTES) {
    return refuse(
      "L7",
      "sender",
      `A block of ${bytes.length} bytes, ${MAX_BLOCK_BYTES} allowed. Split it before signing.`,
    );
  }
  const end = bytes.length < 2 ? 2 : 2 + (((bytes[0] as number) << 8) | (bytes[1] as number)) + 64;
  const head = readHead(bytes.subarray(0, end));
  if (!head.ok) return head;
  const { header, headerBytes, signature, hash } = head.value;
  const payload = bytes.subarray(end);
  if (payload.length !== header.payloadLength || !equalBytes(sha256(payload), header.payloadHash)) {
    return refuse(
      "L4",
      "sender",
      `The payload of block ${header.sequence} is not the signed one. Ask another peer for it.`,
      {
        log: header,
        sequence: header.sequence,
      },
    );
  }
  return accept({ header, headerBytes, signature, payload, hash, bytes });
};

/** The signed head of a block: its bytes without the payload. */
export const headOf = (block: Uint8Array): Uint8Array =>
  block.subarray(0, 2 + (((block[0] as number) << 8) | (block[1] as number)) + 64);

/** Whether the writer named in the header signed it (L5). */
export const verifyHead = (head: SignedHead): Promise<boolean> =>
  verifySignature(idBytes(head.header.writer), head.signature, concat(BLOCK_DOMAIN, head.headerBytes));

/**
 * Judges a block alone: the right swarm and log (L1), a valid signature (L5), a place inside the generation (L7). The last is
 * asked after the signature, because only a signed number is its writer's fault.
 */
export const judgeHead = async (head: SignedHead, swarm: SwarmId, log: LogId): Promise<Refused | undefined> => {
  const { header } = head;
  const where = { log, sequence: header.sequence };
  if (header.swarm !== swarm || header.writer !== log.writer || header.generation !== log.generation) {
    return refuse(
      "L1",
      "writer",
      `Block ${header.sequence} belongs to ${header.writer}/${header.generation} of swarm ${header.swarm}, not to this document.`,
      where,
    );
  }
  if (!(await verifyHead(head))) {
    return refuse(
      "L5",
      "sender",
      `Block ${header.sequence} does not carry a valid signature of ${header.writer}. Nobody signed it; drop the sender.`,
      where,
    );
  }
  if (header.sequence >= MAX_BLOCKS_PER_GENERATION) {
    return refuse(
      "L7",
      "writer",
      `Block ${header.sequence} is past the ${MAX_BLOCKS_PER_GENERATION} blocks of a generation.`,
      where,
    );
  }
  return undefined;
};

/** What a new block says besides its payload. */
export interface NewBlock extends LogId {
  readonly swarm: SwarmId;
  readonly sequence: number;
  readonly previous: BlockHash | undefined;
  readonly codec: number;
}

/**
 * Signs a block over an encoded payload. Throws for what no reader would take: a sequence that is not a count, a first
 * block with a previous one or a later block without, and a key other than the writer's.
 */
export const sealBlock = async (key: KeyPair, block: NewBlock, payload: Uint8Array): Promise<Block> => {
  if (
    !Number.isSafeInteger(block.sequence) ||
    block.sequence < 0 ||
    (block.sequence === 0) !== (block.previous === undefined)
  ) {
    throw new RangeError(`block ${block.sequence} ${block.previous === undefined ? "lacks" : "has"} a previous block`);
  }
  if (key.id !== block.writer) throw new Error(`key ${key.id} cannot sign for ${block.writer}`);
  const payloadHash = sha256(payload);
  const headerBytes = encodeCbor([
    PROTOCOL_VERSION,
    idBytes(block.swarm),
    idBytes(block.writer),
    idBytes(block.generation),
    block.sequence,
    block.previous === undefined ? NO_PREVIOUS : idBytes(block.previous),
    block.codec,
    payload.length,
    payloadHash,
  ]);
  const signature = await key.sign(concat(BLOCK_DOMAIN, headerBytes));
  const bytes = concat(
    Uint8Array.of(headerBytes.length >> 8, headerBytes.length & 255),
    headerBytes,
    signature,
    payload,
  );
  const end = 2 + headerBytes.length + 64;
  if (bytes.length > MAX_BLOCK_BYTES)
    throw new RangeError(`a block of ${bytes.length} bytes, ${MAX_BLOCK_BYTES} allowed`);
  return {
    header: {
      version: PROTOCOL_VERSION,
      swarm: block.swarm,
      writer: block.writer,
      generation: block.generation,
      sequence: block.sequence,
      previous: block.previous,
      codec: block.codec,
      payloadLength: payload.length,
      payloadHash,
    },
    headerBytes: bytes.subarray(2, end - 64),
    signature: bytes.subarray(end - 64, end),
    payload: bytes.subarray(end),
    hash: toBase64url(sha256(bytes.subarray(2, end))) as BlockHash,
    bytes,
  };
};

/** The Yjs client id of a log: 53 bits of a hash over swarm, writer and generation, never 0. */
export const clientIdOf = (swarm: SwarmId, log: LogId): number => {
  const hash = sha256(concat(domain("client"), idBytes(swarm), idBytes(log.writer), idBytes(log.generation)));
  const view = new DataView(hash.buffer, hash.byteOffset);
  return view.getUint32(0) * 0x200000 + (view.getUint32(4) >>> 11) || 1;
};

const ENTRY_DOMAIN = domain("entry");

/** The id of the entry that a proposal opens. */
export const entryIdOf = (swarm: SwarmId, ref: RecordRef): EntryId =>
  toBase64url(
    sha256(
      concat(
        ENTRY_DOMAIN,
        encodeCbor([idBytes(swarm), idBytes(ref.writer), idBytes(ref.generation), ref.sequence, ref.index]),
      ),
    ),
  ) as EntryId;
