/** What a program needs to work through the node of a directory: where it is, how it is started, and how it is asked. */
export {
  type Address,
  DEFAULT_HOST,
  DEFAULT_MESH_PORT,
  DEFAULT_PORT,
  dialled,
  isPort,
  listenAt,
  MAX_ADDRESSES,
  readAddress,
  saveAddress,
} from "./address.js";
export {
  type Answers,
  type ClaimAnswer,
  type EntryLine,
  type HeadLine,
  INSPECTABLE,
  type Inspected,
  type InviteAnswer,
  type LogLine,
  type MemoryReadAnswer,
  type Refused,
  type ReportAnswer,
  type StatusAnswer,
  type StreamName,
  type VerbAnswer,
  type VerbName,
} from "./answers.js";
export type { Check, Diagnosis } from "./doctor.js";
export { type EnsuredNode, type EnsureOptions, ensureNode, stopNode } from "./ensure-node.js";
export type { FeedEvent } from "./feed.js";
export type { ImportAnswer, ReplayAnswer, StepLine, WhyAnswer } from "./history-answers.js";
export { dataDir, socketPath } from "./home.js";
export { type HttpPlace, httpFile } from "./http-file.js";
export { askNode, streamNode, watchNode } from "./local-client.js";
export { MAX_REQUEST_BYTES } from "./local-limits.js";
export { createNodeNaming } from "./naming.js";
export { noteInNodeLog } from "./node-log.js";
export { type NodeMemoryOptions, nodeMemory } from "./node-memory.js";
export type { ProblemInput } from "./problem-of.js";
export type { DashboardCode } from "./web.js";
