/** An agent that meets failures: a process of its own, which knows of the others only what canon says. */
import { setTimeout as pause } from "node:timers/promises";
import { renderForModel } from "@herdmind/experience";
import { type EntryId, logKey, type RecordRef } from "@herdmind/protocol";
import { join, type MitigationInput, type Peer, type RecalledEntry, type Receipt } from "herdmind";
import { serve, sharedNow } from "../../bench/frame/serve.ts";
import type { Answer, Failed, Told } from "../messages.ts";

let peer: Peer | undefined;
const own = (): Peer => {
  if (peer === undefined) throw new Error("this agent has not joined yet");
  return peer;
};

/** When entries could first be recalled here. */
const recallableAt = new Map<EntryId, number>();

const answerOf = ({ id, match, score, mitigation }: RecalledEntry): Answer => ({ id, match, score, mitigation });

/** Waits for canon's verdict. */
const judged = async (receipt: Receipt, startedAt: number): Promise<Told> => {
  if (!receipt.ok) return { ok: false, why: `${receipt.refusal.rule}: ${receipt.refusal.message}` };
  const { status, entry, rule, reason } = await receipt.verdict;
  if (status === "rejected" || status === "ignored" || entry === undefined)
    return { ok: false, why: `${status} ${rule ?? ""}: ${reason ?? "no entry"}` };
  return { ok: true, ref: receipt.ref, entry, isNew: status === "admitted", startedAt };
};

serve({
  join: async (ticket: string, dir: string, name: string) => {
    peer = await join(ticket, { name, dir });
    // The event comes with what a recall by the entry's fingerprint gives.
    peer.on("immunized", ({ id }) => recallableAt.set(id, sharedNow()));
    await peer.synced(AbortSignal.timeout(60_000));
  },
  /** What is known of a failure; and what would have been said without a threshold. */
  recall: async ({ log, facts }: Failed) => {
    const query = { text: log, ...(facts === undefined ? {} : { facts }) };
    const before = performance.now();
    const known = await own().recall(query);
    const { entries, hidden } = known;
    const ms = performance.now() - before;
    const open = await own().recall({ ...query, minScore: 0 });
    const tokens = entries.length === 0 ? 0 : renderForModel(known).tokens;
    return { entries: entries.map(answerOf), hidden, open: open.entries.map(answerOf), tokens, ms };
  },
  /** Reports a remedy for a failure. */
  report: async ({ log, facts }: Failed, mitigation: MitigationInput) => {
    const startedAt = sharedNow();
    return judged(
      await own().report({ problem: log, mitigation, ...(facts === undefined ? {} : { facts }) }),
      startedAt,
    );
  },
  outcome: async (id: EntryId, success: boolean) => {
    const startedAt = sharedNow();
    return judged(await own().outcome({ id }, { success }), startedAt);
  },
  /** Waits until canon's verdict on a record is known here and every entry indexed; when its entry could be recalled. */
  sees: async (ref: RecordRef, entry: EntryId) => {
    const { canon, stats } = own();
    while ((canon.view.watermarks.get(logKey(ref))?.length ?? 0) <= ref.sequence || stats().unindexed > 0)
      await pause(1);
    return recallableAt.get(entry);
  },
  close: async () => {
    await peer?.close();
    peer = undefined;
  },
});
