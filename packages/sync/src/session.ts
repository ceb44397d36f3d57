/**
 * A session: two peers, one channel. Both say hello and what they want, show each other the signed heads of those logs, and
 * whoever is behind asks for the rest. From then on each block travels as soon as it is accepted. README.md has the table
 * of frames.
 */
import type { Logs } from "@herdmind/log";
import { type LogId, type LogKey, logKey, type Refusal, refuse } from "@herdmind/protocol";
import { createArrivals } from "./arrivals.js";
import type { Carrying } from "./carrying.js";
import type { Channel } from "./channel.js";
import {
  CLOSE_BUSY,
  CLOSE_NORMAL,
  CLOSE_ROLE,
  CLOSE_TOO_MANY,
  CLOSE_VERSION,
  closeCodeOf,
  closeReasonOf,
} from "./close-codes.js";
import type { SessionContext, SessionCounts, SessionEvent } from "./context.js";
import type { Ephemerals, HeldEphemeral } from "./ephemerals.js";
import { decodeFrame, encodeFrame, type Frame, SYNC_VERSION } from "./frames.js";
import { createInbound } from "./inbound.js";
import { covers, type Interest } from "./interest.js";
import { COST, SESSION_LIMITS, type SessionLimits } from "./limits.js";
import { createListeners } from "./listeners.js";
import { createOutbound } from "./outbound.js";
import { createPeerLogs, type PeerLog } from "./peer-log.js";
import type { PeerLogTotal } from "./peer-log-total.js";
import type { Schedule } from "./schedule.js";

export interface SessionOptions {
  readonly logs: Logs;
  readonly channel: Channel;
  /** What this side wants to hear of. */
  readonly interest: Interest;
  /** Whether the other side may send blocks; default true. A relay says false for roles that only read. */
  readonly mayWrite?: boolean;
  /** Whether this side takes a log from the other; default: every log. */
  readonly accepts?: (log: LogId) => boolean;
  readonly ephemerals?: Ephemerals | undefined;
  /** Restricts the session to one log: a room. Both sides want that log, whatever their interest says. */
  readonly only?: LogId;
  /** False: heads, proofs and ephemeral messages travel here, blocks do not (a control room). Default true. */
  readonly blocks?: boolean;
  readonly limits?: Partial<SessionLimits>;
  /** What this side keeps for others: asked before a log is asked for, and before its blocks are taken. Default: its interest says. */
  readonly carrying?: Carrying | undefined;
  /**
   * Logs that nobody here asked for and the other side brought: one set for all its sessions, or it would begin anew with each.
   * Default: this session's own.
   */
  readonly strangeLogs?: Set<LogKey> | undefined;
  /** Bounds what the connections of this process remember together; default: each is bounded for itself. */
  readonly peerLogTotal?: PeerLogTotal | undefined;
  /** Milliseconds since 1970; default `Date.now`. */
  readonly now?: () => number;
  readonly schedule?: Schedule;
}

export interface Session {
  on(listener: (event: SessionEvent) => void): () => void;
  /** Replaces what this side wants. */
  setInterest(interest: Interest): void;
  /** How many blocks of a log the other side is known to hold. */
  peerLength(log: LogId): number;
  readonly counts: Readonly<SessionCounts>;
  /** Asks for a sign of life; the promise resolves when it came. Never rejects: race it with a timeout. */
  ping(): Promise<void>;
  /** Handles what has arrived, says the receipts, then closes the channel. */
  close(code?: number, reason?: string): Promise<void>;
  /** Says a refusal and closes with its code. */
  refuse(refusal: Refusal, code?: number): void;
}

const setTimer: Schedule = (run, ms) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/** Milliseconds that closing waits for what has arrived: a disk that hangs must not keep a process alive. */
const CLOSE_MS = 2000;
/** Pings under way: more mean that nobody answers, and the oldest are forgotten. */
const MAX_PINGS = 8;

