/** Which writers' claims came to nothing, as this peer alone has seen it: it waits for them less. Never told to anybody. */
import type { WriterId } from "@herdmind/protocol";

export interface Distrust {
  /** How much of a patience a claim of this writer is worth: 1, and half for each that came to nothing; 0 after some. */
  share(writer: WriterId): number;
  cameToNothing(writer: WriterId): void;
  /** What it claimed was learned: it is trusted as before. */
  paid(writer: WriterId): void;
}

/** Writers remembered: members that each disappoint once would else fill the memory. The oldest is forgiven. */
const MAX_WRITERS = 1024;
/** Claims in a row that came to nothing, after which nobody waits for that writer. All of them cost less than two patiences. */
const LAST = 6;

export const createDistrust = (): Distrust => {
  const timesByWriter = new Map<WriterId, number>();
  return {
    share(writer) {
      const times = timesByWriter.get(writer) ?? 0;
      return times >= LAST ? 0 : 2 ** -times;
    },
    cameToNothing(writer) {
      const times = (timesByWriter.get(writer) ?? 0) + 1;
      timesByWriter.delete(writer);
      timesByWriter.set(writer, Math.min(times, LAST));
      if (timesByWriter.size > MAX_WRITERS) timesByWriter.delete(timesByWriter.keys().next().value as WriterId);
    },
    paid: (writer) => void timesByWriter.delete(writer),
  };
};
