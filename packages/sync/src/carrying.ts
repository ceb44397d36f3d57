/**
 * What a peer keeps for others (its `carry` option), and when it asks for it.
 *
 * An agent needs its own log and canon. What others propose it keeps only until canon has it: so that what was appended offline
 * reaches the orchestrator through whoever meets it. While the orchestrator is heard, proposals reach it without help, and nobody
 * else asks for them: fifty agents on one relay cost no more than before. A peer asks for everybody's logs when nobody who writes
 * canon is heard any more; and whoever holds a log that canon did not take in time shows it to its neighbours, so that a peer in
 * the middle, which does hear the orchestrator, takes it on.
 */
import type { Accepted, LogState, Logs } from "@herdmind/log";
import { type LogId, type LogKey, logKey, type Refusal, type Role, refuse, type WriterId } from "@herdmind/protocol";
import { type Interest, isCanon, visibleLength } from "./interest.js";
import { createListeners } from "./listeners.js";
import type { Schedule } from "./schedule.js";

/**
 * `own`: nothing. `swarm`: other writers' logs until canon has passed their heads, within `CarryLimits`. `all`: every log, for good;
 * the limits bound what canon has not passed.
 */
export type CarryMode = "own" | "swarm" | "all";

/** Bounds of what is kept for others beyond canon's watermarks. Over them new logs and blocks are refused, and their sender keeps them. */
export interface CarryLimits {
  /** Generations: each costs memory here, and a writer can begin any number of them. */
  readonly logs: number;
  /** Bytes of blocks: a disk that fills with what no orchestrator will ever read. */
  readonly bytes: number;
  /** The same for one member and everybody it invited: one who takes the room of all others. */
  readonly logsPerMember: number;
  readonly bytesPerMember: number;
}

const MIB = 1024 * 1024;

/** A week of a signal every ten seconds is 27 MB in one or two generations: ten such agents fit a carrier, two of one member. */
const SWARM_LIMITS: CarryLimits = { logs: 4096, bytes: 256 * MIB, logsPerMember: 256, bytesPerMember: 64 * MIB };
/** Who keeps everything bounds each member, not their number: that is the orchestrator's to decide. */
const ALL_LIMITS: CarryLimits = {
  logs: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
  logsPerMember: 1024,
  bytesPerMember: 1024 * MIB,
};

/** Five heartbeats missed: nobody who writes canon is heard (E6). */
export const HEARD_MS = 10_000;
/** A relay tells the heartbeat it holds at once, and the next comes after 2 s: before that nobody is called away. */
const FIRST_HEARD_MS = 2500;
/** Spread over this time, so that fifty agents whose orchestrator stops do not ask for everything in the same second. */
const SPREAD_MS = 5000;
/** A proposal is admitted within milliseconds; after this time a neighbour may know a better way. */
const STUCK_MS = 3000;
/**
 * A log that canon has passed is let go of after this time. Its writer may go on in it meanwhile, and a carrier that dropped it at
 * once would be sent all of it again for each new block.
 */
const FORGET_AFTER_MS = 60_000;
const TICK_MS = 1000;
/** Sizes of batches are kept apart down to this many bytes: what canon has passed is given back in such pieces. */
const PIECE_BYTES = 64 * 1024;
/** Writers whose role is remembered although nothing of them is held. */
const MAX_ROLES = 4096;
/** Logs of unknown writers that are tried although there is no room: one may be canon. And how long one is waited for. */
const MAX_TRIALS = 8;
const TRIAL_MS = 30_000;

/** What canon says of other writers' logs, as far as carrying them goes. */
export interface CarriedCanon {
  /** Blocks of a log that canon has passed. */
  passed(log: LogId): number;
  /** Blocks of a log that can ever count: infinite, unless its writer was refused or its log revoked (A3). */
  counted(log: LogId): number;
  roleOf(writer: WriterId): Role | undefined;
  /** Milliseconds since the orchestrator was last heard, by a monotonic clock; `undefined`: never. */
  heardMs(): number | undefined;
}

export interface CarryingOptions {
  readonly logs: Logs;
  readonly mode: CarryMode;
  readonly canon: CarriedCanon;
  readonly limits?: Partial<CarryLimits> | undefined;
  /** Writers of this node: their logs are no load. */
  readonly isOwn: (writer: WriterId) => boolean;
  /** False: nothing is shown to others as stuck; for the orchestrator, who is the one that takes. Default true. */
  readonly shows?: boolean;
  readonly monotonic?: () => number;
  readonly schedule?: Schedule;
  /** 0 to 1. */
  readonly random?: () => number;
}

