/**
 * @herdmind/experience: what a swarm knows. The name of a problem (fingerprint), the view over canon, and recall.
 * Pure: no I/O, no clock, no randomness; the same inputs give the same answers on every peer.
 */

export {
  askerOf,
  concerns,
  createIndex,
  createProvisional,
  deferredParts,
  identify,
  identifyProblem,
  nameProblem,
  outcomeVerdictOf,
  placeOf,
  prepare,
  readAppliesTo,
  readTask,
  verdictOf,
} from "#deferred";
export { alike } from "./alike.js";
export type { Query } from "./asked.js";
export { type Cause, cutLines, findCauses } from "./causes.js";
export { checkpointRecords, viewHash, viewHashSteps } from "./checkpoint.js";
export { type Confidence, confidenceOf, type Standing } from "./confidence.js";
export { copyViewSteps } from "./copy-view.js";
export {
  COVERAGE_MIN_SCORE,
  DEFAULT_LIMIT,
  DEFAULT_MIN_SCORE,
  DEFAULT_SLICE,
  ERROR_MIN_SCORE,
  FACTS_MIN_SCORE,
} from "./defaults.js";
export { type Embedder, MAX_DIMENSION, type VectorSpace } from "./embedder.js";

export { fingerprint } from "./error-name.js";
export {
  type Facts,
  FINGERPRINT_VERSION,
  factsKey,
  fingerprintVersionOf,
  type Identified,
  type Named,
  REMEDY_VERSION,
  remedyIdOf,
} from "./fingerprint.js";
export { type Hidden, NOTHING_HIDDEN } from "./hidden.js";
export { type Identity, problemKind, type SignalTypes } from "./identity.js";
export { type Judged, type Judgement, judgeRemedies, type Remedy } from "./life-cycle.js";
export type { Mask } from "./mask.js";
export { masks } from "./masks.js";
export { MAX_EMBEDDED_CHARS } from "./meaning.js";
export {
  createMemoryLayer,
  judgeWrite,
  type MemoryChanges,
  type MemoryItem,
  type MemoryLayer,
  type MemoryState,
} from "./memory.js";
export { normaliseLine } from "./normalise.js";
export type { Prepared, PreparedEntry, PreparedHidden, PrepareOptions, Task } from "./prepare.js";
export { type Profile, readProfile } from "./profile.js";
export type { Provisional, ProvisionalHidden, ProvisionalQuery } from "./provisional.js";
export { MAX_QUERY_CHARS, MAX_QUERY_DEPTH, MAX_QUERY_PARTS } from "./query.js";
export type { Match, RecalledEntry } from "./rank.js";
export { type RenderedEntry, readRendered, renderedIdsIn } from "./read-rendered.js";
export type { Index, Recall } from "./recall.js";
export type { Recogniser } from "./recogniser.js";
export { recognisers } from "./recognisers.js";
export { type Asker, judgeRule, type Subject } from "./relevance.js";
export { type Renderable, type RenderableEntry, type Rendered, type RenderOptions, renderForModel } from "./render.js";
export { readText } from "./shown-text.js";
export { createTemplates, type Templates } from "./templates.js";
export { estimateTokens } from "./tokens.js";
export type { DefaultVerdict } from "./verdict.js";
export {
  type Alias,
  ballotsOf,
  type Clock,
  type Counts,
  countedLength,
  type Entry,
  emptyView,
  fold,
  MAX_RELEVANCE_RULES,
  type Member,
  type Position,
  type RelevanceRule,
  type Revocation,
  reportersOf,
  type Status,
  sameProblem,
  type Term,
  type View,
  type ViewEvent,
} from "./view.js";
export {
  type Ballots,
  confirms,
  countReporters,
  countVotes,
  joinBallots,
  QUORUM,
  refutes,
  type Votes,
} from "./votes.js";
