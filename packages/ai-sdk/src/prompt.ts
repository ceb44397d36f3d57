/** The prompt as a model gets it, in the AI SDK's own types. */
import type { LanguageModelMiddleware } from "ai";

type Transform = NonNullable<LanguageModelMiddleware["transformParams"]>;
export type CallOptions = Parameters<Transform>[0]["params"];
export type Prompt = CallOptions["prompt"];
export type Message = Prompt[number];
type ToolMessage = Extract<Message, { readonly role: "tool" }>;
export type ToolResult = Extract<ToolMessage["content"][number], { readonly type: "tool-result" }>;
export type ToolOutput = ToolResult["output"];

/** All that is text in a prompt, for looking at it; files are none. */
export const textsOf = (prompt: Prompt): string =>
  prompt
    .flatMap((message) => (typeof message.content === "string" ? [message.content] : message.content.map(textOf)))
    .join("\n");

const textOf = (part: Exclude<Message["content"], string>[number]): string => {
  if (part.type === "text" || part.type === "reasoning") return part.text;
  return part.type === "tool-result" ? textOfOutput(part.output) : "";
};

export const textOfOutput = (output: ToolOutput): string => {
  if (output.type === "text" || output.type === "error-text") return output.value;
  if (output.type === "content") return output.value.map((one) => (one.type === "text" ? one.text : "")).join("\n");
  return output.type === "execution-denied" ? "" : JSON.stringify(output.value);
};

/** A tool's result with a text behind it: the place in a prompt that claims least authority. */
export const withText = (output: ToolOutput, text: string): ToolOutput => {
  switch (output.type) {
    case "text":
    case "error-text":
      return { ...output, value: `${output.value}\n\n${text}` };
    case "json":
      return { ...output, type: "text", value: `${JSON.stringify(output.value)}\n\n${text}` };
    case "error-json":
      return { ...output, type: "error-text", value: `${JSON.stringify(output.value)}\n\n${text}` };
    case "content":
      return { ...output, value: [...output.value, { type: "text", text }] };
    default:
      return output;
  }
};
