/**
 * The half of a session that sends: heads, then blocks on request, then new blocks as they are accepted.
 *
 * Nothing is queued per peer. Each log has a cursor, and blocks are read from the log when the window and the channel have
 * room, so a slow reader costs a cursor and never a backlog.
 */
import type { Accepted, LogState } from "@herdmind/log";
import {
  encodeForkProof,
  type LogHead,
  type LogId,
  type LogKey,
  type Refusal,
  readHead,
  refuse,
  type SignedHead,
} from "@herdmind/protocol";
import type { SessionContext } from "./context.js";
import { type Left, MAX_ITEMS_PER_FRAME, type Need } from "./frames.js";
import { visibleLength } from "./interest.js";
import type { PeerLog } from "./peer-log.js";

/** Milliseconds between looks at a channel whose buffer is full: WebSockets do not say when it drained. */
const BUFFER_POLL_MS = 5;
/** Milliseconds until a log is shown again that the other side left and that has grown since: a head a second is 250 bytes. */
const SHOW_AGAIN_MS = 1000;

export interface Outbound {
  /** Proofs, then the heads of every log that the other side wants; answers how many heads. */
  start(): Promise<number>;
  /** Whether all first heads were sent. */
  readonly started: boolean;
  onAccepted(accepted: Accepted): void;
  onNeed(need: Need): Promise<void>;
  onReceipt(receipt: LogHead): void;
  /** The other side does not want this log up to a length. */
  onLeft(left: Left): void;
  /**
   * Shows our head of a log to a side that carries for others, unless it knows it: its interest need not cover it. `isFirst`:
   * `synced` waits for its answer.
   */
  show(log: LogId, isFirst?: boolean): Promise<void>;
  /** The other side refused blocks of this log. */
  onRefused(peerLog: PeerLog, refusal: Refusal): void;
  /** The other side showed a valid head that agrees with ours: it holds `length`. */
  peerHolds(peerLog: PeerLog, length: number): void;
  /** Sends our head of a log, so that the other side compares. */
  announce(log: LogState): Promise<void>;
  /** Two heads of one place differ: proves it, keeps the proof, hands it over. */
  clash(theirs: SignedHead): Promise<void>;
  sendProofs(): void;
  pump(): void;
  stop(): void;
}

