/**
 * Admission of one unit: a block of a writer's log. Decides the effects of all of its records and its watermark (DESIGN, section
 * 6), as a function of the standing, the block and the writer's credential chain; the clock is asked for new members only.
 */
import { countedLength, judgeWrite, readAppliesTo, type View } from "@herdmind/experience";
import type { HeldBlock } from "@herdmind/log";
import {
  type AnyRecord,
  cborSize,
  type EntryId,
  entryIdOf,
  type Immunization,
  type LogId,
  type Membership,
  type MemoryWrite,
  type Outcome,
  type RecordRef,
  type Result,
  type Rule,
  type Signal,
  type SwarmId,
  type WriterId,
} from "@herdmind/protocol";
import { type Draft, knownOf, refOf } from "./draft.js";
import { type Echo, echoOf } from "./echo.js";
import type { SignalNames } from "./identities.js";
import { judgeMember, type MemberRules } from "./judge-member.js";
import { junkOf } from "./junk.js";
import { CANON_BLOCK_BYTES, cutText } from "./size.js";
import { judgeProblem } from "./status.js";

export interface Unit {
  readonly log: LogId;
  readonly membership: Membership;
  readonly block: HeldBlock;
}

/** What became of the proposals and outcomes of a unit. */
export interface Tally {
  immunized: number;
  /** Of those: another remedy for a known problem. */
  alternatives: number;
  corroborated: number;
  /** Proposals that repeat an entry in other words, or say that it was applied. */
  echoes: number;
  outcomes: number;
  rejected: number;
  /** Of those: without a remedy in it. */
  junk: number;
  ignored: number;
  /** Writes to the memory. */
  remembered: number;
}

export const emptyTally = (): Tally => ({
  immunized: 0,
  alternatives: 0,
  corroborated: 0,
  echoes: 0,
  outcomes: 0,
  rejected: 0,
  junk: 0,
  ignored: 0,
  remembered: 0,
});

export interface AdmissionRules {
  readonly swarm: SwarmId;
  readonly members: () => MemberRules;
  /** How far each log counts is canon's word (A3). */
  readonly view: () => View;
  readonly identify: (signal: Signal, draft: Draft) => Result<SignalNames>;
  /** A reason why a proposal must not become canon, for example a secret that was left in it (E2). */
  readonly inspect: (proposal: Signal | Outcome | MemoryWrite) => string | undefined;
}

/** Bytes of an immunization's texts. Canon is held by every peer, so it holds what recall needs and no more. */
export const TITLE_CHARS = 300;
export const SEARCH_CHARS = 2048;
export const DISCOVERY_BYTES = 4096;
/** A remedy is never cut, because half of one is a wrong one; a larger one is rejected. */
export const MITIGATION_BYTES = 16 * 1024;
export const FACTS_BYTES = 4096;
/** Remedies that one group may have for one problem. Whoever meets the problem walks all of them; nobody knows as many. */
export const MAX_REMEDIES_OF_GROUP = 256;
const FILTER_BYTES = 512;
const REASON_BYTES = 300;

/** Title and search characters, tried in this order until a unit fits into a block of canon. The last always fits. */
const TEXT_STEPS = [
  [TITLE_CHARS, SEARCH_CHARS],
  [TITLE_CHARS, 512],
  [TITLE_CHARS, 100],
  [100, 0],
] as const;

/** Kept for the watermark of the unit, which stands in every block. */
const WATERMARK_BYTES = 256;

/** Drafts all effects of a unit into `draft`, which must be empty. */
export const admitUnit = (draft: Draft, { log, membership, block }: Unit, rules: AdmissionRules): Tally => {
  const tally = emptyTally();
  const { writer } = log;
  if (countsAsMember(draft, membership, block, rules) && block.sequence < countedLength(rules.view(), log)) {
    const touched = new Set<EntryId>();
    for (const [index, record] of block.records.entries()) {
      admitRecord(draft, record, refOf(log, block.sequence, index), rules, tally, touched);
    }
    for (const [titleChars, searchChars] of TEXT_STEPS) {
      if (draft.bytes() <= CANON_BLOCK_BYTES) break;
      draft.rewrite((one) => ({
        ...one,
        title: cutChars(one.title, titleChars),
        search: cutChars(one.search, searchChars),
      }));
    }
    const judged = new Set<EntryId>();
    for (const id of touched) judgeProblem(draft, id, judged, CANON_BLOCK_BYTES - WATERMARK_BYTES);
  }
  draft.setWatermark({ writer, generation: log.generation, length: block.sequence + 1, hash: block.hash });
  return tally;
};

