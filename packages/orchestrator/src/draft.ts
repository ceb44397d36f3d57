/**
 * Effects that are decided but not in the view yet. A draft answers as the view will once its records are folded: it looks at its
 * own effects first, then at the draft below it (a block of canon that is being stored), then at the view.
 *
 * A unit is drafted alone and then merged into the draft of its block of canon, or into that of the next one: so all of its
 * effects and its watermark always stand in one block.
 */
import {
  type Alias,
  createMemoryLayer,
  type Entry,
  type Judged,
  type Member,
  type MemoryChanges,
  type MemoryState,
  type RelevanceRule,
  type View,
} from "@herdmind/experience";
import {
  type AnyRecord,
  cborSize,
  type EntryId,
  type Fingerprint,
  type Immunization,
  type LogHead,
  type LogKey,
  logKey,
  type RecordBody,
  type RecordRef,
  record,
  type WriterId,
} from "@herdmind/protocol";
import { type Aliases, clusterOf } from "./cluster.js";
import { recordSize } from "./size.js";

/** Writers in one evidence record: 1,000 ids of 45 bytes stay under MAX_RECORD_BYTES (64 KiB). */
const WRITERS_PER_RECORD = 1000;
const EVIDENCE_BYTES = 2 + cborSize("evidence") + cborSize({ entry: "x".repeat(43), worked: [], failed: [] }) + 8;
const WRITER_BYTES = 45;

const ACTIVE: Judged = { status: "active", by: undefined };

/** What can be asked of the view that is, or that will be. */
export interface Standing extends Aliases {
  member(writer: WriterId): Member | undefined;
  /** Writers admitted with an invitation. */
  users(invitation: string): ReadonlySet<WriterId>;
  immunization(id: EntryId): Immunization | undefined;
  /** Immunizations with this very fingerprint, oldest first. */
  entriesOf(fingerprint: Fingerprint): Iterable<Immunization>;
  status(id: EntryId): Judged;
  /** The newest outcome of a writer. */
  outcome(id: EntryId, writer: WriterId): boolean | undefined;
  outcomes(id: EntryId): Map<WriterId, boolean>;
  /** Whether any outcome of an entry says that it failed. */
  hasFailed(id: EntryId): boolean;
  signalType(name: string): readonly string[] | undefined;
  relevance(name: string): RelevanceRule | undefined;
  /** Names of rules of relevance, withdrawn ones included. */
  rules(): ReadonlySet<string>;
  readonly memory: MemoryState;
}

/** The folded view as a standing; `users` and `failed` are kept beside it because the view does not index them. */
export const standingOf = (
  view: View,
  users: ReadonlyMap<string, ReadonlySet<WriterId>>,
  failed: ReadonlySet<EntryId>,
): Standing => ({
  member: (writer) => view.members.get(writer),
  users: (invitation) => users.get(invitation) ?? NOBODY,
  immunization: (id) => view.entries.get(id)?.immunization,
  *entriesOf(fingerprint) {
    for (const id of view.problems.get(fingerprint) ?? []) yield (view.entries.get(id) as Entry).immunization;
  },
  status: (id) => view.entries.get(id) ?? ACTIVE,
  aliasOf: (fingerprint) => view.aliases.get(fingerprint),
  aliasedTo: (fingerprint) => view.aliased.get(fingerprint) ?? NOTHING,
  outcome: (id, writer) => view.entries.get(id)?.evidence.get(writer),
  outcomes: (id) => new Map(view.entries.get(id)?.evidence),
  hasFailed: (id) => failed.has(id),
  signalType: (name) => view.signalTypes.get(name),
  relevance: (name) => view.relevance.get(name),
  rules: () => new Set(view.relevance.keys()),
  memory: view.memory,
});
const NOBODY: ReadonlySet<WriterId> = new Set();
const NOTHING: ReadonlySet<Fingerprint> = new Set();

/** Immunizations of a problem, those of merged fingerprints included. */
export const knownOf = function* (standing: Standing, fingerprint: Fingerprint): Iterable<Immunization> {
  for (const one of clusterOf(standing, fingerprint)) yield* standing.entriesOf(one);
};

export interface Draft extends Standing {
  /** What it stands on; replaced by the view once the draft below is folded. */
  base: Standing;
  /** At least the bytes of its records, and their number. */
  bytes(): number;
  records(): number;
  addMember(member: Member): void;
  addImmunization(immunization: Immunization): void;
  addVerdict(verdict: RecordBody<"verdict">): void;
  setOutcome(id: EntryId, writer: WriterId, success: boolean): void;
  setStatus(id: EntryId, judged: Judged, reason: string): void;
  addSignalType(name: string, identity: readonly string[]): void;
  setRelevance(rule: RelevanceRule): void;
  addAlias(alias: RecordBody<"alias">): void;
  /** A write to the memory, and what `judgeWrite` says that it changes. */
  addStep(step: RecordBody<"memory-step">, changes: MemoryChanges): void;
  setWatermark(head: LogHead): void;
  /** Rewrites the drafted immunizations, to make them smaller. */
  rewrite(change: (immunization: Immunization) => Immunization): void;
  /** Takes over the effects of a draft that stands on this one. */
  merge(unit: Draft): void;
  effects: Effects;
  /** All of it as records of one block: watermarks last. */
  toRecords(): readonly AnyRecord[];
}

