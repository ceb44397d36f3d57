/** Which records somebody wants to see. */
import { remedyIdOf, sameProblem, type View } from "@herdmind/experience";
import type { AnyRecord, EntryId, Fingerprint, RecordRef, RemedyId, WriterId } from "@herdmind/protocol";
import { type Held, idAt } from "./held.js";
import { fingerprintOfSignal, type Told, timeOf, typeOf } from "./told.js";

export interface RecordFilter {
  /** Default: both. */
  readonly kind?: "canon" | "proposal";
  /** A type of record, or of signal. */
  readonly type?: string;
  /** A member's name, or the beginning of its id: records that it wrote, or that canon wrote about it. */
  readonly writer?: string;
  /** Milliseconds since 1970: by canon's clock; of what it has not judged by its author's. */
  readonly since?: number;
  /** Inclusive. */
  readonly until?: number;
  /** What an entry was made of, what was said of it, and revocations of those who said it. */
  readonly entry?: EntryId;
  /** What was said about a problem and its aliases. */
  readonly fingerprint?: Fingerprint;
  /** Blocks of canon from this number on, and what they passed. */
  readonly from?: number;
  /** Exclusive. */
  readonly to?: number;
  /** Also records that only keep the logs together: `open`, `next`, `time`, `watermark`, `checkpoint-end`. */
  readonly all?: boolean;
}

/** Records that say nothing about experience. */
const HOUSEKEEPING: ReadonlySet<string> = new Set(["open", "next", "time", "watermark", "checkpoint-end"]);

/** `housekeeping`, `untimed`: it fits otherwise, and is left out for that reason. */
export type Verdict = "shown" | "other" | "housekeeping" | "untimed";

/** Judges each record as canon is now. */
export const createFilter = (held: Held, filter: RecordFilter): ((told: Told) => Verdict) => {
  const { view } = held.canon;
  const { kind, type, writer, since, until, from = 0, to = Number.POSITIVE_INFINITY, all = false } = filter;
  const isWriter = writer === undefined ? undefined : writersLike(view, writer);
  const isAbout = aboutEntry(held, view, filter.entry);
  const isProblem = aboutProblem(view, filter.fingerprint);
  return (told) => {
    const { record, number } = told;
    if (kind !== undefined && told.kind !== kind) return "other";
    if (number === undefined ? told.standing === "lost" && from > 0 : number < from || number >= to) return "other";
    if (type !== undefined && typeOf(record) !== type && !(record.type === "signal" && record.body.type === type))
      return "other";
    if (isWriter !== undefined && !writersOf(told).some(isWriter)) return "other";
    const time = timeOf(told);
    if (time !== undefined && (time < (since ?? 0) || time > (until ?? Number.POSITIVE_INFINITY))) return "other";
    if (isAbout !== undefined && !isAbout(told)) return "other";
    if (isProblem !== undefined && !isProblem(told)) return "other";
    if (!all && type === undefined && HOUSEKEEPING.has(typeOf(record))) return "housekeeping";
    return time === undefined && (since !== undefined || until !== undefined) ? "untimed" : "shown";
  };
};

const writersLike = (view: View, wanted: string): ((writer: WriterId) => boolean) => {
  const named = new Set<WriterId>();
  for (const member of view.members.values()) if (member.name === wanted) named.add(member.writer);
  return (writer) => named.has(writer) || writer.startsWith(wanted);
};

/** Who wrote a record, and whom canon names in it. */
const writersOf = ({ ref, record }: Told): readonly WriterId[] => {
  switch (record.type) {
    case "immunization":
      return [ref.writer, record.body.author];
    case "evidence":
      return [ref.writer, ...record.body.worked, ...record.body.failed];
    case "verdict":
    case "memory-step":
      return [ref.writer, record.body.of.writer];
    case "member":
    case "revoked":
    case "watermark":
      return [ref.writer, record.body.writer];
    default:
      return [ref.writer];
  }
};

/** Entries that a record of canon speaks of. */
const entriesIn = (held: Held, record: AnyRecord): readonly (EntryId | undefined)[] => {
  switch (record.type) {
    case "immunization":
      return [record.body.id];
    case "evidence":
    case "outcome":
      return [record.body.entry];
    case "status":
      return [record.body.entry, record.body.by];
    case "verdict":
      return [record.body.entry, idAt(held, record.body.of)];
    default:
      return [];
  }
};

/** What a signal proposes; the remedy first, because a problem's fingerprint is a hundred times the work. */
const proposes = (
  view: View,
  { record }: Told,
  remedy: RemedyId | undefined,
  problems: ReadonlySet<Fingerprint>,
): boolean => {
  if (record.type !== "signal" || (remedy !== undefined && remedyIdOf(record.body.mitigation) !== remedy)) return false;
  const fingerprint = fingerprintOfSignal(view, record.body);
  return fingerprint !== undefined && problems.has(fingerprint);
};

const isAt = (a: RecordRef, b: RecordRef): boolean =>
  a.sequence === b.sequence && a.index === b.index && a.generation === b.generation && a.writer === b.writer;

const aboutEntry = (held: Held, view: View, id: EntryId | undefined): ((told: Told) => boolean) | undefined => {
  if (id === undefined) return undefined;
  const entry = view.entries.get(id);
  const known = entry?.immunization;
  const spoke = new Set(entry === undefined ? [] : [entry.immunization.author, ...entry.evidence.keys()]);
  const problems = new Set(known === undefined ? [] : sameProblem(view, known.fingerprint));
  return (told) => {
    const { record, ref } = told;
    if (entriesIn(held, record).includes(id)) return true;
    if (record.type === "signal" || record.type === "outcome") {
      // Of an entry canon says which proposal it was made of: no hash is needed for each of all the others.
      if (known === undefined) return idAt(held, ref) === id;
      return isAt(ref, known.of) || proposes(view, told, known.remedyId, problems);
    }
    if (record.type === "revoked") return spoke.has(record.body.writer);
    return record.type === "alias" && (problems.has(record.body.from) || problems.has(record.body.to));
  };
};

const aboutProblem = (view: View, wanted: Fingerprint | undefined): ((told: Told) => boolean) | undefined => {
  if (wanted === undefined) return undefined;
  const problems = new Set(sameProblem(view, wanted));
  const entries = new Set([...problems].flatMap((one) => view.problems.get(one) ?? []));
  return (told) => {
    const { record } = told;
    switch (record.type) {
      case "immunization":
        return problems.has(record.body.fingerprint);
      case "alias":
        return problems.has(record.body.from) || problems.has(record.body.to);
      case "evidence":
      case "status":
      case "outcome":
      case "verdict":
        return record.body.entry !== undefined && entries.has(record.body.entry);
      default:
        return proposes(view, told, undefined, problems);
    }
  };
};
