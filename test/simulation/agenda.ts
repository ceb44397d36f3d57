/**
 * Simulated time: what will happen, in order. An event runs, then everything that it set off runs to quiescence, then the next
 * event is taken. Between two events nothing is pending but what stands in the agenda.
 */

export interface Agenda {
  /** Milliseconds since the start, by no peer's clock. */
  now(): number;
  /** Runs `event` in `ms` milliseconds; equal times keep the order of the calls. The returned function cancels. */
  in(ms: number, event: () => void): () => void;
  /** Runs all events up to this time. */
  runUntil(ms: number): Promise<void>;
  events(): number;
}

/**
 * All of the code under test runs in microtasks (its crypto, disk, timers and network are simulated), so one turn of the event
 * loop is the end of everything that was pending.
 */
const quiescence = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Entry {
  readonly at: number;
  readonly event: () => void;
  isCancelled: boolean;
}

export const createAgenda = (): Agenda => {
  const entries: Entry[] = [];
  let time = 0;
  let events = 0;
  const insert = (entry: Entry): void => {
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((entries[middle] as Entry).at <= entry.at) low = middle + 1;
      else high = middle;
    }
    entries.splice(low, 0, entry);
  };
  return {
    now: () => time,
    in: (ms, event) => {
      const entry: Entry = { at: time + Math.max(0, ms), event, isCancelled: false };
      insert(entry);
      return () => {
        entry.isCancelled = true;
      };
    },
    runUntil: async (end) => {
      await quiescence();
      for (let entry = entries[0]; entry !== undefined && entry.at <= end; entry = entries[0]) {
        entries.shift();
        if (entry.isCancelled) continue;
        time = entry.at;
        events += 1;
        entry.event();
        await quiescence();
      }
      time = Math.max(time, end);
    },
    events: () => events,
  };
};
