/** A model that reads its prompt and answers by a script: as the AI SDK's own mock, for calls with and without a stream. */
import { MockLanguageModelV4, simulateReadableStream } from "ai/test";
import { type Prompt, textsOf } from "./prompt.js";

type Said = { readonly text: string } | { readonly tool: string; readonly input: object };
/** What it says next; `read` is all the text that it is shown. */
export type Step = (read: string, prompt: Prompt) => Said;

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};
type Reason = { readonly unified: "tool-calls" | "stop"; readonly raw: undefined };

/** `prompts`: what it was shown, call by call. */
export const scriptedModel = (...steps: readonly Step[]) => {
  const prompts: Prompt[] = [];
  const next = (prompt: Prompt) => {
    const number = prompts.push(prompt);
    const said = steps[number - 1]?.(textsOf(prompt), prompt);
    if (said === undefined) throw new Error(`The script has no step ${number}.`);
    const finishReason: Reason = { unified: "tool" in said ? "tool-calls" : "stop", raw: undefined };
    return { said, number, finishReason };
  };
  const call = (tool: string, input: object, number: number) => ({
    type: "tool-call" as const,
    toolCallId: `call-${number}`,
    toolName: tool,
    input: JSON.stringify(input),
  });
  const model = new MockLanguageModelV4({
    doGenerate: async ({ prompt }) => {
      const { said, number, finishReason } = next(prompt);
      return {
        content: ["tool" in said ? call(said.tool, said.input, number) : { type: "text", text: said.text }],
        finishReason,
        usage,
        warnings: [],
      };
    },
    doStream: async ({ prompt }) => {
      const { said, number, finishReason } = next(prompt);
      const id = `text-${number}`;
      return {
        stream: simulateReadableStream({
          initialDelayInMs: null,
          chunkDelayInMs: null,
          chunks: [
            { type: "stream-start" as const, warnings: [] },
            ...("tool" in said
              ? [call(said.tool, said.input, number)]
              : [
                  { type: "text-start" as const, id },
                  { type: "text-delta" as const, id, delta: said.text },
                  { type: "text-end" as const, id },
                ]),
            { type: "finish" as const, finishReason, usage },
          ],
        }),
      };
    },
  });
  return { model, prompts };
};
