/** From what a caller has in hand to a problem: the same for `report` and for `recall`, so that both name the same one. */
import type { JsonObject, Problem } from "@herdmind/protocol";
import { problemOfError } from "herdmind";

export interface ProblemInput {
  readonly problem?: string | Problem | undefined;
  /** The message of an error, or its message, name, code, stack and output. */
  readonly error?: string | JsonObject | undefined;
  readonly text?: string | undefined;
  readonly api?: string | undefined;
  readonly purpose?: string | undefined;
  readonly domain?: string | undefined;
  readonly approach?: string | undefined;
}

/** Long texts are cut in the middle, the way the library cuts them. */
const cut = (text: string): string => problemOfError(text).error?.message ?? text;

/** `undefined` when nothing describes a problem. */
export const problemOf = ({ problem, error, text, ...words }: ProblemInput): Problem | undefined => {
  const described = typeof problem === "string" ? (text ?? problem) : text;
  const given = Object.entries({
    error: error === undefined ? undefined : problemOfError(error).error,
    text: described === undefined ? undefined : cut(described),
    ...words,
  }).filter(([, value]) => value !== undefined);
  if (given.length === 0) return typeof problem === "string" ? undefined : problem;
  return { ...(typeof problem === "string" ? {} : problem), ...Object.fromEntries(given) };
};
