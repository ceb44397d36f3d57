/**
 * A strict reader of raw DEFLATE (RFC 1951).
 *
 * Inflaters in use agree on what a good compressor writes and differ on the rest: bytes after the last block, codes that
 * are over-subscribed or incomplete, a stream cut in its padding. Peers that differ there would differ about a signed block
 * (L7). So the reader is ours and says no to all of them, stops at the bound before it allocates, and costs at most a
 * small table per block of the stream.
 */

export type Inflated =
  | { readonly ok: true; readonly value: Uint8Array }
  | { readonly ok: false; readonly limit: boolean; readonly why: string };

const FAST_BITS = 9;
const FAST_MASK = (1 << FAST_BITS) - 1;
const MAX_CODE_BITS = 15;

/** A prefix code: `fast` by the next 9 bits (symbol << 4 | length, 0 for none), longer codes by `counts` and `symbols`. */
interface Code {
  readonly fast: Uint16Array;
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}
const newCode = (symbols: number): Code => ({
  fast: new Uint16Array(1 << FAST_BITS),
  counts: new Uint16Array(MAX_CODE_BITS + 1),
  symbols: new Uint16Array(symbols),
});

const offsets = new Uint16Array(MAX_CODE_BITS + 2);
const nextCode = new Uint16Array(MAX_CODE_BITS + 2);

/** Fills a code from the lengths of its symbols. `false` unless it is complete, or has at most one code, of one bit. */
const fill = (code: Code, lengths: Uint8Array, from: number, count: number, mayBeSingle: boolean): boolean => {
  const { fast, counts, symbols } = code;
  counts.fill(0);
  for (let i = 0; i < count; i++) {
    const length = lengths[from + i] as number;
    counts[length] = (counts[length] as number) + 1;
  }
  const used = count - (counts[0] as number);
  counts[0] = 0;
  let left = 1;
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    left = left * 2 - (counts[length] as number);
    if (left < 0) return false;
  }
  if (left > 0 && !(mayBeSingle && (used === 0 || (used === 1 && counts[1] === 1)))) return false;
  let next = 0;
  offsets[1] = 0;
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    offsets[length + 1] = (offsets[length] as number) + (counts[length] as number);
    nextCode[length] = next;
    next = (next + (counts[length] as number)) << 1;
  }
  fast.fill(0);
  for (let symbol = 0; symbol < count; symbol++) {
    const length = lengths[from + symbol] as number;
    if (length === 0) continue;
    const at = offsets[length] as number;
    symbols[at] = symbol;
    offsets[length] = at + 1;
    let bits = nextCode[length] as number;
    nextCode[length] = bits + 1;
    if (length > FAST_BITS) continue;
    // Codes stand in the stream with their highest bit first, everything else with its lowest.
    let reversed = 0;
    for (let i = 0; i < length; i++) {
      reversed = (reversed << 1) | (bits & 1);
      bits >>= 1;
    }
    for (let i = reversed; i <= FAST_MASK; i += 1 << length) fast[i] = (symbol << 4) | length;
  }
  return true;
};

const LENGTH_BASE = Uint16Array.of(
  3,
  4,
  5,
  6,
  7,
  8,
  9,
  10,
  11,
  13,
  15,
  17,
  19,
  23,
  27,
  31,
  35,
  43,
  51,
  59,
  67,
  83,
  99,
  115,
  131,
  163,
  195,
  227,
  258,
);
const LENGTH_EXTRA = Uint8Array.of(
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  1,
  1,
  1,
  1,
  2,
  2,
  2,
  2,
  3,
  3,
  3,
  3,
  4,
  4,
  4,
  4,
  5,
  5,
  5,
  5,
  0,
);
const DISTANCE_BASE = Uint16Array.of(
  1,
  2,
  3,
  4,
  5,
  7,
  9,
  13,
  17,
  25,
  33,
  49,
  65,
  97,
  129,
  193,
  257,
  385,
  513,
  769,
  1025,
  1537,
  2049,
  3073,
  4097,
  6145,
  8193,
  12289,
  16385,
  24577,
);
const CODE_LENGTH_ORDER = Uint8Array.of(16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15);

const fixedLengths = new Uint8Array(288 + 32);
fixedLengths.fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280, 288).fill(5, 288);
const fixedLiterals = newCode(288);
const fixedDistances = newCode(32);
fill(fixedLiterals, fixedLengths, 0, 288, false);
fill(fixedDistances, fixedLengths, 288, 32, false);

const codeLengths = newCode(19);
const literals = newCode(286);
const distances = newCode(30);
const lengths = new Uint8Array(286 + 30);

const STOP = new Error("inflate");

