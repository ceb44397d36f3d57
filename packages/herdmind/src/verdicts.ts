/**
 * Verdicts on what this node's agents reported. Canon says little: below a watermark the default verdict holds, and exceptions
 * are announced as they pass. This file waits for either, per record.
 */
import {
  type DefaultVerdict,
  outcomeVerdictOf,
  placeOf,
  type View,
  type ViewEvent,
  verdictOf,
} from "@herdmind/experience";
import {
  type EntryId,
  entryIdOf,
  type LogKey,
  logKey,
  type MemoryWrite,
  type Outcome,
  type RecordRef,
  type Signal,
  type SwarmId,
  type WriterId,
} from "@herdmind/protocol";

export interface Verdict {
  /**
   * `admitted`: an entry was made of it, or the write to the memory counts. `corroborates`: an entry with this problem and remedy was there, perhaps in other words
   * (then with `rule` E9). `counted`: the outcome counts. `rejected` and `ignored`: see `rule` and `reason`. `revoked`: its writer's log does not count from here on.
   * `pending`: not judged yet; only given when the node closes first.
   */
  readonly status: "admitted" | "corroborates" | "counted" | "rejected" | "ignored" | "revoked" | "pending";
  readonly ref: RecordRef;
  readonly entry?: EntryId | undefined;
  readonly rule?: string;
  readonly reason?: string;
}

export type Reported =
  | { readonly type: "signal"; readonly body: Signal; readonly ref: RecordRef }
  | { readonly type: "outcome"; readonly body: Outcome; readonly ref: RecordRef }
  | { readonly type: "memory"; readonly body: MemoryWrite; readonly ref: RecordRef };

export interface Verdicts {
  /** Resolves when canon has judged the record; never rejects. `isDoubtful`: it may have been judged before this call. */
  await(reported: Reported, isDoubtful?: boolean): Promise<Verdict>;
  /** Records that wait, of one writer or of all. */
  pending(writer?: WriterId): number;
  /** To be called with each event of canon, after the view has it. */
  take(event: ViewEvent): void;
  /** To be called when canon was replaced by another view: what it announced before is not announced again. */
  doubt(): void;
  close(): void;
}

interface Waiting {
  readonly reported: Reported;
  resolve: (verdict: Verdict) => void;
  exception: Verdict | undefined;
  /** A write to the memory: canon has it. */
  isHeard: boolean;
  /** Canon was replaced meanwhile: an exception may have passed unheard. */
  isDoubtful: boolean;
}

