/** @herdmind/dashboard: a swarm as a person sees it. What it asks of the node that serves it stands in api.ts. */
export type {
  Alarms,
  DashboardVerbs,
  Entries,
  EntriesQuery,
  EntryRow,
  EntryStory,
  Graph,
  GraphEdge,
  GraphNode,
  GraphQuery,
  Members,
  Moment,
  Overview,
  Timeline,
} from "./api.js";
