/**
 * Text that came from others is data (rule E4). Before it reaches a terminal, everything in it that is not simply visible is
 * spelled out: control characters and ANSI sequences (they move the cursor, change colours, set titles, write to the
 * clipboard), direction overrides (they show another text than the one that is there), and characters without a glyph (they hide
 * text from people that a language model reads).
 */

// Cc: controls. Cf: formats, directions, tags. Cs: lone surrogates. Zl, Zp: line breaks that terminals do not agree on.
const UNSEEN =
  /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\n\ufe0f]]|(?<!\p{Extended_Pictographic})\ufe0f/gv;

const spell = (character: string): string => {
  const code = character.codePointAt(0) as number;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
};

/** Foreign text as one visible line; longer than `max` characters it is cut, and says so. */
export const oneLine = (text: string, max = 500): string => {
  const shown = text
    .slice(0, max * 2)
    .replace(/\s*\n\s*/g, " ")
    .replace(/\t/g, " ")
    .replace(UNSEEN, spell);
  return shown.length <= max && text.length <= max * 2 ? shown : `${shown.slice(0, max - 1).toWellFormed()}\u2026`;
};

/** A moment of somebody's clock; a number that is no moment is shown as it is. */
export const moment = (ms: number): string => {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms since 1970` : date.toISOString();
};

/** Lines shown of one foreign text: an entry that scrolls all others away. `--json` has all of it. */
const MAX_LINES = 40;
const MAX_LINE_CHARS = 2000;

/** Foreign text as visible lines, to be printed behind a gutter, so that it cannot pass for lines of ours. */
export const lines = (text: string): readonly string[] => {
  const all = text.replace(/\r\n/g, "\n").replace(/\n+$/, "").split("\n");
  const shown = all.slice(0, MAX_LINES).map((line) => oneLine(line.replace(/\t/g, "    "), MAX_LINE_CHARS));
  return all.length <= MAX_LINES ? shown : [...shown, `(${all.length - MAX_LINES} more lines: --json has them)`];
};

/** JSON on one line, in which no character is unseen either: outside of ASCII they stand in strings only, so escapes fit. */
export const jsonLine = (value: unknown): string =>
  (JSON.stringify(value) ?? "null").replace(UNSEEN, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
