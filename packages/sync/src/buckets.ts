/** A rate, as a bucket that fills: short bursts pass, a flood does not. */
export interface Bucket {
  /** Takes one; `false` when there is none. */
  take(): boolean;
}

/** `perSecond` refills it up to `burst`; `now` in milliseconds, and may be set back. */
export const createBucket = (perSecond: number, burst: number, now: () => number): Bucket => {
  let left = burst;
  let at = now();
  return {
    take() {
      const passed = Math.max(0, now() - at);
      at = now();
      left = Math.min(burst, left + (passed * perSecond) / 1000);
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
};
