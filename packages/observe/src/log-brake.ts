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

/** Passes lines on, up to so many of each event; says how many it left out with the first one that it passes again. */
export const createLogBrake = (write: Logger, now: () => number): Logger => {
  const windowByEvent = new Map<string, Window>();
  return (line: LogLine): void => {
    const at = now();
    let window = windowByEvent.get(line.event);
    if (window === undefined || at - window.beganAt >= WINDOW_MS) {
      if (window !== undefined && window.left > 0)
        write({
          level: "warn",
          event: "log.suppressed",
          message: `${window.left} lines were left out: more than ${MAX_LINES} in a minute`,
          fields: { of: line.event, count: window.left },
        });
      window = { beganAt: at, lines: 0, left: 0 };
      windowByEvent.set(line.event, window);
    }
    window.lines += 1;
    if (window.lines <= MAX_LINES) write(line);
    else window.left += 1;
  };
};
