/** What one row of the tables `kept.ts` and `masked.ts` says. Why it is there stands above it; what it does, in `mask-examples.fixture.ts`. */

/** Longest line a mask ever sees. A cause's message is shorter; the rest of a longer line is data. */
export const MAX_LINE_CHARS = 600;

/**
 * What a mask may need of a line: a digit, a quote, a slash of either kind, a colon, an `@`, a dot, an escape, an equals sign, a
 * dash or underscore; `run`: 7 letters, digits, dashes or underscores in one go, with a digit among them; `long-run`: 16 of them; `domain`: a dot
 * before two lower-case letters; `pairs`: five colons or dashes with at most two characters between; `angle`: a `<`; `capital`: a letter of
 * A to Z; `port`: a colon before a digit; `colons`: a colon at most five characters behind another one or a `[`; `localhost`: an `l` before
 * an `h`, which hardly any other word has.
 */
export type Need =
  | "digit"
  | "quote"
  | "slash"
  | "colon"
  | "at"
  | "dot"
  | "escape"
  | "equals"
  | "dash"
  | "run"
  | "long-run"
  | "domain"
  | "pairs"
  | "angle"
  | "capital"
  | "port"
  | "colons"
  | "localhost";

/** Shields the match. With groups, only the groups are shielded. */
export const KEEP = Symbol("keep");

export interface Mask {
  readonly name: string;
  readonly pattern: RegExp;
  readonly replacement: string | typeof KEEP;
  /**
   * A line without it, or without any of them, cannot match, so the pattern is not tried: an error's line meets a dozen patterns
   * instead of fifty. Saves time, never changes a result (tested).
   */
  readonly needs?: Need | readonly Need[];
  /** `true`: only for identity. The text for similarity search keeps these values, because names help to find. */
  readonly identityOnly?: boolean;
}
