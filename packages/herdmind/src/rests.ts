/** Long work of one, cut so that others have their turn. */

/** Milliseconds of work in one go: what whoever asks something small meanwhile waits for. */
const SLICE_MS = 12;

/**
 * Called now and then by work that takes long. Gives a promise when it is time to let others have their turn, `undefined` otherwise;
 * throws when `signal` aborts.
 */
export const createRests = (signal?: AbortSignal): (() => Promise<void> | undefined) => {
  let until = performance.now() + SLICE_MS;
  const rest = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
    until = performance.now() + SLICE_MS;
  };
  return () => (performance.now() < until ? undefined : rest());
};
