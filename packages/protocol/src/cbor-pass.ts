/** What the reader and the writer of CBOR share: the values, the bounds, and how a pass ends early. */
import type { JsonValue } from "./records.js";

export type CborValue = JsonValue | Uint8Array | readonly CborValue[] | { readonly [key: string]: CborValue };

export interface CborBounds {
  /** Arrays and maps inside each other; the outermost counts as 1. */
  readonly nesting?: number;
  /** UTF-8 bytes of one text. */
  readonly stringBytes?: number;
  /** Whether byte strings are allowed; JSON has none. */
  readonly allowBytes?: boolean;
  /**
   * Values in all, arrays and maps counted with what is in them; default: no bound but the bytes. 4 MiB of empty arrays are 4
   * million objects and hold a process up for a second.
   */
  readonly items?: number;
}

/** `limit`: the bytes may be well formed, but break a bound (L7). */
export type CborProblem = { readonly ok: false; readonly why: string; readonly limit: boolean };

let problem: CborProblem = { ok: false, why: "", limit: false };
const STOP = new Error("cbor");

/** Ends the pass under way; `run` turns it into a value. */
export const stop = (why: string, limit = false): never => {
  problem = { ok: false, why, limit };
  throw STOP;
};

export const run = <T>(pass: () => T): { readonly ok: true; readonly value: T } | CborProblem => {
  try {
    return { ok: true, value: pass() };
  } catch (error) {
    if (error !== STOP) throw error;
    return problem;
  }
};
