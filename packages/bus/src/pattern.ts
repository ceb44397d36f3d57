/**
 * Names and patterns of events. A name is words with dots between them (`build.web.failed`). In a pattern `*` stands for exactly one
 * word, and `**`, as its last word, for any number of further ones, none included.
 */

/** Characters of a name or pattern: a name made of data would grow without bound. */
const MAX_CHARS = 256;
const WORD = /^[^\s.*]+$/;

/** What is wrong with a name, as one sentence; `undefined` when it is one. */
export const nameProblem = (name: unknown): string | undefined =>
  typeof name === "string" && name.length <= MAX_CHARS && name.split(".").every((word) => WORD.test(word))
    ? undefined
    : `${JSON.stringify(name)} is no name of an event: words with dots between them, at most ${MAX_CHARS} characters, no spaces and no "*".`;

/** What is wrong with a pattern; a name is a pattern as well. */
export const patternProblem = (pattern: unknown): string | undefined => {
  const words = typeof pattern === "string" && pattern.length <= MAX_CHARS ? pattern.split(".") : [];
  const isPattern = words.every(
    (word, i) => word === "*" || (word === "**" && i === words.length - 1) || WORD.test(word),
  );
  return words.length > 0 && isPattern
    ? undefined
    : `${JSON.stringify(pattern)} is no pattern: words with dots between them, "*" for one word, "**" at the end for any number.`;
};

export const hasWildcard = (pattern: string): boolean => pattern.includes("*");

/** Linear in the number of words. Both sides were checked. */
export const matches = (pattern: readonly string[], name: readonly string[]): boolean => {
  for (const [i, word] of pattern.entries()) {
    if (word === "**") return true;
    if (i >= name.length || (word !== "*" && word !== name[i])) return false;
  }
  return pattern.length === name.length;
};

/** Names of `Name` that a pattern matches: `Matched<"build.*", "build.done" | "test.done">` is `"build.done"`. */
export type Matched<Pattern extends string, Name extends string> = Name extends unknown
  ? Fits<Pattern, Name> extends true
    ? Name
    : never
  : never;

type Fits<Pattern extends string, Name extends string> = string extends Name
  ? true
  : Pattern extends "**"
    ? true
    : Pattern extends `${infer Word}.${infer Rest}`
      ? Name extends `${infer First}.${infer Others}`
        ? FitsWord<Word, First> extends true
          ? Fits<Rest, Others>
          : false
        : Rest extends "**"
          ? FitsWord<Word, Name>
          : false
      : Name extends `${string}.${string}`
        ? false
        : FitsWord<Pattern, Name>;

type FitsWord<Word extends string, Name extends string> = Word extends "*" ? true : Word extends Name ? true : false;

/** The events behind those names. */
export type MatchedEvent<Pattern extends string, Events extends object> = Events[Matched<
  Pattern,
  keyof Events & string
>];
