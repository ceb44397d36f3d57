/** Listeners of other people's code: what one of them throws is reported, and stops neither the log nor the others. */
export interface Emitter<Args extends readonly unknown[]> {
  subscribe(listener: (...args: Args) => void): () => void;
  emit(...args: Args): void;
}

export const createListeners = (onError: ((error: unknown) => void) | undefined) => {
  const throwLater = (error: unknown): void =>
    queueMicrotask(() => {
      throw error;
    });
  const reportError = (error: unknown): void => {
    try {
      (onError ?? throwLater)(error);
    } catch (second) {
      throwLater(second);
    }
  };
  const createEmitter = <Args extends readonly unknown[]>(): Emitter<Args> => {
    const listeners = new Set<{ readonly call: (...args: Args) => void }>();
    return {
      subscribe: (call) => {
        const entry = { call };
        listeners.add(entry);
        return () => void listeners.delete(entry);
      },
      emit: (...args) => {
        for (const { call } of [...listeners]) {
          try {
            call(...args);
          } catch (error) {
            reportError(error);
          }
        }
      },
    };
  };
  return { reportError, createEmitter };
};
