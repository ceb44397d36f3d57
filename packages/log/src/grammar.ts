/**
 * Blocks in Yjs updates (rules L1 and L2): the only shape of update that a log's document can have, written and read here.
 *
 * One client id. Root types `segment/0`, `segment/1`, ... each a Y.Array with up to 1,024 elements `{ b: bytes }`. The Yjs
 * clock of a block is its sequence. A struct is one item with content of kind Any whose origin is the element before it,
 * or, at the start of a segment, the root type. No delete set, no GC, no Skip, no right origin, no map key.
 *
 * This is a parser, not a filter: hostile bytes never reach Yjs. What it accepts is encoded again before a document sees it.
 */
import {
  BLOCKS_PER_SEGMENT,
  clientIdOf,
  type LogId,
  MAX_UPDATE_BYTES,
  type Result,
  refuse,
  type SwarmId,
} from "@herdmind/protocol";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { isYjsUpdate, readByte, readBytes } from "./yjs-form.js";

// Yjs update encoding, version 1: the info byte of a struct, and tags of lib0's `any` encoding.
const CONTENT_ANY = 8;
const HAS_ORIGIN = 0x80;
const HAS_RIGHT_ORIGIN = 0x40;
const HAS_PARENT_SUB = 0x20;
const REF_BITS = 0x1f;
const REF_GC = 0;
const REF_SKIP = 10;
const PARENT_IS_ROOT = 1;
const ANY_OBJECT = 118;
const ANY_BYTES = 116;
const KEY_B = 98;

export const segmentName = (segment: number): string => `segment/${segment}`;

/** Encodes blocks `from`, `from + 1`, ... of a document as Yjs itself would. */
export const encodeUpdate = (clientId: number, from: number, blocks: readonly Uint8Array[]): Uint8Array => {
  const encoder = encoding.createEncoder();
  if (blocks.length === 0) {
    encoding.writeVarUint(encoder, 0);
    encoding.writeVarUint(encoder, 0);
    return encoding.toUint8Array(encoder);
  }
  const end = from + blocks.length;
  const structs = Math.floor((end - 1) / BLOCKS_PER_SEGMENT) - Math.floor(from / BLOCKS_PER_SEGMENT) + 1;
  encoding.writeVarUint(encoder, 1);
  encoding.writeVarUint(encoder, structs);
  encoding.writeVarUint(encoder, clientId);
  encoding.writeVarUint(encoder, from);
  for (let clock = from; clock < end; ) {
    const segment = Math.floor(clock / BLOCKS_PER_SEGMENT);
    const stop = Math.min(end, (segment + 1) * BLOCKS_PER_SEGMENT);
    if (clock % BLOCKS_PER_SEGMENT === 0) {
      encoding.writeUint8(encoder, CONTENT_ANY);
      encoding.writeVarUint(encoder, PARENT_IS_ROOT);
      encoding.writeVarString(encoder, segmentName(segment));
    } else {
      encoding.writeUint8(encoder, CONTENT_ANY | HAS_ORIGIN);
      encoding.writeVarUint(encoder, clientId);
      encoding.writeVarUint(encoder, clock - 1);
    }
    encoding.writeVarUint(encoder, stop - clock);
    for (; clock < stop; clock++) {
      encoding.writeUint8(encoder, ANY_OBJECT);
      encoding.writeVarUint(encoder, 1);
      encoding.writeVarString(encoder, "b");
      encoding.writeUint8(encoder, ANY_BYTES);
      encoding.writeVarUint8Array(encoder, blocks[clock - from] as Uint8Array);
    }
  }
  encoding.writeVarUint(encoder, 0);
  return encoding.toUint8Array(encoder);
};

/** Blocks as an update carries them: `blocks[0]` has sequence `from`. Views into the update. */
export interface CarriedBlocks {
  readonly from: number;
  readonly blocks: readonly Uint8Array[];
}

