/**
 * @herdmind/ai-sdk: Herdmind in the AI SDK. `herdmindTools` lets a model ask and report by itself; `herdmindMiddleware` shows it what is
 * known whenever a tool has failed, without being asked.
 */
export { type HerdmindMiddlewareOptions, herdmindMiddleware } from "./middleware.js";
export type { ToolResult } from "./prompt.js";
export { type HerdmindTools, type HerdmindToolsOptions, herdmindTools } from "./tools.js";
