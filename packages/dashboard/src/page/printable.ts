/**
 * Text that came from others is data (rule E4). React writes it as text, never as markup; what is left to do is to show what is there:
 * control characters, direction overrides (they show another text than the one that is there) and characters without a glyph (they
 * hide text from people that a language model reads) are spelled out.
 */

// Cc: controls. Cf: formats, directions, tags. Cs: lone surrogates. Zl, Zp: line breaks.
const UNSEEN =
  /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\n\ufe0f]]|(?<!\p{Extended_Pictographic})\ufe0f/gv;

const spell = (character: string): string => {
  const code = character.codePointAt(0) as number;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
};

/** A stretch of text, and whether it stands for something that cannot be seen. */
export interface Stretch {
  readonly text: string;
  readonly isSpelled: boolean;
}

export const stretchesOf = (text: string): readonly Stretch[] => {
  const stretches: Stretch[] = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(UNSEEN)) {
    if (index > from) stretches.push({ text: text.slice(from, index), isSpelled: false });
    const last = stretches.at(-1);
    // Neighbours share one stretch: a text of 30,000 of them must not become 30,000 elements.
    if (last?.isSpelled === true && index === from)
      stretches[stretches.length - 1] = { text: last.text + spell(found), isSpelled: true };
    else stretches.push({ text: spell(found), isSpelled: true });
    from = index + found.length;
  }
  if (from < text.length) stretches.push({ text: text.slice(from), isSpelled: false });
  return stretches;
};

/** As one line of plain text, for names of controls and the like; longer than `max` characters it is cut. */
export const plainLine = (text: string, max = 120): string => {
  const shown = text
    .slice(0, max * 2)
    .replace(/[\n\t]+/g, " ")
    .replace(UNSEEN, spell);
  return shown.length <= max && text.length <= max * 2 ? shown : `${shown.slice(0, max - 1).toWellFormed()}\u2026`;
};

/** Cut at `max` UTF-16 units, never through a character. */
export const clipped = (text: string, max: number): string =>
  text.length <= max ? text : text.slice(0, max).replace(/[\ud800-\udbff]$/, "");
