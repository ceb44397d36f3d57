/**
 * @herdmind/orchestrator: admission, the only writer of canon. Takes every writer's blocks in turn and decides what they change;
 * effects and watermark of a block stand in one block of canon, so that a restart derives everything from canon.
 */
export {
  DISCOVERY_BYTES,
  FACTS_BYTES,
  MITIGATION_BYTES,
  SEARCH_CHARS,
  TITLE_CHARS,
} from "./admit-unit.js";
export { createOrchestrator } from "./create-orchestrator.js";
export type { HeartbeatSink } from "./heartbeat.js";
export type * from "./orchestrator.js";
