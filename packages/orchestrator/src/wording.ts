/**
 * The words of a text that carry its meaning, in their order: what two people who say the same in other words have in common. Only
 * what never changes a remedy is left out or evened: articles and courtesies, the endings of English verbs, punctuation around
 * words. Numbers, flags, paths, names and little words such as `not`, `to` and `before` stay.
 */

/** Characters that are looked at: a remedy that differs only beyond is rare, and then both are kept. */
const MAX_CHARS = 4096;

const FILLERS = new Set(
  "a an the please just simply then and so also now i we you it its this that these those is are was were be been has have had will should can of".split(
    " ",
  ),
);

/** How people begin and end what they did. What is open at its front is tried where a run begins only: a text of dots is one run. */
const LEAD_IN =
  /^(?:(?:i|we|you)?(?:'ve| have)?\s*(?:just |simply |then |finally )*(?:fixed|solved|resolved|worked around) (?:it|this|that|(?:the|this|my|our) (?:issue|problem|error|bug))?\s*(?:by|with|via)\s|(?:the |a |my )?(?:fix|solution|remedy|answer|trick|workaround|mitigation)(?: (?:is|was)(?: to)?\s|\s*[:-]\s)|what (?:helped|worked)(?: (?:is|was)(?: to)?\s|\s*[:-]\s)|(?:you|we|one) (?:should|can|need to|have to|must)\s|(?:make sure|try|remember) to\s)/;
const LEAD_OUT =
  /(?<![\s.,;:!])[\s.,;:!]*(?:(?:and |then |after that ){0,3}(?:it|this|that|everything)(?: has)? (?:works?|worked|helps|helped|(?:fixed|solved|resolved) (?:it|this|the (?:issue|problem|error|bug)))(?: (?:now|again|fine|for me))*|thanks|thank you)[\s.!]*$/;

/** Marks around a word, not the dash of a flag, the dot of a path or the sign of a variable. */
const BEFORE = /^[\s,;:!?()[\]{}"'`\u00ab\u00bb\u2018-\u201f]+/;
const AFTER = /(?<![\s.,;:!?()[\]{}"'`\u00ab\u00bb\u2018-\u201f])[\s.,;:!?()[\]{}"'`\u00ab\u00bb\u2018-\u201f]+$/;

/** One form of a word: use, used, using. Only of plain ones: what has a digit or a sign in it is a name. */
const stem = (word: string): string => {
  if (!/^[a-z]{4,}$/.test(word)) return word;
  const root = word.replace(/(?:ing|ed|es|s)$/, "").replace(/e$/, "");
  return root.length < 2 ? word : root.replace(/([b-df-hj-np-tv-z])\1$/, "$1");
};

export const wordingOf = (text: string): readonly string[] => {
  const line = text
    .slice(0, MAX_CHARS)
    .normalize("NFC")
    .toLowerCase()
    .replaceAll("\u2019", "'")
    .replace(/\s+/g, " ")
    .trim()
    .replace(LEAD_IN, "")
    .replace(LEAD_OUT, "");
  const words: string[] = [];
  for (const part of line.split(" ")) {
    const word = part.replace(BEFORE, "").replace(AFTER, "");
    if (word === "" || FILLERS.has(word)) continue;
    words.push(stem(word));
  }
  return words;
};

/** For each word of `part`, how long a beginning of it ends there (Knuth, Morris and Pratt, 1977): texts come from outside. */
const bordersOf = (part: readonly string[]): readonly number[] => {
  const borders: number[] = [];
  let length = 0;
  for (const [i, word] of part.entries()) {
    while (length > 0 && part[length] !== word) length = borders[length - 1] as number;
    if (i > 0 && part[length] === word) length++;
    borders.push(length);
  }
  return borders;
};

/** Where `part` stands in `whole`, word by word, without a gap: its places from left to right, none over another. */
const placesIn = function* (whole: readonly string[], part: readonly string[]): Iterable<number> {
  if (part.length === 0) return;
  const borders = bordersOf(part);
  let length = 0;
  for (const [i, word] of whole.entries()) {
    while (length > 0 && part[length] !== word) length = borders[length - 1] as number;
    if (part[length] === word) length++;
    if (length < part.length) continue;
    yield i + 1 - length;
    length = 0;
  }
};

/** The first place of `part` in `whole`, or -1. */
export const placeIn = (whole: readonly string[], part: readonly string[]): number => {
  for (const at of placesIn(whole, part)) return at;
  return -1;
};

/** `whole` without each place of `part`. */
export const without = (whole: readonly string[], part: readonly string[]): readonly string[] => {
  const rest: string[] = [];
  let from = 0;
  for (const at of placesIn(whole, part)) {
    for (; from < at; from++) rest.push(whole[from] as string);
    from += part.length;
  }
  for (; from < whole.length; from++) rest.push(whole[from] as string);
  return rest;
};

export const areEqual = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((word, i) => word === b[i]);
