/**
 * The half of a session that receives: heads are verified before a length in them is believed, blocks go to `ingest` and
 * nowhere else, and the answer to each is a receipt, a `need` or a refusal.
 */
import type { IngestReceipt } from "@herdmind/log";
import {
  ephemeralKind,
  type LogHead,
  type LogId,
  type LogKey,
  logKey,
  type Refusal,
  readHead,
  refuse,
  type SignedHead,
  verifyHead,
} from "@herdmind/protocol";
import { createBucket } from "./buckets.js";
import type { SessionContext } from "./context.js";
import { type Left, MAX_ITEMS_PER_FRAME, type Need } from "./frames.js";
import { visibleLength } from "./interest.js";
import { COST } from "./limits.js";
import type { Outbound } from "./outbound.js";
import type { PeerLog } from "./peer-log.js";

/** Milliseconds until a log is asked for again after a refusal that was nobody's fault (a full disk), and the longest wait. */
const FIRST_SETBACK_MS = 250;
const LONGEST_SETBACK_MS = 30_000;
/** Milliseconds until logs are looked at again for which there was no room: one timer for all of them. */
const ROOM_MS = 5000;

export interface Inbound {
  /** Says that this side wants no more of a log. */
  leave(log: LogId, length: number): void;
  onHeads(heads: readonly Uint8Array[]): Promise<void>;
  /** Answers what judging them has cost, in the units of `COST`. */
  onBlocks(log: LogId, update: Uint8Array): Promise<number | undefined>;
  onProof(bytes: Uint8Array): Promise<undefined>;
  onEphemeral(bytes: Uint8Array): Promise<undefined>;
  /** Judges the signed head in a `need`: the other side's log ends there. False: the connection is closing. */
  onNeedHead(need: Need): Promise<boolean>;
  stop(): void;
}

