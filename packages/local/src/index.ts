/**
 * @herdmind/local: the node of a machine. Whoever holds a peer serves its verbs at a local socket; every other program of the same
 * user works through it. `./client` is the part that needs no peer, and loads fast.
 */

export { type AgentContext, type AgentVerbName, runAgentVerb } from "./agent-verbs.js";
export type { Served } from "./answering.js";
export * from "./client.js";
export { type ClientClaims, createClientClaims } from "./client-claims.js";
export { createWeb, type WebOptions } from "./create-web.js";
export { feed } from "./feed.js";
export { type HttpOptions, type HttpServer, serveHttp } from "./http-server.js";
export { type LocalServer, serveLocal } from "./local-server.js";
export { createNameLeases, type NameLeases } from "./name-leases.js";
export { nodeLogOf, type ObservedNode, observeNode } from "./observe-node.js";
export { openApi } from "./openapi.js";
export { type ServedNode, type ServeNodeOptions, serveNode } from "./serve-node.js";
export { runStream } from "./streams.js";
export { runVerb, type VerbContext } from "./verbs.js";
export type { Web } from "./web.js";
