/** A bound on lines of one event: a stranger who is refused a thousand times a second must not push all else out of the log. */
import type { Logger, LogLine } from "herdmind";

/** Lines of one event within a minute. */
const MAX_LINES = 120;
const WINDOW_MS = 60_000;

interface Window {
  beganAt: number;
  lines: number;
  left: number;
}

export interface LogBrake {
  readonly log: Logger;
  /** Says what was left out and not said yet. */
  end(): void;
}

/** Passes lines on, up to so many of each event; says how many it left out with the first one that it passes again, or at the end. */
export const createLogBrake = (write: Logger, now: () => number): LogBrake => {
  const windowByEvent = new Map<string, Window>();
  const tell = (event: string, { left }: Window): void => {
    if (left === 0) return;
    write({
      level: "warn",
      event: "log.suppressed",
      message: `${left} lines were left out: more than ${MAX_LINES} in a minute`,
      fields: { of: event, count: left },
    });
  };
  return {
    log: (line: LogLine): void => {
      const at = now();
      let window = windowByEvent.get(line.event);
      if (window === undefined || at - window.beganAt >= WINDOW_MS) {
        if (window !== undefined) tell(line.event, window);
        window = { beganAt: at, lines: 0, left: 0 };
        windowByEvent.set(line.event, window);
      }
      window.lines += 1;
      if (window.lines <= MAX_LINES) write(line);
      else window.left += 1;
    },
    end: () => {
      for (const [event, window] of windowByEvent) tell(event, window);
      windowByEvent.clear();
    },
  };
};
