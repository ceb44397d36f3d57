/**
 * @herdmind/openai-agents: Herdmind in the OpenAI Agents SDK. `herdmindTools` lets a model ask and report by itself; `withRecall` makes the
 * message of a failed tool carry what is known about the failure.
 */
export { type HerdmindToolsOptions, herdmindTools } from "./tools.js";
export { type RecallOptions, type ToolErrors, withRecall } from "./with-recall.js";
