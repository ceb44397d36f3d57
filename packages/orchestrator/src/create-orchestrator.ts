/**
 * The loop of admission: take units in turn, draft their effects, store them as one block of canon, go on. While a block is being
 * stored the next one is drafted, and it takes up whatever arrives until then. All state is derived from canon.
 */
import type { Schedule } from "@herdmind/canon";
import { type AnyRecord, accept, type Refusal, type Result, record, refuse } from "@herdmind/protocol";
import { type AdmissionRules, admitUnit, emptyTally, type Tally } from "./admit-unit.js";
import { createAliasing } from "./aliasing.js";
import { alias, type Command, registerType, setRelevance, unalias } from "./command.js";
import { derive } from "./derived.js";
import { createDraft, type Draft, type Standing } from "./draft.js";
import { startHeart } from "./heartbeat.js";
import { createIdentities } from "./identities.js";
import { openingRecords, timeOf } from "./opening.js";
import type { Orchestrator, OrchestratorEvent, OrchestratorOptions } from "./orchestrator.js";
import { createQueues } from "./queues.js";
import { CANON_BLOCK_BYTES, CANON_BLOCK_RECORDS } from "./size.js";
import { judgeAliased } from "./status.js";
import { createWakeUp } from "./wake-up.js";

/** A disk that is full for hours is asked every 5 s: soon enough for people, seldom enough for the log of errors. */
const MAX_RETRY_MS = 5000;

const setTimer: Schedule = (run, ms) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

interface Asked {
  readonly command: Command;
  readonly resolve: (result: Result<void>) => void;
}

interface Batch {
  readonly draft: Draft;
  readonly commands: readonly Asked[];
  units: number;
  records: number;
  readonly tally: Tally;
  /** Rings heard before the last look for work. */
  heard: number;
}

