/** How fresh canon is here (E6): heartbeats say what exists, the head says what is held. */

import type { CanonHead, CanonHeartbeat, Freshness, HeartbeatSource } from "./canon.js";
import type { Known } from "./known.js";

export interface FreshnessTracker {
  /** To be called whenever the head changed. */
  headChanged(): void;
  read(): Omit<Freshness, "rolledBack" | "historyUnverified">;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}

interface Heard {
  readonly heartbeat: CanonHeartbeat;
  /** When it arrived, by the monotonic clock. */
  readonly at: number;
}

/** A heartbeat that was remembered from before a restart: nobody knows how long ago that was. */
const LONG_AGO = Number.NEGATIVE_INFINITY;

export const trackFreshness = (options: {
  readonly heartbeats: HeartbeatSource | undefined;
  readonly head: () => CanonHead | undefined;
  /** Whether this generation is one of those that canon consists of, other than the newest. */
  readonly isOlderPart: (heartbeat: CanonHeartbeat) => boolean;
  readonly monotonic: () => number;
  readonly known: Known;
}): FreshnessTracker => {
  const { heartbeats, head, isOlderPart, monotonic, known } = options;
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
    if (newest === undefined || newest === met || newest.at === LONG_AGO) return;
    if (isHeld(newest.heartbeat)) met = newest;
  };
  const hear = (heartbeat: CanonHeartbeat): void => {
    newest = { heartbeat, at: monotonic() - (heartbeat.lateMs ?? 0) };
    judge();
    if (!isHeld(heartbeat)) known.note(heartbeat);
  };
  if (known.remembered !== undefined) newest = { heartbeat: known.remembered, at: LONG_AGO };
  judge();
  const latest = heartbeats?.latest();
  if (latest !== undefined) hear(latest);
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
        ageMs: ageOf(met, monotonic()),
        heardMs: ageOf(newest, monotonic()),
      };
    },
    close: async () => {
      stop?.();
      await known.close();
    },
  };
};

const ageOf = (heard: Heard | undefined, now: number): number | undefined =>
  heard === undefined || heard.at === LONG_AGO ? undefined : now - heard.at;
