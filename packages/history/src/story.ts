/**
 * The whole story of an id, as far as it is held here: who proposed it, what canon made of it, who tried it, and what became of it.
 * An id names an entry, or a proposal or outcome, by the receipt that its author got.
 */
import {
  confidenceOf,
  type Entry,
  type Standing as Judged,
  remedyIdOf,
  type Status,
  sameProblem,
} from "@herdmind/experience";
import type { EntryId, Fingerprint, RecordRef, WriterId } from "@herdmind/protocol";
import { type Held, idAt, nameOf } from "./held.js";
import type { Place } from "./places.js";
import { type ReadOptions, readPlaces, readRecords } from "./records.js";
import { fingerprintOfSignal, type Told } from "./told.js";

export type Chapter =
  /** The proposal itself. */
  | "proposed"
  /** A proposal of the same remedy for the same problem. */
  | "corroborated"
  /** Canon made an entry of it. */
  | "admitted"
  /** Somebody told how it went, in its own log. */
  | "tried"
  /** Canon counted it. */
  | "counted"
  | "status"
  /** Canon made an exception: rejected, or ignored. */
  | "exception"
  | "alias"
  /** Its author, or one who spoke for or against it, does not count from some block on. */
  | "revoked";

export interface Step {
  readonly chapter: Chapter;
  readonly told: Told;
  readonly name: string | undefined;
}

export interface Story {
  readonly id: EntryId;
  /**
   * What the id is. `entry`: its status says more. `pending`: a proposal or outcome that canon has not judged. `judged`: one that no
   * entry was made of. `rejected`: canon's exception says why. `withdrawn`: it was canon, and is not any more. `unknown`: nothing
   * held here has it.
   */
  readonly state: "entry" | "pending" | "judged" | "rejected" | "ignored" | "revoked" | "withdrawn" | "unknown";
  readonly status: Status | undefined;
  readonly entry: Entry | undefined;
  readonly confidence: Judged | undefined;
  /** The entry that a proposal speaks for, or an outcome speaks of. */
  readonly see: EntryId | undefined;
  /** Fingerprints that canon holds to be the same problem, its own first. */
  readonly fingerprints: readonly Fingerprint[];
  /** In canon's order. */
  readonly steps: readonly Step[];
  /** Steps over `MAX_STEPS`. */
  readonly more: number;
  /** Writers whose own words are not held here: canon's part of the story is whole without. */
  readonly notHeld: readonly WriterId[];
}

/** Steps that are kept of a story: thousands may have tried it. */
export const MAX_STEPS = 1000;

export interface StoryOptions extends Pick<ReadOptions, "signal" | "rest"> {
  /**
   * Where canon speaks of it. Then only these are read: proposals that changed nothing, such as an outcome that was told twice, and what
   * canon has not judged are left out.
   */
  readonly places?: readonly Place[];
}

export const tellStory = async (held: Held, id: EntryId, { places, ...how }: StoryOptions = {}): Promise<Story> => {
  const { view } = held.canon;
  const entry = view.entries.get(id);
  const steps: Step[] = [];
  let more = 0;
  let own: Told | undefined;
  let exception: Told | undefined;
  let withdrawn = false;
  const spoke = new Set<WriterId>(entry === undefined ? [] : [entry.immunization.author, ...entry.evidence.keys()]);
  const heard = new Set<WriterId>();
  const take = (chapter: Chapter, told: Told): void => {
    if (steps.length >= MAX_STEPS) more += 1;
    else steps.push({ chapter, told, name: nameOf(view, told.ref.writer) });
  };
  const records = places === undefined ? readRecords(held, { entry: id, ...how }) : readPlaces(held, places, id, how);
  for await (const told of records) {
    const chapter = chapterOf(held, told, id);
    if (chapter === undefined) continue;
    if (told.kind === "proposal") heard.add(told.ref.writer);
    if (chapter === "proposed" || (told.kind === "proposal" && idAt(held, told.ref) === id)) own = told;
    if (chapter === "exception" && told.standing === "canon") exception = told;
    if (chapter === "admitted" && told.standing === "lost") withdrawn = true;
    take(chapter, told);
  }
  const verdict = exception?.record.type === "verdict" ? exception.record.body : undefined;
  return {
    id,
    state: stateOf(entry, own, verdict, withdrawn, held, id),
    status: entry?.status,
    entry,
    confidence: entry === undefined ? undefined : confidenceOf(view, entry),
    see: entry === undefined ? (verdict?.entry ?? seeOf(held, own)) : entry.by,
    fingerprints: entry === undefined ? [] : sameProblem(view, entry.immunization.fingerprint),
    steps,
    more,
    notHeld: [...spoke].filter((writer) => !heard.has(writer)),
  };
};

const stateOf = (
  entry: Entry | undefined,
  own: Told | undefined,
  verdict: { readonly of: RecordRef; readonly verdict: "rejected" | "ignored" } | undefined,
  withdrawn: boolean,
  held: Held,
  id: EntryId,
): Story["state"] => {
  if (entry !== undefined) return "entry";
  if (verdict !== undefined && idAt(held, verdict.of) === id) return verdict.verdict;
  if (own !== undefined && own.standing !== "canon" && own.standing !== "lost") return own.standing;
  return withdrawn ? "withdrawn" : "unknown";
};

const chapterOf = (held: Held, { record, ref, kind }: Told, id: EntryId): Chapter | undefined => {
  switch (record.type) {
    case "signal":
      return idAt(held, ref) === id ? "proposed" : "corroborated";
    case "outcome":
      return "tried";
    case "immunization":
      return kind === "canon" ? "admitted" : undefined;
    case "evidence":
      return "counted";
    case "status":
      return "status";
    case "verdict":
      return "exception";
    case "alias":
    case "revoked":
      return record.type;
    default:
      return undefined;
  }
};

/** What a proposal that is no entry belongs to. */
const seeOf = ({ canon: { view } }: Held, own: Told | undefined): EntryId | undefined => {
  if (own?.record.type === "outcome") return own.record.body.entry;
  if (own?.record.type !== "signal" || own.standing !== "judged") return undefined;
  const fingerprint = fingerprintOfSignal(view, own.record.body);
  if (fingerprint === undefined) return undefined;
  const remedy = remedyIdOf(own.record.body.mitigation);
  for (const one of sameProblem(view, fingerprint))
    for (const known of view.problems.get(one) ?? [])
      if (view.entries.get(known)?.immunization.remedyId === remedy) return known;
  return undefined;
};
