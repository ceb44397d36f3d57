/**
 * The view: what canon says, folded record by record into maps. It is a pure function of the records (rule A4): no clock, no
 * randomness, no other log. It is mutable inside because a swarm's experience is large and each record changes little.
 *
 * - A fork of canon, or an older term's lost blocks, shorten canon: fold fewer blocks into a new view.
 * - A checkpoint is the state written again as records of the same types (`checkpoint.ts`); folding it into the view that it was
 *   made from changes nothing, folding it into an empty one gives an equal view.
 * - Verdict exceptions pass through as events and are not state: what is not an exception follows from the state (`verdict.ts`).
 * - The time of a block is no state either: two peers with one canon agree on it, but a checkpoint has a time of its own.
 * - Records of unknown type or version are counted (rule E5), and so are those that have no business in canon.
 */
import {
  type AnyRecord,
  type EntryId,
  type Fingerprint,
  type GenerationId,
  type Immunization,
  type LogHead,
  type LogKey,
  logKey,
  type RecordBody,
  type RecordRef,
  type RemedyId,
  type WriterId,
} from "@herdmind/protocol";
import {
  createMemoryLayer,
  foldMemoryItem,
  foldMemoryStep,
  type MemoryEvent,
  type MemoryLayer,
  type MemoryState,
} from "./memory.js";
import { type Ballots, castVote, countReporters, countVotes } from "./votes.js";

export type Status = RecordBody<"status">["status"];
export type Member = RecordBody<"member">;
export type Revocation = RecordBody<"revoked">;
export type RelevanceRule = RecordBody<"relevance">;

/** A canonical entry with what canon says about it. */
export interface Entry {
  readonly immunization: Immunization;
  readonly status: Status;
  /** Reason of the last status record; `undefined` while there was none. */
  readonly reason: string | undefined;
  /** The entry that supersedes this one. */
  readonly by: EntryId | undefined;
  /** Where that record stands, as far as this peer knows canon; like `position` not part of the state. */
  readonly statusAt: Position | undefined;
  /** Newest outcome of each writer: `true` worked. */
  readonly evidence: ReadonlyMap<WriterId, boolean>;
}

export interface Term {
  readonly term: number;
  readonly holder: WriterId;
  readonly grant: string | undefined;
}

export interface Alias {
  readonly to: Fingerprint;
  readonly reason: string;
}

/** Where a record stands in canon. */
export type Position = RecordRef;

/** What canon says of the block that was folded last. */
export interface Clock {
  /** Its orchestrator's clock, milliseconds since 1970; never less than that of an earlier block. */
  readonly at: number;
  /** Blocks of canon before its generation; `undefined` where the generation's opening does not say. */
  readonly before: number | undefined;
  /** Its generation. */
  readonly generation: GenerationId;
}

export interface View {
  readonly entries: ReadonlyMap<EntryId, Entry>;
  /** Entries of each fingerprint, in canon's order. */
  readonly problems: ReadonlyMap<Fingerprint, readonly EntryId[]>;
  readonly aliases: ReadonlyMap<Fingerprint, Alias>;
  /** The same aliases, backwards. */
  readonly aliased: ReadonlyMap<Fingerprint, ReadonlySet<Fingerprint>>;
  readonly members: ReadonlyMap<WriterId, Member>;
  /** By `writer/generation`, or `writer/*` for all of its generations; the smallest `last` counts. */
  readonly revocations: ReadonlyMap<string, Revocation>;
  readonly signalTypes: ReadonlyMap<string, readonly string[]>;
  /** Rules about what concerns whom, by name; withdrawn ones too, so that an older version does not come back. */
  readonly relevance: ReadonlyMap<string, RelevanceRule>;
  readonly watermarks: ReadonlyMap<LogKey, LogHead>;
  /** Items of the memory, by space and key (rule E11). */
  readonly memory: MemoryState;
  readonly term: Term | undefined;
  /** The last record that was folded; not part of the state. */
  readonly position: Position | undefined;
  /** Not part of the state; `undefined` until a block says it. */
  readonly clock: Clock | undefined;
  readonly counts: Counts;
}

