/**
 * Follows canon in the logs that a peer holds. New blocks of the newest generation are folded in the same turn in which they
 * are accepted; everything else (a new generation, a fork proof, a start) is judged from the logs, one judgement at a time.
 */
import type { Accepted, HeldBlock, Logs } from "@herdmind/log";
import { type LogId, type LogKey, logKey } from "@herdmind/protocol";
import type { Alarm, Canon, CanonEvent, CanonHead, HeartbeatSource, Schedule } from "./canon.js";
import {
  type Announce,
  begin,
  type Change,
  check,
  checkAlone,
  emptyFolding,
  type Folding,
  foldBlock,
  foldTo,
  goOn,
  type Refuted,
} from "./folding.js";
import { trackFreshness } from "./freshness.js";
import { createGenerations, type Generation } from "./generations.js";
import { historyParts } from "./history-parts.js";
import { rememberKnown } from "./known.js";
import { rememberHead } from "./seen.js";
import { historyOf, isWhole, type Part, selectCanon } from "./select.js";

export interface FollowCanonOptions {
  readonly logs: Logs;
  readonly heartbeats?: HeartbeatSource;
  /** Called from the first block on, also for what storage holds already; `subscribe` only sees what comes later. */
  readonly listener?: (event: CanonEvent) => void;
  /** Called when a listener throws; default: reported as an uncaught error of its own task. */
  readonly onListenerError?: (error: unknown) => void;
  /** Milliseconds that never go back; default `performance.now`. */
  readonly monotonic?: () => number;
  /** Default `setTimeout`. */
  readonly schedule?: Schedule;
}

const setTimer: Schedule = (run, ms) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/** A storage that could not be read is asked again after this time. */
const RETRY_MS = 1000;

