/** How fresh canon is here (E6): heartbeats say what exists, the head says what is held. */
import type { CanonHead, CanonHeartbeat, Freshness, HeartbeatSource } from "./canon.js";

export interface FreshnessTracker {
  /** To be called whenever the head changed. */
  headChanged(): void;
  read(): Omit<Freshness, "rolledBack" | "historyUnverified">;
  close(): void;
}

interface Heard {
  readonly heartbeat: CanonHeartbeat;
  /** When it arrived, by the monotonic clock. */
  readonly at: number;
}

export const trackFreshness = (options: {
  readonly heartbeats: HeartbeatSource | undefined;
  readonly head: () => CanonHead | undefined;
  /** Whether this generation is one of those that canon consists of, other than the newest. */
  readonly isOlderPart: (heartbeat: CanonHeartbeat) => boolean;
  readonly monotonic: () => number;
}): FreshnessTracker => {
  const { heartbeats, head, isOlderPart, monotonic } = options;
  let newest: Heard | undefined;
  /** The newest heartbeat whose head was held. */
  let met: Heard | undefined;

  const isHeld = (heartbeat: CanonHeartbeat): boolean => {
    const held = head();
    if (held === undefined) return false;
    if (heartbeat.generation === held.generation) return heartbeat.length <= held.length;
    return heartbeat.term < held.term || isOlderPart(heartbeat);
  };
  const judge = (): void => {
    if (newest !== undefined && newest !== met && isHeld(newest.heartbeat)) met = newest;
  };
  const hear = (heartbeat: CanonHeartbeat): void => {
    newest = { heartbeat, at: monotonic() };
    judge();
  };
  const known = heartbeats?.latest();
  if (known !== undefined) hear(known);
  const stop = heartbeats?.subscribe(hear);
  return {
    headChanged: judge,
    read: () => {
      const held = head()?.length ?? 0;
      const said = newest?.heartbeat;
      // Blocks of a generation that is not held come on top: its checkpoint may repeat what is held, so this is a bound.
      const missing =
        said === undefined || isHeld(said)
          ? 0
          : said.generation === head()?.generation
            ? said.length - held
            : said.length;
      return {
        asOf: met?.heartbeat.at,
        held,
        known: held + missing,
        ageMs: met === undefined ? undefined : monotonic() - met.at,
      };
    },
    close: () => stop?.(),
  };
};
