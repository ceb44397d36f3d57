/** The tools of an experience as tools of the AI SDK. */
import { type Experience, type ExperienceTools, toolsOf } from "@herdmind/wrap";
import { type Tool, tool } from "ai";

type Names = keyof ExperienceTools;
type InputOf<Name extends Names> = ReturnType<ExperienceTools[Name]["input"]["parse"]>;
export type HerdmindTools = { readonly [Name in Names]: Tool<InputOf<Name>, string> };

export interface HerdmindToolsOptions {
  /** Tokens of an answer at most; default 1200. */
  readonly budgetTokens?: number;
}

/** `recall`, `prepare`, `report`, `outcome` and `claim`. A refusal is an answer in words, not a failed tool. */
export const herdmindTools = (experience: Experience, options: HerdmindToolsOptions = {}): HerdmindTools => {
  const tools = Object.values(toolsOf(experience, options));
  return Object.fromEntries(
    tools.map(({ name, title, description, input, run }) => [
      name,
      tool<unknown, string, Record<string, never>>({
        title,
        description,
        inputSchema: input,
        execute: async (given, { abortSignal }) => (await run(given, abortSignal)).text,
      }),
    ]),
  ) as unknown as HerdmindTools;
};