/** Resolves when what storage holds of canon is folded. */
export const followCanon = async (options: FollowCanonOptions): Promise<Canon> => {
  const { logs, schedule: after = setTimer } = options;
  const reportError =
    options.onListenerError ??
    ((error) => {
      queueMicrotask(() => {
        throw error;
      });
    });
  const listeners = new Set<(event: CanonEvent) => void>(options.listener === undefined ? [] : [options.listener]);
  const generations = createGenerations(logs);
  const seen = await rememberHead(logs, after);
  const alarms = new Map<string, Alarm>();
  /** Blocks of each generation that were announced: a rebuilt canon announces none of them again. */
  const announced = new Map<LogKey, number>();
  /** How much of each generation was shown as canon, and not withdrawn since. */
  const shown = new Map<LogKey, { readonly log: LogId; readonly length: number }>();
  /** Checkpoints that this peer cannot judge, because it does not know all record types (E5). */
  const unjudged = new Set<LogKey>();
  /** Checkpoints that add up, whose history is not held. */
  const checkedAlone = new Set<LogKey>();
  const voids = new Set<LogKey>();
  let live: Folding = emptyFolding();
  let plan: readonly Part<Generation>[] = [];
  let running: Promise<void> | undefined;
  let isStale = false;
  let isClosed = false;
  let cancelRetry: (() => void) | undefined;

  const emit = (event: CanonEvent): void => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        reportError(error);
      }
    }
  };
  const raise = (alarm: Alarm): void => {
    const key = `${alarm.kind}/${logKey(alarm.log)}/${alarm.sequence}`;
    if (alarms.has(key)) return;
    alarms.set(key, alarm);
    emit({ type: "alarm", alarm });
  };
  const clear = (kind: Alarm["kind"]): void => {
    for (const [key, alarm] of alarms) if (alarm.kind === kind) alarms.delete(key);
  };

  const head = (): CanonHead | undefined => {
    const part = live.parts.at(-1);
    return part === undefined || part.length === 0
      ? undefined
      : { term: part.generation.term, ...part.generation.log, length: part.length, hash: part.hash };
  };
  const freshness = trackFreshness({
    heartbeats: options.heartbeats,
    head,
    isOlderPart: ({ generation }) => plan.slice(0, -1).some((part) => part.generation.log.generation === generation),
    monotonic: options.monotonic ?? (() => performance.now()),
    known: await rememberKnown(logs, after),
  });
  const noteShown = ({ generation: { log }, length }: Folding["parts"][number]): void => {
    if (length > (shown.get(logKey(log))?.length ?? 0)) shown.set(logKey(log), { log, length });
  };
  const headChanged = (): void => {
    const tip = live.parts.at(-1);
    if (tip !== undefined) noteShown(tip);
    freshness.headChanged();
    emit({ type: "head", head: head() });
  };

  const announceChanges = (block: HeldBlock, changes: readonly Change[]): void => {
    const key = logKey(block.log);
    if (block.sequence < (announced.get(key) ?? 0)) return;
    announced.set(key, block.sequence + 1);
    for (const change of changes) emit({ type: "changed", ...change });
  };
  const announce: Announce = (block, changes) => {
    announceChanges(block, changes);
    headChanged();
  };

  const refute = async ({ generation, why }: Refuted): Promise<void> => {
    await generations.judged(generation.log, false);
    isStale = true;
    raise(falseCheckpoint(generation.log, why));
  };

  /** Crosses from one part to the next; answers what is wrong with its checkpoint. */
  const cross = async (
    folding: Folding,
    part: Part<Generation>,
    tell: Announce,
  ): Promise<Refuted | "gone" | undefined> => {
    const { generation } = part;
    if (!generation.checked && !unjudged.has(logKey(generation.log))) {
      const checked = await check(logs, folding.view, generation);
      if (checked.verdict === "gone") return "gone";
      if (checked.verdict === "refuted") return { generation, why: checked.why };
      if (checked.verdict === "holds") await generations.judged(generation.log, true);
      else unjudged.add(logKey(generation.log));
    }
    await goOn(logs, folding, part, tell);
    return undefined;
  };

  /** Folds from the newest checkpoint that was checked (or from the start) to the end of `parts`. */
  const build = async (
    folding: Folding,
    parts: readonly Part<Generation>[],
    tell: Announce,
  ): Promise<Refuted | "gone" | undefined> => {
    const from = Math.max(
      0,
      parts.findLastIndex(({ generation }) => generation.checked),
    );
    const oldest = parts[from];
    if (oldest === undefined) return undefined;
    let wrong: Refuted | "gone" | undefined = await begin(logs, folding, oldest, tell);
    if (wrong === undefined) checkedAlone.add(logKey(oldest.generation.log));
    for (const part of parts.slice(from + 1)) wrong ??= await cross(folding, part, tell);
    return wrong;
  };

  /** Where in the plan the live view begins, if the plan still contains all of it. */
  const liveFrom = (parts: readonly Part<Generation>[]): number => {
    const base = parts.findIndex(({ generation }) => sameLog(generation.log, live.parts[0]?.generation.log));
    const fits = live.parts.every((folded, i) => {
      const part = parts[base + i];
      if (part === undefined || !sameLog(part.generation.log, folded.generation.log)) return false;
      return i === live.parts.length - 1 ? folded.length <= part.to : folded.length === part.to;
    });
    return base >= 0 && fits ? base : -1;
  };

  /**
   * Judges every checkpoint held that the live view did not pass: of the history that arrived after its end, of rivals, of
   * generations held in part. What is canon must not depend on which of them was looked at first (A4).
   */
  const judgeRest = async (all: readonly Generation[]): Promise<void> => {
    for (const generation of all) {
      const { log, continues, checkpointLength } = generation;
      const key = logKey(log);
      if (continues === undefined || checkpointLength === undefined || generation.checked || unjudged.has(key))
        continue;
      if (restsOnRefuted(all, generation)) continue;
      const before = all.find((one) => sameLog(one.log, continues));
      let wrong: Refuted | "gone" | undefined;
      if (before !== undefined && isWhole(before, continues.length)) {
        const history = emptyFolding();
        wrong = await build(history, historyOf(all, { generation: before, to: continues.length }), () => undefined);
        wrong ??= await cross(history, { generation, to: 0 }, () => undefined);
        if (wrong === undefined && !unjudged.has(key)) emit({ type: "verified", log });
      } else if (!checkedAlone.has(key)) {
        const why = await checkAlone(logs, generation);
        if (why === undefined) checkedAlone.add(key);
        else wrong = { generation, why };
      }
      if (wrong === undefined) continue;
      if (wrong !== "gone") await refute(wrong);
      return;
    }
  };

  const advance = async (base: number): Promise<void> => {
    const last = live.parts.length - 1;
    const tip = live.parts[last];
    const part = plan[base + last];
    if (tip === undefined || part === undefined) return;
    await foldTo(logs, live, tip, part.to, announce);
    if (tip.length < part.to) return;
    for (const following of plan.slice(base + last + 1)) {
      const wrong = await cross(live, following, announce);
      if (wrong === undefined) continue;
      if (wrong !== "gone") await refute(wrong);
      return;
    }
  };

  /** Replaces the view by one of the plan. It is built aside, so that readers see the old one until the new one is complete. */
  const rebuild = async (): Promise<void> => {
    const old = live;
    const isFirst = old.parts.length === 0;
    // The first canon of a peer is shown while it grows: there is none to go on showing.
    const next = isFirst ? old : emptyFolding();
    const queued: { readonly block: HeldBlock; readonly changes: readonly Change[] }[] = [];
    const wrong = await build(next, plan, isFirst ? announce : (block, changes) => queued.push({ block, changes }));
    if (wrong !== undefined && wrong !== "gone") await refute(wrong);
    if (isFirst) {
      const isRefuted = typeof wrong === "object" && wrong.generation === next.parts[0]?.generation;
      // What a false checkpoint left in the view must not stay there.
      if (isRefuted || (next.parts.length === 0 && next.view.counts.records > 0)) live = emptyFolding();
      if (live !== next || next.parts[0]?.generation.checkpoint !== undefined) {
        emit({
          type: "rebuilt",
          view: live.view,
          reason: live === next ? "Canon begins with a checkpoint." : "Canon began with a false checkpoint.",
          withdrawn: [],
        });
        headChanged();
      }
      return;
    }
    if (wrong !== undefined) return;
    live = next;
    const withdrawn = forgetWithdrawn();
    for (const part of next.parts) noteShown(part);
    const reason =
      withdrawn.length === 0
        ? "A newer generation replaced canon, whose history is not held here."
        : reasonOf(withdrawn);
    emit({ type: "rebuilt", view: next.view, reason, withdrawn });
    for (const { block, changes } of queued) announceChanges(block, changes);
    headChanged();
  };

  /**
   * What was shown and does not count any more. Before the oldest part of the plan lies the head that it continues, and what lies
   * before that is not known until the history is held: nothing is said about it until then.
   */
  const forgetWithdrawn = (): Withdrawn => {
    const counts = new Map(plan.map(({ generation, to }) => [logKey(generation.log), to]));
    const before = plan[0]?.generation.continues;
    if (before !== undefined) counts.set(logKey(before), before.length);
    return [...shown].flatMap(([key, { log, length }]) => {
      const from = counts.get(key) ?? (before === undefined ? 0 : length);
      if (from >= length) return [];
      if (from === 0) shown.delete(key);
      else shown.set(key, { log, length: from });
      return [{ log, from, to: length }];
    });
  };

  const noticeProofs = (all: readonly Generation[]): void => {
    for (const { log, quarantinedFrom, contradicts } of all) {
      if (contradicts) raise(falseCheckpoint(log, "its first and last records do not name the same head to continue"));
      if (quarantinedFrom === undefined) continue;
      raise({
        kind: "fork",
        log,
        sequence: quarantinedFrom,
        message: `Canon's generation ${log.generation} by ${log.writer} was signed twice: nothing from block ${quarantinedFrom} on counts. This is proof against the orchestrator. Have root appoint another one.`,
      });
    }
  };

  const noticeLoss = (): void => {
    const now = head();
    seen.compare(now, plan, (log) => voids.has(logKey(log)));
    const lost = seen.lost();
    if (lost === undefined) {
      clear("rolled-back");
      return;
    }
    raise({
      kind: "rolled-back",
      log: lost,
      sequence: now?.generation === lost.generation ? now.length : 0,
      message: `This peer has held ${lost.length} blocks of canon's generation ${lost.generation} (term ${lost.term}) and holds ${now === undefined ? "none" : `${now.length} of ${now.generation} (term ${now.term})`} now. Its storage was rolled back or repaired; the rest is fetched from peers.`,
    });
  };

  const judge = async (): Promise<void> => {
    const all = await generations.refresh();
    noticeProofs(all);
    voids.clear();
    for (const one of all) if (one.refuted || one.quarantinedFrom !== undefined) voids.add(logKey(one.log));
    plan = selectCanon(all);
    if (live.parts.length > 0 || plan.length > 0) {
      if (live.parts.length === 0 || liveFrom(plan) < 0) await rebuild();
      const base = liveFrom(plan);
      if (live.parts.length > 0 && base >= 0) await advance(base);
      // History that arrived may show that what stood before the live view had ended earlier.
      const withdrawn = isStale || base < 0 ? [] : forgetWithdrawn();
      if (withdrawn.length > 0) emit({ type: "rebuilt", view: live.view, reason: reasonOf(withdrawn), withdrawn });
    }
    if (!isStale) await judgeRest(await generations.refresh());
    if (!isStale) noticeLoss();
  };

  const work = async (): Promise<void> => {
    while (isStale && !isClosed) {
      isStale = false;
      try {
        await judge();
        clear("unreadable");
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        const log = plan.at(-1)?.generation.log ?? live.parts.at(-1)?.generation.log;
        if (log !== undefined)
          raise({
            kind: "unreadable",
            log,
            sequence: head()?.length ?? 0,
            message: `Canon cannot be read: ${why} It is tried again.`,
          });
        isStale = false;
        if (!isClosed)
          cancelRetry ??= after(() => {
            cancelRetry = undefined;
            schedule();
          }, RETRY_MS);
      }
    }
    // In the same turn as the last look at `isStale`, so that nothing accepted in between is missed.
    running = undefined;
  };
  const schedule = (): void => {
    isStale = true;
    if (!isClosed) running ??= work();
  };

  const accept = ({ log, blocks, membership }: Accepted): void => {
    if (membership.role !== "orchestrator") return;
    generations.note(log, blocks);
    const tip = live.parts.at(-1);
    const follows =
      running === undefined &&
      tip !== undefined &&
      sameLog(tip.generation.log, log) &&
      sameLog(plan.at(-1)?.generation.log, log) &&
      blocks[0]?.sequence === tip.length &&
      logs.get(log)?.quarantinedFrom === undefined;
    if (!follows) {
      schedule();
      return;
    }
    for (const block of blocks) {
      const changes = foldBlock(live.view, block);
      tip.length = block.sequence + 1;
      tip.hash = block.hash;
      announce(block, changes);
    }
    // A closed generation names the one that goes on, which may be held already.
    if (logs.get(log)?.next !== undefined) schedule();
    else noticeLoss();
  };

  const stopAccepted = logs.subscribe(accept);
  const stopRefusals = logs.onRefusal(({ rule }) => {
    // A fork proof is announced as a refusal by L6, of whatever log.
    if (rule === "L6") schedule();
  });
  schedule();
  const settled = async (): Promise<void> => {
    while (running !== undefined) await running;
  };
  await settled();

  const canon: Canon = {
    get view() {
      return live.view;
    },
    head,
    parts: () => live.parts.map(({ generation, length, hash }) => ({ ...generation.log, length, hash })),
    history: () => historyParts(plan, live),
    freshness: () => {
      const read = freshness.read();
      const lost = seen.lost();
      const known =
        lost === undefined
          ? read.known
          : Math.max(read.known, lost.generation === head()?.generation ? lost.length : read.held + lost.length);
      return {
        ...read,
        known,
        rolledBack: lost !== undefined,
        historyUnverified: plan.some(({ generation }) => generation.continues !== undefined && !generation.checked),
      };
    },
    alarms: () => [...alarms.values()],
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    settled,
    close: async () => {
      isClosed = true;
      stopAccepted();
      stopRefusals();
      cancelRetry?.();
      await settled();
      await freshness.close();
      await seen.close();
    },
    [Symbol.asyncDispose]: () => canon.close(),
  };
  return canon;
};