/** What was folded without effect; not part of the state, because a checkpoint does not carry it. */
export interface Counts {
  readonly records: number;
  /** Unknown type or version (rule E5), by `type/version`. A peer with any cannot judge another's `viewHash`. */
  readonly unknown: ReadonlyMap<string, number>;
  /** Records that are not canon's (signal, outcome), or refer to an entry that is not there. */
  readonly ignored: number;
}

/** What one record changed. A record that changes nothing gives no event. */
export type ViewEvent =
  | { readonly type: "immunized"; readonly entry: Entry; readonly position: Position }
  | {
      readonly type: "evidence";
      readonly entry: Entry;
      readonly worked: readonly WriterId[];
      readonly failed: readonly WriterId[];
    }
  | { readonly type: "status"; readonly entry: Entry; readonly before: Status; readonly position: Position }
  | { readonly type: "verdict"; readonly verdict: RecordBody<"verdict"> }
  | { readonly type: "watermark"; readonly head: LogHead }
  | { readonly type: "member"; readonly member: Member }
  | { readonly type: "revoked"; readonly revocation: Revocation }
  | {
      readonly type: "alias";
      readonly from: Fingerprint;
      readonly to: Fingerprint;
      readonly undo: boolean;
      readonly reason: string;
    }
  | { readonly type: "signal-type"; readonly name: string; readonly identity: readonly string[] }
  | { readonly type: "relevance"; readonly rule: RelevanceRule }
  | MemoryEvent
  | { readonly type: "term"; readonly term: Term }
  /** The block that this record stands in was written then. */
  | { readonly type: "time"; readonly clock: Clock }
  | { readonly type: "next"; readonly generation: RecordBody<"next">["generation"] }
  | { readonly type: "checkpoint-end"; readonly end: RecordBody<"checkpoint-end"> }
  | { readonly type: "unknown"; readonly of: string; readonly version: number };

type Writable<T> = { -readonly [K in keyof T]: T[K] };

interface MutableEntry extends Writable<Entry> {
  evidence: Map<WriterId, boolean>;
  /** Made when somebody asks, then kept up with each outcome; worth nothing under another `franchise`. */
  counted: { readonly franchise: number; readonly ballots: Ballots } | undefined;
}

export interface MutableView extends Writable<View> {
  entries: Map<EntryId, MutableEntry>;
  problems: Map<Fingerprint, EntryId[]>;
  aliases: Map<Fingerprint, Alias>;
  aliased: Map<Fingerprint, Set<Fingerprint>>;
  members: Map<WriterId, Member>;
  revocations: Map<string, Revocation>;
  signalTypes: Map<string, readonly string[]>;
  relevance: Map<string, RelevanceRule>;
  watermarks: Map<LogKey, LogHead>;
  readonly memory: MemoryLayer;
  counts: Writable<Counts> & { unknown: Map<string, number> };
  /** One instance of each writer id: ids decoded from records are separate strings of 60 bytes each. */
  readonly interned: Map<WriterId, WriterId>;
  /** Grows when canon changes who has a vote, or with whom: votes that were counted before are counted anew. */
  franchise: number;
  /** How many report on a problem, by each of its names, as far as somebody asked; until somebody else reports. */
  readonly reporters: Map<Fingerprint, number>;
  /** Entries of merged problems by their remedy, by the first of the problem's names; until one is added, or merged. */
  readonly byRemedy: Map<Fingerprint, ReadonlyMap<RemedyId, readonly Entry[]>>;
}

export const emptyView = (): View => {
  const view: MutableView = {
    entries: new Map(),
    problems: new Map(),
    aliases: new Map(),
    aliased: new Map(),
    members: new Map(),
    revocations: new Map(),
    signalTypes: new Map(),
    relevance: new Map(),
    watermarks: new Map(),
    memory: createMemoryLayer(),
    term: undefined,
    position: undefined,
    clock: undefined,
    counts: { records: 0, unknown: new Map(), ignored: 0 },
    interned: new Map(),
    franchise: 0,
    reporters: new Map(),
    byRemedy: new Map(),
  };
  return view;
};

// Most entries never get an outcome; they share this one until they do.
const NO_EVIDENCE: Map<WriterId, boolean> = new Map();
const NOTHING: readonly ViewEvent[] = [];