/** Opens canon for writing, the first generation or the one that continues a moved directory's, and begins to admit. */
export const createOrchestrator = async (options: OrchestratorOptions): Promise<Result<Orchestrator>> => {
  const {
    logs,
    key,
    chain,
    canon,
    now = Date.now,
    inspect = () => undefined,
    limits = {},
    schedule = setTimer,
  } = options;
  const {
    recordsPerBlock = 1024,
    quantum = 64,
    cacheBytes = 16 * 1024 * 1024,
    heartbeatMs = 2000,
    retryMs = 100,
  } = limits;
  const onError =
    options.onError ??
    ((error) => {
      queueMicrotask(() => {
        throw error;
      });
    });
  const emit = (event: OrchestratorEvent): void => {
    try {
      options.onEvent?.(event);
    } catch (error) {
      onError(error);
    }
  };

  await canon.settled();
  const held = canon.head();
  if (held !== undefined && held.writer !== key.id) {
    return refuse(
      "A2",
      "none",
      `Canon is written by ${held.writer} in term ${held.term}, not by ${key.id}. Start that orchestrator.`,
      { log: held },
    );
  }
  const opened = await logs.openWriter({
    key,
    chain,
    opening: (why) => openingRecords(canon, key.id, why, now),
    ...(limits.blocksPerGeneration === undefined ? {} : { blocksPerGeneration: limits.blocksPerGeneration }),
  });
  if (!opened.ok) return opened;
  const writer = opened.value;
  const giveUp = async (refusal: Refusal): Promise<Result<Orchestrator>> => {
    await writer.close();
    return { ok: false, refusal };
  };
  if (writer.membership.role !== "orchestrator") {
    return giveUp(
      refuse(
        "A1",
        "none",
        `The role of ${key.id} is ${writer.membership.role}, not orchestrator. Use the swarm's own directory.`,
      ).refusal,
    );
  }
  if (writer.log === undefined) {
    const first = await writer.rollOver();
    if (!first.ok) return giveUp(first.refusal);
    await canon.settled();
  }
  const deposed = (): Refusal | undefined => {
    const head = canon.head();
    if (head?.writer === key.id && head.generation === writer.log?.generation) return undefined;
    const said =
      canon.alarms().at(-1)?.message ??
      `Canon is ${head === undefined ? "empty" : `generation ${head.generation} of ${head.writer}`}.`;
    return refuse(
      "A2",
      "none",
      `Generation ${writer.log?.generation} of ${key.id} is not canon, so nothing more is written to it. ${said}`,
    ).refusal;
  };
  const refused = deposed();
  if (refused !== undefined) return giveUp(refused);

  const wakeUp = createWakeUp(schedule);
  let derived = derive(canon.view);
  const aliasing = createAliasing(logs, schedule, {
    onReady: wakeUp.ring,
    onProgress: (progress) => emit({ type: "upgrading", ...progress }),
    onError,
  });
  let isRebuilt = false;
  const stopCanon = canon.subscribe((event) => {
    if (event.type === "rebuilt") isRebuilt = true;
    derived.take(event);
    aliasing.take(event);
  });

  const identify = createIdentities();
  const trusted = new Set([key.id, logs.genesis.root]);
  const rules: AdmissionRules = {
    swarm: logs.swarm,
    view: () => canon.view,
    members: () => ({
      trusted,
      now: Math.max(derived.latest(), Math.floor(now())),
      roleOf: (id) => logs.ofWriter(id)[0]?.membership.role,
    }),
    identify: (signal, draft) => {
      const custom = draft.signalType(signal.type);
      return identify(signal, custom === undefined ? NO_TYPES : new Map([[signal.type, custom]]));
    },
    inspect: (proposal) => {
      try {
        return inspect(proposal);
      } catch (error) {
        onError(error);
        return "The redaction check failed on it, so it is kept out of canon.";
      }
    },
  };

  const queues = createQueues(logs, { quantum, cacheBytes });
  queues.restart((log) => canon.view.watermarks.get(`${log.writer}/${log.generation}` as never));
  const stopLogs = logs.subscribe((accepted) => {
    if (accepted.membership.role === "orchestrator") return;
    queues.offer(accepted);
    wakeUp.ring();
  });

  const commands: Asked[] = [];
  const totals = {
    units: 0,
    records: 0,
    ...emptyTally(),
    merged: 0,
    parted: 0,
    blocks: 0,
    decidingMs: 0,
    storingMs: 0,
  };
  const flushing: (() => void)[] = [];
  let isClosed = false;
  let stopped: Refusal | undefined;

  const stop = (refusal: Refusal): void => {
    if (stopped !== undefined) return;
    stopped = refusal;
    emit({ type: "stopped", refusal });
  };

  /** A unit that did not fit into the last batch; it begins the next one. */
  let left: { readonly draft: Draft; readonly tally: Tally; readonly records: number } | undefined;

  const createBatch = (below: Standing): Batch => {
    const heard = wakeUp.count();
    const draft = createDraft(below);
    const batch = { draft, commands: [], units: 0, records: 0, heard, tally: emptyTally() };
    // A unit that is left over may fill a block; then these wait for the next one.
    if (left !== undefined) return batch;
    aliasing.draft(draft);
    const taken = commands.splice(0).filter(({ command, resolve }) => {
      const drafted = command(draft);
      if (!drafted.ok) resolve(drafted);
      return drafted.ok;
    });
    // The rest of the block is for units.
    judgeAliased(draft, CANON_BLOCK_BYTES / 2);
    return { ...batch, commands: taken };
  };

  /** Drafts units until the block is full, or until nothing waits and the block before it is stored. */
  const gather = async (below: Standing, isStored: () => boolean, stored: Promise<unknown>): Promise<Batch> => {
    const batch = createBatch(below);
    const take = (draft: Draft, tally: Tally, records: number): boolean => {
      if (
        batch.draft.records() > 0 &&
        (batch.draft.bytes() + draft.bytes() > CANON_BLOCK_BYTES ||
          batch.draft.records() + draft.records() > CANON_BLOCK_RECORDS)
      )
        return false;
      batch.draft.merge(draft);
      batch.units += 1;
      batch.records += records;
      for (const name of Object.keys(tally) as (keyof Tally)[]) batch.tally[name] += tally[name];
      return true;
    };
    if (left !== undefined) {
      // Its effects were decided on what is below this batch now.
      take(left.draft, left.tally, left.records);
      left = undefined;
    }
    while (batch.records < recordsPerBlock && !isClosed) {
      batch.heard = wakeUp.count();
      const unit = await queues.next();
      if (unit === undefined) {
        if (isStored()) break;
        await Promise.race([wakeUp.after(batch.heard), stored]);
        continue;
      }
      const began = performance.now();
      const draft = createDraft(batch.draft);
      const tally = admitUnit(draft, unit, rules);
      const fits = take(draft, tally, unit.block.records.length);
      totals.decidingMs += performance.now() - began;
      if (fits) continue;
      left = { draft, tally, records: unit.block.records.length };
      break;
    }
    return batch;
  };

  const append = async (records: readonly AnyRecord[]): Promise<boolean> => {
    for (let wait = retryMs, isStalled = false; ; wait = Math.min(wait * 2, MAX_RETRY_MS)) {
      const receipt = await writer.append(records);
      if (receipt.ok) {
        if (isStalled) emit({ type: "resumed" });
        return true;
      }
      // L8 is the disk, or canon that was not folded to its end yet; any other rule would say the same again.
      if (receipt.refusal.rule !== "L8" || receipt.fault?.kind === "closed") {
        stop(receipt.refusal);
        return false;
      }
      if (isClosed) return false;
      isStalled = true;
      emit({ type: "stalled", refusal: receipt.refusal, retryMs: wait });
      await wakeUp.sleep(wait);
      await canon.settled();
      const refusal = deposed();
      if (refusal !== undefined) {
        stop(refusal);
        return false;
      }
    }
  };

  /** Stores a batch and waits until it is folded. */
  const commit = async ({ draft, commands: done, units, records, tally }: Batch): Promise<void> => {
    const began = performance.now();
    const isWritten = await append([record("time", { at: timeOf(canon, now) }), ...draft.toRecords()]);
    await canon.settled();
    // Storage that cannot be read is no verdict on canon: it is asked again.
    while (isWritten && !isClosed && canon.alarms().some(({ kind }) => kind === "unreadable")) {
      await wakeUp.sleep(retryMs);
      await canon.settled();
    }
    totals.storingMs += performance.now() - began;
    const refusal = isWritten ? deposed() : undefined;
    if (refusal !== undefined) stop(refusal);
    for (const { resolve } of done) {
      resolve(isWritten ? accept(undefined) : { ok: false, refusal: stopped ?? CLOSING });
    }
    if (!isWritten) return;
    totals.blocks += 1;
    totals.units += units;
    totals.records += records;
    for (const { from, to, undo } of draft.effects.aliases) {
      if (undo === true) totals.parted += 1;
      else if (from !== to) totals.merged += 1;
    }
    for (const name of Object.keys(tally) as (keyof Tally)[]) totals[name] += tally[name];
  };

  const run = async (): Promise<void> => {
    let storing: Promise<void> = Promise.resolve();
    let isStored = true;
    let below: Standing | undefined;
    while (!isClosed && stopped === undefined) {
      const batch = await gather(below ?? derived.standing(), () => isStored, storing);
      await storing;
      // What the batch stood on is in the view now, and so is the unit that is left over for the next one.
      batch.draft.base = derived.standing();
      below = undefined;
      if (isRebuilt) {
        // Canon is not what this batch was decided on: begin again from its watermarks.
        isRebuilt = false;
        left = undefined;
        commands.unshift(...batch.commands);
        derived = derive(canon.view, derived.latest());
        aliasing.restart(canon.view);
        queues.restart((log) => canon.view.watermarks.get(`${log.writer}/${log.generation}` as never));
        const refusal = deposed();
        if (refusal !== undefined) stop(refusal);
        continue;
      }
      if (batch.units === 0 && batch.draft.records() === 0) {
        for (const { resolve } of batch.commands) resolve(accept(undefined));
        // They came while this batch was waiting for units, which heard the ring.
        if (commands.length > 0) continue;
        if (aliasing.isPending()) {
          // Nothing was waited for: with a large canon it would be seconds until a socket or the heartbeat has its turn.
          await wakeUp.sleep(0);
          continue;
        }
        for (const resolve of flushing.splice(0)) resolve();
        // A command that came while this batch waited for the one before rang then; it begins the next one.
        if (commands.length === 0) await wakeUp.after(batch.heard);
        continue;
      }
      isStored = false;
      below = batch.draft;
      storing = commit(batch).catch((error: unknown) => {
        onError(error);
        stop(
          refuse("A2", "none", `Admission broke: ${error instanceof Error ? error.message : String(error)}`).refusal,
        );
      });
      void storing.then(() => {
        isStored = true;
      });
    }
    await storing;
    for (const { resolve } of commands.splice(0)) resolve({ ok: false, refusal: stopped ?? CLOSING });
    for (const resolve of flushing.splice(0)) resolve();
  };

  const heart =
    options.heartbeats === undefined
      ? undefined
      : startHeart({
          canon,
          key,
          swarm: logs.swarm,
          heartbeats: options.heartbeats,
          now: () => Math.floor(now()),
          everyMs: heartbeatMs,
          schedule,
          onError,
        });
  aliasing.restart(canon.view);
  const running = run().catch((error: unknown) => {
    onError(error);
    stop(refuse("A2", "none", `Admission broke: ${error instanceof Error ? error.message : String(error)}`).refusal);
    for (const resolve of flushing.splice(0)) resolve();
  });

  const command = (asked: Result<Command>): Promise<Result<void>> => {
    if (!asked.ok) return Promise.resolve(asked);
    if (isClosed || stopped !== undefined) return Promise.resolve({ ok: false, refusal: stopped ?? CLOSING });
    return new Promise((resolve) => {
      commands.push({ command: asked.value, resolve });
      wakeUp.ring();
    });
  };

  const orchestrator: Orchestrator = {
    writer,
    stats: () => ({ ...totals, waiting: queues.waiting(), stopped }),
    flush: () =>
      new Promise((resolve) => {
        if (isClosed || stopped !== undefined) return resolve();
        flushing.push(resolve);
        wakeUp.ring();
      }),
    registerType: (name, identity) => command(registerType(name, identity)),
    alias: (from, to, reason) => command(alias(from, to, reason)),
    setRelevance: (rule) => command(setRelevance(rule)),
    unalias: (from, to, reason) => command(unalias(from, to, reason)),
    close: async () => {
      isClosed = true;
      aliasing.close();
      wakeUp.ring();
      wakeUp.end();
      stopLogs();
      await running;
      stopCanon();
      await heart?.stop();
      await writer.close();
    },
    [Symbol.asyncDispose]: () => orchestrator.close(),
  };
  return accept(orchestrator);
};

const NO_TYPES: ReadonlyMap<string, readonly string[]> = new Map();
const CLOSING: Refusal = refuse("A2", "none", "This orchestrator is closing. Open it again.").refusal;
