/**
 * What a hook is told by an assistant when a tool has run, and what it answers. The formats are named in targets.ts. A hook is told of
 * tools that worked as well; where it cannot be seen whether one failed, only a problem that is known exactly is worth a word.
 */
import type { JsonObject } from "@herdmind/protocol";

/** What to ask the node, and under which event to answer. */
export interface Asked {
  readonly query: JsonObject;
  readonly event: string;
}

const ASSISTANTS = ["claude-code", "cursor", "codex", "vscode", "gemini-cli"] as const;
export type HookedAssistant = (typeof ASSISTANTS)[number];
export const isHooked = (name: string): name is HookedAssistant => (ASSISTANTS as readonly string[]).includes(name);

/** Tokens of an answer: it comes unasked, so it is shorter than one of the tools. */
const BUDGET_TOKENS = 700;
/** Entries: the best one, and what to try when it does not fit. */
const LIMIT = 2;
/** Characters of a tool's output that are looked at: it begins with what ran, and its end says what went wrong. */
const MAX_HEAD = 2 * 1024;
const MAX_CHARS = 64 * 1024;
/** A prompt with less in it names no error. */
const MIN_CHARS = 12;
/** Levels of a result that are looked into. */
const MAX_DEPTH = 4;

interface Result {
  readonly text: string;
  /** `undefined`: it does not say. */
  readonly hasFailed: boolean | undefined;
}

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** Members of results that hold what a command printed, the most telling ones first. */
const TEXTS = ["error", "stderr", "output", "stdout", "llmContent", "content", "text", "message"];
const CODES = ["exitCode", "exit_code", "code", "returnCode"];
/** How tools that answer in words say with which code a command ended. */
const CODE_IN_WORDS = /^[ \t]{0,8}(?:process )?exit(?:ed with)?(?: code)?[: ]{1,4}(-?\d{1,10})[ \t\r]{0,8}$/im;

const codeOf = (value: { readonly [name: string]: unknown }): number | undefined =>
  CODES.map((name) => value[name]).find((code): code is number => typeof code === "number");

/** What a tool answered, whichever way its assistant wraps it. */
const resultOf = (value: unknown, depth = 0): Result => {
  if (depth > MAX_DEPTH) return { text: "", hasFailed: undefined };
  if (typeof value === "string") {
    const inner = /^\s*[{[]/.test(value) ? parsed(value) : undefined;
    if (typeof inner === "object" && inner !== null) return resultOf(inner, depth + 1);
    const text =
      value.length <= MAX_HEAD + MAX_CHARS ? value : `${value.slice(0, MAX_HEAD)}\n${value.slice(-MAX_CHARS)}`;
    const code = CODE_IN_WORDS.exec(text)?.[1];
    return { text, hasFailed: code === undefined ? undefined : Number(code) !== 0 };
  }
  if (Array.isArray(value)) return joined(value.slice(0, 16).map((one) => resultOf(one, depth + 1)));
  if (!isObject(value)) return { text: "", hasFailed: undefined };
  const code = codeOf(value);
  const inner = joined(
    TEXTS.filter((name) => value[name] !== undefined && value[name] !== null).map((name) =>
      resultOf(value[name], depth + 1),
    ),
  );
  const says =
    typeof value.isError === "boolean"
      ? value.isError
      : isObject(value.error) || typeof value.error === "string"
        ? true
        : undefined;
  // What a person is shown has no frame around it, as what the model is shown may have.
  const text = typeof value.returnDisplay === "string" && value.returnDisplay !== "" ? value.returnDisplay : inner.text;
  return { text, hasFailed: code === undefined ? (says ?? inner.hasFailed) : code !== 0 };
};

const joined = (results: readonly Result[]): Result => ({
  text: [...new Set(results.map(({ text }) => text))].filter((text) => text.trim() !== "").join("\n"),
  hasFailed: results.find(({ hasFailed }) => hasFailed !== undefined)?.hasFailed,
});

/** The problem in words that the node's recall takes, as the tools of the MCP server hand it on. */
const queryOf = (text: string, isExact: boolean): JsonObject => {
  const end = text.slice(-MAX_CHARS).trim();
  const problem = end.includes("\n") ? { text: end } : { error: end };
  return { ...problem, similar: isExact ? "never" : "auto", limit: LIMIT, render: true, budgetTokens: BUDGET_TOKENS };
};

/** `undefined`: there is nothing to ask. Of what an assistant says only what is known here is looked at. */
export const askedBy = (assistant: HookedAssistant, input: unknown): Asked | undefined => {
  if (!isObject(input)) return undefined;
  const event = textOf(input.hook_event_name ?? input.hookEventName);
  if (assistant === "claude-code" && event === "UserPromptSubmit") {
    const { prompt } = input;
    if (typeof prompt !== "string" || prompt.trim().length < MIN_CHARS) return undefined;
    return { event, query: queryOf(prompt, true) };
  }
  // An interrupted command did not fail: somebody stopped it.
  if (input.is_interrupt === true) return undefined;
  const isFailure = assistant === "claude-code" && event === "PostToolUseFailure";
  if (assistant === "vscode" && !/terminal|shell|bash|command/i.test(textOf(input.tool_name))) return undefined;
  const { text, hasFailed } = resultOf(isFailure ? input.error : (input.tool_response ?? input.tool_output));
  if (text.trim() === "" || (!isFailure && hasFailed === false)) return undefined;
  // Claude Code says first with which code a command ended, which is no part of the problem.
  const told = isFailure ? text.replace(/^Exit code \d+\s*\n/, "") : text;
  return { event, query: queryOf(told, !isFailure && hasFailed !== true) };
};

/** What follows what is known: ours, and outside of the marks. */
const ADVICE =
  "If one of them fits, check it, apply it, and call herdmind's outcome tool with its id, whether it worked or not.";

/** The one line that the assistant reads; `rendered` is what the node made of the entries (E4). */
export const hookAnswer = (assistant: HookedAssistant, event: string, rendered: string): string => {
  const context = `${rendered}\n${ADVICE}`;
  if (assistant === "cursor") return JSON.stringify({ additional_context: context });
  return JSON.stringify({ hookSpecificOutput: { hookEventName: event, additionalContext: context } });
};
