/** What a schedule did and what it broke, for people: the operation log that a failing seed prints. */

export interface Journal {
  note(line: string): void;
  /** Something that must never happen. The first one ends the schedule. */
  violate(what: string): void;
  violations(): readonly string[];
  lines(): readonly string[];
}

/** Lines kept: the last ones are those that matter. */
const KEPT = 400;

export const createJournal = (now: () => number): Journal => {
  const lines: string[] = [];
  const violations: string[] = [];
  const note = (line: string): void => {
    if (lines.length >= 2 * KEPT) lines.splice(0, KEPT);
    lines.push(`${(now() / 1000).toFixed(3).padStart(9)} s  ${line}`);
  };
  return {
    note,
    violate: (what) => {
      if (violations.length >= 20) return;
      violations.push(what);
      note(`VIOLATION: ${what}`);
    },
    violations: () => violations,
    lines: () => lines.slice(-KEPT),
  };
};