/**
 * `take`: it may be asked for. `passed`: canon has it already. `left`: it is not carried here. `full`: it would be, if there was
 * room.
 */
export type CarryVerdict = "take" | "passed" | "left" | "full";

export type CarryEvent =
  /** What is asked of others is another thing now. */
  | { readonly type: "interest" }
  /** Canon did not take this log in time. */
  | { readonly type: "stuck"; readonly log: LogId }
  /** It was let go of: whoever goes on sending it may stop. */
  | { readonly type: "forgotten"; readonly log: LogId; readonly length: number };

export interface CarryStats {
  /** Other writers' generations and bytes held here that canon has not passed. */
  readonly logs: number;
  readonly bytes: number;
  /** Refusals for want of room. */
  readonly refused: number;
  /** Generations let go of because canon has passed them. */
  readonly forgotten: number;
}

export interface Carrying {
  readonly mode: CarryMode;
  /** Whether a log may be taken up to a length (default: any), or with so many more bytes at hand. */
  judge(log: LogId, length?: number, bytes?: number): CarryVerdict;
  /**
   * Keeps room for an update until it is stored or refused, when the returned function is to be called: many may be under way at
   * once, each of which would fit alone.
   */
  reserve(log: LogId, bytes: number): () => void;
  /** What is said to a sender for want of room; counted. It keeps the log and tries elsewhere, or later. */
  refuse(log: LogId): Refusal;
  /** What is asked of others at the moment. */
  interest(own: readonly WriterId[]): Interest;
  /** Logs that canon did not take in time: to be shown to whoever carries. */
  stuck(): Iterable<LogId>;
  /** To be called when canon has changed what it says of a log; without one, of any. */
  canonChanged(log?: LogId): void;
  on(listener: (event: CarryEvent) => void): () => void;
  /** Other writers' logs that canon has not passed. */
  carried(): readonly LogId[];
  stats(): CarryStats;
  close(): Promise<void>;
}

interface Open {
  readonly log: LogId;
  readonly member: WriterId;
  readonly isOwn: boolean;
  /** Sizes of what was accepted, oldest first: up to which block, how many bytes. */
  readonly pieces: { to: number; bytes: number }[];
  bytes: number;
  length: number;
  /** Since when canon has not moved on in it. */
  since: number;
  /** Length at which it was called stuck. */
  stuckAt: number;
}

const setTimer: Schedule = (run, ms) => {
  const timer: unknown = setTimeout(run, ms);
  // In Node a timer keeps the process alive; in a browser it is a number.
  (timer as { unref?: () => void }).unref?.();
  return () => clearTimeout(timer as number);
};