/** Whether this generation or one that it rests on was refuted: then it never counts, whatever its own checkpoint says. */
const restsOnRefuted = (all: readonly Generation[], generation: Generation): boolean => {
  const seen = new Set<Generation>();
  for (let one: Generation | undefined = generation; one !== undefined && !seen.has(one); ) {
    if (one.refuted) return true;
    seen.add(one);
    const { continues }: Generation = one;
    one = all.find(({ log }) => sameLog(log, continues));
  }
  return false;
};

type Withdrawn = Extract<CanonEvent, { readonly type: "rebuilt" }>["withdrawn"];

const reasonOf = (withdrawn: Withdrawn): string =>
  `Canon ends earlier or goes on elsewhere: ${withdrawn.map(({ log, from, to }) => `blocks ${from} to ${to - 1} of generation ${log.generation}`).join(", ")} do not count any more.`;

const falseCheckpoint = (log: LogId, why: string): Alarm => ({
  kind: "checkpoint",
  log,
  sequence: 0,
  message: `The checkpoint of canon's generation ${log.generation} by ${log.writer} is false: ${why}. Canon stays at its old end; this is proof against the orchestrator. Have root appoint another one.`,
});

const sameLog = (a: LogId | undefined, b: LogId | undefined): boolean =>
  a !== undefined && b !== undefined && a.writer === b.writer && a.generation === b.generation;
