/**
 * herdmind/loop: the loop of `attempt` without a peer, for adapters that reach an agent in another way, such as over a node's socket.
 * It loads no storage and no transport.
 */
export {
  type AttemptHost,
  type AttemptOptions,
  attempt,
  isApplicable,
  MY_TURN,
  type Search,
  type Solution,
  type WantedTurn,
} from "./attempt.js";
export type { AttemptAgent, OnUnreachable } from "./attempt-agent.js";
export type { Turn, Wait } from "./claims.js";
export { createOwnRemedies, type OwnRemedies } from "./own-remedies.js";
export { problemOfError } from "./problem.js";
export { redact } from "./redact.js";
export type { Known, Receipt, Report } from "./report.js";
