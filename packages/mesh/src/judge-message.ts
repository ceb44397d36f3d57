/**
 * The validator of both topics (T6): a message is one frame of a sync session, and what it brings passes the same doors as on
 * any other way. Accepted messages are forwarded; refused ones cost their bringer; the rest is only not passed on.
 */
import { TopicValidatorResult } from "@chainsafe/libp2p-gossipsub";
import type { IngestReceipt, Logs } from "@herdmind/log";
import {
  ephemeralKind,
  judgeHead,
  type LogId,
  logKey,
  type Refusal,
  readHead,
  refuse,
  type SignedHead,
} from "@herdmind/protocol";
import { type Carrying, covers, decodeFrame, type Ephemerals, type Interest, isCanon } from "@herdmind/sync";
import type { MeshLimits } from "./limits.js";
import type { Neighbour } from "./neighbours.js";
import type { Plane } from "./secrets.js";
import { within } from "./within.js";

/** Heads in one message: each costs a signature check before the message is passed on. */
export const MAX_ANNOUNCED_HEADS = 64;

export interface Judging {
  readonly logs: Logs;
  readonly ephemerals: Ephemerals;
  readonly carrying: Carrying | undefined;
  readonly interest: () => Interest;
  readonly limits: MeshLimits;
  /** Passed to `ingest` and `offer`: what has this origin is forwarded by gossipsub itself. */
  readonly origin: object;
  /** Asks the bringer for what is missing. */
  readonly request: (neighbour: Neighbour, only?: LogId) => Promise<boolean>;
  /** The log was heard of to this length, and the message goes on to others. */
  readonly onHeard: (log: LogId, length: number) => void;
  readonly onRefusal: (refusal: Refusal, neighbour: Neighbour) => void;
}

interface Second {
  readonly second: number;
  count: number;
}

export type Judge = (plane: Plane, neighbour: Neighbour, bytes: Uint8Array) => Promise<TopicValidatorResult>;

const { Accept, Ignore, Reject } = TopicValidatorResult;

/**
 * Whether an honest neighbour would have forwarded it. It would have refused what its sender or its writer is at fault for,
 * as this peer does; but of a fork it may hold the other branch (L6), and it may be newer than this peer (A1).
 */
const isBringersFault = ({ rule, fault }: Refusal): boolean =>
  fault === "sender" || (fault === "writer" && rule !== "L6" && rule !== "A1");

