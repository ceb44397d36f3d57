/** What a failing seed says: what was broken, its operation log, and how to run it again. */
import { minimise } from "./minimise.ts";
import type { Plan } from "./plan.ts";
import { type Outcome, runSchedule } from "./run-schedule.ts";

export const describeFailure = async (plan: Plan, outcome: Outcome): Promise<string> => {
  const small = await minimise(plan);
  const { lines, violations } = await runSchedule(small);
  const { steps: _, ...settings } = small;
  return [
    `seed ${plan.seed}: ${outcome.violations[0]}`,
    `cut down to ${small.steps.length} of ${plan.steps.length} steps, with ${JSON.stringify(settings)}:`,
    ...lines,
    ...violations.map((violation) => `  ${violation}`),
    `again: npm run simulate -- --seed ${plan.seed} --schedules 1`,
  ].join("\n");
};
