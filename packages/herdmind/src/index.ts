/**
 * herdmind: a local-first store of experience for teams of software agents. `createSwarm` begins one, `join` takes part;
 * both give a peer that reports, recalls and learns without waiting for a network.
 */
export type { Agent, Freshness, Known, RecallQuery, Receipt, Report } from "./agent.js";
export type { AttemptOptions, Solution, Task } from "./attempt.js";
export { createSwarm, type CreateSwarmOptions, type RelayAddress } from "./create-swarm.js";
export { type HerdmindError, isHerdmindError } from "./failure.js";
export { join, type JoinOptions, openNode } from "./join.js";
export type { Invitation, Logger, NodeEvents, Peer, Stats } from "./node.js";
export { type Facts, type MitigationInput, problemOfError, type ProblemInput } from "./problem.js";
export { redact, type Redaction } from "./redact.js";
export type { Verdict } from "./verdicts.js";