/** Inflates all of `input`, which must be one whole stream and nothing else, to at most `bound` bytes. */
export const inflate = (input: Uint8Array, bound: number): Inflated => {
  let at = 0;
  let hold = 0;
  let held = 0;
  let out = new Uint8Array(Math.min(bound, Math.max(1024, input.length * 4)));
  let length = 0;
  let why = "";
  let limit = false;

  const stop = (reason: string, isLimit = false): never => {
    why = reason;
    limit = isLimit;
    throw STOP;
  };
  const take = (count: number): number => {
    while (held < count) {
      if (at >= input.length) return stop("cut short");
      hold |= (input[at++] as number) << held;
      held += 8;
    }
    const value = hold & ((1 << count) - 1);
    hold >>>= count;
    held -= count;
    return value;
  };
  const symbolOf = (code: Code): number => {
    while (held < MAX_CODE_BITS && at < input.length) {
      hold |= (input[at++] as number) << held;
      held += 8;
    }
    const entry = code.fast[hold & FAST_MASK] as number;
    if (entry !== 0) {
      const bits = entry & 15;
      if (bits > held) return stop("cut short");
      hold >>>= bits;
      held -= bits;
      return entry >> 4;
    }
    let bits = 0;
    let first = 0;
    let index = 0;
    for (let size = 1; size <= MAX_CODE_BITS; size++) {
      if (size > held) return stop("cut short");
      bits |= (hold >> (size - 1)) & 1;
      const count = code.counts[size] as number;
      if (bits - count < first) {
        hold >>>= size;
        held -= size;
        return code.symbols[index + (bits - first)] as number;
      }
      index += count;
      first = (first + count) << 1;
      bits <<= 1;
    }
    return stop("a code that stands for nothing");
  };
  const room = (bytes: number): void => {
    if (length + bytes > bound) stop(`inflates to more than ${bound} bytes`, true);
    if (length + bytes <= out.length) return;
    const larger = new Uint8Array(Math.min(bound, Math.max(out.length * 2, length + bytes)));
    larger.set(out.subarray(0, length));
    out = larger;
  };
  const stored = (): void => {
    at -= held >> 3;
    hold = held = 0;
    if (at + 4 > input.length) stop("cut short");
    const size = (input[at] as number) | ((input[at + 1] as number) << 8);
    if (size !== (~((input[at + 2] as number) | ((input[at + 3] as number) << 8)) & 0xffff)) stop("a damaged length");
    at += 4;
    if (at + size > input.length) stop("cut short");
    room(size);
    out.set(input.subarray(at, at + size), length);
    length += size;
    at += size;
  };
  const readCodes = (): void => {
    const literalCount = take(5) + 257;
    const distanceCount = take(5) + 1;
    const codeCount = take(4) + 4;
    if (literalCount > 286 || distanceCount > 30) stop("too many codes");
    lengths.fill(0, 0, 19);
    for (let i = 0; i < codeCount; i++) lengths[CODE_LENGTH_ORDER[i] as number] = take(3);
    if (!fill(codeLengths, lengths, 0, 19, false)) stop("a damaged code");
    const total = literalCount + distanceCount;
    let i = 0;
    while (i < total) {
      const symbol = symbolOf(codeLengths);
      if (symbol < 16) {
        lengths[i++] = symbol;
        continue;
      }
      if (symbol === 16 && i === 0) stop("a damaged code");
      const value = symbol === 16 ? (lengths[i - 1] as number) : 0;
      const repeat = symbol === 16 ? 3 + take(2) : symbol === 17 ? 3 + take(3) : 11 + take(7);
      if (i + repeat > total) stop("a damaged code");
      lengths.fill(value, i, i + repeat);
      i += repeat;
    }
    if (lengths[256] === 0) stop("a block without an end");
    if (!fill(literals, lengths, 0, literalCount, true)) stop("a damaged code");
    if (!fill(distances, lengths, literalCount, distanceCount, true)) stop("a damaged code");
  };
  const compressed = (literal: Code, distance: Code): void => {
    for (;;) {
      const symbol = symbolOf(literal);
      if (symbol < 256) {
        if (length === out.length) room(1);
        out[length++] = symbol;
        continue;
      }
      if (symbol === 256) return;
      if (symbol > 285) stop("a code that stands for nothing");
      const size = (LENGTH_BASE[symbol - 257] as number) + take(LENGTH_EXTRA[symbol - 257] as number);
      const distanceSymbol = symbolOf(distance);
      if (distanceSymbol > 29) stop("a code that stands for nothing");
      const extra = distanceSymbol < 4 ? 0 : (distanceSymbol >> 1) - 1;
      const back = (DISTANCE_BASE[distanceSymbol] as number) + take(extra);
      if (back > length) stop("a distance before the start");
      room(size);
      // Byte by byte: source and target may overlap, and then repeat.
      for (let i = 0; i < size; i++) {
        out[length] = out[length - back] as number;
        length++;
      }
    }
  };

  try {
    let last = 0;
    while (last === 0) {
      last = take(1);
      const kind = take(2);
      if (kind === 0) stored();
      else if (kind === 1) compressed(fixedLiterals, fixedDistances);
      else if (kind === 2) {
        readCodes();
        compressed(literals, distances);
      } else stop("a block of unknown kind");
    }
    if (at < input.length || held >= 8 || hold !== 0) stop("bytes after the end");
  } catch (error) {
    if (error !== STOP) throw error;
    return { ok: false, limit, why };
  }
  return { ok: true, value: out.subarray(0, length) };
};
