/** Valid ids for tests of parts that do not look inside: deterministic, and different for different numbers. */
import { type BlockHash, type GenerationId, type LogId, toBase64url, type WriterId } from "@herdmind/protocol";

/** `length` bytes that depend on `seed` only (xorshift32; good enough to look random, and to be incompressible). */
export const sampleBytes = (seed: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x85ebca6b) | 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
};

export const writerOf = (bytes: Uint8Array): WriterId => toBase64url(bytes) as WriterId;
export const generationOf = (bytes: Uint8Array): GenerationId => toBase64url(bytes) as GenerationId;

/** The `n`th sample log: one writer each. */
export const sampleLog = (n: number): LogId => ({
  writer: writerOf(sampleBytes(n * 2, 32)),
  generation: generationOf(sampleBytes(n * 2 + 1, 16)),
});

/** A hash that names `n`. A storage never checks it against the block. */
export const sampleHash = (n: number): BlockHash => toBase64url(sampleBytes(n ^ 0x5bd1e995, 32)) as BlockHash;
