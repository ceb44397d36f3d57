/**
 * @herdmind/canon: canon as a view. Which generations of the orchestrator's logs count, folded into what the swarm knows: the
 * same on every peer that holds the same logs and proofs (A2, A4, E6).
 */
export type * from "./canon.js";
export { type FollowCanonOptions, followCanon } from "./follow-canon.js";
export {
  type History,
  historyHeld,
  type LostPart,
  type Moment,
  type NumberedBlock,
  type Past,
  readHistory,
  viewAt,
} from "./history.js";
export { type Candidate, type Part, selectCanon } from "./select.js";
