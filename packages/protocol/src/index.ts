/**
 * @herdmind/protocol: the words of a swarm. Ids, keys, credentials, records and the signed block codec, without I/O,
 * without Node and without the DOM. `PROTOCOL.md` beside this package is the specification; rule ids there, in refusals
 * and in tests agree.
 */
export * from "./access-token.js";
export * from "./block.js";
export * from "./cbor.js";
export { cborSize, textBytes } from "./cbor-size.js";
export * from "./credentials.js";
export * from "./ephemeral.js";
export * from "./fork.js";
export * from "./genesis.js";
export { concat, equalBytes, sha256 } from "./hash.js";
export * from "./ids.js";
export * from "./keys.js";
export * from "./limits.js";
export { memoryWrites, writeInParts } from "./memory-writes.js";
export * from "./payload.js";
export { readRecord, record } from "./record-versions.js";
export * from "./records.js";
export * from "./refusal.js";
export * from "./term.js";
export * from "./ticket.js";