export const createVerdicts = (swarm: SwarmId, view: () => View, onVerdict: (verdict: Verdict) => void): Verdicts => {
  /** By block, because a watermark passes whole blocks: a busy writer has hundreds of records waiting. */
  const waitingByLog = new Map<LogKey, Map<number, Waiting[]>>();

  /**
   * Every exception since the report was heard, and there was none: the default holds. Which entry a signal corroborates costs a
   * fingerprint (20 us, a fifth of what a busy author spends on a report), so it is only looked up when somebody asks.
   */
  const byHearsay = ({ ref, body }: Reported & { readonly type: "signal" }): Verdict | undefined => {
    if (placeOf(view(), ref) !== "judged" || view().members.get(ref.writer)?.status !== "admitted") return undefined;
    const id = entryIdOf(swarm, ref);
    if (view().entries.has(id)) return { status: "admitted", ref, entry: id };
    return {
      status: "corroborates",
      ref,
      get entry() {
        const verdict = verdictOf(view(), body, ref);
        return "entry" in verdict ? verdict.entry : undefined;
      },
    };
  };

  /** Canon carries each write that counts. An orchestrator that does not know them passes them without a word. */
  const judgeMemory = (ref: RecordRef, isHeard: boolean, isDoubtful: boolean): DefaultVerdict | Verdict => {
    const place = placeOf(view(), ref);
    if (place !== "judged") return { verdict: place };
    if (isHeard) return { status: "admitted", ref };
    if (isDoubtful) {
      const reason =
        "Canon was replaced while this write waited: it was judged, and a rejection would have passed unheard. Read the memory to be sure.";
      return { status: "admitted", ref, reason };
    }
    if (view().members.get(ref.writer)?.status !== "admitted") return { verdict: "exception" };
    const reason = "Canon passed this write without taking it: the orchestrator does not know the memory. Update it.";
    return { status: "ignored", ref, rule: "E5", reason };
  };

  const judge = ({ reported, exception, isHeard, isDoubtful }: Waiting): Verdict => {
    const { ref } = reported;
    if (exception !== undefined) return exception;
    const heard = reported.type === "signal" && !isDoubtful ? byHearsay(reported) : undefined;
    if (heard !== undefined) return heard;
    const byDefault =
      reported.type === "signal"
        ? verdictOf(view(), reported.body, ref)
        : reported.type === "outcome"
          ? outcomeVerdictOf(view(), reported.body, ref)
          : judgeMemory(ref, isHeard, isDoubtful);
    if ("status" in byDefault) return byDefault;
    const member = view().members.get(ref.writer);
    if (member?.status === "refused" && (byDefault.verdict === "exception" || byDefault.verdict === "pending")) {
      const reason = member.reason ?? "The orchestrator did not admit this member.";
      return { status: "rejected", ref, rule: "A3", reason };
    }
    if (byDefault.verdict === "exception") {
      return {
        status: "ignored",
        ref,
        rule: "A2",
        reason: "Canon passed this record without an effect; its verdict passed while this node was away.",
      };
    }
    return { status: byDefault.verdict, ref, ...("entry" in byDefault ? { entry: byDefault.entry } : {}) };
  };

  const settle = (log: LogKey, length: number): void => {
    const waiting = waitingByLog.get(log);
    if (waiting === undefined) return;
    for (const [sequence, block] of waiting) {
      if (sequence >= length) continue;
      const judged = block.map((one) => ({ one, verdict: judge(one) }));
      const still = judged.filter(({ verdict }) => verdict.status === "pending");
      if (still.length === 0) waiting.delete(sequence);
      else
        waiting.set(
          sequence,
          still.map(({ one }) => one),
        );
      for (const { one, verdict } of judged) {
        if (verdict.status === "pending") continue;
        onVerdict(verdict);
        one.resolve(verdict);
      }
    }
    if (waiting.size === 0) waitingByLog.delete(log);
  };

  return {
    await: (reported, isDoubtful = false) =>
      new Promise((resolve) => {
        const log = logKey(reported.ref);
        const waiting = waitingByLog.get(log) ?? new Map<number, Waiting[]>();
        waitingByLog.set(log, waiting);
        const block = waiting.get(reported.ref.sequence);
        const same = block?.find((one) => one.reported.ref.index === reported.ref.index);
        if (same !== undefined) {
          const { resolve: first } = same;
          same.resolve = (verdict) => {
            first(verdict);
            resolve(verdict);
          };
          return;
        }
        const one: Waiting = { reported, resolve, exception: undefined, isHeard: false, isDoubtful };
        if (block === undefined) waiting.set(reported.ref.sequence, [one]);
        else block.push(one);
        // Canon may have judged it between the append and this call.
        const watermark = view().watermarks.get(log);
        if (watermark !== undefined) settle(log, watermark.length);
      }),
    pending: (writer) => {
      let count = 0;
      for (const [log, waiting] of waitingByLog)
        if (writer === undefined || log.startsWith(`${writer}/`))
          for (const block of waiting.values()) count += block.length;
      return count;
    },
    take: (event) => {
      if (event.type === "verdict") {
        const { of, verdict, rule, reason, entry } = event.verdict;
        const block = waitingByLog.get(logKey(of))?.get(of.sequence);
        const one = block?.find(({ reported }) => reported.ref.index === of.index);
        if (one !== undefined) {
          // A proposal that repeats an entry in other words is an outcome of it (E9): for its author, it corroborates.
          const isEcho = rule === "E9" && entry !== undefined && one.reported.type === "signal";
          const status = isEcho ? "corroborates" : verdict;
          one.exception = { status, ref: of, rule, reason, ...(entry === undefined ? {} : { entry }) };
        }
      } else if (event.type === "memory") {
        const { of } = event;
        const block = waitingByLog.get(logKey(of))?.get(of.sequence);
        const one = block?.find(({ reported }) => reported.ref.index === of.index);
        if (one !== undefined) one.isHeard = true;
      } else if (event.type === "watermark") {
        settle(logKey(event.head), event.head.length);
      }
    },
    doubt: () => {
      for (const waiting of waitingByLog.values())
        for (const block of waiting.values()) for (const one of block) one.isDoubtful = true;
    },
    close: () => {
      for (const waiting of waitingByLog.values()) {
        for (const { reported, resolve } of [...waiting.values()].flat())
          resolve({ status: "pending", ref: reported.ref });
      }
      waitingByLog.clear();
    },
  };
};
