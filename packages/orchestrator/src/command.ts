/** What an operator tells the orchestrator: judged against the standing of the block of canon that it goes into. */
import { factsKey, judgeRule, MAX_RELEVANCE_RULES, problemKind, type RelevanceRule } from "@herdmind/experience";
import {
  accept,
  encodeRecord,
  type Fingerprint,
  type Immunization,
  type Result,
  record,
  refuse,
  SIGNAL_TYPES,
} from "@herdmind/protocol";
import { branchOf, clusterOf, rootOf } from "./cluster.js";
import { type Draft, knownOf, type Standing } from "./draft.js";

/** Drafts what was asked for, or says why it cannot be. */
export type Command = (draft: Draft) => Result<void>;

export const registerType = (name: string, identity: readonly string[]): Result<Command> => {
  if ((SIGNAL_TYPES as readonly string[]).includes(name) || !name.includes("/")) {
    return refuse(
      "R1",
      "none",
      `${name} cannot be registered: the name of a custom signal type has a slash, for example team/deploy-failed.`,
    );
  }
  const encoded = encodeRecord(record("signal-type", { name, identity: [...identity] }));
  if (!encoded.ok) return encoded;
  return accept((draft) => {
    draft.addSignalType(name, identity);
    return accept(undefined);
  });
};

/** The next version of a rule about what concerns whom. */
export const setRelevance = (rule: Omit<RelevanceRule, "version">): Result<Command> => {
  const judged = judgeRule({ ...rule, version: 1 });
  if (!judged.ok) return judged;
  const encoded = encodeRecord(record("relevance", { ...rule, version: 1 }));
  if (!encoded.ok) return encoded;
  return accept((draft) => {
    if (draft.relevance(rule.name) === undefined && draft.rules().size >= MAX_RELEVANCE_RULES) {
      return refuse(
        "L7",
        "none",
        `Canon has ${MAX_RELEVANCE_RULES} rules of relevance, withdrawn ones included: use the name of one of them.`,
      );
    }
    return accept(draft.setRelevance({ ...rule, version: (draft.relevance(rule.name)?.version ?? 0) + 1 }));
  });
};

/** One entry stands for its problem: all entries of a problem have its kind and its facts. */
const anEntryOf = (standing: Standing, fingerprint: Fingerprint): Immunization | undefined => {
  for (const entry of knownOf(standing, fingerprint)) return entry;
  return undefined;
};

/** Merges two problems. Refused where canon does not know both, or where they differ in kind or facts. */
export const alias = (from: Fingerprint, to: Fingerprint, reason: string): Result<Command> => {
  const encoded = encodeRecord(record("alias", { from, to, reason: saidBy(reason) }));
  if (!encoded.ok) return encoded;
  return accept((draft) => {
    const [one, other] = [anEntryOf(draft, from), anEntryOf(draft, to)];
    if (one === undefined || other === undefined) {
      return refuse(
        "R1",
        "none",
        `Canon has no entry of problem ${one === undefined ? from : to}, so nobody can say that its facts are the same. Look for fingerprints with inspect canon.`,
      );
    }
    if (problemKind(one.type) !== problemKind(other.type) || factsKey(one.facts) !== factsKey(other.facts)) {
      return refuse(
        "R1",
        "none",
        `${from} and ${to} differ in kind or in facts, so they are two problems by definition.`,
      );
    }
    const [mine, theirs] = [rootOf(draft, from), rootOf(draft, to)];
    if (mine !== theirs) draft.addAlias({ from: mine, to: theirs, reason: saidBy(reason) });
    return accept(undefined);
  });
};

/** Takes two merged problems apart, and keeps them so. */
export const unalias = (from: Fingerprint, to: Fingerprint, reason: string): Result<Command> => {
  const encoded = encodeRecord(record("alias", { from, to, reason: saidBy(reason), undo: true }));
  if (!encoded.ok) return encoded;
  return accept((draft) => {
    if (from === to || !clusterOf(draft, from).includes(to)) {
      return refuse("R1", "none", `${from} and ${to} are not merged, so there is nothing to take apart.`);
    }
    // The alias that leads away from `from`, unless `to` was merged into it.
    const cut = branchOf(draft, from).has(to) ? to : from;
    const held = draft.aliasOf(cut);
    if (held !== undefined) draft.addAlias({ from: cut, to: held.to, reason: saidBy(reason), undo: true });
    draft.addAlias({ from: cut, to: cut, reason: saidBy(reason) });
    return accept(undefined);
  });
};

const saidBy = (reason: string): string => `operator: ${reason}`;
