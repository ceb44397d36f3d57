/**
 * Seeded randomness: the same seed deals the same tasks on every machine, and a printed seed replays a run. Streams are
 * named, so that drawing more numbers in one place does not shift those of another.
 */
import { createHash } from "node:crypto";

export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number;
  pick<T>(values: readonly T[]): T;
  /** A new array with the same elements in a random order. */
  shuffle<T>(values: readonly T[]): T[];
}

/** `path`: names the stream, for example `(seed, "agent", 3)`. */
export const createRandom = (seed: number | string, ...path: readonly (number | string)[]): Random => {
  const digest = createHash("sha256")
    .update(JSON.stringify([seed, ...path]))
    .digest();
  let a = digest.readUInt32LE(0);
  let b = digest.readUInt32LE(4);
  let c = digest.readUInt32LE(8);
  let counter = 1;
  // Chris Doty-Humphrey's sfc32: 128 bits of state, passes PractRand; the hash above makes good initial states.
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const pick = <T>(values: readonly T[]): T => {
    if (values.length === 0) throw new Error("pick: nothing to pick from");
    return values[int(0, values.length - 1)] as T;
  };
  const shuffle = <T>(values: readonly T[]): T[] => {
    const out = [...values];
    for (let last = out.length - 1; last > 0; last--) {
      const other = int(0, last);
      [out[last], out[other]] = [out[other] as T, out[last] as T];
    }
    return out;
  };
  return { next, int, pick, shuffle };
};
