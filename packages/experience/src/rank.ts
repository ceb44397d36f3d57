/**
 * Which of several entries comes first, and what is said of each: kind of match, then how far canon trusts it.
 */
import type { EntryId, Mitigation, WriterId } from "@herdmind/protocol";
import { confidenceOf } from "./confidence.js";
import { isConfirmed } from "./confirmed.js";
import { fuse } from "./fusion.js";
import type { Entry, Status, View } from "./view.js";

/**
 * `facts`: the same facts under another symptom; `text`: by its words, and maybe by its meaning too; `meaning`: by its meaning only.
 */
export type Match = "exact" | "alias" | "facts" | "text" | "meaning";

export interface RecalledEntry {
  readonly id: EntryId;
  readonly match: Match;
  /**
   * Similarity of the problems: 1 for exact and alias; for the same facts how far facts of their kind define a problem; the share of
   * common words, or for `meaning` the cosine.
   */
  readonly score: number;
  /** Chance that the remedy works, from independent outcomes. */
  readonly confidence: number;
  readonly evidence: { readonly worked: number; readonly failed: number; readonly independent: number };
  readonly type: string;
  readonly title: string;
  readonly discovery: string | undefined;
  readonly mitigation: Mitigation;
  readonly author: WriterId;
  /** The author's clock, milliseconds since 1970. */
  readonly at: number;
  /** `provisional`: a proposal that canon has not judged. */
  readonly status: Status | "provisional";
  readonly provisional?: true;
  /**
   * Nothing shows yet that it works: it is known for another problem than this, or fewer than five independent writers have reported
   * on this one, or fewer than a third of them say that it worked, or a third say that it failed. Where this is missing and liars
   * are fewer than a third of who reported, it is not wrong.
   */
  readonly unconfirmed?: true;
  /** Why it is here, as one sentence. */
  readonly why: string;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

export interface Ranked {
  readonly entry: Entry;
  readonly match: Match;
  readonly score: number;
  readonly confidence: ReturnType<typeof confidenceOf>;
  readonly isConfirmed: boolean;
  /** The group of its author. */
  readonly authors: WriterId;
  /** What entries of one kind of match are ordered by. */
  readonly worth: number;
  /** Cosine of the meanings, where it was found by that. */
  readonly cosine?: number;
}

/** Of one problem, and not of one that is like it. */
const isSame = (match: Match): boolean => match === "exact" || match === "alias";

/** The same problem, then one with the same facts, then one that is like it. */
const CLASS: { readonly [match in Match]: number } = { exact: 0, alias: 0, facts: 1, text: 2, meaning: 2 };
const MATCH_ORDER: { readonly [match in Match]: number } = { exact: 0, alias: 1, facts: 2, text: 3, meaning: 3 };

export const rank = (view: View, entry: Entry, match: Match, score: number): Ranked => {
  const confidence = confidenceOf(view, entry);
  // Among similar texts a likely remedy for a slightly less similar problem may come first, but never overtakes by far.
  const worth = score * (0.5 + confidence.lower);
  const { author } = entry.immunization;
  const authors = view.members.get(author)?.group ?? author;
  // Of another problem nobody has reported what it does for this one.
  const isKnown = isSame(match) && isConfirmed(view, entry);
  return { entry, match, score, confidence, authors, isConfirmed: isKnown, worth };
};

/**
 * Entries that are like the problem, by words (`scores`) and by meaning (`cosines`). Each way orders its own, and the two orders are
 * fused by rank; where one way found all, its order stands.
 */
export const rankSimilar = (
  view: View,
  scores: ReadonlyMap<EntryId, { readonly entry: Entry; readonly score: number }>,
  cosines: ReadonlyMap<EntryId, { readonly entry: Entry; readonly cosine: number }>,
): readonly Ranked[] => {
  const byWords = new Map([...scores].map(([id, { entry, score }]) => [id, rank(view, entry, "text", score)]));
  if (cosines.size === 0) return [...byWords.values()];
  const byMeaning = new Map([...cosines].map(([id, { entry, cosine }]) => [id, rank(view, entry, "meaning", cosine)]));
  const worths = (ranked: ReadonlyMap<EntryId, Ranked>) => new Map([...ranked].map(([id, { worth }]) => [id, worth]));
  const fused = fuse([worths(byWords), worths(byMeaning)]);
  return [...fused].map(([id, worth]) => {
    const cosine = cosines.get(id)?.cosine;
    const ranked = (byWords.get(id) ?? byMeaning.get(id)) as Ranked;
    return { ...ranked, worth, ...(cosine === undefined ? {} : { cosine }) };
  });
};

/** Unconfirmed remedies of one author's group for one problem that are offered before those of others are. */
const TURNS = 2;

/**
 * The same problem before similar ones, confirmed before unconfirmed, those that had their turn last, then kind of match, worth, the
 * older one, the id: a total order. Who proposes many remedies for a problem has the turn of two; the others wait behind those of
 * other authors, or a few liars would keep everybody trying theirs.
 */
export const inOrder = (found: Ranked[]): Ranked[] => {
  found.sort((a, b) => compare(a, b, isContested));
  if (found.length <= TURNS) return found;
  const turns = new Map<WriterId, number>();
  const late = new Set<Ranked>();
  for (const one of found) {
    if (!isSame(one.match) || one.isConfirmed || isContested(one)) continue;
    const turn = turns.get(one.authors) ?? 0;
    turns.set(one.authors, turn + 1);
    if (turn >= TURNS) late.add(one);
  }
  return late.size === 0 ? found : found.sort((a, b) => compare(a, b, (one) => isContested(one) || late.has(one)));
};

const isContested = ({ entry }: Ranked): boolean => entry.status === "contested";

const compare = (a: Ranked, b: Ranked, isLast: (one: Ranked) => boolean): number =>
  CLASS[a.match] - CLASS[b.match] ||
  Number(b.isConfirmed) - Number(a.isConfirmed) ||
  Number(isLast(a)) - Number(isLast(b)) ||
  MATCH_ORDER[a.match] - MATCH_ORDER[b.match] ||
  b.worth - a.worth ||
  a.entry.immunization.at - b.entry.immunization.at ||
  (a.entry.immunization.id < b.entry.immunization.id ? -1 : 1);

const MATCH_WORDS: { readonly [match in Match]: string } = {
  exact: "the same problem",
  alias: "the same problem under another fingerprint",
  facts: "the same facts under another symptom",
  text: "a similar problem",
  meaning: "a problem of similar meaning",
};

const alike = ({ match, score, cosine }: Ranked): string => {
  if (match === "meaning") return ` (cosine ${score.toFixed(2)})`;
  if (match === "facts") return ` (sure to ${percent(score)})`;
  if (match !== "text") return "";
  return ` (${percent(score)} alike${cosine === undefined ? "" : `; by meaning too, cosine ${cosine.toFixed(2)}`})`;
};

const why = (ranked: Ranked): string => {
  const { entry, match, confidence, isConfirmed } = ranked;
  const { worked, failed, independent } = confidence;
  const tried =
    worked + failed === 0 ? "no outcome yet" : `worked for ${worked} of ${worked + failed}, ${independent} independent`;
  const contested = entry.status === "contested" ? `; contested: ${entry.reason ?? "outcomes contradict it"}` : "";
  return `${MATCH_WORDS[match]}${alike(ranked)}; ${tried}${isConfirmed ? "" : "; unconfirmed"}${contested}`;
};

export const show = (ranked: Ranked): RecalledEntry => {
  const { immunization, status } = ranked.entry;
  const { mean, worked, failed, independent } = ranked.confidence;
  return {
    id: immunization.id,
    match: ranked.match,
    score: ranked.score,
    confidence: mean,
    evidence: { worked, failed, independent },
    type: immunization.type,
    title: immunization.title,
    discovery: immunization.discovery,
    mitigation: immunization.mitigation,
    author: immunization.author,
    at: immunization.at,
    status,
    ...(ranked.isConfirmed ? {} : { unconfirmed: true as const }),
    why: why(ranked),
  };
};