const intern = (view: MutableView, writer: WriterId): WriterId => {
  const known = view.interned.get(writer);
  if (known !== undefined) return known;
  view.interned.set(writer, writer);
  return writer;
};

const immunize = (view: MutableView, body: Immunization, position: Position): readonly ViewEvent[] => {
  // An entry's id is the hash of its first proposal, so a second record of the same id is the same admission again.
  if (view.entries.has(body.id)) return NOTHING;
  const author = intern(view, body.author);
  const entry: MutableEntry = {
    immunization: { ...body, author, of: { ...body.of, writer: intern(view, body.of.writer) } },
    status: "active",
    reason: undefined,
    by: undefined,
    statusAt: undefined,
    evidence: NO_EVIDENCE,
    counted: undefined,
  };
  view.entries.set(body.id, entry);
  view.byRemedy.clear();
  const same = view.problems.get(body.fingerprint);
  if (same === undefined) view.problems.set(body.fingerprint, [body.id]);
  else same.push(body.id);
  return [{ type: "immunized", entry, position }];
};

const addEvidence = (view: MutableView, body: RecordBody<"evidence">): readonly ViewEvent[] => {
  const entry = view.entries.get(body.entry);
  if (entry === undefined) return ignore(view);
  if (entry.evidence === NO_EVIDENCE) entry.evidence = new Map();
  const counted = entry.counted?.franchise === view.franchise ? entry.counted.ballots : undefined;
  const groupOf = voterGroups(view, entry);
  const tell = (writer: WriterId, success: boolean): void => {
    if (counted !== undefined) castVote(counted, groupOf(writer), entry.evidence.get(writer), success);
    entry.evidence.set(intern(view, writer), success);
  };
  const worked: WriterId[] = [];
  const failed: WriterId[] = [];
  // A writer in both lists counts as failed: the careful reading of a record that says both.
  const bad = new Set(body.failed);
  for (const writer of body.worked) {
    if (bad.has(writer) || entry.evidence.get(writer) === true) continue;
    tell(writer, true);
    worked.push(writer);
  }
  for (const writer of bad) {
    if (entry.evidence.get(writer) === false) continue;
    tell(writer, false);
    failed.push(writer);
  }
  if (entry.evidence.size === 0) entry.evidence = NO_EVIDENCE;
  for (const one of sameProblem(view, entry.immunization.fingerprint)) view.reporters.delete(one);
  return worked.length + failed.length === 0 ? NOTHING : [{ type: "evidence", entry, worked, failed }];
};

const setStatus = (view: MutableView, body: RecordBody<"status">, position: Position): readonly ViewEvent[] => {
  const entry = view.entries.get(body.entry);
  if (entry === undefined) return ignore(view);
  if (entry.status === body.status && entry.reason === body.reason && entry.by === body.by) return NOTHING;
  const before = entry.status;
  entry.status = body.status;
  entry.reason = body.reason;
  entry.by = body.by;
  entry.statusAt = position;
  return [{ type: "status", entry, before, position }];
};

const setAlias = (view: MutableView, { from, to, reason, undo = false }: RecordBody<"alias">): readonly ViewEvent[] => {
  const held = view.aliases.get(from);
  view.reporters.clear();
  view.byRemedy.clear();
  if (undo) {
    if (held?.to !== to) return ignore(view);
    view.aliases.delete(from);
    forget(view, from, to);
  } else {
    if (held?.to === to && held.reason === reason) return NOTHING;
    if (held !== undefined) forget(view, from, held.to);
    view.aliases.set(from, { to, reason });
    const back = view.aliased.get(to);
    if (back === undefined) view.aliased.set(to, new Set([from]));
    else back.add(from);
  }
  return [{ type: "alias", from, to, undo, reason }];
};

const forget = (view: MutableView, from: Fingerprint, to: Fingerprint): void => {
  const back = view.aliased.get(to);
  back?.delete(from);
  if (back?.size === 0) view.aliased.delete(to);
};

const revoke = (view: MutableView, body: Revocation): readonly ViewEvent[] => {
  const key = `${body.writer}/${body.generation ?? "*"}`;
  const held = view.revocations.get(key);
  if (held !== undefined && held.last <= body.last) return NOTHING;
  view.revocations.set(key, body);
  return [{ type: "revoked", revocation: body }];
};