/** Reads an update for the document of `log`; refuses every update that `encodeUpdate` could not have made, up to cuts. */
export const decodeUpdate = (swarm: SwarmId, log: LogId, update: Uint8Array): Result<CarriedBlocks> => {
  if (update.length > MAX_UPDATE_BYTES) {
    return refuse(
      "L7",
      "sender",
      `An update of ${update.length} bytes, ${MAX_UPDATE_BYTES} allowed. Send fewer blocks at a time.`,
      { log },
    );
  }
  const garbage = () =>
    refuse(
      "L2",
      "sender",
      `This update for ${log.writer}/${log.generation} is not a Yjs update: it is cut short or garbled. Drop the sender.`,
      { log },
    );
  try {
    const read = readStructs(decoding.createDecoder(update), clientIdOf(swarm, log), log);
    return read.ok || isYjsUpdate(update) ? read : garbage();
  } catch {
    // lib0 throws when bytes end early or a number does not fit.
    return garbage();
  }
};

const readStructs = (decoder: decoding.Decoder, clientId: number, log: LogId): Result<CarriedBlocks> => {
  const not = (rule: "L1" | "L2", why: string, sequence?: number) =>
    refuse(
      rule,
      "writer",
      `This update does not append to the log ${log.writer}/${log.generation}: ${why}. The document is closed on this connection.`,
      { log, ...(sequence === undefined ? {} : { sequence }) },
    );
  const clients = decoding.readVarUint(decoder);
  if (clients > 1) return not("L1", `it has structs of ${clients} clients`);
  const blocks: Uint8Array[] = [];
  let from = 0;
  if (clients === 1) {
    const structs = decoding.readVarUint(decoder);
    const client = decoding.readVarUint(decoder);
    from = decoding.readVarUint(decoder);
    if (client !== clientId) return not("L1", `it is written by client ${client}, not ${clientId}`, from);
    if (structs === 0) return not("L2", "it has no struct", from);
    let clock = from;
    for (let i = 0; i < structs; i++) {
      const info = readByte(decoder);
      const ref = info & REF_BITS;
      if (ref === REF_GC) return not("L2", "it has a GC struct", clock);
      if (ref === REF_SKIP) return not("L2", "it has a Skip struct", clock);
      if (ref !== CONTENT_ANY) return not("L2", `it has content of kind ${ref}`, clock);
      if ((info & HAS_RIGHT_ORIGIN) !== 0) return not("L2", "it inserts before an element", clock);
      if ((info & HAS_PARENT_SUB) !== 0) return not("L2", "it sets a map key", clock);
      const place = clock % BLOCKS_PER_SEGMENT;
      if ((info & HAS_ORIGIN) !== 0) {
        const originClient = decoding.readVarUint(decoder);
        const originClock = decoding.readVarUint(decoder);
        if (originClient !== clientId) return not("L1", "it follows an element of another client", clock);
        if (place === 0) return not("L2", "it does not start a new segment", clock);
        if (originClock !== clock - 1) return not("L2", "it does not follow the last element", clock);
      } else {
        if (decoding.readVarUint(decoder) !== PARENT_IS_ROOT) return not("L2", "its parent is no root type", clock);
        const name = decoding.readVarString(decoder);
        if (place !== 0 || name !== segmentName(clock / BLOCKS_PER_SEGMENT)) {
          return not("L2", `its root type is not ${segmentName(Math.floor(clock / BLOCKS_PER_SEGMENT))}`, clock);
        }
      }
      const length = decoding.readVarUint(decoder);
      if (length === 0 || place + length > BLOCKS_PER_SEGMENT) return not("L2", "it runs over a segment's end", clock);
      for (let n = 0; n < length; n++) {
        const isBlock =
          readByte(decoder) === ANY_OBJECT &&
          decoding.readVarUint(decoder) === 1 &&
          decoding.readVarUint(decoder) === 1 &&
          readByte(decoder) === KEY_B &&
          readByte(decoder) === ANY_BYTES;
        if (!isBlock) return not("L2", "an element is not exactly { b: bytes }", clock + n);
        blocks.push(readBytes(decoder));
      }
      clock += length;
    }
  }
  if (decoding.readVarUint(decoder) !== 0) return not("L2", "it has a delete set", from);
  if (decoding.hasContent(decoder))
    return refuse("L2", "sender", "There are bytes after this update. Drop the sender.", { log });
  return { ok: true, value: { from, blocks } };
};
