/**
 * Foreign text as a language model may see it (E4): nothing in it is unseen, and nothing in it is a mark that models, chat templates or
 * Markdown give a meaning of their own. What is dangerous is spelled as `⟦3c⟧`, the number of the character in hexadecimal, which reads
 * back exactly; all else stays as it is, because a remedy that was changed is another one.
 */

// Cc: controls, ANSI sequences among them. Cf, ignorable: directions, zero width, tags, variation selectors: text that people do not
// see. Cs, Co, Cn: nobody knows what they show. Zl, Zp: line breaks that not everybody takes for one. Zs: spaces that are none.
const UNSEEN = /[[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}\p{Default_Ignorable_Code_Point}]--[\n\t \u3000]]/gv;
/** Marks heaped on one letter cover the lines above and below. */
const HEAPED = /(?<=\p{M}{3})\p{M}/gu;
/** Our own brackets. */
const BRACKETS = /[⟦⟧]/g;
/** Letters that only look like ASCII: full width, mathematical, in circles and parentheses. */
const LOOKALIKES = /[\uff01-\uff5e\u249c-\u24e9\u{1d400}-\u{1d7ff}]/gu;
/** What opens a tag or a special token, in every width; `a < b` and `<= 3` stay. */
const TAGS = /<(?![\s\d=]|$)|[\ufe64\u2039\u3008\u27e8\u276e\u2770\u2329\uff1c]/gmu;
/** Fences of Markdown. */
const FENCES = /`{3,}|~{3,}/g;
/** Chat templates that use square brackets. */
const TEMPLATES = /\[(?=\/?(?:INST|SYS|SYSTEM|USER|ASSISTANT|TOOL_|AVAILABLE_TOOLS))/gi;
/** Links and images of Markdown: shown, they run or fetch, and what is fetched can carry away what was read. */
const LINKS = /\](?=[(:[])/g;
/** What runs, and the name under which we render ids. */
const SCHEMES = /(?<=\b(?:javascript|vbscript|herdmind)\s*):|(?<=\bdata):(?=\S)/gi;
/** Turns of a conversation written as text. */
const ROLES =
  /(?<=^[\t >#*_-]{0,20}(?:Human|Assistant|System|User|Developer|Tool|AI|Instructions?|Response|HUMAN|ASSISTANT|SYSTEM|USER|DEVELOPER|TOOL)[\t *_]{0,10}):/gm;
const WORD = /[\p{L}\p{M}\p{N}_]+/gu;
const LATIN = /\p{Script=Latin}/u;
/** Scripts with letters that look like Latin ones. */
const CONFUSABLE =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}]/gu;

const spell = (text: string): string => {
  let spelled = "";
  for (const character of text) spelled += `⟦${(character.codePointAt(0) as number).toString(16)}⟧`;
  return spelled;
};

/** Foreign text with its line feeds and tabs, everything else visible and without a meaning of its own. */
export const showText = (text: string): string => {
  // Brackets first: what is spelled afterwards brings its own.
  const shown = text.replace(BRACKETS, spell);
  return [UNSEEN, HEAPED, LOOKALIKES, TAGS, FENCES, TEMPLATES, LINKS, ROLES, SCHEMES]
    .reduce((one, pattern) => one.replace(pattern, spell), shown)
    .replace(WORD, (word) => (LATIN.test(word) ? word.replace(CONFUSABLE, spell) : word));
};

const SPELLED = /⟦([0-9a-f]{1,6})⟧/g;

/** The text that was shown. */
export const readText = (shown: string): string =>
  shown.replace(SPELLED, (spelled, hex: string) => {
    const code = Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : spelled;
  });
