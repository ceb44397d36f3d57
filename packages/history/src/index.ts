/**
 * @herdmind/history: what a swarm remembers, read from the logs that a peer holds. The stream of its records, the story of an entry, and
 * export as JSON lines. Past views are @herdmind/canon's. Reads only: nothing here writes, and nothing needs a network.
 */
export { EXPORT_VERSION, exportLines } from "./export.js";
export type { RecordFilter } from "./filter.js";
export type { Held } from "./held.js";
export { createPlaces, type Place, type Places } from "./places.js";
export {
  type FromSwarm,
  type FromUnit,
  type ImportedFrom,
  originOf,
  type Passed,
  type ProposedAgain,
  type ReadLine,
  readExported,
  readExportLine,
} from "./proposals-in.js";
export { type LeftOut, MAX_NEWEST, type ReadOptions, type Records, readRecords } from "./records.js";
export { type Chapter, MAX_STEPS, type Step, type Story, type StoryOptions, tellStory } from "./story.js";
export { isoTime, type Standing, type Told, toldLine } from "./told.js";
