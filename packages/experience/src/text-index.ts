/**
 * A small inverted index over the entries' search texts. FACTS of the trade: a general library takes 285 ms a query over
 * 100,000 texts because it scores every text that shares any word. This one reads only the rarest words of a query.
 *
 * - Postings are growing arrays of 4-byte numbers; a word that occurs in one text only costs no array.
 * - A query is cut to its rarest words until `MAX_POSTINGS` postings would be read; a word is read whole or not at all, and the
 *   choice depends on the words' frequencies only. So the answer does not depend on the order in which texts were indexed (A4).
 * - The best `MAX_CANDIDATES` by BM25 are compared with the query in full; see `similarity`.
 */
import { packageOf } from "./coordinates.js";
import { codesDiffer, isCoordinate, termsOf } from "./terms.js";

/** Postings read for one query: about 4 ms. Where every word is in more texts than that, none of them says anything. */
const MAX_POSTINGS = 20_000;
/** Words of a query that are looked up. */
export const MAX_QUERY_TERMS = 12;
/** Texts that are compared in full: about 0.5 ms. */
const MAX_CANDIDATES = 48;
/** BM25 (Robertson and Zaragoza 2009), with a word counted once a text: error messages do not repeat themselves for emphasis. */
const K1 = 1.2;
const B = 0.75;

/** Texts below which words weigh as if there were so many. */
export const SMALL = 1000;

interface Postings {
  texts: Uint32Array;
  length: number;
}

export interface Candidate {
  readonly text: number;
  readonly score: number;
}

export interface TextIndex {
  /** Texts indexed so far; they are numbered from 0. */
  readonly size: number;
  add(text: string): void;
  /** Best candidates by BM25 among texts that `accepts`; ties by `compare`. `others`: texts that matched and are not among them. */
  candidates(
    query: readonly string[],
    accepts: (text: number) => boolean,
    compare: (a: number, b: number) => number,
  ): { readonly best: readonly Candidate[]; readonly others: number };
  /** Share of the words' information that two texts have in common, 0 to 1; 0 when their codes differ. */
  similarity(query: readonly string[], text: readonly string[]): number;
  /**
   * Share of the information of a query's coordinates that a text has, 0 to 1. One that the text lacks weighs as its package does in
   * any version: a build tool names itself in each of its outputs, and that it is another release says little.
   */
  coverage(coordinates: readonly string[], text: readonly string[]): number;
}

export const createTextIndex = (): TextIndex => {
  const postingsByTerm = new Map<string, number | Postings>();
  /** How many texts name a package, in whatever version. */
  const textsByPackage = new Map<string, number>();
  let lengths = new Uint8Array(1024);
  let scores = new Float64Array(1024);
  let size = 0;
  let lengthSum = 0;

  const frequency = (term: string): number => {
    const postings = postingsByTerm.get(term);
    return postings === undefined ? 0 : typeof postings === "number" ? 1 : postings.length;
  };
  // A swarm that knows little cannot tell rare words from common ones: it weighs as if it knew a thousand texts.
  // Quantised to 1/64: Math.log may differ in its last bit between platforms, and an order must not depend on that.
  const weightOf = (n: number): number =>
    Math.max(1, Math.round(64 * Math.log(1 + (Math.max(size, SMALL) - n + 0.5) / (n + 0.5)))) / 64;
  const weight = (term: string): number => weightOf(frequency(term));

  const add = (text: string): void => {
    const terms = termsOf(text);
    if (size === lengths.length) {
      const longer = new Uint8Array(size * 2);
      longer.set(lengths);
      lengths = longer;
      scores = new Float64Array(size * 2);
    }
    for (const term of terms) {
      const postings = postingsByTerm.get(term);
      if (postings === undefined) postingsByTerm.set(term, size);
      else if (typeof postings === "number")
        postingsByTerm.set(term, { texts: Uint32Array.of(postings, size), length: 2 });
      else {
        if (postings.length === postings.texts.length) {
          const longer = new Uint32Array(Math.ceil(postings.length * 1.5) + 2);
          longer.set(postings.texts);
          postings.texts = longer;
        }
        postings.texts[postings.length++] = size;
      }
    }
    for (const one of new Set(terms.filter(isCoordinate).map(packageOf)))
      textsByPackage.set(one, (textsByPackage.get(one) ?? 0) + 1);
    lengths[size] = terms.length;
    lengthSum += terms.length;
    size++;
  };

  const candidates: TextIndex["candidates"] = (query, accepts, compare) => {
    const known = query
      .map((term) => ({ term, n: frequency(term) }))
      .filter(({ n }) => n > 0)
      .sort((a, b) => a.n - b.n || (a.term < b.term ? -1 : 1))
      .slice(0, MAX_QUERY_TERMS);
    const average = lengthSum / Math.max(1, size);
    const touched: number[] = [];
    let read = 0;
    for (const { term, n } of known) {
      if (read + n > MAX_POSTINGS) {
        // Too common a question: all that would have been looked at is left out.
        if (read === 0) return { best: [], others: n };
        break;
      }
      read += n;
      const idf = weight(term);
      const postings = postingsByTerm.get(term) as number | Postings;
      const texts = typeof postings === "number" ? Uint32Array.of(postings) : postings.texts;
      for (let i = 0; i < n; i++) {
        const text = texts[i] as number;
        const before = scores[text] as number;
        if (before === 0) touched.push(text);
        scores[text] = before + (idf * (K1 + 1)) / (1 + K1 * (1 - B + (B * (lengths[text] as number)) / average));
      }
    }
    // A bounded selection: `best` is sorted, worst last; almost every text fails the first comparison.
    const best: Candidate[] = [];
    let matched = 0;
    for (const text of touched) {
      const score = scores[text] as number;
      scores[text] = 0;
      if (!accepts(text)) continue;
      matched++;
      const last = best[best.length - 1];
      if (best.length === MAX_CANDIDATES && last !== undefined) {
        if (score < last.score || (score === last.score && compare(text, last.text) > 0)) continue;
        best.pop();
      }
      let at = best.length;
      while (at > 0) {
        const other = best[at - 1] as Candidate;
        if (other.score > score || (other.score === score && compare(other.text, text) < 0)) break;
        at--;
      }
      best.splice(at, 0, { text, score });
    }
    return { best, others: matched - best.length };
  };

  const similarity: TextIndex["similarity"] = (query, text) => {
    if (codesDiffer(query, text)) return 0;
    const inText = new Set(text);
    let shared = 0;
    let known = 0;
    let knownTerms = 0;
    for (const term of query) {
      if (!postingsByTerm.has(term)) continue;
      const w = weight(term);
      known += w;
      knownTerms++;
      if (inText.has(term)) shared += w;
    }
    if (shared === 0) return 0;
    // A word that no text has says that the question is about something else, but not how much: it weighs as the others do.
    const ofQuery = known + (query.length - knownTerms) * (known / knownTerms);
    let ofText = 0;
    for (const term of text) ofText += weight(term);
    // What of the query is found counts more than what of the text was asked for: people ask in a few words.
    return (shared / ofQuery) * (0.6 + 0.4 * (shared / ofText));
  };

  const coverage: TextIndex["coverage"] = (coordinates, text) => {
    let shared = 0;
    let all = 0;
    for (const one of coordinates) {
      const isShared = text.includes(one);
      const w = isShared ? weight(one) : weightOf(textsByPackage.get(packageOf(one)) ?? 0);
      all += w;
      if (isShared) shared += w;
    }
    return all === 0 ? 0 : shared / all;
  };

  return {
    get size() {
      return size;
    },
    add,
    candidates,
    similarity,
    coverage,
  };
};
