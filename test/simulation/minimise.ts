/** Cuts a failing plan down: steps are dropped, in ever smaller parts, as long as it still fails. */
import type { Plan, Step } from "./plan.ts";
import { runSchedule } from "./run-schedule.ts";

/** A plan that fails with as few of the steps as could be found in at most `runs` runs. */
export const minimise = async (plan: Plan, runs = 300): Promise<Plan> => {
  let best = plan;
  let left = runs;
  const fails = async (steps: readonly Step[]): Promise<boolean> => {
    left -= 1;
    return (await runSchedule({ ...plan, steps })).violations.length > 0;
  };
  for (
    let size = Math.ceil(best.steps.length / 2);
    size >= 1 && left > 0;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let at = 0; at < best.steps.length && left > 0; ) {
      const dropped = best.steps.slice(at, at + size);
      const after = best.steps[at + size];
      // The time of what is dropped still passes.
      const waited = dropped.reduce((sum, step) => sum + step.after, 0);
      const steps = [
        ...best.steps.slice(0, at),
        ...(after === undefined ? [] : [{ ...after, after: after.after + waited }]),
        ...best.steps.slice(at + size + 1),
      ];
      if (steps.length < best.steps.length && (await fails(steps))) best = { ...best, steps };
      else at += size;
    }
  }
  return best;
};
