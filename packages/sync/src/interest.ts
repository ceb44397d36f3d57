/** Which logs a peer wants to hear of. */
import type { LogState } from "@herdmind/log";
import type { WriterId } from "@herdmind/protocol";

/**
 * `own`: canon and the logs of `writers`. `all`: every log. `none`: nothing, as a relay says to a peer that may only read.
 * A peer that asks for another log with `need` still gets it.
 */
export interface Interest {
  readonly logs: "none" | "own" | "all";
  readonly writers: readonly WriterId[];
}

/** Whether a log is canon: its writer's credential says `orchestrator`, proved by its first block. */
export const isCanon = (state: LogState): boolean => state.membership.role === "orchestrator";

/** A test whether an interest covers a log. */
export const covers = (interest: Interest): ((state: LogState) => boolean) => {
  if (interest.logs === "none") return () => false;
  if (interest.logs === "all") return () => true;
  const writers = new Set(interest.writers);
  return (state) => isCanon(state) || writers.has(state.writer);
};

/** How far a log may be shown: never past a quarantine (L6). */
export const visibleLength = (state: LogState): number => Math.min(state.length, state.quarantinedFrom ?? state.length);
