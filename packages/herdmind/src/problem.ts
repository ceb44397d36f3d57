/** From what a caller has in hand (an error, a text, a problem) to a problem record. */
import { MAX_STRING_BYTES, type Mitigation, type Problem } from "@herdmind/protocol";

export type Facts = NonNullable<Problem["facts"]>;

/** What `report` and `recall` take as a problem: a whole one, anything that was thrown, or a text. */
export type ProblemInput = Problem | Error | string;
export type MitigationInput = Mitigation | string;

// Half of a record's text bound: output is cut to its end, where tools print what went wrong, and beginning, where they say what ran.
const LONGEST_TEXT = MAX_STRING_BYTES / 4;

/** Cuts a long text in the middle, at a bound in UTF-16 units that is safe for the bound in bytes. */
const shorten = (text: string): string => {
  if (text.length <= LONGEST_TEXT) return text.toWellFormed();
  const head = Math.floor(LONGEST_TEXT / 4);
  const tail = LONGEST_TEXT - head - 40;
  return `${text.slice(0, head)}\n[... ${text.length - head - tail} characters ...]\n${text.slice(-tail)}`.toWellFormed();
};

/** Anything can be thrown: reading it may throw itself, and must not hide what was thrown. */
const readable = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

/** What a value without a message says. "[object Object]" is said by all, so it names no problem. */
const textOf = (value: unknown): string => {
  const text = String(value);
  return /^\[object \w+\]$/.test(text) ? "" : shorten(text);
};

/** The problem that a thrown value shows: its name, message, code, stack and, for failed processes, their output. */
export const problemOfError = (error: unknown, facts?: Facts): Problem => {
  const known = typeof error === "object" && error !== null ? (error as { readonly [key: string]: unknown }) : {};
  const text = (name: string): string | undefined =>
    readable(() => {
      const value = known[name];
      if (value instanceof Uint8Array) return shorten(new TextDecoder().decode(value));
      return typeof value === "string" && value !== "" ? shorten(value) : undefined;
    });
  const code = readable(() => (typeof known["code"] === "number" ? String(known["code"]) : text("code")));
  const name = text("name");
  const stack = text("stack");
  const output = text("output") ?? text("stderr");
  return {
    error: {
      message: text("message") ?? readable(() => textOf(error)) ?? "",
      ...(name === undefined ? {} : { name }),
      ...(code === undefined ? {} : { code }),
      ...(stack === undefined ? {} : { stack }),
      ...(output === undefined ? {} : { output }),
    },
    ...(facts === undefined ? {} : { facts }),
  };
};

export const problemOf = (input: ProblemInput, facts?: Facts): Problem => {
  if (input instanceof Error) return problemOfError(input, facts);
  const problem: Problem = typeof input === "string" ? { text: shorten(input) } : input;
  return facts === undefined ? problem : { ...problem, facts: { ...problem.facts, ...facts } };
};

export const mitigationOf = (input: MitigationInput): Mitigation =>
  typeof input === "string" ? { text: input } : input;
