/** The tools of an experience as function tools of the Agents SDK. */
import { type Experience, toolsOf } from "@herdmind/wrap";
import { type FunctionTool, tool } from "@openai/agents";
import * as z from "zod";

export interface HerdmindToolsOptions {
  /** Tokens of an answer at most; default 1200. */
  readonly budgetTokens?: number;
}

/** As the SDK writes JSON Schema. */
type Properties = FunctionTool["parameters"]["properties"];

/**
 * `recall`, `prepare`, `report`, `outcome` and `claim`, for an agent's `tools`. A refusal is an answer in words, not a failed tool. Not strict:
 * a strict schema has no members that may be missing, and no facts by names of one's own; inputs are checked here.
 */
export const herdmindTools = (experience: Experience, options: HerdmindToolsOptions = {}): FunctionTool[] =>
  Object.values(toolsOf(experience, options)).map(({ name, description, input, run }) => {
    const { properties = {}, required = [] } = z.toJSONSchema(input, { io: "input" });
    return tool({
      name,
      description,
      parameters: { type: "object", properties: properties as Properties, required, additionalProperties: true },
      strict: false,
      execute: async (given, _context, details) => (await run(given, details?.signal)).text,
    }) as FunctionTool;
  });
