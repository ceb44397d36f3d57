/**
 * herdmind: a local-first store of experience for teams of software agents. `createSwarm` begins one, `join` takes part;
 * both give a peer that reports, recalls and learns without waiting for a network.
 */
export type { Freshness, History, Moment, Past } from "@herdmind/canon";
export type { MemoryItem } from "@herdmind/experience";
export {
  type Prepared,
  type PreparedEntry,
  type PrepareOptions,
  type Profile,
  type RecalledEntry,
  type RelevanceRule,
  type Rendered,
  readProfile,
  readTask,
  renderForModel,
  type Task,
} from "@herdmind/experience";
export {
  createPlaces,
  exportLines,
  type FromSwarm,
  type FromUnit,
  type Held,
  type ImportedFrom,
  isoTime,
  type LeftOut,
  MAX_NEWEST,
  originOf,
  type Passed,
  type Place,
  type ProposedAgain,
  type ReadLine,
  type ReadOptions,
  type RecordFilter,
  type Records,
  readExportLine,
  readRecords,
  type Step,
  type Story,
  type Told,
  tellStory,
  toldLine,
} from "@herdmind/history";
export type { MemoryOp } from "@herdmind/protocol";
export type { Agent, ClaimOptions } from "./agent.js";
export type { AttemptOptions, Search, Solution } from "./attempt.js";
export type { Hold, Turn, Wait } from "./claims.js";
export type { ClaimNews, PresentNews } from "./company-news.js";
export { type CreateSwarmOptions, createSwarm, isSwarm, type RelayAddress, type Swarm } from "./create-swarm.js";
export { type HerdmindError, isHerdmindError } from "./failure.js";
export type { CanonReach, Holders } from "./holders.js";
export { createImporter, type Imported, type Importer } from "./import.js";
export type { JoinOptions } from "./join.js";
export { hashOf, type LookBack, lookBack } from "./look-back.js";
export type { Memory, MemoryListOptions, MemoryReceipt, MemoryWriteOptions } from "./memory.js";
export { type JoinHereOptions, join } from "./node-platform.js";
export { type OpenNodeOptions, openNode } from "./open-node.js";
export type {
  Immunized,
  Invitation,
  Logger,
  LogLine,
  NodeEvents,
  Peer,
  Stats,
  StatusNews,
} from "./peer.js";
export type { Present } from "./presence.js";
export { type Facts, type MitigationInput, type ProblemInput, problemOfError } from "./problem.js";
export { type Redaction, redact } from "./redact.js";
export type { Known, RecallQuery, Receipt, Report } from "./report.js";
export { createRests } from "./rests.js";
export type { Said, Say } from "./say.js";
export type { Verdict } from "./verdicts.js";
export type { ReportedNews, WorkEvents } from "./work-events.js";