/** A writer is judged with its first block, and again when it shows another chain after it was refused. */
const countsAsMember = (draft: Draft, membership: Membership, block: HeldBlock, rules: AdmissionRules): boolean => {
  const known = draft.member(membership.writer);
  if (known?.status === "admitted") return true;
  if (known !== undefined && block.sequence > 0) return false;
  const members = judgeMember(draft, membership, rules.members());
  const own = members.at(-1);
  if (own === undefined || (own.status === "refused" && own.reason === known?.reason)) return false;
  for (const member of members) draft.addMember(member);
  return own.status === "admitted";
};

const PROPOSALS: ReadonlySet<string> = new Set(["signal", "outcome", "memory"]);

const admitRecord = (
  draft: Draft,
  record: AnyRecord,
  ref: RecordRef,
  rules: AdmissionRules,
  tally: Tally,
  touched: Set<EntryId>,
): void => {
  // Other types are no proposals: `open` and `next` are the log's own, unknown types are kept for newer peers (E5), and canon's
  // types mean nothing in anybody else's log.
  if (record.type === "signal") admitSignal(draft, record.body, ref, rules, tally, touched);
  else if (record.type === "outcome") admitOutcome(draft, record.body, ref, rules, tally, touched);
  else if (record.type === "memory") admitWrite(draft, record.body, ref, rules, tally);
  else if (record.type === "unknown" && PROPOSALS.has(record.of)) {
    // The watermark passes it for good: without a word its author would take it for admitted.
    const reason = `This orchestrator does not know version ${record.version} of ${record.of}. Update it, then report again.`;
    draft.addVerdict({ of: ref, verdict: "ignored", rule: "E5", reason });
    tally.ignored += 1;
  }
};

const admitSignal = (
  draft: Draft,
  signal: Signal,
  ref: RecordRef,
  rules: AdmissionRules,
  tally: Tally,
  touched: Set<EntryId>,
): undefined => {
  const reject = (rule: Rule, reason: string): undefined => {
    draft.addVerdict({ of: ref, verdict: "rejected", rule, reason: cutText(reason, REASON_BYTES) });
    tally.rejected += 1;
  };
  const secret = rules.inspect(signal);
  if (secret !== undefined) return reject("E2", secret);
  if (signal.mitigation.text.trim() === "") return reject("R1", "The mitigation is empty. Say what helped.");
  const mitigationBytes = cborSize(signal.mitigation);
  if (mitigationBytes > MITIGATION_BYTES) {
    return reject(
      "L7",
      `The mitigation has ${mitigationBytes} bytes, ${MITIGATION_BYTES} are allowed. Shorten it, or name a place where the rest is.`,
    );
  }
  const factsBytes = cborSize(signal.problem.facts ?? {});
  if (factsBytes > FACTS_BYTES) {
    return reject(
      "L7",
      `The facts have ${factsBytes} bytes, ${FACTS_BYTES} are allowed. Keep those that define the problem.`,
    );
  }
  const audience = signal.appliesTo === undefined ? undefined : readAppliesTo(signal.appliesTo);
  if (audience?.ok === false) return reject(audience.refusal.rule, `appliesTo: ${audience.refusal.message}`);
  const identity = rules.identify(signal, draft);
  if (!identity.ok) return reject(identity.refusal.rule, identity.refusal.message);
  const { fingerprint, remedyId } = identity.value;
  const group = groupOf(draft, ref.writer);
  let isKnown = false;
  let own = 0;
  for (const known of knownOf(draft, fingerprint)) {
    isKnown = true;
    if (groupOf(draft, known.author) === group) own += 1;
    if (known.remedyId !== remedyId) continue;
    corroborate(draft, known, signal, ref.writer, touched);
    tally.corroborated += 1;
    return;
  }
  // What was said before costs nothing more; only what would become an entry is looked at closely.
  const echo = echoOf(signal, knownOf(draft, fingerprint), (id) => draft.immunization(id));
  if (echo !== undefined) return takeEcho(draft, echo, signal, ref, tally, touched);
  if (own >= MAX_REMEDIES_OF_GROUP) {
    return reject(
      "L7",
      `Canon has ${own} remedies of this group for this problem, and no more are taken. Report which of them worked, or say in facts what tells the problems apart.`,
    );
  }
  const junk = junkOf(signal);
  if (junk !== undefined) {
    tally.junk += 1;
    return reject("E9", junk);
  }
  draft.addImmunization(immunizationOf(rules.swarm, signal, identity.value, ref));
  tally.immunized += 1;
  if (isKnown) tally.alternatives += 1;
};