/** Starts a session on an open channel. It says hello at once. */
export const createSession = (options: SessionOptions): Session => {
  const { logs, channel, ephemerals, only, carrying, now = Date.now, schedule = setTimer } = options;
  const limits: SessionLimits = { ...SESSION_LIMITS, ...options.limits };
  const listeners = createListeners<SessionEvent>();
  const share = options.peerLogTotal?.join();
  const peerLogs = createPeerLogs(limits.logs, share);
  const onlyKey = only === undefined ? undefined : logKey(only);
  const counts: SessionCounts = {
    framesIn: 0,
    framesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    blocksOut: 0,
    unknownFrames: 0,
    droppedEphemerals: 0,
    delays: 0,
  };
  const unsettled = new Set<LogKey>();
  const pings = new Map<number, () => void>();
  let pingNumber = 0;
  /** Resolves when every ephemeral message that has arrived is judged. */
  let ephemeralsUnderWay: Promise<void> | undefined;
  let interest = options.interest;
  let wants = covers(interest);
  let peerWants: ReturnType<typeof covers> = () => false;
  // A room of one log stands beside the control room, which carries them.
  const kinds = only === undefined ? (ephemerals?.kinds ?? []) : [];
  let peerTakes: ReadonlySet<string> = new Set();
  let peerCarries = false;
  let greeted = false;
  let peerHeadsDone = false;
  let synced = false;
  let open = true;
  let control: Promise<unknown> = Promise.resolve();

  const session: Session = {
    on: listeners.add,
    setInterest(next) {
      interest = next;
      wants = covers(next);
      sayHello();
    },
    peerLength: (log) => peerLogs.get(log)?.held ?? 0,
    counts,
    ping() {
      const number = ++pingNumber;
      const answered = new Promise<void>((resolve) => pings.set(number, resolve));
      if (pings.size > MAX_PINGS) pings.delete(pings.keys().next().value as number);
      context.send({ kind: "ping", number });
      return answered;
    },
    async close(code = CLOSE_NORMAL, reason = "") {
      if (!open) return;
      let cancel = (): void => {};
      const late = new Promise<void>((resolve) => {
        cancel = schedule(resolve, CLOSE_MS);
      });
      await Promise.race([arrivals.idle(), late]);
      cancel();
      // Receipts of what was just handled leave in a microtask of their own.
      await Promise.resolve();
      end(code, reason);
    },
    refuse(refusal, code = closeCodeOf(refusal)) {
      if (!open) return;
      listeners.emit({ type: "refusal", refusal, by: "us" });
      context.send({ kind: "refused", refusal });
      end(code, closeReasonOf(refusal));
    },
  };

  const context: SessionContext = {
    logs,
    channel,
    limits,
    peerLogs,
    ephemerals,
    schedule,
    now,
    origin: session,
    isOpen: () => open,
    concerns: (log) => onlyKey === undefined || logKey(log) === onlyKey,
    carriesBlocks: options.blocks ?? true,
    mayWrite: options.mayWrite ?? true,
    accepts: options.accepts ?? (() => true),
    carrying,
    strangeLogs: options.strangeLogs ?? new Set(),
    wants: (state) => onlyKey === logKey(state) || wants(state) || carrying?.mode === "swarm",
    wantsUnknown: (log) =>
      interest.logs === "all" ||
      onlyKey === logKey(log) ||
      interest.writers.includes(log.writer) ||
      carrying?.mode === "swarm",
    peerWants: (state) => (onlyKey === undefined ? peerWants(state) : onlyKey === logKey(state)),
    peerCarries: () => peerCarries,
    exchanging: () => !peerHeadsDone,
    send(frame) {
      if (!open) return;
      if (channel.bufferedBytes() > limits.unreadBytes) {
        const message = `More than ${limits.unreadBytes} bytes wait for a side that does not read.`;
        const { refusal } = refuse("T3", "sender", message);
        listeners.emit({ type: "refusal", refusal, by: "us" });
        return end(CLOSE_TOO_MANY, closeReasonOf(refusal));
      }
      const bytes = encodeFrame(frame);
      counts.framesOut++;
      counts.bytesOut += bytes.length;
      channel.send(bytes);
    },
    refuse(refusal) {
      if (!open) return;
      if (refusal.fault === "sender")
        return void session.refuse(refusal, refusal.rule === "T2" ? CLOSE_ROLE : closeCodeOf(refusal));
      listeners.emit({ type: "refusal", refusal, by: "us" });
      context.send({ kind: "refused", refusal });
    },
    tooManyLogs() {
      const { refusal, code } = peerLogs.whyNot();
      session.refuse(refusal, code);
    },
    emit: listeners.emit,
    attempt(work) {
      work().catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        session.refuse(
          refuse("L8", "none", `This peer cannot go on: ${reason} Connect again later.`).refusal,
          CLOSE_BUSY,
        );
      });
    },
    settle(peerLog) {
      const waits = isUnsettled(peerLog);
      if (waits) unsettled.add(peerLog.key);
      else unsettled.delete(peerLog.key);
      if (synced || !outbound.started || !peerHeadsDone || unsettled.size > 0) return;
      synced = true;
      listeners.emit({ type: "synced" });
    },
    count(what, by = 1) {
      counts[what] += by;
    },
  };

  const isUnsettled = ({ log, firstAnnounced, firstWanted, held, left, refused, stopped }: PeerLog): boolean =>
    context.carriesBlocks &&
    ((Math.max(held, left) < firstAnnounced && !refused) || (!stopped && (logs.get(log)?.length ?? 0) < firstWanted));

  const outbound = createOutbound(context);
  const inbound = createInbound(context, outbound);

  const settleAll = (): void => {
    if (synced || !outbound.started || !peerHeadsDone) return;
    for (const peerLog of peerLogs.all()) if (isUnsettled(peerLog)) return void unsettled.add(peerLog.key);
    unsettled.clear();
    synced = true;
    listeners.emit({ type: "synced" });
  };

  /** Control frames are handled one after another; blocks beside them. */
  const inTurn = (work: () => Promise<number>): Promise<number> => {
    const turn = control.then(async () => {
      if (!open) return 0;
      try {
        return await work();
      } catch (error) {
        context.attempt(() => Promise.reject(error));
        return 0;
      }
    });
    control = turn;
    return turn;
  };

  const said = {
    ...(kinds.length === 0 ? {} : { kinds }),
    ...(carrying === undefined || carrying.mode === "own" || only !== undefined ? {} : { carries: true }),
  };
  const sayHello = (): void => context.send({ kind: "hello", version: SYNC_VERSION, interest, ...said });

  /** An older peer would take a kind that it does not know for a fault of ours. */
  const sendEphemeral = ({ kind, bytes }: HeldEphemeral): void => {
    if (kind === "heartbeat" || peerTakes.has(kind)) context.send({ kind: "ephemeral", bytes });
  };

  const greet = ({
    version,
    interest: theirs,
    kinds: takes = [],
    carries = false,
  }: Hello): Promise<number> | undefined => {
    if (version !== SYNC_VERSION) {
      session.refuse(
        refuse(
          "T4",
          "sender",
          `This peer speaks sync version ${SYNC_VERSION}, the other ${version}. Update the older one.`,
        ).refusal,
        CLOSE_VERSION,
      );
      return undefined;
    }
    peerWants = covers(theirs);
    peerCarries = carries;
    peerTakes = new Set(takes.filter((kind) => kinds.includes(kind)));
    const first = !greeted;
    greeted = true;
    if (first) {
      listeners.emit({ type: "open" });
      for (const held of ephemerals?.held() ?? []) sendEphemeral(held);
    }
    return inTurn(async () => {
      const listed = await outbound.start();
      if (peerCarries) for (const log of carrying?.stuck() ?? []) await outbound.show(log, first);
      settleAll();
      return listed * COST.listedLog;
    });
  };

  const handle = (bytes: Uint8Array): { cost: number; done: Promise<number> | undefined } => {
    counts.framesIn++;
    counts.bytesIn += bytes.length;
    const decoded = decodeFrame(bytes);
    if (!decoded.ok) {
      session.refuse(decoded.refusal);
      return { cost: 1, done: undefined };
    }
    const frame = decoded.value;
    if (frame === undefined) {
      counts.unknownFrames++;
      return { cost: 1, done: undefined };
    }
    if (!greeted && frame.kind !== "hello" && frame.kind !== "refused") {
      session.refuse(refuse("T4", "sender", "The first frame is not a hello. Update the older peer.").refusal);
      return { cost: 1, done: undefined };
    }
    return { cost: costOf(frame), done: dispatch(frame) };
  };

  const dispatch = (frame: Frame): Promise<number> | undefined => {
    switch (frame.kind) {
      case "hello":
        return greet(frame);
      case "heads":
        return inTurn(async () => {
          await inbound.onHeads(frame.heads);
          if (frame.done) peerHeadsDone = true;
          settleAll();
          return 0;
        });
      case "need":
        return inTurn(async () => {
          for (const need of frame.needs) {
            if (context.concerns(need.log) && (await inbound.onNeedHead(need))) await outbound.onNeed(need);
          }
          return 0;
        });
      case "blocks":
        return guarded(inbound.onBlocks(frame.log, frame.update));
      case "receipt":
        for (const receipt of frame.heads) outbound.onReceipt(receipt);
        return undefined;
      case "refused": {
        const { refusal } = frame;
        listeners.emit({ type: "refusal", refusal, by: "peer" });
        const peerLog = refusal.log === undefined ? undefined : peerLogs.get(refusal.log);
        if (peerLog !== undefined) outbound.onRefused(peerLog, refusal);
        return undefined;
      }
      case "ephemeral":
        return underWay(guarded(inbound.onEphemeral(frame.bytes)));
      case "proof":
        return guarded(inbound.onProof(frame.bytes));
      case "left":
        for (const left of frame.heads) outbound.onLeft(left);
        return undefined;
      case "ping":
        return afterEphemerals(() => context.send({ kind: "pong", number: frame.number }));
      case "pong":
        return afterEphemerals(() => {
          pings.get(frame.number)?.();
          pings.delete(frame.number);
        });
    }
  };

  const underWay = (judged: Promise<number>): Promise<number> => {
    const all = Promise.all([ephemeralsUnderWay, judged]).then(() => {
      if (ephemeralsUnderWay === all) ephemeralsUnderWay = undefined;
    });
    ephemeralsUnderWay = all;
    return judged;
  };
  /**
   * A round trip says that the ephemeral messages sent before it are judged, and forwarded, at the other side, and those that came
   * before its answer here: claims are decided by that order (E8).
   */
  const afterEphemerals = (run: () => void): undefined => {
    if (ephemeralsUnderWay === undefined) run();
    else void ephemeralsUnderWay.then(run);
    return undefined;
  };

  const guarded = async (work: Promise<number | undefined>): Promise<number> => {
    try {
      return (await work) ?? 0;
    } catch (error) {
      context.attempt(() => Promise.reject(error));
      return 0;
    }
  };

  const arrivals = createArrivals({
    channel,
    limits,
    schedule,
    now,
    handle,
    onDelay: () => context.count("delays"),
    onOverflow: (refusal) => session.refuse(refusal),
  });

  const unsubscribes = [
    logs.subscribe((accepted) => {
      if (greeted && context.concerns(accepted.log)) outbound.onAccepted(accepted);
    }),
    logs.onRefusal((refusal) => {
      // A proof was kept, by whichever way: everybody connected is told.
      if (refusal.rule === "L6" && greeted) outbound.sendProofs();
    }),
    carrying?.on((event) => {
      if (event.type === "stuck" && greeted && peerCarries) context.attempt(() => outbound.show(event.log));
      if (event.type === "forgotten" && greeted && peerLogs.get(event.log) !== undefined)
        inbound.leave(event.log, event.length);
    }),
    ephemerals?.subscribe((ephemeral) => {
      // The newest one wins: a slow reader misses some, and nothing is queued for it.
      if (greeted && ephemeral.origin !== session && channel.bufferedBytes() < limits.bufferedBytes) {
        sendEphemeral(ephemeral);
      }
    }),
  ];

  const release = (code: number, reason: string): void => {
    for (const unsubscribe of unsubscribes) unsubscribe?.();
    outbound.stop();
    inbound.stop();
    arrivals.stop();
    pings.clear();
    share?.leave();
    listeners.emit({ type: "closed", code, reason });
  };
  const end = (code: number, reason: string): void => {
    if (!open) return;
    open = false;
    channel.close(code, reason);
    release(code, reason);
  };

  channel.onMessage(arrivals.push);
  channel.onClose((code, reason) => {
    if (!open) return;
    open = false;
    release(code, reason);
  });
  sayHello();
  return session;
};

type Hello = Frame & { readonly kind: "hello" };

/** What a frame costs whatever comes of it: signatures to check and answers to make. */
const costOf = (frame: Frame): number => {
  switch (frame.kind) {
    case "heads":
      return COST.frame + frame.heads.length * COST.signature;
    case "need":
      return frame.needs.reduce<number>(
        (sum, { head }) => sum + (head === undefined ? COST.frame : COST.signature),
        COST.frame,
      );
    case "proof":
      return COST.proof;
    case "blocks":
      return COST.frame + frame.update.length * COST.updateByte;
    default:
      return COST.frame;
  }
};
