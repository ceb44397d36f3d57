/**
 * @herdmind/cli: the `herdmind` command. What it uses to work through a running node is exported, so that other programs can do
 * the same: the place of a node's data and of its local socket, a client of it, and the server that a program with a peer of its
 * own can start.
 */
export type {
  Answers,
  EntryLine,
  HeadLine,
  Inspected,
  InviteAnswer,
  LogLine,
  Refused,
  ReportAnswer,
  VerbAnswer,
  VerbName,
} from "./answers.js";
export { EXIT, type ExitCode } from "./exit-codes.js";
export type { FeedEvent } from "./feed.js";
export { dataDir, socketPath } from "./home.js";
export type { Io } from "./io.js";
export { askNode, watchNode } from "./local-client.js";
export { type LocalServer, type Served, serveLocal } from "./local-server.js";
export { run } from "./run.js";