export const createJudge = (judging: Judging): Judge => {
  const { logs, ephemerals, limits, origin } = judging;
  // Counted apart: whether canon is fresh is seen by heartbeats alone, and a flood of others must not hide them (E6).
  const seconds = { heartbeat: new WeakMap<Neighbour, Second>(), other: new WeakMap<Neighbour, Second>() };

  const reject = (refusal: Refusal, neighbour: Neighbour): TopicValidatorResult => {
    judging.onRefusal(refusal, neighbour);
    return Reject;
  };
  const refused = (refusal: Refusal, neighbour: Neighbour): TopicValidatorResult =>
    isBringersFault(refusal) ? reject(refusal, neighbour) : Ignore;

  const wrongPlane = (plane: Plane, log: LogId): Refusal =>
    refuse("T6", "sender", `The log ${log.writer}/${log.generation} does not belong on the topic of ${plane}.`, { log })
      .refusal;

  const onBlocks = async (
    plane: Plane,
    neighbour: Neighbour,
    log: LogId,
    update: Uint8Array,
  ): Promise<TopicValidatorResult> => {
    const held = logs.get(log);
    if (held !== undefined && isCanon(held) !== (plane === "canon")) return reject(wrongPlane(plane, log), neighbour);
    const wanted = covers(judging.interest());
    if (held === undefined && plane === "canon" && neighbour.strangeLogs.size >= limits.strangeLogs) return Ignore;
    if (held === undefined && plane === "proposals" && judging.interest().logs === "own") return Ignore;
    if (held !== undefined && !wanted(held)) return Ignore;
    // There is no room for it: its writer keeps it, and an exchange asks again.
    if (judging.carrying?.judge(log, undefined, update.length) === "full") return Ignore;
    const receipt: IngestReceipt = await logs.ingest(log, update, origin);
    if (receipt.ok) {
      const state = logs.get(log);
      if (state !== undefined && isCanon(state) !== (plane === "canon")) {
        // It is signed and stored; whose log it is shows only in its first block. That works a few times, at a price.
        neighbour.strangeLogs.add(logKey(log));
        return reject(wrongPlane(plane, log), neighbour);
      }
      // Known blocks go no further: a member could send all of history round for ever, cut differently each time.
      if (receipt.added === 0) return Ignore;
      judging.onHeard(log, receipt.length);
      return Accept;
    }
    const { refusal } = receipt;
    if (refusal.rule === "L3" && refusal.fault === "none") void judging.request(neighbour, log);
    return refused(refusal, neighbour);
  };

  const onHeads = async (
    plane: Plane,
    neighbour: Neighbour,
    heads: readonly Uint8Array[],
  ): Promise<TopicValidatorResult> => {
    if (heads.length > MAX_ANNOUNCED_HEADS) {
      return reject(
        refuse("T6", "sender", `More than ${MAX_ANNOUNCED_HEADS} heads in one message.`).refusal,
        neighbour,
      );
    }
    const read: SignedHead[] = [];
    for (const bytes of heads) {
      const head = readHead(bytes);
      if (!head.ok) return reject(head.refusal, neighbour);
      read.push(head.value);
    }
    const misplaced = (): LogId | undefined =>
      read.find(({ header }) => {
        const state = logs.get(header);
        return state !== undefined && isCanon(state) !== (plane === "canon");
      })?.header;
    const stray = misplaced();
    if (stray !== undefined) return reject(wrongPlane(plane, stray), neighbour);
    const mayStray = neighbour.strangeLogs.size < limits.strangeLogs;
    const news = read.filter(({ header }) => {
      const state = logs.get(header);
      if (state === undefined) return plane === "canon" ? mayStray : judging.interest().logs !== "own";
      return header.sequence >= state.length && state.quarantinedFrom === undefined;
    });
    if (news.length === 0) return Ignore;
    for (const head of news) {
      const judged = await judgeHead(head, logs.swarm, head.header);
      if (judged !== undefined) return refused(judged.refusal, neighbour);
    }
    // It goes on when this peer holds what it speaks of: whoever hears of it here asks here.
    const [only] = news;
    const asked = judging.request(neighbour, news.length === 1 ? only?.header : undefined);
    // What was announced and is never served would keep this message, and all copies of it, from going on for as long as it lasts.
    await within(limits.verdictMs, asked);
    const brought = misplaced();
    if (brought !== undefined) {
      // As with blocks: whose log it is shows only in its first block.
      neighbour.strangeLogs.add(logKey(brought));
      return reject(wrongPlane(plane, brought), neighbour);
    }
    const held = news.filter(({ header }) => (logs.get(header)?.length ?? 0) > header.sequence);
    for (const { header } of held) judging.onHeard(header, header.sequence + 1);
    return held.length === news.length ? Accept : Ignore;
  };

  const isOverRate = (neighbour: Neighbour, kind: keyof typeof seconds): boolean => {
    const second = Math.floor(performance.now() / 1000);
    const counted = seconds[kind].get(neighbour);
    if (counted === undefined || counted.second !== second) {
      seconds[kind].set(neighbour, { second, count: 1 });
      return false;
    }
    return ++counted.count > limits.ephemeralsPerSecond;
  };

  return async (plane, neighbour, bytes) => {
    if (bytes.length > limits.messageBytes + MESSAGE_OVERHEAD) {
      const message = `A message of ${bytes.length} bytes, ${limits.messageBytes} allowed. Announce the head instead.`;
      return reject(refuse("T6", "sender", message).refusal, neighbour);
    }
    const frame = decodeFrame(bytes);
    if (!frame.ok) return reject(frame.refusal, neighbour);
    // A newer peer may publish what is not known here (E5).
    if (frame.value === undefined) return Ignore;
    switch (frame.value.kind) {
      case "blocks":
        return onBlocks(plane, neighbour, frame.value.log, frame.value.update);
      case "heads":
        return onHeads(plane, neighbour, frame.value.heads);
      case "ephemeral": {
        const kind = ephemeralKind(frame.value.bytes);
        // A newer peer may send a kind that nobody here takes.
        if (kind !== undefined && kind !== "heartbeat" && !ephemerals.kinds.includes(kind)) return Ignore;
        if (plane !== "canon" || isOverRate(neighbour, kind === "heartbeat" ? kind : "other")) return Ignore;
        const taken = await ephemerals.offer(frame.value.bytes, origin);
        if (!taken.ok) return refused(taken.refusal, neighbour);
        return taken.value ? Accept : Ignore;
      }
      case "proof": {
        if (plane !== "canon") return Ignore;
        const known = new Set(logs.proofs());
        const kept = await logs.offerProof(frame.value.bytes, origin);
        if (!kept.ok) return refused(kept.refusal, neighbour);
        return logs.proofs().every((proof) => known.has(proof)) ? Ignore : Accept;
      }
      default:
        return reject(
          refuse("T6", "sender", `A frame of kind ${frame.value.kind} is no message of a topic.`).refusal,
          neighbour,
        );
    }
  };
};

/** What stands around an update in its frame: kind, writer, generation, lengths. */
export const MESSAGE_OVERHEAD = 128;