interface Effects {
  readonly members: Map<WriterId, Member>;
  readonly immunizations: Map<EntryId, Immunization>;
  readonly verdicts: RecordBody<"verdict">[];
  readonly outcomes: Map<EntryId, Map<WriterId, boolean>>;
  readonly statuses: Map<EntryId, Judged & { readonly reason: string }>;
  readonly signalTypes: Map<string, readonly string[]>;
  readonly relevance: Map<string, RelevanceRule>;
  readonly aliases: RecordBody<"alias">[];
  readonly steps: { readonly step: RecordBody<"memory-step">; readonly changes: MemoryChanges }[];
  readonly watermarks: Map<LogKey, LogHead>;
}

const statusRecord = (entry: EntryId, { status, by, reason }: Judged & { readonly reason: string }): AnyRecord =>
  record("status", { entry, status, reason, ...(by === undefined ? {} : { by }) });

export const createDraft = (base: Standing): Draft => {
  const members: Effects["members"] = new Map();
  const immunizations: Effects["immunizations"] = new Map();
  const byProblem = new Map<Fingerprint, EntryId[]>();
  const verdicts: Effects["verdicts"] = [];
  const outcomes: Effects["outcomes"] = new Map();
  const statuses: Effects["statuses"] = new Map();
  const signalTypes: Effects["signalTypes"] = new Map();
  const relevance: Effects["relevance"] = new Map();
  const aliases: Effects["aliases"] = [];
  /** Where each drafted alias leaves its fingerprint. */
  const aliasNow = new Map<Fingerprint, Alias | undefined>();
  const steps: Effects["steps"] = [];
  const memory = createMemoryLayer(() => draft.base.memory);
  const watermarks: Effects["watermarks"] = new Map();
  let bytes = 0;
  let records = 0;
  const count = (one: AnyRecord): void => {
    bytes += recordSize(one);
    records += 1;
  };

  const uncount = (one: AnyRecord): void => {
    bytes -= recordSize(one);
    records -= 1;
  };

  const draft: Draft = {
    base,
    effects: {
      members,
      immunizations,
      verdicts,
      outcomes,
      statuses,
      signalTypes,
      relevance,
      aliases,
      steps,
      watermarks,
    },
    bytes: () => bytes,
    records: () => records,
    member: (writer) => members.get(writer) ?? draft.base.member(writer),
    users: (invitation) => {
      const below = draft.base.users(invitation);
      const own = [...members.values()].filter(
        (member) => member.invitation === invitation && member.status === "admitted",
      );
      return own.length === 0 ? below : new Set([...below, ...own.map(({ writer }) => writer)]);
    },
    immunization: (id) => immunizations.get(id) ?? draft.base.immunization(id),
    aliasOf: (fingerprint) => (aliasNow.has(fingerprint) ? aliasNow.get(fingerprint) : draft.base.aliasOf(fingerprint)),
    aliasedTo: (fingerprint) => {
      const below = draft.base.aliasedTo(fingerprint);
      if (aliasNow.size === 0) return below;
      const all = new Set([...below].filter((from) => !aliasNow.has(from)));
      for (const [from, alias] of aliasNow) if (alias?.to === fingerprint) all.add(from);
      return all;
    },
    *entriesOf(fingerprint) {
      yield* draft.base.entriesOf(fingerprint);
      for (const id of byProblem.get(fingerprint) ?? []) yield immunizations.get(id) as Immunization;
    },
    status: (id) => statuses.get(id) ?? draft.base.status(id),
    outcome: (id, writer) => outcomes.get(id)?.get(writer) ?? draft.base.outcome(id, writer),
    outcomes: (id) => {
      const all = draft.base.outcomes(id);
      for (const [writer, success] of outcomes.get(id) ?? []) all.set(writer, success);
      return all;
    },
    hasFailed: (id) => draft.base.hasFailed(id) || [...(outcomes.get(id)?.values() ?? [])].includes(false),
    signalType: (name) => signalTypes.get(name) ?? draft.base.signalType(name),
    relevance: (name) => relevance.get(name) ?? draft.base.relevance(name),
    rules: () => new Set([...draft.base.rules(), ...relevance.keys()]),
    addMember: (member) => {
      members.set(member.writer, member);
      count(record("member", member));
    },
    addImmunization: (immunization) => {
      immunizations.set(immunization.id, immunization);
      const same = byProblem.get(immunization.fingerprint);
      if (same === undefined) byProblem.set(immunization.fingerprint, [immunization.id]);
      else same.push(immunization.id);
      count(record("immunization", immunization));
    },
    addVerdict: (verdict) => {
      verdicts.push(verdict);
      count(record("verdict", verdict));
    },
    setOutcome: (id, writer, success) => {
      let writers = outcomes.get(id);
      if (writers === undefined) {
        writers = new Map();
        outcomes.set(id, writers);
        bytes += EVIDENCE_BYTES;
        records += 1;
      }
      if (!writers.has(writer)) bytes += WRITER_BYTES;
      if (writers.size > 0 && writers.size % WRITERS_PER_RECORD === 0) {
        bytes += EVIDENCE_BYTES;
        records += 1;
      }
      writers.set(writer, success);
    },
    setStatus: (id, { status, by }, reason) => {
      const before = statuses.get(id);
      if (before !== undefined) uncount(statusRecord(id, before));
      const now = { status, by, reason };
      statuses.set(id, now);
      count(statusRecord(id, now));
    },
    addSignalType: (name, identity) => {
      signalTypes.set(name, identity);
      count(record("signal-type", { name, identity: [...identity] }));
    },
    setRelevance: (rule) => {
      const before = relevance.get(rule.name);
      if (before !== undefined) uncount(record("relevance", before));
      relevance.set(rule.name, rule);
      count(record("relevance", rule));
    },
    addAlias: (alias) => {
      aliases.push(alias);
      const { from, to, reason, undo } = alias;
      aliasNow.set(from, undo === true ? undefined : { to, reason });
      count(record("alias", alias));
    },
    memory,
    addStep: (step, changes) => {
      steps.push({ step, changes });
      memory.apply(step.space, changes);
      count(record("memory-step", step));
    },
    setWatermark: (head) => {
      const key = logKey(head);
      // Consecutive blocks of one log in one block of canon share a watermark: the last one.
      const before = watermarks.get(key);
      if (before !== undefined) uncount(record("watermark", before));
      watermarks.set(key, head);
      count(record("watermark", head));
    },
    rewrite: (change) => {
      for (const [id, immunization] of immunizations) {
        const changed = change(immunization);
        uncount(record("immunization", immunization));
        immunizations.set(id, changed);
        count(record("immunization", changed));
      }
    },
    merge: ({ effects }) => {
      for (const [name, identity] of effects.signalTypes) draft.addSignalType(name, identity);
      for (const rule of effects.relevance.values()) draft.setRelevance(rule);
      for (const alias of effects.aliases) draft.addAlias(alias);
      for (const member of effects.members.values()) draft.addMember(member);
      for (const immunization of effects.immunizations.values()) draft.addImmunization(immunization);
      for (const verdict of effects.verdicts) draft.addVerdict(verdict);
      for (const [id, writers] of effects.outcomes)
        for (const [writer, success] of writers) draft.setOutcome(id, writer, success);
      for (const [id, judged] of effects.statuses) draft.setStatus(id, judged, judged.reason);
      for (const { step, changes } of effects.steps) draft.addStep(step, changes);
      for (const head of effects.watermarks.values()) draft.setWatermark(head);
    },
    toRecords: () => {
      const all: AnyRecord[] = [];
      for (const [name, identity] of signalTypes) all.push(record("signal-type", { name, identity: [...identity] }));
      for (const rule of relevance.values()) all.push(record("relevance", rule));
      for (const member of members.values()) all.push(record("member", member));
      for (const immunization of immunizations.values()) all.push(record("immunization", immunization));
      for (const alias of aliases) all.push(record("alias", alias));
      for (const verdict of verdicts) all.push(record("verdict", verdict));
      for (const [entry, writers] of outcomes) {
        const list = [...writers];
        for (let i = 0; i < list.length; i += WRITERS_PER_RECORD) {
          const part = list.slice(i, i + WRITERS_PER_RECORD);
          const of = (outcome: boolean): WriterId[] =>
            part.filter(([, success]) => success === outcome).map(([writer]) => writer);
          all.push(record("evidence", { entry, worked: of(true), failed: of(false) }));
        }
      }
      for (const [entry, judged] of statuses) all.push(statusRecord(entry, judged));
      for (const { step } of steps) all.push(record("memory-step", step));
      for (const head of watermarks.values()) all.push(record("watermark", head));
      return all;
    },
  };
  return draft;
};

/** A place of a record, for verdicts. */
export const refOf = (
  log: { readonly writer: WriterId; readonly generation: RecordRef["generation"] },
  sequence: number,
  index: number,
): RecordRef => ({
  writer: log.writer,
  generation: log.generation,
  sequence,
  index,
});
