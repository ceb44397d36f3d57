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
}

export interface Heartbeats extends Ephemerals {
  latest(): HeldHeartbeat | undefined;
  subscribe(listener: (heartbeat: HeldHeartbeat) => void): () => void;
}

export interface HeartbeatsOptions {
  readonly swarm: SwarmId;
  /** Whether this writer holds this term, by the canon that this peer holds. */
  readonly isHolder: (writer: WriterId, heartbeat: Heartbeat) => boolean;
  /** This peer's clock, milliseconds since 1970. */
  readonly now?: () => number;
}

/** Keeps the newest valid heartbeat. Higher (term, counter) wins. */
export const createHeartbeats = ({ swarm, isHolder, now = Date.now }: HeartbeatsOptions): Heartbeats => {
  let newest: HeldHeartbeat | undefined;
  const listeners = createListeners<HeldHeartbeat>();
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
      const heartbeat = read.value;
      if (!isHolder(writer, heartbeat)) {
        // This peer's canon may be behind: nobody is at fault.
        return refuse(
          "E6",
          "none",
          `${writer} does not hold term ${heartbeat.term} in the canon known here. Its heartbeat is ignored.`,
        );
      }
      if (
        newest !== undefined &&
        (heartbeat.term < newest.term || (heartbeat.term === newest.term && counter <= newest.counter))
      ) {
        return accept(false);
      }
      newest = { ...heartbeat, kind: "heartbeat", writer, counter, bytes: bytes.slice(), receivedAt: now(), origin };
      listeners.emit(newest);
      return accept(true);
    },
    latest: () => newest,
    held: () => (newest === undefined ? [] : [newest]),
    subscribe: (listener) => listeners.add(listener),
  };
};
