/**
 * What this peer publishes. Nothing is queued: each log has a cursor, and what accumulates while the topic is quiet, the
 * rate is used up or every neighbour is slow travels in one message, or as a head that neighbours fetch by.
 */
import type { Accepted, LogState, Logs } from "@herdmind/log";
import { type LogId, type LogKey, logKey } from "@herdmind/protocol";
import { type Ephemerals, encodeFrame, isCanon } from "@herdmind/sync";
import type { Gossip } from "./gossip.js";
import { MAX_ANNOUNCED_HEADS, MESSAGE_OVERHEAD } from "./judge-message.js";
import type { MeshLimits } from "./limits.js";
import type { Plane } from "./secrets.js";

export interface Publisher {
  /** A message with the log's blocks to this length came over gossip and went on from here. */
  onHeard(log: LogId, length: number): void;
  /** Somebody subscribed, or reads again. */
  wake(): void;
  /** Resolves when nothing waits that somebody would take. */
  idle(): Promise<void>;
  stop(): void;
  readonly counts: PublishCounts;
}

export interface PublishCounts {
  messages: number;
  /** Neighbours that took one of them, over all messages. */
  copies: number;
  bytes: number;
  /** Heads announced in place of blocks. */
  heads: number;
}

/**
 * Milliseconds within which the head of a log that came another way is announced, at random: of the many who got it from one
 * relay the first one's message keeps the others quiet.
 */
const ANNOUNCE_WITHIN_MS = 200;
/** Milliseconds between looks at full streams: gossipsub does not say when they drained. */
const POLL_MS = 5;
/**
 * An ephemeral message waits this long for somebody who listens: a claim that is made while a connection introduces itself.
 * Later ones say the same, and who comes later hears what is held in an exchange.
 */
const FRESH_MS = 2000;
const FRESH_POLL_MS = 50;
/** Ephemeral messages that wait: the oldest are dropped, at 4 KiB each. */
const MAX_FRESH = 64;

interface Waiting {
  readonly log: LogId;
  /** What was published, or heard of. */
  offered: number;
  /** Whether blocks are sent, or only a head. */
  blocks: boolean;
}

