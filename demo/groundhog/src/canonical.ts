/** What of the acknowledged records became part of canon: judged, and not rejected. */
import type { RecordRef } from "@herdmind/protocol";
import type { Peer } from "herdmind";
import type { Acknowledged } from "./coordinate.js";

export interface Canonical {
  readonly immunizations: number;
  /** Acknowledged records that canon has judged and not rejected. */
  readonly records: readonly Acknowledged[];
}

/** Canon has judged everything long before this; if not, it counts as lost. */
const JUDGED_MS = 30_000;

/** Listens from now on: canon says only once that it rejected a record. */
export const followVerdicts = (
  swarm: Peer,
): ((acknowledged: readonly Acknowledged[], signal: AbortSignal) => Promise<Canonical>) => {
  const rejected = new Set<string>();
  swarm.canon.subscribe((event) => {
    if (event.type === "changed" && event.event.type === "verdict") rejected.add(placeOf(event.event.verdict.of));
  });
  return async (acknowledged, signal) => {
    const judged = (): readonly Acknowledged[] =>
      acknowledged.filter(({ ref }) => {
        const mark = swarm.canon.view.watermarks.get(`${ref.writer}/${ref.generation}` as never);
        return mark !== undefined && ref.sequence < mark.length;
      });
    const deadline = performance.now() + JUDGED_MS;
    while (judged().length < acknowledged.length && performance.now() < deadline && !signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return {
      immunizations: swarm.stats().immunizations,
      records: judged().filter(({ ref }) => !rejected.has(placeOf(ref))),
    };
  };
};

const placeOf = ({ writer, generation, sequence, index }: RecordRef): string =>
  `${writer}/${generation}/${sequence}/${index}`;