export const createInbound = (context: SessionContext, outbound: Outbound): Inbound => {
  const { logs, limits, peerLogs } = context;
  const needs = new Map<LogKey, PeerLog>();
  const receipts = new Map<LogKey, LogHead>();
  const timers = new Set<() => void>();
  const { strangeLogs } = context;
  const left = new Map<LogKey, Left>();
  const waiting = new Set<PeerLog>();
  let flushing = false;
  // A flood of one must not starve the other: whether canon is fresh is seen by heartbeats alone (E6).
  const heartbeats = createBucket(limits.heartbeatsPerSecond, limits.heartbeatsPerSecond, context.now);
  const proofs = createBucket(limits.proofs / 60, limits.proofs, context.now);
  const ephemerals = createBucket(limits.ephemeralsPerSecond, limits.ephemeralsAtOnce, context.now);

  const flushSoon = (): void => {
    if (flushing) return;
    flushing = true;
    queueMicrotask(() => {
      flushing = false;
      context.attempt(flush);
    });
  };

  const noteReceipt = ({ writer, generation, length, hash }: LogHead): void => {
    receipts.set(logKey({ writer, generation }), { writer, generation, length, hash });
  };

  const flush = async (): Promise<void> => {
    const asking = [...needs.values()];
    needs.clear();
    for (const { log, wanted } of asking) {
      const state = logs.get(log);
      // What was to be asked for came another way meanwhile: said, or the other side would wait for a need for ever.
      if (state !== undefined && state.length >= wanted) noteReceipt(state);
    }
    const ready = [...receipts.values()];
    receipts.clear();
    for (let at = 0; at < ready.length; at += MAX_ITEMS_PER_FRAME) {
      context.send({ kind: "receipt", heads: ready.slice(at, at + MAX_ITEMS_PER_FRAME) });
    }
    const away = [...left.values()];
    left.clear();
    for (let at = 0; at < away.length; at += MAX_ITEMS_PER_FRAME) {
      context.send({ kind: "left", heads: away.slice(at, at + MAX_ITEMS_PER_FRAME) });
    }
    for (let at = 0; at < asking.length; at += MAX_ITEMS_PER_FRAME) {
      const list: Need[] = [];
      for (const peerLog of asking.slice(at, at + MAX_ITEMS_PER_FRAME)) {
        const from = logs.get(peerLog.log)?.length ?? 0;
        if (from >= peerLog.wanted || !hasRoom(peerLog)) continue;
        const head = from === 0 ? undefined : await logs.signedHead(peerLog.log, from);
        if (from > 0 && head === undefined) continue;
        peerLog.needed = from;
        list.push({ log: peerLog.log, from, head });
      }
      if (list.length > 0 && context.isOpen()) context.send({ kind: "need", needs: list });
    }
  };

  const askFor = (peerLog: PeerLog): void => {
    if (peerLog.stopped || !context.carriesBlocks) return;
    needs.set(peerLog.key, peerLog);
    flushSoon();
  };

  /** What this side's `carry` says of a head that is ahead of us; the answer is said, and what is left costs nothing more. */
  const mayAsk = (log: LogId, length: number): boolean => {
    const verdict = context.carrying?.judge(log, length) ?? "take";
    if ((verdict !== "passed" && verdict !== "left") || !context.carriesBlocks) return true;
    leave(log, length);
    return false;
  };
  const leave = ({ writer, generation }: LogId, length: number): void => {
    left.set(logKey({ writer, generation }), { writer, generation, length });
    flushSoon();
  };

  /** For a log that is about to be asked for: it may have been passed by canon meanwhile, or there is no room; then later. */
  const hasRoom = (peerLog: PeerLog): boolean => {
    const verdict = context.carrying?.judge(peerLog.log, peerLog.wanted) ?? "take";
    if (verdict === "full") noRoom(peerLog);
    else if (verdict !== "take") {
      leave(peerLog.log, peerLog.wanted);
      peerLog.wanted = 0;
      peerLog.firstWanted = 0;
      context.settle(peerLog);
    }
    return verdict === "take";
  };

  /** Says once that there is no room, and looks again from time to time: what canon takes makes room. */
  const noRoom = (peerLog: PeerLog): undefined => {
    if (!peerLog.toldFull && context.carrying !== undefined) context.refuse(context.carrying.refuse(peerLog.log));
    peerLog.toldFull = true;
    peerLog.firstWanted = 0;
    context.settle(peerLog);
    waiting.add(peerLog);
    if (waiting.size > 1) return;
    later(ROOM_MS, () => {
      const all = [...waiting];
      waiting.clear();
      for (const each of all) askFor(each);
    });
  };

  const later = (ms: number, run: () => void): void => {
    const cancel = context.schedule(() => {
      timers.delete(cancel);
      if (context.isOpen()) run();
    }, ms);
    timers.add(cancel);
  };

  const acknowledge = (log: LogId, length: number, hash: LogHead["hash"]): void => {
    noteReceipt({ writer: log.writer, generation: log.generation, length, hash });
    flushSoon();
  };

  const logOf = (head: SignedHead): LogId => ({ writer: head.header.writer, generation: head.header.generation });

  /**
   * Whose log it is shows only in its first block, and by then it is stored. So whoever has brought as many unwanted ones as may be,
   * over all its sessions, brings no unknown one any more: canon's next generation comes from somebody else.
   */
  const isOneStrangeTooMany = (log: LogId): boolean =>
    strangeLogs.size >= limits.strangeLogs &&
    !strangeLogs.has(logKey(log)) &&
    logs.get(log) === undefined &&
    !context.wantsUnknown(log);
  const notCarried = (log: LogId): Refusal =>
    refuse("T3", "none", `The log ${log.writer}/${log.generation} is not carried here.`, { log }).refusal;

  const tooStrange = (log: LogId): Refusal =>
    refuse("T3", "sender", `More than ${limits.strangeLogs} logs that nobody here asked for.`, { log }).refusal;

  /** Compares a head with what is held here. False: nobody signed it, the connection is closing. */
  const judge = async (head: SignedHead, answer: boolean): Promise<boolean> => {
    const log = logOf(head);
    const length = head.header.sequence + 1;
    if (head.header.swarm !== logs.swarm) {
      context.refuse(
        refuse("T2", "sender", `This head belongs to swarm ${head.header.swarm}, not to ${logs.swarm}.`).refusal,
      );
      return false;
    }
    if (!context.concerns(log)) return true;
    const state = logs.get(log);
    const behind = state === undefined || state.length < length;
    // Before anything is believed or remembered of it: most heads are of logs that canon has.
    if (behind && !mayAsk(log, length)) return true;
    const equalTip = state !== undefined && state.length === length && state.hash === head.hash;
    // Equal hash is equal bytes: that signature was checked when the block came in.
    if (!equalTip && !(await verifyHead(head))) {
      context.refuse(
        refuse("L5", "sender", `This head of ${log.writer}/${log.generation} does not carry a valid signature.`, {
          log,
        }).refusal,
      );
      return false;
    }
    const peerLog = peerLogs.of(log);
    if (peerLog === undefined) {
      context.tooManyLogs();
      return false;
    }
    if (state === undefined || state.length < length) {
      if (state?.quarantinedFrom !== undefined) return true;
      if (state !== undefined && !context.wants(state) && !context.wantsUnknown(log)) return true;
      if (!context.accepts(log) || isOneStrangeTooMany(log)) {
        context.send({ kind: "refused", refusal: notCarried(log) });
        return true;
      }
      if (peerLog.stopped) return true;
      peerLog.wanted = Math.max(peerLog.wanted, length);
      if (context.exchanging()) peerLog.firstWanted = peerLog.wanted;
      context.settle(peerLog);
      outbound.peerHolds(peerLog, length);
      askFor(peerLog);
      return true;
    }
    if (!equalTip) {
      const mine = await logs.signedHead(log, length);
      const ours = mine === undefined ? undefined : readHead(mine);
      if (ours?.ok === true && ours.value.hash !== head.hash) {
        await outbound.clash(head);
        return true;
      }
    }
    outbound.peerHolds(peerLog, length);
    if (length === visibleLength(state)) {
      peerLog.cursor = Math.max(peerLog.cursor ?? 0, length);
      if (answer && peerLog.announced < length) acknowledge(log, state.length, state.hash);
    } else if (answer) {
      if (context.peerWants(state)) {
        // They are behind: our head makes them ask.
        if (peerLog.announced < visibleLength(state) && outbound.started) await outbound.announce(state);
      } else {
        acknowledge(log, state.length, state.hash);
      }
    }
    return true;
  };

  const settleIngest = (peerLog: PeerLog, receipt: IngestReceipt): void => {
    const { log } = peerLog;
    if (receipt.ok) {
      peerLog.setbacks = 0;
      peerLog.toldFull = false;
      peerLog.needed = undefined;
      if (receipt.hash !== undefined) acknowledge(log, receipt.length, receipt.hash);
      if (receipt.length >= peerLog.wanted) peerLog.wanted = 0;
      context.settle(peerLog);
      const state = logs.get(log);
      if (state !== undefined && !context.wants(state) && !strangeLogs.has(peerLog.key)) {
        strangeLogs.add(peerLog.key);
        if (strangeLogs.size > limits.strangeLogs) {
          context.refuse(tooStrange(log));
        }
      }
      return;
    }
    const { refusal } = receipt;
    if (refusal.rule === "L3" && refusal.need !== undefined) {
      // Blocks were cut off on their way here: ask for them once, not once per frame that follows.
      if (peerLog.needed === refusal.need) return;
      peerLog.wanted = Math.max(peerLog.wanted, refusal.need + 1, (refusal.sequence ?? 0) + 1);
      askFor(peerLog);
      return;
    }
    if (refusal.fault === "writer") {
      peerLog.stopped = true;
      context.settle(peerLog);
    }
    context.refuse({ log, ...refusal });
    if (refusal.fault === "writer") {
      const state = logs.get(log);
      // A fork may lie below: with our head they can prove it, with our proof they can see it.
      outbound.sendProofs();
      if (state !== undefined) context.attempt(() => outbound.announce(state));
    }
    if (refusal.fault === "none") {
      const wait = Math.min(LONGEST_SETBACK_MS, FIRST_SETBACK_MS * 2 ** peerLog.setbacks++);
      peerLog.wanted = Math.max(peerLog.wanted, (logs.get(log)?.length ?? 0) + 1);
      later(wait, () => askFor(peerLog));
    }
  };

  return {
    leave,
    async onHeads(heads) {
      const read: SignedHead[] = [];
      for (const bytes of heads) {
        const head = readHead(bytes);
        if (!head.ok) return context.refuse(head.refusal);
        read.push(head.value);
      }
      await Promise.all(read.map((head) => judge(head, true)));
    },
    async onNeedHead({ log, from, head: bytes }) {
      if (bytes === undefined) return true;
      const head = readHead(bytes);
      if (!head.ok) {
        context.refuse(head.refusal);
        return false;
      }
      if (logKey(logOf(head.value)) !== logKey(log) || head.value.header.sequence + 1 !== from) {
        context.refuse(
          refuse("T4", "sender", "The head in a need is not the one it asks from. Update the other peer.").refusal,
        );
        return false;
      }
      return judge(head.value, false);
    },
    async onBlocks(log, update) {
      if (!context.carriesBlocks || !context.concerns(log)) {
        return context.refuse(
          refuse("T4", "sender", "Blocks of this log do not travel on this connection.", { log }).refusal,
        );
      }
      if (!context.mayWrite) {
        return context.refuse(
          refuse("T2", "sender", "Your role may read, not write. Ask for a ticket with role agent.", { log }).refusal,
        );
      }
      const peerLog = peerLogs.of(log);
      if (peerLog === undefined) return context.tooManyLogs();
      if (peerLog.stopped) return undefined;
      if (!context.accepts(log)) return context.refuse(notCarried(log));
      if (isOneStrangeTooMany(log)) return context.refuse(tooStrange(log));
      const held = logs.get(log);
      const verdict = context.carrying?.judge(log, undefined, update.length);
      if (verdict === "full") {
        peerLog.needed = undefined;
        peerLog.wanted = Math.max(peerLog.wanted, (held?.length ?? 0) + 1);
        return noRoom(peerLog);
      }
      if (held !== undefined && !context.wants(held) && peerLog.needed === undefined) {
        return context.refuse(
          refuse("T3", "none", `Nobody here asked for the log ${log.writer}/${log.generation}.`, { log }).refusal,
        );
      }
      const release = context.carrying?.reserve(log, update.length);
      const receipt = await logs.ingest(log, update, context.origin).finally(release);
      settleIngest(peerLog, receipt);
      const { blocks, records, bytes } = receipt.work ?? { blocks: 0, records: 0, bytes: 0 };
      return blocks * COST.signature + records * COST.record + bytes * COST.inflatedByte;
    },
    async onProof(bytes) {
      // Anybody can make a key and sign two heads with it; an honest peer that was told of too many must not be shut out for it.
      if (!proofs.take()) {
        return context.refuse(
          refuse("T3", "none", `More than ${limits.proofs} fork proofs a minute. This one is dropped.`).refusal,
        );
      }
      const known = new Set(logs.proofs());
      const kept = await logs.offerProof(bytes, context.origin);
      if (!kept.ok) return context.refuse(kept.refusal);
      if (logs.proofs().every((proof) => known.has(proof))) return undefined;
      const log = kept.value;
      const refusal = refuse(
        "L6",
        "writer",
        `${log.writer} has signed two different logs in generation ${log.generation}: the other side proved it.`,
        { log },
      );
      context.emit({ type: "refusal", refusal: refusal.refusal, by: "peer" });
      return undefined;
    },
    async onEphemeral(bytes) {
      if (context.ephemerals === undefined) return undefined;
      const bucket = ephemeralKind(bytes) === "heartbeat" ? heartbeats : ephemerals;
      if (!bucket.take()) return context.count("droppedEphemerals");
      const taken = await context.ephemerals.offer(bytes, context.origin);
      return taken.ok || taken.refusal.fault === "none" ? undefined : context.refuse(taken.refusal);
    },
    stop() {
      for (const cancel of timers) cancel();
      timers.clear();
    },
  };
};
