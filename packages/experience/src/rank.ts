/**
 * Which of several entries comes first, and what is said of each: kind of match, then how far canon trusts it.
 */
import type { EntryId, Mitigation, WriterId } from "@herdmind/protocol";
import { confidenceOf } from "./confidence.js";
import type { Entry, Status, View } from "./view.js";

export type Match = "exact" | "alias" | "text";

export interface RecalledEntry {
  readonly id: EntryId;
  readonly match: Match;
  /** Similarity of the problems: 1 for exact and alias. */
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
  /** Why it is here, as one sentence. */
  readonly why: string;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

export interface Ranked {
  readonly entry: Entry;
  readonly match: Match;
  readonly score: number;
  readonly confidence: ReturnType<typeof confidenceOf>;
  /** What entries of one kind of match are ordered by. */
  readonly worth: number;
}

const MATCH_ORDER: { readonly [match in Match]: number } = { exact: 0, alias: 1, text: 2 };

export const rank = (view: View, entry: Entry, match: Match, score: number): Ranked => {
  const confidence = confidenceOf(view, entry);
  // Among similar texts a likely remedy for a slightly less similar problem may come first, but never overtakes by far.
  return { entry, match, score, confidence, worth: score * (0.5 + confidence.lower) };
};

/** Kind of match, then active before contested, then worth, then the older one, then the id: a total order. */
export const byRank = (a: Ranked, b: Ranked): number =>
  MATCH_ORDER[a.match] - MATCH_ORDER[b.match] ||
  Number(a.entry.status === "contested") - Number(b.entry.status === "contested") ||
  b.worth - a.worth ||
  a.entry.immunization.at - b.entry.immunization.at ||
  (a.entry.immunization.id < b.entry.immunization.id ? -1 : 1);

const MATCH_WORDS: { readonly [match in Match]: string } = {
  exact: "the same problem",
  alias: "the same problem under another fingerprint",
  text: "a similar problem",
};

const why = ({ entry, match, score, confidence }: Ranked): string => {
  const { worked, failed, independent } = confidence;
  const similar = match === "text" ? ` (${percent(score)} alike)` : "";
  const tried =
    worked + failed === 0 ? "no outcome yet" : `worked for ${worked} of ${worked + failed}, ${independent} independent`;
  const contested = entry.status === "contested" ? `; contested: ${entry.reason ?? "outcomes contradict it"}` : "";
  return `${MATCH_WORDS[match]}${similar}; ${tried}${contested}`;
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
    why: why(ranked),
  };
};
