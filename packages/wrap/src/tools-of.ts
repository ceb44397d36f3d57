/** The tools of an experience, for the adapters of frameworks. */
import type { JsonObject } from "@herdmind/protocol";
import { type Ask, createTools, type Tools, type ToolsOptions } from "@herdmind/tools";
import type { Experience, RecallAsked, ReportAsked } from "./experience.js";

/** All but `status`, which is a node's. */
export type ExperienceTools = Omit<Tools, "status">;

export const toolsOf = (experience: Experience, options: ToolsOptions = {}): ExperienceTools => {
  const ask: Ask = async (verb, input, signal) => {
    switch (verb) {
      case "recall":
        return experience.recall(input as RecallAsked, signal);
      case "prepare": {
        const { task, ...more } = input as { readonly task: JsonObject };
        return experience.prepare(task, more, signal);
      }
      case "report":
        return experience.report(input as unknown as ReportAsked, signal);
      case "outcome": {
        const { entry, ...outcome } = input as { readonly entry: string; readonly success: boolean };
        return experience.outcome(entry, outcome, signal);
      }
      case "claim":
        return experience.claim(input, signal);
      default:
        throw new Error(`An experience is not asked for its ${verb}.`);
    }
  };
  const { status: _, ...tools } = createTools(ask, options);
  return tools;
};
