/**
 * One holder at a time (L8): a Web Lock for each database, exclusive among all tabs and workers of the origin. The browser
 * releases it when its tab ends, however it ends, so a stale one cannot exist.
 */

/**
 * 250 ms: a tab that has just been closed or has crashed gives its lock back within a few milliseconds, and whoever takes
 * over from it must not fail for that. A living holder is told from a dying one by this wait only; a browser that is busy
 * and has not answered yet is told from both by asking who holds what.
 */
const DYING_MS = 250;

/** Takes the lock of database `name`; `undefined` when somebody has it. The answer releases it. Throws what the browser reports. */
export const takeLock = (name: string, locks: LockManager): Promise<(() => void) | undefined> => {
  const taken = Promise.withResolvers<(() => void) | undefined>();
  const released = Promise.withResolvers<void>();
  const lock = `herdmind/storage/${name}`;
  const waiting = new AbortController();
  const look = async (): Promise<void> => {
    const { held = [] } = await locks.query();
    if (held.some((other) => other.name === lock)) waiting.abort();
    else timer = setTimeout(look, DYING_MS);
  };
  let timer = setTimeout(look, DYING_MS);
  locks
    .request(lock, { signal: waiting.signal }, () => {
      clearTimeout(timer);
      taken.resolve(released.resolve);
      return released.promise;
    })
    .catch((error: unknown) => {
      clearTimeout(timer);
      if (waiting.signal.aborted) taken.resolve(undefined);
      else taken.reject(error);
    });
  return taken.promise;
};
