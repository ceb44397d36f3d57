/**
 * Whether bytes are a Yjs update at all (version 1 encoding). Only asked about an update that the grammar has refused, to
 * say who is at fault: an update that Yjs could have made breaks a rule of its document (L1, L2), and bytes that are no
 * update are the sender's.
 *
 * Nothing is built while scanning: Yjs' own decoder turns 4 MiB of two-byte structs into 200 MB of objects.
 */
import * as decoding from "lib0/decoding";

/** Nesting of a value in lib0's `any` encoding; deeper ones overflow the stack of Yjs' decoder. */
const MAX_ANY_NESTING = 64;

type Decoder = decoding.Decoder;
type Skip = (decoder: Decoder) => void;

const cutShort = (): never => {
  throw new RangeError("the bytes end early");
};

/** lib0 answers `undefined` past the end, and reads past the end of a view into the buffer behind it. */
export const readByte = (decoder: Decoder): number => decoder.arr[decoder.pos++] ?? cutShort();

const skipBytes = (decoder: Decoder, length: number): void => {
  if (length > decoder.arr.length - decoder.pos) cutShort();
  decoder.pos += length;
};

/** A byte string with its length before it: a view into the update. */
export const readBytes = (decoder: Decoder): Uint8Array => {
  const length = decoding.readVarUint(decoder);
  const start = decoder.pos;
  skipBytes(decoder, length);
  return decoder.arr.subarray(start, decoder.pos);
};

const skipString: Skip = (decoder) => void readBytes(decoder);
const skipNumber: Skip = (decoder) => void decoding.readVarUint(decoder);
const skipId: Skip = (decoder) => {
  skipNumber(decoder);
  skipNumber(decoder);
};
const times = (count: number, skip: () => void): void => {
  for (let i = 0; i < count; i++) skip();
};

const skipAny = (decoder: Decoder, depth = 0): void => {
  if (depth > MAX_ANY_NESTING) cutShort();
  const tag = readByte(decoder);
  if (tag === 127 || tag === 126 || tag === 121 || tag === 120) return;
  if (tag === 125) {
    while ((readByte(decoder) & 0x80) !== 0);
  } else if (tag === 124) skipBytes(decoder, 4);
  else if (tag === 123 || tag === 122) skipBytes(decoder, 8);
  else if (tag === 119 || tag === 116) skipString(decoder);
  else if (tag === 117) times(decoding.readVarUint(decoder), () => skipAny(decoder, depth + 1));
  else if (tag === 118) {
    times(decoding.readVarUint(decoder), () => {
      skipString(decoder);
      skipAny(decoder, depth + 1);
    });
  } else cutShort();
};

/** Content by its reference number: deleted, JSON, binary, text, embed, format, type, any, document. */
const CONTENTS: { readonly [ref: number]: Skip } = {
  1: skipNumber,
  2: (decoder) => times(decoding.readVarUint(decoder), () => skipString(decoder)),
  3: skipString,
  4: skipString,
  5: skipString,
  6: (decoder) => {
    skipString(decoder);
    skipString(decoder);
  },
  7: (decoder) => {
    const type = decoding.readVarUint(decoder);
    if (type > 6) cutShort();
    // XML elements and hooks carry their name.
    if (type === 3 || type === 5) skipString(decoder);
  },
  8: (decoder) => times(decoding.readVarUint(decoder), () => skipAny(decoder)),
  9: (decoder) => {
    skipString(decoder);
    skipAny(decoder);
  },
};

const skipStruct: Skip = (decoder) => {
  const info = readByte(decoder);
  const ref = info & 0x1f;
  if (ref === 0 || ref === 10) {
    skipNumber(decoder);
    return;
  }
  if ((info & 0x80) !== 0) skipId(decoder);
  if ((info & 0x40) !== 0) skipId(decoder);
  if ((info & 0xc0) === 0) {
    if (decoding.readVarUint(decoder) === 1) skipString(decoder);
    else skipId(decoder);
    if ((info & 0x20) !== 0) skipString(decoder);
  }
  const skipContent = CONTENTS[ref] ?? cutShort;
  skipContent(decoder);
};

export const isYjsUpdate = (update: Uint8Array): boolean => {
  const decoder = decoding.createDecoder(update);
  try {
    times(decoding.readVarUint(decoder), () => {
      const structs = decoding.readVarUint(decoder);
      skipId(decoder);
      times(structs, () => skipStruct(decoder));
    });
    times(decoding.readVarUint(decoder), () => {
      skipNumber(decoder);
      times(decoding.readVarUint(decoder), () => skipId(decoder));
    });
    return decoder.pos === update.length;
  } catch {
    // lib0 throws when bytes end early or a number does not fit.
    return false;
  }
};