export const createPublisher = (options: {
  readonly logs: Logs;
  readonly gossip: Gossip;
  readonly ephemerals: Ephemerals;
  readonly limits: MeshLimits;
  readonly random: () => number;
  /** Whether gossipsub forwards what has this origin by itself. */
  readonly isForwarded: (origin: unknown) => boolean;
  /** Blocks of this peer's own writers were published. */
  readonly onPublished: (log: LogId, plane: Plane) => void;
}): Publisher => {
  const { logs, gossip, limits, random } = options;
  /** Logs with something to say. Those for whom nobody listens stay here, at the cost of a cursor. */
  const waiting = new Map<LogKey, Waiting>();
  const fresh: { readonly message: Uint8Array; readonly until: number }[] = [];
  const proofsSent = new WeakSet<Uint8Array>();
  const counts: PublishCounts = { messages: 0, copies: 0, bytes: 0, heads: 0 };
  let announceTimer: ReturnType<typeof setTimeout> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let pumping: Promise<void> | undefined;
  let stopped = false;
  // Buckets of one second; full at first, so that a quiet peer's message leaves at once.
  let messages = limits.messagesPerSecond;
  let bytes = limits.bytesPerSecond;
  let filledAt = performance.now();

  const planeOf = (state: LogState): Plane => (isCanon(state) ? "canon" : "proposals");
  const visible = (state: LogState): number => Math.min(state.length, state.quarantinedFrom ?? state.length);

  /** Milliseconds until the rate allows another message. */
  const delay = (): number => {
    const time = performance.now();
    const seconds = (time - filledAt) / 1000;
    filledAt = time;
    messages = Math.min(limits.messagesPerSecond, messages + seconds * limits.messagesPerSecond);
    bytes = Math.min(limits.bytesPerSecond, bytes + seconds * limits.bytesPerSecond);
    if (messages >= 1 && bytes >= 0) return 0;
    return Math.ceil(Math.max((1 - messages) / limits.messagesPerSecond, -bytes / limits.bytesPerSecond) * 1000);
  };

  const publish = async (plane: Plane, frame: Uint8Array): Promise<boolean> => {
    const taken = await gossip.publish(plane, frame);
    if (taken === 0) return false;
    counts.copies += taken;
    messages--;
    bytes -= frame.length;
    counts.messages++;
    counts.bytes += frame.length;
    return true;
  };

  const retryIn = (ms: number): void => {
    if (stopped) return;
    retry ??= setTimeout(() => {
      retry = undefined;
      wake();
    }, ms);
  };
  const wake = (): void => {
    void sendFresh();
    if (stopped || waiting.size === 0) return;
    pumping ??= pump().finally(() => {
      pumping = undefined;
    });
  };

  /** One round over what waits. Logs take turns. */
  const pump = async (): Promise<void> => {
    // Appends of one moment are one message: the writer goes on first.
    await Promise.resolve();
    const round = [...waiting.values()];
    const heads: { readonly [plane in Plane]: Waiting[] } = { canon: [], proposals: [] };
    for (const entry of round) {
      if (stopped) return;
      const wait = delay();
      if (wait > 0) return retryIn(wait);
      const state = logs.get(entry.log);
      if (state === undefined) continue;
      const plane = planeOf(state);
      const room = gossip.room(plane);
      if (room === "full") {
        retryIn(POLL_MS);
        continue;
      }
      // It stays: whoever subscribes wakes this up.
      if (room === "nobody") continue;
      try {
        if (entry.blocks) await sendBlocks(entry, state, plane);
        else heads[plane].push(entry);
      } catch {
        // Storage failed or is closed: the log's own listeners hear of it, and an exchange brings the rest.
        waiting.delete(logKey(entry.log));
      }
    }
    await announce("canon", heads.canon);
    await announce("proposals", heads.proposals);
  };

  const done = (entry: Waiting, length: number): void => {
    const key = logKey(entry.log);
    entry.offered = Math.max(entry.offered, length);
    const state = logs.get(entry.log);
    if (state === undefined || entry.offered >= visible(state)) waiting.delete(key);
    else retryIn(0);
  };

  const sendBlocks = async (entry: Waiting, state: LogState, plane: Plane): Promise<void> => {
    const { log } = entry;
    const from = entry.offered;
    if (visible(state) <= from) return done(entry, from);
    if (visible(state) - from > limits.blocksBehind) {
      entry.blocks = false;
      return retryIn(0);
    }
    const piece = await logs.update(log, from, limits.messageBytes);
    if (piece === undefined) return done(entry, from);
    const frame = encodeFrame({ kind: "blocks", log, update: piece.update });
    if (frame.length > limits.messageBytes + MESSAGE_OVERHEAD) {
      // One block that is larger than a message may be: neighbours fetch it.
      entry.blocks = false;
      return retryIn(0);
    }
    if (await publish(plane, frame)) {
      options.onPublished(log, plane);
      done(entry, piece.next);
    }
  };

  const announce = async (plane: Plane, entries: readonly Waiting[]): Promise<void> => {
    for (let at = 0; at < entries.length; at += MAX_ANNOUNCED_HEADS) {
      const some: { readonly entry: Waiting; readonly length: number; readonly head: Uint8Array }[] = [];
      for (const entry of entries.slice(at, at + MAX_ANNOUNCED_HEADS)) {
        const state = logs.get(entry.log);
        const length = state === undefined ? 0 : visible(state);
        if (length <= entry.offered) {
          waiting.delete(logKey(entry.log));
          continue;
        }
        const head = await logs.signedHead(entry.log, length).catch(() => undefined);
        if (head !== undefined) some.push({ entry, length, head });
      }
      if (some.length === 0 || stopped) continue;
      if (!(await publish(plane, encodeFrame({ kind: "heads", done: true, heads: some.map(({ head }) => head) }))))
        return;
      counts.heads += some.length;
      for (const { entry, length } of some) {
        // What comes next of an own log travels as blocks again.
        entry.blocks = true;
        options.onPublished(entry.log, plane);
        done(entry, length);
      }
    }
  };

  const enter = (log: LogId, from: number, blocks: boolean): void => {
    const key = logKey(log);
    const entry = waiting.get(key);
    if (entry === undefined) {
      waiting.set(key, {
        log: { writer: log.writer, generation: log.generation },
        offered: from,
        blocks,
      });
    }
  };

  const onAccepted = ({ log, blocks, origin }: Accepted): void => {
    const first = blocks[0];
    if (first === undefined || options.isForwarded(origin)) return;
    if (isWriter(origin)) {
      enter(log, first.sequence, true);
      wake();
      return;
    }
    enter(log, first.sequence, false);
    announceTimer ??= setTimeout(() => {
      announceTimer = undefined;
      wake();
    }, random() * ANNOUNCE_WITHIN_MS);
  };

  const sendFresh = async (): Promise<void> => {
    while (fresh[0] !== undefined && fresh[0].until < performance.now()) fresh.shift();
    if (stopped || fresh.length === 0) return;
    if (delay() > 0 || gossip.room("canon") !== "yes") return retryIn(FRESH_POLL_MS);
    const { message } = fresh.shift() as { message: Uint8Array };
    await publish("canon", encodeFrame({ kind: "ephemeral", bytes: message }));
    return sendFresh();
  };

  const sendProofs = async (): Promise<void> => {
    for (const bytes of logs.proofs()) {
      if (proofsSent.has(bytes) || stopped) continue;
      proofsSent.add(bytes);
      await publish("canon", encodeFrame({ kind: "proof", bytes }));
    }
  };
  // Proofs from before are told in exchanges.
  for (const bytes of logs.proofs()) proofsSent.add(bytes);

  const unsubscribes = [
    logs.subscribe(onAccepted),
    logs.onRefusal((refusal, origin) => {
      if (refusal.rule === "L6" && !options.isForwarded(origin)) void sendProofs();
    }),
    options.ephemerals.subscribe(({ bytes: message, origin }) => {
      if (options.isForwarded(origin)) return;
      fresh.push({ message, until: performance.now() + FRESH_MS });
      if (fresh.length > MAX_FRESH) fresh.shift();
      void sendFresh();
    }),
  ];

  return {
    counts,
    onHeard(log, length) {
      const key = logKey(log);
      const entry = waiting.get(key);
      if (entry === undefined) return;
      entry.offered = Math.max(entry.offered, length);
      const state = logs.get(log);
      if (state !== undefined && entry.offered >= visible(state)) waiting.delete(key);
    },
    wake,
    async idle() {
      while (!stopped && [...waiting.values()].some(({ log }) => isTakeable(log))) {
        wake();
        await pumping;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    stop() {
      stopped = true;
      clearTimeout(announceTimer);
      clearTimeout(retry);
      for (const unsubscribe of unsubscribes) unsubscribe();
    },
  };

  function isTakeable(log: LogId): boolean {
    const state = logs.get(log);
    return state !== undefined && gossip.room(planeOf(state)) !== "nobody";
  }
};

const isWriter = (origin: unknown): boolean => typeof origin === "object" && origin !== null && "append" in origin;
