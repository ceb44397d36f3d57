/** What is known about an error, handed on with the error itself, so that whoever reads it next (often a language model) can use it. */
import type { RecalledEntry } from "herdmind";
import type { Answer } from "./experience.js";

export interface HerdmindKnown {
  /** For a language model: what others claimed, between two marks that nothing in it can write (E4). */
  readonly text: string;
  /** Best first. */
  readonly entries: readonly RecalledEntry[];
}

const PROPERTY = "herdmindKnown";

/** What is known about an error that a wrapped function threw; `undefined` where nothing is. */
export const knownOf = (error: unknown): HerdmindKnown | undefined =>
  isObject(error) ? (Reflect.get(error, PROPERTY) as HerdmindKnown | undefined) : undefined;

/** Sets it as a property that is not enumerable, so that logs and serialisers show the error as it was. */
export const attachKnown = (error: unknown, known: HerdmindKnown): void => {
  // What cannot be changed, or is no object, is thrown as it is: `onKnown` is told.
  if (isObject(error)) Reflect.defineProperty(error, PROPERTY, { value: known, configurable: true, writable: true });
};

export const toKnown = (answered: Answer<"recall">): HerdmindKnown | undefined => {
  if (!answered.ok || answered.value.entries.length === 0) return undefined;
  return { text: answered.value.rendered?.text ?? "", entries: answered.value.entries };
};

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";
