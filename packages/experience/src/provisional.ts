/**
 * What others propose and canon has not judged: an index over signals, for peers that hear no orchestrator. Nobody has checked these
 * proposals, so they stand below every canonical entry, count as no evidence, and are gone when canon has a verdict. Pure: the same
 * signals and view give the same answer, in whatever order they came.
 */
import {
  type EntryId,
  entryIdOf,
  type Fingerprint,
  type LogId,
  type LogKey,
  logKey,
  type RecordRef,
  type Signal,
  type SwarmId,
} from "@herdmind/protocol";
import { remedyIdOf } from "./fingerprint.js";
import { nameProblem } from "./identity.js";
import type { RecalledEntry } from "./rank.js";
import { type Asker, concernOf, subjectOf } from "./relevance.js";
import { countedLength, type Entry, sameProblem, type View } from "./view.js";

/** Why proposals with the fingerprint of a query are not among its answers (rule E3). */
export interface ProvisionalHidden {
  /** The orchestrator is heard: its verdict is a moment away. */
  readonly heard: number;
  /** Canon has this remedy for the problem, in whatever state. */
  readonly known: number;
  /** Of a writer that canon refused, or past a revocation. */
  readonly revoked: number;
  /** They look like they hold a secret. */
  readonly secret: number;
  /** Another author proposes the same remedy. */
  readonly repeated: number;
  readonly excluded: number;
  /** Not of concern for the profile of who asks. */
  readonly notRelevant: number;
  readonly overLimit: number;
}

export interface ProvisionalQuery {
  readonly fingerprints: readonly Fingerprint[];
  readonly limit: number;
  readonly exclude: readonly EntryId[];
  /** Default: everything concerns. */
  readonly asker?: Asker;
  /** Whether the orchestrator is heard: then all are left out, and counted. */
  readonly heard: boolean;
}

export interface Provisional {
  /** Proposals held. */
  readonly size: number;
  /** Takes a signal; one that has no identity here answers nothing. */
  add(signal: Signal, ref: RecordRef): void;
  /** Drops the proposals of a log below this sequence (default: all of them): canon has judged them. */
  drop(log: LogId, below?: number): void;
  recall(query: ProvisionalQuery): { readonly entries: readonly RecalledEntry[]; readonly hidden: ProvisionalHidden };
}

interface Proposal {
  readonly signal: Signal;
  readonly ref: RecordRef;
  readonly fingerprint: Fingerprint;
}

/** `view`: canon as it is now. `holdsSecret`: whether a proposal may not be shown (E2). */
export const createProvisional = (
  swarm: SwarmId,
  view: () => View,
  holdsSecret: (signal: Signal) => boolean,
): Provisional => {
  const proposalsByLog = new Map<LogKey, Proposal[]>();
  const proposalsByProblem = new Map<Fingerprint, Set<Proposal>>();
  let size = 0;

  const forget = (proposal: Proposal): void => {
    size--;
    const same = proposalsByProblem.get(proposal.fingerprint);
    same?.delete(proposal);
    if (same?.size === 0) proposalsByProblem.delete(proposal.fingerprint);
  };

  const why = ({ ref }: Proposal, isAlias: boolean): string =>
    `${isAlias ? "the same problem under another fingerprint" : "the same problem"}; PROVISIONAL: proposed by ${ref.writer.slice(0, 12)}, judged by nobody`;

  const show = (proposal: Proposal, isAlias: boolean): RecalledEntry => {
    const { signal, ref } = proposal;
    const named = nameProblem(signal.type, signal.problem, view().signalTypes);
    return {
      id: entryIdOf(swarm, ref),
      match: isAlias ? "alias" : "exact",
      score: 1,
      confidence: 0,
      evidence: { worked: 0, failed: 0, independent: 0 },
      type: signal.type,
      title: named.ok ? named.value.title() : "",
      discovery: signal.discovery,
      mitigation: signal.mitigation,
      author: ref.writer,
      at: signal.at,
      status: "provisional",
      provisional: true,
      unconfirmed: true,
      why: why(proposal, isAlias),
    };
  };

  return {
    get size() {
      return size;
    },
    add: (signal, ref) => {
      const named = nameProblem(signal.type, signal.problem, view().signalTypes);
      if (!named.ok) return;
      const proposal = { signal, ref, fingerprint: named.value.fingerprint };
      const key = logKey(ref);
      const inLog = proposalsByLog.get(key);
      if (inLog === undefined) proposalsByLog.set(key, [proposal]);
      else inLog.push(proposal);
      const same = proposalsByProblem.get(proposal.fingerprint);
      if (same === undefined) proposalsByProblem.set(proposal.fingerprint, new Set([proposal]));
      else same.add(proposal);
      size++;
    },
    drop: (log, below = Number.POSITIVE_INFINITY) => {
      const key = logKey(log);
      const left: Proposal[] = [];
      for (const proposal of proposalsByLog.get(key) ?? []) {
        if (proposal.ref.sequence < below) forget(proposal);
        else left.push(proposal);
      }
      if (left.length === 0) proposalsByLog.delete(key);
      else proposalsByLog.set(key, left);
    },
    recall: ({ fingerprints, limit, exclude, asker = {}, heard }) => {
      const hidden = {
        heard: 0,
        known: 0,
        revoked: 0,
        secret: 0,
        repeated: 0,
        excluded: 0,
        notRelevant: 0,
        overLimit: 0,
      };
      const now = view();
      const isOfConcern = concernOf(now.relevance, asker);
      const asked = new Set(fingerprints);
      const all = new Set(fingerprints.flatMap((one) => sameProblem(now, one)));
      const canonical = new Set<string>();
      for (const one of all) {
        for (const id of now.problems.get(one) ?? []) {
          canonical.add((now.entries.get(id) as Entry).immunization.remedyId);
        }
      }
      const bestByRemedy = new Map<string, Proposal>();
      for (const one of all) {
        for (const proposal of proposalsByProblem.get(one) ?? []) {
          const { signal, ref } = proposal;
          const remedy = remedyIdOf(signal.mitigation);
          if (heard) hidden.heard++;
          else if (now.members.get(ref.writer)?.status === "refused" || ref.sequence >= countedLength(now, ref))
            hidden.revoked++;
          else if (canonical.has(remedy)) hidden.known++;
          else if (exclude.includes(entryIdOf(swarm, ref))) hidden.excluded++;
          else if (!isOfConcern(subjectOf(signal))) hidden.notRelevant++;
          else if (holdsSecret(signal)) hidden.secret++;
          else {
            const best = bestByRemedy.get(remedy);
            if (best !== undefined) hidden.repeated++;
            if (best === undefined || isBefore(proposal, best)) bestByRemedy.set(remedy, proposal);
          }
        }
      }
      const found = [...bestByRemedy.values()].sort(
        (a, b) => Number(!asked.has(a.fingerprint)) - Number(!asked.has(b.fingerprint)) || (isBefore(a, b) ? -1 : 1),
      );
      hidden.overLimit = Math.max(0, found.length - limit);
      return { entries: found.slice(0, limit).map((one) => show(one, !asked.has(one.fingerprint))), hidden };
    },
  };
};

/** A total order that says nothing about worth: by the author's clock, then by place. */
const isBefore = (a: Proposal, b: Proposal): boolean => {
  if (a.signal.at !== b.signal.at) return a.signal.at < b.signal.at;
  const [one, other] = [logKey(a.ref), logKey(b.ref)];
  if (one !== other) return one < other;
  return a.ref.sequence - b.ref.sequence < 0 || (a.ref.sequence === b.ref.sequence && a.ref.index < b.ref.index);
};