/** Imported from another swarm: whoever imports it has not tried it (E1). */
const isHearsay = ({ context }: Signal): boolean => context?.importedFrom !== undefined;

/** The same remedy for the same problem again: the outcome of its writer, unless it is the author's own word repeated. */
const corroborate = (
  draft: Draft,
  known: Immunization,
  signal: Signal,
  writer: WriterId,
  touched: Set<EntryId>,
): void => {
  if (groupOf(draft, writer) === groupOf(draft, known.author) || isHearsay(signal)) return;
  // A validation that passed speaks against one that failed, and the other way round.
  setOutcome(draft, known.id, writer, signal.type === known.type, touched);
};

/** A proposal that repeats an entry is the outcome of its writer; its verdict says so, and names the entry. */
const takeEcho = (
  draft: Draft,
  { entry, reason }: Echo,
  signal: Signal,
  ref: RecordRef,
  tally: Tally,
  touched: Set<EntryId>,
): undefined => {
  if (entry !== undefined) corroborate(draft, entry, signal, ref.writer, touched);
  draft.addVerdict({
    of: ref,
    verdict: "ignored",
    rule: "E9",
    reason: cutText(reason, REASON_BYTES),
    ...(entry === undefined ? {} : { entry: entry.id }),
  });
  tally.echoes += 1;
};

const admitOutcome = (
  draft: Draft,
  outcome: Outcome,
  ref: RecordRef,
  rules: AdmissionRules,
  tally: Tally,
  touched: Set<EntryId>,
): void => {
  const secret = rules.inspect(outcome);
  if (secret !== undefined) {
    draft.addVerdict({ of: ref, verdict: "rejected", rule: "E2", reason: cutText(secret, REASON_BYTES) });
    tally.rejected += 1;
    return;
  }
  if (draft.immunization(outcome.entry) === undefined) {
    const reason = "Canon has no such entry. Report the outcome with the id that recall gave.";
    draft.addVerdict({ of: ref, verdict: "ignored", rule: "R1", reason, entry: outcome.entry });
    tally.ignored += 1;
    return;
  }
  setOutcome(draft, outcome.entry, ref.writer, outcome.success, touched);
  tally.outcomes += 1;
};

const admitWrite = (
  draft: Draft,
  write: MemoryWrite,
  ref: RecordRef,
  rules: AdmissionRules,
  tally: Tally,
): undefined => {
  const reject = (rule: Rule, reason: string): undefined => {
    draft.addVerdict({ of: ref, verdict: "rejected", rule, reason: cutText(reason, REASON_BYTES) });
    tally.rejected += 1;
  };
  const secret = rules.inspect(write);
  if (secret !== undefined) return reject("E2", secret);
  const judged = judgeWrite(draft.memory, write);
  if (!judged.ok) return reject(judged.rule, judged.reason);
  draft.addStep({ of: ref, ...write }, judged.changes);
  tally.remembered += 1;
};

const setOutcome = (draft: Draft, id: EntryId, writer: WriterId, success: boolean, touched: Set<EntryId>): void => {
  if (draft.outcome(id, writer) === success) return;
  draft.setOutcome(id, writer, success);
  touched.add(id);
};

const groupOf = (draft: Draft, writer: WriterId): WriterId => draft.member(writer)?.group ?? writer;

const immunizationOf = (swarm: SwarmId, signal: Signal, identity: SignalNames, ref: RecordRef): Immunization => {
  const { type, problem, mitigation, discovery, appliesTo, tags, at } = signal;
  const { facts, api, domain } = problem;
  return {
    id: entryIdOf(swarm, ref),
    type,
    fingerprint: identity.fingerprint,
    remedyId: identity.remedyId,
    title: cutChars(identity.title(), TITLE_CHARS),
    search: cutChars(identity.search(), SEARCH_CHARS),
    ...(facts === undefined ? {} : { facts }),
    ...(api === undefined ? {} : { api: cutText(api, FILTER_BYTES) }),
    ...(domain === undefined ? {} : { domain: cutText(domain, FILTER_BYTES) }),
    ...(discovery === undefined ? {} : { discovery: cutText(discovery, DISCOVERY_BYTES) }),
    mitigation,
    ...(appliesTo === undefined ? {} : { appliesTo }),
    ...(tags === undefined ? {} : { tags }),
    author: ref.writer,
    of: ref,
    at,
  };
};

const cutChars = (text: string, chars: number): string => {
  if (text.length <= chars) return text;
  const code = text.charCodeAt(chars - 1);
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? chars - 1 : chars);
};
