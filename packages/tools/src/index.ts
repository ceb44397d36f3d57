/**
 * @herdmind/tools: what an agent asks of a swarm, as tools for a language model. One table that MCP and the adapters of frameworks share:
 * names, descriptions, inputs, and answers that are short, ranked, and safe in a prompt (E4).
 */
export type { Ask } from "./ask.js";
export { LOOP } from "./loop.js";
export { idOf, problemOfText } from "./tool-inputs.js";
export { createTools, type Told, type Tool, type ToolName, type Tools, type ToolsOptions } from "./tools.js";
