/** Work that must happen in turns: each job starts when the one before it has ended, whatever became of that one. */
export interface Turns {
  take<T>(job: () => Promise<T>): Promise<T>;
  idle(): Promise<void>;
}

export const createTurns = (): Turns => {
  let last: Promise<unknown> = Promise.resolve();
  return {
    take: (job) => {
      const turn = last.then(job, job);
      // What a job answered must not stay in memory until the next one: it may be a whole document.
      const settled = (): void => undefined;
      last = turn.then(settled, settled);
      return turn;
    },
    idle: async () => {
      let seen: unknown;
      while (seen !== last) {
        seen = last;
        await last;
      }
    },
  };
};
