/** What a program needs to work through a node that is there: where it is, and how it is asked. */
export {
  type Answers,
  type EntryLine,
  type HeadLine,
  INSPECTABLE,
  type Inspected,
  type InviteAnswer,
  type LogLine,
  type Refused,
  type ReportAnswer,
  type VerbAnswer,
  type VerbName,
} from "./answers.js";
export type { FeedEvent } from "./feed.js";
export { dataDir, socketPath } from "./home.js";
export { askNode, watchNode } from "./local-client.js";
export { MAX_REQUEST_BYTES } from "./local-limits.js";
