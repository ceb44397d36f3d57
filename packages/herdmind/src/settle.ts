/** One settle time: long enough that two who claim at the same moment have heard of each other before either starts. */
import type { Schedule, Transport } from "@herdmind/sync";

/** Milliseconds at least: a process that is busy answers late, however close it is. */
const SHORTEST_MS = 50;
/** Milliseconds at most: nobody waits longer for a network that is slow, or for a relay that answers never. */
const LONGEST_MS = 1000;
/** Milliseconds where a transport cannot say how long a round trip takes. */
const UNMEASURED_MS = 200;

export interface SettleParts {
  /** The ways to others; those that are not connected are passed over. */
  readonly transports: readonly Pick<Transport, "state" | "ping">[];
  readonly monotonic: () => number;
  readonly schedule: Schedule;
}

/** Calls `done` when everybody connected has answered, or does not. Gives what cancels it. */
export const roundTrip = ({ transports, schedule }: Omit<SettleParts, "monotonic">, done: () => void): (() => void) => {
  let over = false;
  const end = (): void => {
    if (over) return;
    over = true;
    cancel();
    done();
  };
  const cancel = schedule(end, LONGEST_MS);
  const connected = transports.filter(({ state }) => state === "connected");
  // A connection that fails while it is asked has nobody behind it who could answer.
  void Promise.allSettled(connected.map(async ({ ping }) => ping?.())).then(end);
  return () => {
    over = true;
    cancel();
  };
};

/**
 * Two round trips, measured now: a ping follows what was just said, and when it is answered, as long again is waited. Then `done` is
 * called. Gives what cancels it.
 */
export const settle = ({ transports, monotonic, schedule }: SettleParts, done: () => void): (() => void) => {
  const connected = transports.filter(({ state }) => state === "connected");
  const startedAt = monotonic();
  let over = false;
  let cancel = (): void => {};
  const end = (): void => {
    over = true;
    done();
  };
  const cancelLongest = schedule(() => {
    cancel();
    if (!over) end();
  }, LONGEST_MS);
  const answers = connected.map(async ({ ping }) => {
    // One that fails while it is asked has nobody behind it who could answer.
    if (ping !== undefined) await ping().catch(() => undefined);
    return ping === undefined ? UNMEASURED_MS / 2 : 0;
  });
  void Promise.all(answers).then((least) => {
    if (over) return;
    const passed = monotonic() - startedAt;
    cancel = schedule(
      () => {
        cancelLongest();
        if (!over) end();
      },
      Math.max(SHORTEST_MS - passed, passed, ...least.map((ms) => 2 * ms - passed)),
    );
  });
  return () => {
    over = true;
    cancelLongest();
    cancel();
  };
};
