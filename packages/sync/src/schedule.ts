/** Calls `run` after `ms` milliseconds; the returned function cancels. A simulation passes its own. */
export type Schedule = (run: () => void, ms: number) => () => void;
