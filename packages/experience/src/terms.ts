/** Words of a text for similarity search: the same on every platform, placeholders and noise left out. */

/** Words that every failure is full of. They find everything, so they find nothing. */
const STOP = new Set(
  "a an and are as at be been but by can could did do does for from had has have if in into is it its more no not of on or so than that the their then there this to was were what when which while will with would you your error errors failed failure exception caused".split(" "),
);

/** Words of one text that count: what is beyond is data. */
export const MAX_TERMS = 64;

const WORD = /[a-z0-9_$\u00aa-\uffff]{2,60}/g;

/** Distinct words of a text that is already normalised, in order of first appearance. */
export const termsOf = (text: string): readonly string[] => {
  const terms = new Set<string>();
  for (const [word] of text.replace(/<[a-z0-9-]{1,20}>/g, " ").matchAll(WORD)) {
    if (STOP.has(word) || /^\d+$/.test(word)) continue;
    terms.add(word);
    if (terms.size >= MAX_TERMS) break;
  }
  return [...terms];
};

