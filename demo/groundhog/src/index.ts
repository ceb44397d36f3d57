/**
 * Groundhog: agents, each with a toolbox of remedies, and a hundred programs that really fail. This is what the agents
 * work with: the deal, the workshop that runs tasks, the remedies, and the limit of what sharing can save.
 */
export { causes } from "./causes.js";
export { type AgentDeal, type Deal, type DealOptions, deal } from "./deal.js";
export { type Bound, type Limits, limitsOf, type TaskCost } from "./limit.js";
export type { Change, Failure, RunPlan, RunResult, TaskProblem } from "./plan.js";
export { remedies, remediesByName } from "./remedies.js";
export type { Remedy } from "./remedy.js";
export { createWorkshop, type RunOptions, type Task, type TaskSpec, type Workshop } from "./workshop.js";
