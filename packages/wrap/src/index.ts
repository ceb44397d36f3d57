/**
 * @herdmind/wrap: what every adapter stands on. `Experience` is what can be asked of a swarm, whether its peer lives in this process or
 * in the machine's node; `wrap` gives any function the loop: recall when it fails, apply what is known, tell the outcome, solve, report.
 */
export { problemOfError } from "herdmind/loop";
export type {
  Answer,
  ClaimAsked,
  Described,
  Experience,
  OutcomeAsked,
  RecallAsked,
  ReportAsked,
  Wanted,
} from "./experience.js";
export { fromAgent } from "./from-agent.js";
export { fromNode, type NodeOptions } from "./from-node.js";
export {
  type HerdmindKnown,
  type KnownEntry,
  type KnownOptions,
  knownAbout,
  knownOf,
  preparedFor,
  warn,
} from "./known.js";
export { type ExperienceTools, toolsOf } from "./tools-of.js";
export { type WrapOptions, wrap } from "./wrap.js";
