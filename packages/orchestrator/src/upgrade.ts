/**
 * Entries whose fingerprint an older version of the algorithm made must still be met. The signal that each was made from is read
 * from its writer's log and named anew; an alias from the old fingerprint to the new one says so in canon. What was done is known
 * from those aliases, so a restart goes on where it ended.
 */
import { FINGERPRINT_VERSION, fingerprintVersionOf, identifyProblem, type View } from "@herdmind/experience";
import type { HeldBlock, Logs } from "@herdmind/log";
import type { Fingerprint, Immunization } from "@herdmind/protocol";
import { type Aliases, isApart, rootOf } from "./cluster.js";
import type { Draft } from "./draft.js";

/** One old fingerprint, and what its entries' signals are called now. */
export interface Upgrade {
  readonly old: Fingerprint;
  readonly now: ReadonlySet<Fingerprint>;
  /** Entries whose signal is not held, or has no name any more: they are met by their old fingerprint and by text. */
  readonly missing: number;
}

const DONE = /^upgrade (f\d+_[\w-]{32}) to (f\d+_[\w-]{32})$/;
const reasonFor = (old: Fingerprint, now: Fingerprint): string => `upgrade ${old} to ${now}`;

/** Old fingerprints that canon does not map to this version yet. */
export const outdated = (view: View): readonly Fingerprint[] => {
  const done = new Set<string>();
  for (const { reason } of view.aliases.values()) {
    const [, old, now] = DONE.exec(reason) ?? [];
    if (old !== undefined && fingerprintVersionOf(now as Fingerprint) === FINGERPRINT_VERSION) done.add(old);
  }
  return [...view.problems.keys()].filter((one) => fingerprintVersionOf(one) < FINGERPRINT_VERSION && !done.has(one));
};

/** Reads signals, and names them anew; one block is kept, because neighbours in canon often come from one block. */
export const createUpgrader = (logs: Logs): ((view: View, old: Fingerprint) => Promise<Upgrade>) => {
  let kept: HeldBlock | undefined;
  const blockOf = async ({ of }: Immunization): Promise<HeldBlock | undefined> => {
    if (kept?.log.writer === of.writer && kept.log.generation === of.generation && kept.sequence === of.sequence)
      return kept;
    try {
      for await (const block of logs.read(of, of.sequence, of.sequence + 1)) kept = block;
    } catch {
      // Storage says so itself when the log is read for admission; here it is an original that cannot be had.
      return undefined;
    }
    return kept?.log.writer === of.writer && kept.sequence === of.sequence ? kept : undefined;
  };
  return async (view, old) => {
    const now = new Set<Fingerprint>();
    let missing = 0;
    for (const id of view.problems.get(old) ?? []) {
      const immunization = view.entries.get(id)?.immunization as Immunization;
      const signal = (await blockOf(immunization))?.records[immunization.of.index];
      const named =
        signal?.type === "signal"
          ? identifyProblem(signal.body.type, signal.body.problem, view.signalTypes)
          : undefined;
      if (named?.ok === true) now.add(named.value.fingerprint);
      else missing += 1;
    }
    return { old, now, missing };
  };
};

/** Drafts the aliases; answers how many. Roots are joined, so that no alias that stands is replaced. */
export const draftUpgrade = (draft: Draft, { old, now }: Upgrade): number => {
  let drafted = 0;
  for (const one of now) {
    const [from, to] = inOrder(draft, rootOf(draft, old), rootOf(draft, one));
    if (from === to) continue;
    draft.addAlias({ from, to, reason: reasonFor(old, one) });
    drafted += 1;
  }
  return drafted;
};

/** A problem that was parted from others stays the root, and so apart. */
const inOrder = (aliases: Aliases, old: Fingerprint, now: Fingerprint): readonly [Fingerprint, Fingerprint] =>
  isApart(aliases, old) ? [now, old] : [old, now];
