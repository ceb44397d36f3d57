/**
 * How alike two problems are by their search texts alone, for whoever holds no index: a pure function of the two, the same in
 * both directions. It is strict, because what rests on it is that two problems are held to be one.
 */
import { codesDiffer, termsOf } from "./terms.js";

/** Words that two texts must share: below that, any two messages of one tool are alike. */
const LEAST_SHARED = 4;

const QUOTED = /"([^"\n]{1,200})"|'([^'\n]{1,200})'|`([^`\n]{1,200})`/g;

/** Words in quotes: names that the message is about, not words of its template. */
const quotedTerms = (text: string): ReadonlySet<string> => {
  const terms = new Set<string>();
  for (const [, double, single, back] of text.matchAll(QUOTED)) {
    for (const term of termsOf(double ?? single ?? back ?? "")) terms.add(term);
  }
  return terms;
};

/**
 * Shared words by all words, 0 to 1. 0 where fewer than four are shared, where the texts carry different codes, and where they
 * differ in a quoted name: `cannot find module 'left'` and `cannot find module 'right'` want two remedies.
 */
export const alike = (a: string, b: string): number => {
  const ofA = termsOf(a);
  const ofB = termsOf(b);
  if (codesDiffer(ofA, ofB)) return 0;
  const inB = new Set(ofB);
  const shared = new Set(ofA.filter((term) => inB.has(term)));
  if (shared.size < LEAST_SHARED) return 0;
  for (const text of [a, b]) for (const term of quotedTerms(text)) if (!shared.has(term)) return 0;
  return shared.size / (ofA.length + ofB.length - shared.size);
};