const setWatermark = (view: MutableView, head: LogHead): readonly ViewEvent[] => {
  const key = logKey(head);
  const held = view.watermarks.get(key);
  if (held !== undefined && held.length >= head.length) return held.hash === head.hash ? NOTHING : ignore(view);
  view.watermarks.set(key, { ...head, writer: intern(view, head.writer) });
  return [{ type: "watermark", head }];
};

const setMember = (view: MutableView, member: Member): readonly ViewEvent[] => {
  const held = view.members.get(member.writer);
  if (held !== undefined && sameMember(held, member)) return NOTHING;
  // Who was seen before may have authored or voted already.
  if (view.interned.has(member.writer) && (held?.status !== member.status || held.group !== member.group))
    refranchise(view);
  view.members.set(intern(view, member.writer), member);
  return [{ type: "member", member }];
};

/** A clock that says less than an earlier block did is read as standing still, so that canon can be searched by time. */
const setClock = (
  view: MutableView,
  { at, before }: RecordBody<"time">,
  { generation }: Position,
): readonly ViewEvent[] => {
  const held = view.clock;
  view.clock = {
    at: Math.max(at, held?.at ?? 0),
    before: before ?? (held?.generation === generation ? held.before : undefined),
    generation,
  };
  return [{ type: "time", clock: view.clock }];
};

/** Rules that count, withdrawn ones included: each recall asks all of them about each entry that it looks at. */
export const MAX_RELEVANCE_RULES = 32;

const setRelevance = (view: MutableView, rule: RelevanceRule): readonly ViewEvent[] => {
  const held = view.relevance.get(rule.name);
  if (held === undefined && view.relevance.size >= MAX_RELEVANCE_RULES) return ignore(view);
  if (held !== undefined && held.version >= rule.version) return NOTHING;
  view.relevance.set(rule.name, rule);
  return [{ type: "relevance", rule }];
};

const refranchise = (view: MutableView): void => {
  view.franchise += 1;
  view.reporters.clear();
};

const sameMember = (a: Member, b: Member): boolean =>
  a.role === b.role &&
  a.name === b.name &&
  a.group === b.group &&
  a.invitation === b.invitation &&
  a.status === b.status &&
  a.reason === b.reason &&
  a.at === b.at;

const ignore = (view: MutableView): readonly ViewEvent[] => {
  view.counts.ignored++;
  return NOTHING;
};

/** Folds one record of canon into the view, in canon's order, and tells what changed. `isCheckpoint`: it stands before a `checkpoint-end`. */
export const fold = (view: View, record: AnyRecord, position: Position, isCheckpoint = false): readonly ViewEvent[] => {
  const state = view as MutableView;
  state.position = position;
  state.counts.records++;
  switch (record.type) {
    case "immunization":
      return immunize(state, record.body, position);
    case "evidence":
      return addEvidence(state, record.body);
    case "status":
      return setStatus(state, record.body, position);
    case "verdict":
      return [{ type: "verdict", verdict: record.body }];
    case "watermark":
      return setWatermark(state, record.body);
    case "member":
      return setMember(state, record.body);
    case "revoked":
      return revoke(state, record.body);
    case "alias":
      return setAlias(state, record.body);
    case "signal-type": {
      const { name, identity } = record.body;
      const held = state.signalTypes.get(name);
      if (held !== undefined && held.length === identity.length && held.every((field, i) => field === identity[i]))
        return NOTHING;
      state.signalTypes.set(name, identity);
      return [{ type: "signal-type", name, identity }];
    }
    case "relevance":
      return setRelevance(state, record.body);
    case "memory-step":
      return foldMemoryStep(state.memory, record.body, state.watermarks) ?? ignore(state);
    case "memory-item":
      return isCheckpoint ? foldMemoryItem(state.memory, record.body) : ignore(state);
    case "term": {
      const term: Term = { term: record.body.term, holder: record.body.holder, grant: record.body.grant };
      const held = state.term;
      if (held?.term === term.term && held.holder === term.holder && held.grant === term.grant) return NOTHING;
      state.term = term;
      return [{ type: "term", term }];
    }
    case "time":
      return setClock(state, record.body, position);
    case "next":
      return [{ type: "next", generation: record.body.generation }];
    case "checkpoint-end":
      return [{ type: "checkpoint-end", end: record.body }];
    case "open":
      return NOTHING;
    case "signal":
    case "outcome":
    case "memory":
      return ignore(state);
    case "unknown": {
      const key = `${record.of}/${record.version}`;
      // Names come from outside: a writer that invents a new one each time must not grow this map without bound.
      const slot = state.counts.unknown.has(key) || state.counts.unknown.size < 1000 ? key : "others/0";
      state.counts.unknown.set(slot, (state.counts.unknown.get(slot) ?? 0) + 1);
      return [{ type: "unknown", of: record.of, version: record.version }];
    }
  }
};

