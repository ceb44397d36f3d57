/**
 * @herdmind/mcp: what a node knows and takes, as tools, resources and a prompt of the Model Context Protocol. It needs nothing of a node
 * but a way to ask it; `@herdmind/local` serves it over HTTP, `herdmind mcp` over stdio.
 */
export type { Ask } from "@herdmind/tools";
export {
  createGraph,
  DEFAULT_SPACE,
  type Graph,
  type GraphOptions,
  type KnowledgeGraph,
  type Merged,
} from "./graph.js";
export { type Entity, type GraphLine, type Relation, readGraphLine } from "./graph-items.js";
export { createMcpHttp, type McpHttp } from "./mcp-http.js";
export { createMcpServer, type McpServerOptions } from "./mcp-server.js";
export { serveMcpStdio, serveMemoryStdio } from "./mcp-stdio.js";
export { createMemoryServer, type MemoryServerOptions } from "./memory-server.js";
export type { Naming } from "./naming.js";
