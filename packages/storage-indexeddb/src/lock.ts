/**
 * One holder at a time (L8): a Web Lock for each database, exclusive among all tabs and workers of the origin. The browser
 * releases it when its tab ends, however it ends, so a stale one cannot exist.
 */

/**
 * 250 ms: a tab that has just been closed or has crashed gives its lock back within a few milliseconds, and whoever takes
 * over from it must not fail for that. A living holder is told from a dying one by this wait only.
 */
const DYING_MS = 250;

/** Takes the lock of database `name`; `undefined` when somebody has it. The answer releases it. Throws what the browser reports. */
export const takeLock = (name: string, locks: LockManager): Promise<(() => void) | undefined> => {
  const taken = Promise.withResolvers<(() => void) | undefined>();
  const released = Promise.withResolvers<void>();
  locks
    .request(`herdmind/storage/${name}`, { signal: AbortSignal.timeout(DYING_MS) }, () => {
      taken.resolve(released.resolve);
      return released.promise;
    })
    .catch((error: unknown) => {
      if (error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError"))
        taken.resolve(undefined);
      else taken.reject(error);
    });
  return taken.promise;
};
