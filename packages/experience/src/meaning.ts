/**
 * Entries found by what they mean: one vector for each entry, made outside (`Embedder`) and handed in. Only questions in words are
 * answered so. An error has a fingerprint, which is then known to be new, and what is nearest in meaning is a sibling with another
 * remedy: of 102 made-up problems whose own entry was taken away, 22 would have been answered with a sibling's.
 */
import type { Fingerprint, Immunization, Problem } from "@herdmind/protocol";
import { cutLines, findCauses } from "./causes.js";
import type { VectorSpace } from "./embedder.js";
import { createVectorRanking, type Near } from "./vector-ranking.js";
import { type Entry, sameProblem, type View } from "./view.js";

/** Characters of a text that is embedded: small models read 256 tokens, and each costs time. */
export const MAX_EMBEDDED_CHARS = 1000;
/** Of these, at most this many are the problem's, so that the remedy is heard too. */
const MAX_PROBLEM_CHARS = 500;
/** Vectors held: 50 MB with 384 numbers each. Later entries are found by their words, and counted as pending. */
const MAX_VECTORS = 131_072;
/** Neighbours looked at: an entry's own alternatives stand beside it, and more are not offered. */
const NEIGHBOURS = 48;
/** Recognisers up to this strength (`generic`, `wrapper`, `last-line`) know words, not a tool that printed them. */
const IN_WORDS = 40;
/** Lines of a question; what is longer was pasted. */
const QUESTION_LINES = 5;

/**
 * What an entry means: problem, discovery and remedy. People ask in the words of the cause and of the cure, which an error's message
 * lacks: of 60 questions 39 have the right entry nearest to them by all three, 30 by the problem alone.
 */
const meaningOf = ({ search, discovery = "", mitigation }: Immunization): string =>
  [plain(search).slice(0, MAX_PROBLEM_CHARS), discovery, mitigation.text]
    .filter((part) => part !== "")
    .join(". ")
    .slice(0, MAX_EMBEDDED_CHARS)
    .toWellFormed();

/** Placeholders say nothing to a model. */
const plain = (text: string): string =>
  text
    .replace(/<[a-z0-9-]{1,20}>/g, " ")
    .replace(/\s+/g, " ")
    .trim();

/** The text whose meaning is asked for; `undefined` where the problem is an error or the output of a tool. */
export const questionOf = ({ error, text, api, purpose, domain, approach }: Problem): string | undefined => {
  if (error !== undefined) return undefined;
  if (text !== undefined) {
    const lines = cutLines(text);
    if (lines.length > QUESTION_LINES || findCauses(lines).some(({ strength }) => strength > IN_WORDS))
      return undefined;
  }
  const parts = [text, api, purpose, domain, approach].filter((part) => part !== undefined && part.trim() !== "");
  return parts.length === 0 ? undefined : parts.join(". ").slice(0, MAX_EMBEDDED_CHARS).toWellFormed();
};

export interface Meanings {
  /** Entries of the view without a vector. */
  readonly pending: number;
  /** Texts of the next entries that want one, at most `max`. */
  wanted(max: number): readonly string[];
  /** Their vectors, in the same order; `undefined` where none could be made. */
  add(vectors: readonly (Float32Array | undefined)[]): void;
  /**
   * The entries of the nearest problem among those that `accepts` (by number in `entries`), if it is near enough and leads.
   * `others`: entries near enough that are not given, because another problem is nearer, or as near.
   */
  nearest(
    vector: Float32Array,
    accepts: (text: number) => boolean,
  ): { readonly found: readonly Near[]; readonly others: readonly Near[] };
}

/** `entries`: those of the view that are indexed, in order; more are pushed as they are indexed. */
export const createMeanings = (
  view: View,
  entries: readonly Entry[],
  { dimension, minCosine, minLead }: VectorSpace,
): Meanings => {
  const vectors = createVectorRanking(dimension);

  return {
    get pending() {
      return view.entries.size - vectors.size;
    },
    wanted: (max) =>
      entries
        .slice(vectors.size, Math.min(vectors.size + max, MAX_VECTORS))
        .map(({ immunization }) => meaningOf(immunization)),
    add: (made) => {
      for (const vector of made) vectors.add(vector);
    },
    nearest: (vector, accepts) => {
      const near = vectors.nearest(vector, accepts, NEIGHBOURS);
      const isNear = ({ cosine }: Near): boolean => cosine >= minCosine;
      const [first] = near;
      if (first === undefined || !isNear(first)) return { found: [], others: [] };
      const fingerprintOf = ({ text }: Near): Fingerprint => (entries[text] as Entry).immunization.fingerprint;
      const same = new Set(sameProblem(view, fingerprintOf(first)));
      const other = near.find((one) => !same.has(fingerprintOf(one)));
      const leads = other === undefined || first.cosine - other.cosine >= minLead;
      const isFound = (one: Near): boolean => leads && same.has(fingerprintOf(one));
      return {
        found: near.filter((one) => isNear(one) && isFound(one)),
        others: near.filter((one) => isNear(one) && !isFound(one)),
      };
    },
  };
};
