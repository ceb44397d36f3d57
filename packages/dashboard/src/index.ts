/** @herdmind/dashboard: a swarm as a person sees it. What it asks of the node that serves it stands in api.ts. */
import { join } from "node:path";

/** Absolute path of the built page: `index.html` and the files beside it, which it names relative to itself. */
export const assets: string = join(import.meta.dirname, "assets");

export {
  type Alarms,
  CODE_NAME,
  type DashboardVerbs,
  type Entries,
  type EntriesQuery,
  type EntryRow,
  type EntryStory,
  type Graph,
  type GraphEdge,
  type GraphNode,
  type GraphQuery,
  type Members,
  type Moment,
  type Overview,
  PAGE_HEADER,
  type Timeline,
} from "./api.js";
