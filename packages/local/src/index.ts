/**
 * @herdmind/local: the node of a machine. Whoever holds a peer serves its verbs at a local socket; every other program of the same
 * user works through it. `./client` is the part that needs no peer, and loads fast.
 */
export * from "./client.js";
export type { Served } from "./answering.js";
export { feed } from "./feed.js";
export { type LocalServer, serveLocal } from "./local-server.js";
export { runVerb, type VerbContext } from "./verbs.js";
