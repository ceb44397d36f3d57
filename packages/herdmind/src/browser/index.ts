/**
 * herdmind/browser: a peer in a page. Keys that cannot be exported, logs in IndexedDB, several tabs as one peer, and no need of a
 * network to report and recall.
 */
export type { Freshness } from "@herdmind/canon";
export {
  type Prepared,
  type PreparedEntry,
  type PrepareOptions,
  type Profile,
  type RecalledEntry,
  renderForModel,
  type Task,
} from "@herdmind/experience";
export { viaRelay } from "@herdmind/websocket";
export type { AttemptOptions, Search, Solution } from "../attempt.js";
export { type HerdmindError, isHerdmindError } from "../failure.js";
export type { Invitation, Logger, NodeEvents, Stats } from "../peer.js";
export { type Facts, type MitigationInput, type ProblemInput, problemOfError } from "../problem.js";
export { type Redaction, redact } from "../redact.js";
export type { Known, RecallQuery, Receipt, Report } from "../report.js";
export type { Verdict } from "../verdicts.js";
export type { BrowserAgent, BrowserEvents, BrowserPeer } from "./browser-peer.js";
export { type BrowserJoinOptions, join, type OpenBrowserOptions, openNode } from "./join.js";
