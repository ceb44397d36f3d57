/** How much canon said in each of the last minutes. */
import type { Overview } from "@herdmind/dashboard";

export interface Traffic {
  /** `at`: canon's clock, milliseconds since 1970. */
  count(at: number, what: { readonly signals: number; readonly entries: number }): void;
  read(now?: number): Overview["traffic"];
}

const STEP_MS = 60_000;
const STEPS = 60;

export const createTraffic = (): Traffic => {
  const steps = new Map<number, { signals: number; entries: number }>();
  return {
    count(at, { signals, entries }) {
      const now = Math.floor(Date.now() / STEP_MS);
      // An orchestrator whose clock is ahead says it now.
      const step = Math.min(Math.floor(at / STEP_MS), now);
      if (step <= now - STEPS) return;
      const known = steps.get(step) ?? { signals: 0, entries: 0 };
      steps.set(step, { signals: known.signals + signals, entries: known.entries + entries });
      for (const old of steps.keys()) if (old <= now - STEPS) steps.delete(old);
    },
    read(now = Date.now()) {
      const last = Math.floor(now / STEP_MS);
      const shown = Array.from({ length: STEPS }, (_, i) => steps.get(last - STEPS + 1 + i));
      return {
        stepMs: STEP_MS,
        endsAt: (last + 1) * STEP_MS,
        signals: shown.map((step) => step?.signals ?? 0),
        entries: shown.map((step) => step?.entries ?? 0),
      };
    },
  };
};