/** How many blocks of this generation count (rule A3): the smallest of all revocations that name it; infinite for none. */
export const countedLength = (view: View, log: { readonly writer: WriterId; readonly generation: string }): number => {
  const one = view.revocations.get(`${log.writer}/${log.generation}`)?.last ?? Number.POSITIVE_INFINITY;
  const all = view.revocations.get(`${log.writer}/*`)?.last ?? Number.POSITIVE_INFINITY;
  return Math.min(one, all) + 1;
};

/** Every fingerprint that canon holds to be the same problem as this one, this one first. */
export const sameProblem = (view: View, fingerprint: Fingerprint): readonly Fingerprint[] => {
  if (!view.aliases.has(fingerprint) && !view.aliased.has(fingerprint)) return [fingerprint];
  const seen = new Set([fingerprint]);
  // Iterating a set visits what is added meanwhile: this walks the whole cluster, and a cycle ends by itself.
  for (const one of seen) {
    const to = view.aliases.get(one)?.to;
    if (to !== undefined) seen.add(to);
    for (const from of view.aliased.get(one) ?? []) seen.add(from);
  }
  return [...seen];
};

/** The group in whose name a writer votes on an entry; `undefined`: it has no vote (rule E1). */
const voterGroups = (view: View, entry: Entry): ((writer: WriterId) => WriterId | undefined) => {
  const { author } = entry.immunization;
  const authors = view.members.get(author)?.group ?? author;
  return (writer) => {
    const member = view.members.get(writer);
    return member?.status === "admitted" && member.group !== authors ? member.group : undefined;
  };
};

/** The votes on an entry. They live with it: do not keep them over another record. */
export const ballotsOf = (view: View, entry: Entry): Ballots => {
  const { franchise } = view as MutableView;
  const held = entry as MutableEntry;
  if (held.counted?.franchise !== franchise)
    held.counted = { franchise, ballots: countVotes(entry.evidence, voterGroups(view, entry)) };
  return held.counted.ballots;
};

/** Entries of a merged problem by their remedy. `names`: all of its fingerprints. */
export const entriesByRemedy = (view: View, names: readonly Fingerprint[]): ReadonlyMap<RemedyId, readonly Entry[]> => {
  const { byRemedy } = view as MutableView;
  const first = names.reduce((a, b) => (a < b ? a : b));
  const held = byRemedy.get(first);
  if (held !== undefined) return held;
  const entries = names.flatMap((one) => (view.problems.get(one) ?? []).map((id) => view.entries.get(id) as Entry));
  const made = Map.groupBy(entries, ({ immunization }) => immunization.remedyId);
  byRemedy.set(first, made);
  return made;
};

/** How many independent groups have reported on a problem: on any entry of this fingerprint or its aliases. */
export const reportersOf = (view: View, fingerprint: Fingerprint): number => {
  const { reporters } = view as MutableView;
  const held = reporters.get(fingerprint);
  if (held !== undefined) return held;
  const all: Ballots[] = [];
  for (const one of sameProblem(view, fingerprint)) {
    for (const id of view.problems.get(one) ?? []) {
      const entry = view.entries.get(id) as Entry;
      if (entry.evidence.size > 0) all.push(ballotsOf(view, entry));
    }
  }
  const count = countReporters(all);
  // Most problems have one entry, and its votes know how many they are.
  if (all.length > 1) reporters.set(fingerprint, count);
  return count;
};
