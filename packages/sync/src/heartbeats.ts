/**
 * The newest heartbeat of the orchestrator (rule E6): "canon reaches this head, at this time". One is kept; sessions
 * forward it. It is never stored.
 */
import {
  accept,
  ephemeralKind,
  equalBytes,
  type Heartbeat,
  openEphemeral,
  readHeartbeat,
  refuse,
  type SwarmId,
  type WriterId,
} from "@herdmind/protocol";
import type { Ephemerals, HeldEphemeral } from "./ephemerals.js";
import { createListeners } from "./listeners.js";

export interface HeldHeartbeat extends Heartbeat, HeldEphemeral {
  readonly writer: WriterId;
  readonly counter: number;
  /** When it arrived here, by this peer's clock: milliseconds since 1970. */
  readonly receivedAt: number;
  /** How old it was when it arrived, as far as the clocks can tell: 0 unless they differ by more than `CLOCK_SKEW_MS`. */
  readonly lateMs: number;
}

export interface Heartbeats extends Ephemerals {
  latest(): HeldHeartbeat | undefined;
  /**
   * Looks again at heartbeats whose writer did not hold the term in the canon known here: to be called when canon has grown. A
   * newcomer hears one before it has folded canon, and the next may never come.
   */
  reconsider(): void;
  subscribe(listener: (heartbeat: HeldHeartbeat) => void): () => void;
}

export interface HeartbeatsOptions {
  readonly swarm: SwarmId;
  /** Whether this writer holds this term, by the canon that this peer holds. */
  readonly isHolder: (writer: WriterId, heartbeat: Heartbeat) => boolean;
  /** This peer's clock, milliseconds since 1970. */
  readonly now?: () => number;
}

/** Clocks of honest peers may differ by this much; what a replay gains by it, the README of canon says. */
const CLOCK_SKEW_MS = 300_000;
/** Heartbeats that wait for canon to catch up, one a writer: anybody can make a key, and each costs 300 bytes. */
const MAX_EARLY = 8;

/** Keeps the newest valid heartbeat. Higher (term, counter) wins. */
export const createHeartbeats = ({ swarm, isHolder, now = Date.now }: HeartbeatsOptions): Heartbeats => {
  let newest: HeldHeartbeat | undefined;
  const earlyByWriter = new Map<WriterId, HeldHeartbeat>();
  const listeners = createListeners<HeldHeartbeat>();
  const keep = (heartbeat: HeldHeartbeat): boolean => {
    if (newest !== undefined && !isNewer(heartbeat, newest)) return false;
    newest = heartbeat;
    listeners.emit(heartbeat);
    return true;
  };
  return {
    kinds: [],
    async offer(bytes, origin) {
      // Another kind is somebody else's, or of a later version (E5).
      const kind = ephemeralKind(bytes);
      if (kind !== undefined && kind !== "heartbeat") return accept(false);
      // The same message comes once from every peer; its signature is checked once.
      if (newest !== undefined && equalBytes(newest.bytes, bytes)) return accept(false);
      const message = await openEphemeral(bytes, swarm);
      if (!message.ok) return message;
      const read = readHeartbeat(message.value);
      if (!read.ok) return read;
      const { writer, counter } = message.value;
      const receivedAt = now();
      const behind = receivedAt - read.value.at;
      const heartbeat: HeldHeartbeat = {
        ...read.value,
        kind: "heartbeat",
        writer,
        counter,
        bytes: new Uint8Array(bytes),
        receivedAt,
        lateMs: behind > CLOCK_SKEW_MS ? behind : 0,
        origin,
      };
      if (isHolder(writer, heartbeat)) return accept(keep(heartbeat));
      // This peer's canon may be behind: nobody is at fault.
      const known = earlyByWriter.get(writer);
      if (known === undefined || isNewer(heartbeat, known)) {
        earlyByWriter.delete(writer);
        earlyByWriter.set(writer, heartbeat);
      }
      if (earlyByWriter.size > MAX_EARLY) earlyByWriter.delete(earlyByWriter.keys().next().value as WriterId);
      return refuse(
        "E6",
        "none",
        `${writer} does not hold term ${heartbeat.term} in the canon known here. Its heartbeat waits until canon says so.`,
      );
    },
    reconsider() {
      for (const [writer, early] of earlyByWriter) {
        if (!isHolder(writer, early)) continue;
        earlyByWriter.delete(writer);
        keep(early);
      }
    },
    latest: () => newest,
    held: () => (newest === undefined ? [] : [newest]),
    subscribe: (listener) => listeners.add(listener),
  };
};

const isNewer = (a: HeldHeartbeat, b: HeldHeartbeat): boolean =>
  a.term > b.term || (a.term === b.term && a.counter > b.counter);
