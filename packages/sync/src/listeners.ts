/** Listeners of one object. One that throws is counted and reported; the others, and the caller, go on. */
export interface Listeners<Event> {
  add(listener: (event: Event) => void): () => void;
  emit(event: Event): void;
  /** Exceptions thrown by listeners so far. */
  readonly failures: number;
}

export const createListeners = <Event>(
  report: (error: unknown) => void = (error) => console.error("herdmind: a listener threw an exception", error),
): Listeners<Event> => {
  const listeners = new Set<(event: Event) => void>();
  let failures = 0;
  return {
    get failures() {
      return failures;
    },
    add(listener) {
      // A wrapper, so that one function added twice is heard twice and removed once.
      const entry = (event: Event): void => listener(event);
      listeners.add(entry);
      return () => {
        listeners.delete(entry);
      };
    },
    emit(event) {
      for (const listener of [...listeners]) {
        try {
          listener(event);
        } catch (error) {
          failures++;
          report(error);
        }
      }
    },
  };
};