export const createOutbound = (context: SessionContext): Outbound => {
  const { logs, channel, limits, peerLogs } = context;
  const ready = new Set<LogKey>();
  let windowBytes = 0;
  let windowFrames = 0;
  let pumping = false;
  let started = false;
  /** By object, not by number: a lower proof of a log takes the place of the one that was known. */
  const proofsSent = new WeakSet<Uint8Array>();
  const shows = new Set<() => void>();
  let cancelPoll: (() => void) | undefined;
  let waiters: (() => void)[] = [];

  const channelFull = (): boolean => channel.bufferedBytes() >= limits.bufferedBytes;

  const pollBuffer = (): void => {
    cancelPoll ??= context.schedule(() => {
      cancelPoll = undefined;
      if (channelFull() && context.isOpen()) return pollBuffer();
      const waiting = waiters;
      waiters = [];
      for (const go of waiting) go();
      pump();
    }, BUFFER_POLL_MS);
  };
  const room = async (): Promise<void> => {
    while (context.isOpen() && channelFull()) {
      const drained = new Promise<void>((resolve) => waiters.push(resolve));
      pollBuffer();
      await drained;
    }
  };

  const land = (peerLog: PeerLog, upTo: number): void => {
    while (peerLog.inFlight[0] !== undefined && peerLog.inFlight[0].next <= upTo) {
      const { bytes } = peerLog.inFlight.shift() as { next: number; bytes: number };
      peerLog.inFlightBytes -= bytes;
      windowBytes -= bytes;
      windowFrames--;
    }
  };

  const dropInFlight = (peerLog: PeerLog): void => land(peerLog, Number.POSITIVE_INFINITY);

  const end = (peerLog: PeerLog, state: LogState): number =>
    context.peerWants(state) || peerLog.carried
      ? visibleLength(state)
      : Math.min(visibleLength(state), peerLog.askedTo);

  const wake = (peerLog: PeerLog): void => {
    const state = logs.get(peerLog.log);
    if (state === undefined || peerLog.cursor === undefined || peerLog.refused || !context.carriesBlocks) return;
    if (peerLog.cursor < end(peerLog, state)) {
      ready.add(peerLog.key);
      pump();
    }
  };

  const sendNext = async (peerLog: PeerLog): Promise<void> => {
    const from = peerLog.cursor;
    const state = logs.get(peerLog.log);
    if (from === undefined || peerLog.refused || state === undefined || from >= end(peerLog, state)) return;
    if (peerLog.inFlightBytes >= limits.logWindowBytes || peerLog.inFlight.length >= limits.logWindowFrames) return;
    const piece = await logs.update(peerLog.log, from, limits.updateBytes);
    // Another need may have moved the cursor meanwhile.
    if (!context.isOpen() || piece === undefined || peerLog.cursor !== from)
      return void (peerLog.cursor !== from && wake(peerLog));
    context.send({ kind: "blocks", log: peerLog.log, update: piece.update });
    context.count("blocksOut", piece.next - from);
    peerLog.cursor = piece.next;
    peerLog.inFlight.push({ next: piece.next, bytes: piece.update.length });
    peerLog.inFlightBytes += piece.update.length;
    windowBytes += piece.update.length;
    windowFrames++;
    // At the end of the set: logs take turns.
    if (piece.next < end(peerLog, logs.get(peerLog.log) ?? state)) ready.add(peerLog.key);
  };

  const pump = (): void => {
    if (pumping) return;
    pumping = true;
    void (async () => {
      for (let key = next(); key !== undefined; key = next()) {
        ready.delete(key);
        const peerLog = peerLogs.byKey(key);
        try {
          if (peerLog !== undefined) await sendNext(peerLog);
        } catch {
          // Storage failed or is closed: the log's own listeners hear of it; the other side asks again.
          if (peerLog !== undefined) peerLog.cursor = undefined;
        }
      }
      pumping = false;
    })();
  };
  const next = (): LogKey | undefined => {
    if (!context.isOpen() || ready.size === 0) return undefined;
    if (windowBytes >= limits.windowBytes || windowFrames >= limits.windowFrames) return undefined;
    if (channelFull()) {
      pollBuffer();
      return undefined;
    }
    return ready.keys().next().value;
  };

  const signedHead = async (state: LogState): Promise<Uint8Array | undefined> => {
    const length = visibleLength(state);
    return length === 0 ? undefined : logs.signedHead(state, length);
  };

  /** A log that the other side left has grown: it may want it now. */
  const showLater = (peerLog: PeerLog): void => {
    if (peerLog.showing) return;
    peerLog.showing = true;
    const cancel = context.schedule(() => {
      shows.delete(cancel);
      peerLog.showing = false;
      const state = logs.get(peerLog.log);
      if (state === undefined || !context.isOpen() || !context.peerWants(state)) return;
      context.attempt(() => outbound.show(peerLog.log));
    }, SHOW_AGAIN_MS);
    shows.add(cancel);
  };

  const markAnnounced = (state: LogState): PeerLog | undefined => {
    const peerLog = peerLogs.of(state);
    if (peerLog !== undefined) peerLog.announced = Math.max(peerLog.announced, visibleLength(state));
    return peerLog;
  };

  const outbound: Outbound = {
    get started() {
      return started;
    },
    async start() {
      this.sendProofs();
      const listed = logs.list().filter((state) => context.concerns(state) && context.peerWants(state));
      for (let at = 0; at < listed.length || at === 0; at += MAX_ITEMS_PER_FRAME) {
        await room();
        const heads: Uint8Array[] = [];
        for (const state of listed.slice(at, at + MAX_ITEMS_PER_FRAME)) {
          const head = await signedHead(state);
          if (head === undefined) continue;
          const peerLog = markAnnounced(state);
          if (peerLog === undefined) continue;
          peerLog.firstAnnounced = visibleLength(state);
          heads.push(head);
        }
        if (!context.isOpen()) return at;
        context.send({ kind: "heads", done: at + MAX_ITEMS_PER_FRAME >= listed.length, heads });
      }
      started = true;
      for (const peerLog of peerLogs.all()) context.settle(peerLog);
      return listed.length;
    },
    onAccepted({ log, blocks, origin }) {
      const state = logs.get(log);
      const first = blocks[0];
      const last = blocks.at(-1);
      if (state === undefined || first === undefined || last === undefined) return;
      const known = peerLogs.get(log);
      if (origin === context.origin) {
        if (known === undefined) return;
        known.held = Math.max(known.held, last.sequence + 1);
        known.cursor = Math.max(known.cursor ?? 0, last.sequence + 1);
        return;
      }
      if (!context.peerWants(state) && known?.carried !== true) return;
      const peerLog = known ?? peerLogs.of(log);
      if (peerLog === undefined) return;
      // A log that begins here now: the other side has nothing of it unless it came to both at once.
      if (peerLog.cursor === undefined && first.sequence === 0 && peerLog.held === 0 && context.carriesBlocks)
        peerLog.cursor = 0;
      // They showed a longer log than ours, and the blocks came here another way: now we know where theirs ends.
      const takes = !peerLog.postponed && peerLog.left === 0;
      if (peerLog.cursor === undefined && takes && peerLog.held > 0 && last.sequence + 1 >= peerLog.held)
        peerLog.cursor = peerLog.held;
      if (peerLog.cursor !== undefined) wake(peerLog);
      else if (started && peerLog.left > 0) showLater(peerLog);
      else if (started && peerLog.announced === 0) context.attempt(() => this.announce(state));
    },
    async onNeed({ log, from }) {
      const state = logs.get(log);
      if (state === undefined) {
        context.send({
          kind: "refused",
          refusal: refuse(
            "L3",
            "none",
            `The log ${log.writer}/${log.generation} is not held here. Ask a peer that carries it.`,
            { log },
          ).refusal,
        });
        return;
      }
      const peerLog = peerLogs.of(log);
      if (peerLog === undefined || !context.carriesBlocks) return;
      dropInFlight(peerLog);
      peerLog.refused = false;
      peerLog.left = 0;
      // It was shown a log that canon did not take, and carries it from here on.
      peerLog.carried = context.peerCarries();
      peerLog.postponed = false;
      peerLog.cursor = Math.min(from, visibleLength(state));
      peerLog.askedTo = visibleLength(state);
      wake(peerLog);
    },
    onReceipt(receipt) {
      const state = logs.get(receipt);
      const peerLog = peerLogs.get(receipt);
      // A receipt proves nothing; one for a log that was never spoken of is only ignored.
      if (state === undefined || peerLog === undefined) return;
      land(peerLog, receipt.length);
      const ours = visibleLength(state);
      if (receipt.length === state.length && receipt.hash !== state.hash) {
        // Only their signed head can prove a fork: showing ours makes them compare.
        context.attempt(() => this.announce(state));
        return;
      }
      this.peerHolds(peerLog, receipt.length);
      peerLog.postponed = false;
      if (peerLog.cursor === undefined && receipt.length <= ours) peerLog.cursor = receipt.length;
      wake(peerLog);
      pump();
    },
    onLeft({ length, ...log }) {
      const peerLog = peerLogs.get(log);
      if (peerLog === undefined) return;
      peerLog.carried = false;
      peerLog.left = Math.max(peerLog.left, length);
      context.settle(peerLog);
      const state = logs.get(log);
      if (state !== undefined && visibleLength(state) > peerLog.announced && context.peerWants(state))
        showLater(peerLog);
    },
    async show(log, isFirst = false) {
      const state = logs.get(log);
      if (state === undefined || !context.concerns(log) || !context.carriesBlocks) return;
      const peerLog = peerLogs.of(log);
      const length = visibleLength(state);
      if (peerLog === undefined || peerLog.refused || Math.max(peerLog.held, peerLog.announced) >= length) return;
      if (isFirst) peerLog.firstAnnounced = length;
      await this.announce(state);
    },
    onRefused(peerLog, { fault, rule }) {
      dropInFlight(peerLog);
      peerLog.carried = false;
      // There is no room for it there: what it holds is all that it wants for now.
      if (rule === "T3" && fault === "none") peerLog.left = peerLog.announced;
      peerLog.cursor = undefined;
      if (fault !== "none") peerLog.refused = true;
      else peerLog.postponed = true;
      context.settle(peerLog);
      pump();
    },
    peerHolds(peerLog, length) {
      if (length > peerLog.held) {
        peerLog.held = length;
        context.emit({ type: "peer", log: peerLog.log, length });
      }
      context.settle(peerLog);
    },
    async announce(state) {
      const head = await signedHead(state);
      if (head === undefined || !context.isOpen()) return;
      markAnnounced(state);
      context.send({ kind: "heads", done: true, heads: [head] });
    },
    async clash(theirs) {
      const { writer, generation, sequence } = theirs.header;
      const ours = await logs.signedHead({ writer, generation }, sequence + 1);
      if (ours === undefined) return;
      const mine = readHead(ours);
      if (!mine.ok || mine.value.hash === theirs.hash) return;
      const known = new Set(logs.proofs());
      const kept = await logs.offerProof(encodeForkProof(ours, theirs.bytes), context.origin);
      if (kept.ok && logs.proofs().some((proof) => !known.has(proof))) {
        const message = `${writer} has signed two different logs in generation ${generation}: the head shown here and ours prove it.`;
        context.emit({
          type: "refusal",
          refusal: refuse("L6", "writer", message, { log: kept.value, sequence }).refusal,
          by: "us",
        });
      }
      this.sendProofs();
    },
    sendProofs() {
      for (const bytes of logs.proofs()) {
        if (!context.isOpen() || proofsSent.has(bytes)) continue;
        proofsSent.add(bytes);
        context.send({ kind: "proof", bytes });
      }
    },
    pump,
    stop() {
      cancelPoll?.();
      cancelPoll = undefined;
      ready.clear();
      for (const go of waiters) go();
      waiters = [];
      for (const cancel of shows) cancel();
      shows.clear();
    },
  };
  return outbound;
};
