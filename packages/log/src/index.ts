/**
 * @herdmind/log: signed, hash-chained, single-writer logs carried in Yjs documents. `ingest` is the only door for foreign
 * bytes, `Writer.append` the only way to write, and storage confirms both before anything is shown.
 */
export { type CreateLogsOptions, createLogs } from "./create-logs.js";
export { type CarriedBlocks, decodeUpdate, encodeUpdate, segmentName } from "./grammar.js";
export type * from "./logs.js";
export type * from "./storage.js";