/** Looks through the logs held, lets go of what canon has passed (mode `swarm`), and keeps count from then on. */
export const createCarrying = async (options: CarryingOptions): Promise<Carrying> => {
  const {
    logs,
    mode,
    canon,
    isOwn,
    shows = true,
    monotonic = () => performance.now(),
    schedule = setTimer,
    random = Math.random,
  } = options;
  const limits: CarryLimits = { ...(mode === "all" ? ALL_LIMITS : SWARM_LIMITS), ...options.limits };
  const openByKey = new Map<LogKey, Open>();
  const loadByMember = new Map<WriterId, { logs: number; bytes: number }>();
  const roleByWriter = new Map<WriterId, Role>();
  /** Updates of each log that are being judged. */
  const underWay = new Map<LogKey, number>();
  const trials = new Map<LogKey, number>();
  /** Written by this storage, whatever `isOwn` says: never let go of. */
  const kept = new Set<LogKey>();
  /** Logs that canon has passed, and since when. */
  const doneByKey = new Map<LogKey, { readonly log: LogId; readonly at: number }>();
  const listeners = createListeners<CarryEvent>();
  const total = { logs: 0, bytes: 0 };
  let refused = 0;
  let forgotten = 0;
  let forgetting: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  const startedAt = monotonic();
  const spread = random() * SPREAD_MS;

  const load = ({ isOwn: mine, member }: Pick<Open, "isOwn" | "member">, byLogs: number, byBytes: number): void => {
    if (mine) return;
    const of = loadByMember.get(member) ?? { logs: 0, bytes: 0 };
    of.logs += byLogs;
    of.bytes += byBytes;
    total.logs += byLogs;
    total.bytes += byBytes;
    if (of.logs === 0 && of.bytes === 0) loadByMember.delete(member);
    else loadByMember.set(member, of);
  };

  /** Who keeps everything keeps count of a refused member's blocks for good: canon will never take them off. */
  const memberOf = (log: LogId): WriterId => logs.get(log)?.membership.group ?? log.writer;

  const needsCarrier = (log: LogId, length: number): boolean =>
    (mode === "all" ? length : Math.min(length, canon.counted(log))) > canon.passed(log);

  const note = (log: LogId, member: WriterId, to: number, bytes: number): void => {
    doneByKey.delete(logKey(log));
    let open = openByKey.get(logKey(log));
    if (open === undefined) {
      const { writer, generation } = log;
      const since = monotonic();
      open = {
        log: { writer, generation },
        member,
        isOwn: isOwn(writer),
        pieces: [],
        bytes: 0,
        length: 0,
        since,
        stuckAt: 0,
      };
      openByKey.set(logKey(log), open);
      load(open, 1, 0);
    }
    const last = open.pieces.at(-1);
    if (last !== undefined && last.bytes + bytes <= PIECE_BYTES) {
      last.to = to;
      last.bytes += bytes;
    } else {
      open.pieces.push({ to, bytes });
    }
    open.bytes += bytes;
    open.length = to;
    load(open, 0, bytes);
  };

  const letGo = (log: LogId, whatever = false): void => {
    if (mode !== "swarm" || isOwn(log.writer) || kept.has(logKey(log))) return;
    forgetting = forgetting.then(async () => {
      const state = logs.get(log);
      if (isClosed || state === undefined || (!whatever && needsCarrier(log, visibleLength(state)))) return;
      const gone = await logs.forget(log, state.length);
      if (!gone.ok) kept.add(logKey(log));
      else if (gone.value) {
        forgotten++;
        listeners.emit({ type: "forgotten", log, length: state.length });
      }
    });
    // Storage that cannot be read or written says so elsewhere as well; the log stays.
    forgetting = forgetting.catch(() => undefined);
  };

  /** Gives back what canon has passed of a log. */
  const settle = (open: Open): void => {
    const passed = canon.passed(open.log);
    while (open.pieces[0] !== undefined && open.pieces[0].to <= passed) {
      const { bytes } = open.pieces.shift() as { bytes: number };
      open.bytes -= bytes;
      open.since = monotonic();
      load(open, 0, -bytes);
    }
    const state = logs.get(open.log);
    if (needsCarrier(open.log, Math.min(open.length, state === undefined ? open.length : visibleLength(state)))) return;
    openByKey.delete(logKey(open.log));
    load(open, -1, -open.bytes);
    if (mode === "swarm" && !open.isOwn) doneByKey.set(logKey(open.log), { log: open.log, at: monotonic() });
  };

  const learnRole = (writer: WriterId, role: Role): void => {
    if (canon.roleOf(writer) !== undefined) return;
    roleByWriter.set(writer, role);
    if (roleByWriter.size > MAX_ROLES) roleByWriter.delete(roleByWriter.keys().next().value as WriterId);
  };

  const hasRoom = (log: LogId, member: WriterId, bytes: number): boolean => {
    const more = openByKey.has(logKey(log)) || underWay.has(logKey(log)) ? 0 : 1;
    const of = loadByMember.get(member) ?? { logs: 0, bytes: 0 };
    return (
      total.logs + more <= limits.logs &&
      total.bytes + bytes <= limits.bytes &&
      of.logs + more <= limits.logsPerMember &&
      of.bytes + bytes <= limits.bytesPerMember
    );
  };

  /** Of a log by a writer nobody here knows, while there is no room. */
  const mayTry = (key: LogKey): boolean => {
    const now = monotonic();
    for (const [tried, at] of trials) if (now - at > TRIAL_MS) trials.delete(tried);
    if (trials.has(key)) return true;
    if (trials.size >= MAX_TRIALS) return false;
    trials.set(key, now);
    return true;
  };

  const accepted = ({ log, blocks, membership }: Accepted): void => {
    const key = logKey(log);
    const wasTried = trials.delete(key);
    learnRole(log.writer, membership.role);
    const last = blocks.at(-1);
    if (membership.role === "orchestrator" || last === undefined) return;
    const bytes = blocks.reduce((sum, block) => sum + block.bytes.length, 0);
    note(log, membership.group, last.sequence + 1, bytes);
    const open = openByKey.get(key) as Open;
    if (wasTried) {
      // It might have been canon, and there is no room for anything else.
      openByKey.delete(key);
      load(open, -1, -open.bytes);
      letGo(log, true);
      return;
    }
    settle(open);
  };

  const isStuck = (open: Open, now: number): boolean => now - open.since >= STUCK_MS;
  const isAlone = (): boolean => {
    const heard = canon.heardMs();
    if (heard !== undefined) return heard > HEARD_MS + spread;
    return monotonic() - startedAt > FIRST_HEARD_MS;
  };
  const asksForAll = (): boolean =>
    mode === "all" || (mode === "swarm" && isAlone() && total.logs < limits.logs && total.bytes < limits.bytes);

  let asked = asksForAll();
  let cancelTick: (() => void) | undefined;
  const tick = (): void => {
    if (isClosed) return;
    cancelTick = schedule(tick, TICK_MS);
    if (asked !== asksForAll()) {
      asked = asksForAll();
      listeners.emit({ type: "interest" });
    }
    const now = monotonic();
    for (const [key, { log, at }] of doneByKey) {
      // In order of time: those that follow are younger.
      if (now - at < FORGET_AFTER_MS) break;
      doneByKey.delete(key);
      letGo(log);
    }
    for (const open of shows ? openByKey.values() : []) {
      if (open.stuckAt >= open.length || !isStuck(open, now)) continue;
      open.stuckAt = open.length;
      listeners.emit({ type: "stuck", log: open.log });
    }
  };

  const carrying: Carrying = {
    mode,
    judge: (log, length = Number.POSITIVE_INFINITY, bytes = 0) => {
      const state = logs.get(log);
      if (isOwn(log.writer) || (state !== undefined && isCanon(state))) return "take";
      const role = state?.membership.role ?? canon.roleOf(log.writer) ?? roleByWriter.get(log.writer);
      if (role === "orchestrator") return "take";
      // Unknown: it may be canon, whose writer only its first block proves.
      if (mode === "own") return role === undefined ? "take" : "left";
      if (mode === "swarm" && !needsCarrier(log, length)) return "passed";
      if (length <= canon.passed(log)) return "take";
      if (hasRoom(log, memberOf(log), bytes)) return "take";
      return mode === "swarm" && role === undefined && mayTry(logKey(log)) ? "take" : "full";
    },
    reserve: (log, bytes) => {
      const key = logKey(log);
      const isNew = !openByKey.has(key) && !underWay.has(key);
      const reserved = { isOwn: isOwn(log.writer), member: memberOf(log) };
      underWay.set(key, (underWay.get(key) ?? 0) + 1);
      load(reserved, isNew ? 1 : 0, bytes);
      return () => {
        const left = (underWay.get(key) ?? 1) - 1;
        if (left > 0) underWay.set(key, left);
        else underWay.delete(key);
        load(reserved, isNew ? -1 : 0, -bytes);
      };
    },
    refuse: (log) => {
      refused++;
      const message = `This peer carries ${total.logs} logs and ${total.bytes} bytes for others, and has no room for more of ${log.writer}/${log.generation}. Keep it, and try again later or another peer.`;
      return refuse("T3", "none", message, { log }).refusal;
    },
    interest: (own) => (asked ? { logs: "all", writers: [] } : { logs: "own", writers: own }),
    *stuck() {
      const now = monotonic();
      for (const open of shows ? openByKey.values() : []) if (isStuck(open, now)) yield open.log;
    },
    canonChanged: (log) => {
      if (log === undefined) for (const open of openByKey.values()) settle(open);
      else {
        const open = openByKey.get(logKey(log));
        if (open !== undefined) settle(open);
      }
    },
    on: listeners.add,
    carried: () => [...openByKey.values()].flatMap((open) => (open.isOwn ? [] : [open.log])),
    stats: () => ({ ...total, refused, forgotten }),
    close: async () => {
      isClosed = true;
      cancelTick?.();
      stop();
      stopProofs();
      await forgetting;
    },
  };

  const stop = logs.subscribe(accepted);
  // What lies past a fork never counts.
  const stopProofs = logs.onRefusal(({ rule, log }) => {
    if (rule === "L6" && log !== undefined) carrying.canonChanged(log);
  });
  for (const state of logs.list()) if (!isCanon(state)) await measure(logs, state, canon.passed(state), note);
  carrying.canonChanged();
  for (const state of logs.list()) {
    if (!isCanon(state) && !openByKey.has(logKey(state)) && !needsCarrier(state, visibleLength(state))) letGo(state);
  }
  await forgetting;
  tick();
  return carrying;
};

/** Bytes of a log beyond canon's watermark, read once: blocks are counted as they come from then on. */
const measure = async (
  logs: Logs,
  { membership, length, ...log }: LogState,
  passed: number,
  note: (log: LogId, member: WriterId, to: number, bytes: number) => void,
): Promise<void> => {
  for (let from = passed; from < length; ) {
    const piece = await logs.update(log, from, PIECE_BYTES);
    // Past a quarantine nothing is read, and nothing is carried.
    if (piece === undefined) return;
    note(log, membership.group, piece.next, piece.update.length);
    from = piece.next;
  }
};
