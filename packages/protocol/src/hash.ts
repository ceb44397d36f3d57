/** SHA-256 with a domain: the same bytes hashed for two purposes never give the same hash. */
import { sha256 as digest } from "@noble/hashes/sha2.js";

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

export const concat = (...parts: readonly Uint8Array[]): Uint8Array => {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

export const sha256 = (bytes: Uint8Array): Uint8Array => digest(bytes);

/** Prefix of everything that is hashed or signed for one purpose: `herdmind/1/<purpose>` and a zero byte. */
export const domain = (
  purpose: "block" | "genesis" | "client" | "entry" | "ephemeral" | "claim" | "ticket",
): Uint8Array => ascii(`herdmind/1/${purpose}\0`);

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};
