/** How an orchestrator's node judged each proposal, and when it had arrived: from what canon says, as every peer hears it. */
import { entryIdOf, type LogKey, logKey, type RecordRef } from "@herdmind/protocol";
import type { Peer } from "herdmind";
import { ruleLabel } from "./rules.js";

export interface Judged {
  readonly ref: RecordRef;
  /** Milliseconds since 1970, as exact as the clock is. */
  readonly arrivedAt: number;
  readonly status: "admitted" | "corroborates" | "rejected" | "ignored";
  readonly rule: string | undefined;
}

/** Blocks with proposals that wait. Above it the log that waits longest is forgotten: one that is quarantined never passes. */
const MAX_WAITING_BLOCKS = 4096;

interface Waiting {
  readonly sequence: number;
  readonly arrivedAt: number;
  readonly proposals: readonly number[];
}

/** Call the result to stop. */
export const followAdmission = (peer: Peer, judged: (one: Judged) => void): (() => void) => {
  const waitingByLog = new Map<LogKey, Waiting[]>();
  let waitingBlocks = 0;
  /** Verdicts stand in canon before the watermark that passes their records. */
  const exceptions = new Map<string, { readonly status: Judged["status"]; readonly rule: string }>();
  const placeOf = ({ sequence, index, ...log }: RecordRef): string => `${logKey(log)}/${sequence}/${index}`;

  const forgetOldest = (): void => {
    for (const [key, waiting] of waitingByLog) {
      waitingByLog.delete(key);
      waitingBlocks -= waiting.length;
      return;
    }
  };

  const pass = (key: LogKey, length: number): void => {
    const waiting = waitingByLog.get(key);
    if (waiting === undefined) return;
    const [writer, generation] = key.split("/") as [RecordRef["writer"], RecordRef["generation"]];
    const rest = waiting.filter((block) => block.sequence >= length);
    waitingBlocks -= waiting.length - rest.length;
    if (rest.length === 0) waitingByLog.delete(key);
    else waitingByLog.set(key, rest);
    for (const { sequence, arrivedAt, proposals } of waiting) {
      if (sequence >= length) continue;
      for (const index of proposals) {
        const ref = { writer, generation, sequence, index };
        const exception = exceptions.get(placeOf(ref));
        const isFirst = peer.canon.view.entries.has(entryIdOf(peer.swarm, ref));
        const status = exception?.status ?? (isFirst ? "admitted" : "corroborates");
        judged({ ref, arrivedAt, status, rule: exception?.rule });
      }
    }
  };

  const stops = [
    peer.logs.subscribe(({ log, blocks, membership }) => {
      if (membership.role === "orchestrator") return;
      const arrivedAt = performance.timeOrigin + performance.now();
      const key = logKey(log);
      for (const { sequence, records } of blocks) {
        const proposals = records.flatMap(({ type }, index) => (type === "signal" ? [index] : []));
        if (proposals.length === 0) continue;
        if (waitingBlocks >= MAX_WAITING_BLOCKS) forgetOldest();
        const waiting = waitingByLog.get(key) ?? [];
        waitingByLog.set(key, waiting);
        waiting.push({ sequence, arrivedAt, proposals });
        waitingBlocks += 1;
      }
    }),
    peer.canon.subscribe((event) => {
      if (event.type === "head") exceptions.clear();
      if (event.type !== "changed") return;
      const change = event.event;
      if (change.type === "verdict") {
        const { of, verdict, rule, entry } = change.verdict;
        // What repeats an entry in other words corroborates it, as its author is told.
        const isEcho = rule === "E9" && entry !== undefined;
        exceptions.set(placeOf(of), { status: isEcho ? "corroborates" : verdict, rule: ruleLabel(rule) });
      } else if (change.type === "watermark") pass(logKey(change.head), change.head.length);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};
