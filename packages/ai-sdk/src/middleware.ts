/**
 * Middleware: before each call of the model it looks for failures in the prompt, recalls them, and puts what is known behind each one, as data
 * (E4). The texts of one conversation stay the same from call to call, so that providers can cache the prompt, and an entry is shown once.
 */
import { estimateTokens, renderedIdsIn } from "@herdmind/experience";
import { problemOfText } from "@herdmind/tools";
import { type Experience, type HerdmindKnown, type KnownOptions, knownAbout, preparedFor, warn } from "@herdmind/wrap";
import type { LanguageModelMiddleware } from "ai";
import { failureIn, saysWhy } from "./failures.js";
import {
  type CallOptions,
  type Message,
  type Prompt,
  type ToolResult,
  textOfOutput,
  textsOf,
  withText,
} from "./prompt.js";

export interface HerdmindMiddlewareOptions extends Pick<KnownOptions, "onUnreachable"> {
  /** Tokens at most of all that is added because something failed; default 1200. The newest failure comes first. */
  readonly budgetTokens?: number;
  /** The words of a tool's failure, or `undefined` where it did not fail; default: errors, exit codes, and texts with a cause in them. */
  readonly failureOf?: (result: ToolResult) => string | undefined;
  /** `true`: what is known about the task is put behind the first message of the user, within this many tokens; default 800. */
  readonly prepare?: boolean | { readonly budgetTokens: number };
  /** Told what was added to a prompt. */
  readonly onKnown?: (known: HerdmindKnown) => void;
}

const BUDGET_TOKENS = 1200;
const PREPARE_TOKENS = 800;
/** Failures that one call recalls, the newest: a long conversation is not searched through again and again. */
const MAX_RECALLS = 8;
/** Results of tools that one call looks at, the newest; one takes 8 ms at most. */
const MAX_LOOKED = 32;
/** Characters that name a text among those that are kept. */
const MAX_KEY_CHARS = 500;
/** Texts that are kept: 256 failures or tasks of the conversations that are going on. */
const MAX_KEPT = 256;
/** Characters of a message of the user that are taken as the task. */
const MAX_TASK_CHARS = 4000;

export const herdmindMiddleware = (
  experience: Experience,
  {
    budgetTokens = BUDGET_TOKENS,
    failureOf,
    prepare = false,
    onKnown,
    onUnreachable = warn,
  }: HerdmindMiddlewareOptions = {},
): LanguageModelMiddleware => {
  const kept = createKept();
  const prepareTokens = typeof prepare === "object" ? prepare.budgetTokens : PREPARE_TOKENS;

  /** What was known for a text of a conversation before, or is known now. */
  const keptOr = async (key: string, ask: () => Promise<HerdmindKnown | undefined>): Promise<string | undefined> => {
    const before = kept.get(key);
    if (before !== undefined) return before;
    const known = await ask();
    if (known === undefined) return undefined;
    kept.set(key, known.text);
    onKnown?.(known);
    return known.text;
  };

  /** Behind the first message of the user. */
  const withPrepared = async (prompt: Prompt, asking: KnownOptions): Promise<Prompt> => {
    const at = prompt.findIndex(({ role }) => role === "user");
    const message = prompt[at];
    if (prepare === false || message?.role !== "user") return prompt;
    const task = textsOf([message]).trim().slice(0, MAX_TASK_CHARS);
    if (task === "") return prompt;
    const ask = () => preparedFor(experience, task, { ...asking, budgetTokens: prepareTokens });
    const known = await keptOr(keyOf("task", task), ask);
    return known === undefined ? prompt : prompt.with(at, withTextPart(message, known));
  };

  /** Behind each failure, the newest first while the budget lasts. */
  const withRecalled = async (
    prompt: Prompt,
    base: Prompt,
    asking: KnownOptions,
    isReachable: () => boolean,
  ): Promise<Prompt> => {
    const done = [...base];
    const failures = failuresIn(prompt, failureOf ?? (({ output }) => failureIn(output)), kept.has);
    const ids = new Set<string>(renderedIdsIn(textsOf(base)));
    const noteIds = (text: string): void => {
      for (const id of renderedIdsIn(text)) ids.add(id);
    };
    for (const { key } of failures) noteIds(kept.get(key) ?? "");
    let left = budgetTokens;
    let recalls = 0;
    for (const { key, text, add } of failures) {
      if (!kept.has(key) && (recalls === MAX_RECALLS || !isReachable())) continue;
      if (!kept.has(key)) recalls += 1;
      const ask = () =>
        knownAbout(experience, problemOfText(text), { ...asking, budgetTokens: left, exclude: [...ids] });
      const known = await keptOr(key, ask);
      const tokens = known === undefined ? 0 : estimateTokens(known);
      if (known === undefined || tokens > left) continue;
      left -= tokens;
      noteIds(known);
      add(done, known);
    }
    return done;
  };

  return {
    specificationVersion: "v4",
    async transformParams({ params }): Promise<CallOptions> {
      const { abortSignal: signal, prompt } = params;
      let isReachable = true;
      const asking: KnownOptions = {
        signal,
        onUnreachable(error, verb) {
          // Asked again with the next call of the model: this one has waited long enough.
          isReachable = false;
          onUnreachable(error, verb);
        },
      };
      const base = await withPrepared(prompt, asking);
      return { ...params, prompt: await withRecalled(prompt, base, asking, () => isReachable) };
    },
  };
};

interface Failure {
  /** The same for the same failure of the same conversation. */
  readonly key: string;
  readonly text: string;
  add(prompt: Message[], known: string): void;
}

/** Newest first: failed tools, and what the user wrote last if it holds an error. `isKept`: something was added behind it before. */
const failuresIn = (
  prompt: Prompt,
  failureOf: (result: ToolResult) => string | undefined,
  isKept: (key: string) => boolean,
): readonly Failure[] => {
  const failures: Failure[] = [];
  const lastOfUser = prompt.findLastIndex(({ role }) => role === "user");
  let looked = 0;
  for (const [at, message] of [...prompt.entries()].reverse()) {
    if (message.role === "user" && at === lastOfUser) {
      const text = textsOf([message]);
      if (saysWhy(text) && !isKnown(text))
        failures.push({
          key: keyOf("said", text),
          text,
          add: (done, known) => {
            const current = done[at];
            if (current?.role === "user") done[at] = withTextPart(current, known);
          },
        });
    }
    if (message.role !== "tool") continue;
    for (const [part, result] of [...message.content.entries()].reverse()) {
      if (result.type !== "tool-result") continue;
      const key = keyOf(result.toolCallId, textOfOutput(result.output));
      looked += 1;
      if (looked > MAX_LOOKED && !isKept(key)) continue;
      const text = failureOf(result);
      if (text === undefined || text.trim() === "" || isKnown(text)) continue;
      failures.push({
        key,
        text,
        add: (done, known) => {
          const current = done[at];
          if (current?.role !== "tool") return;
          const output = withText(result.output, known);
          done[at] = { ...current, content: current.content.with(part, { ...result, output }) };
        },
      });
    }
  }
  return failures;
};

/** A name for a text of a conversation. The ids of calls tell them apart, so that its beginning is enough. */
const keyOf = (of: string, text: string): string => `${of} ${text.length} ${text.slice(0, MAX_KEY_CHARS)}`;

/** Whether a text shows entries already: an answer of the tools, or what a wrapped function said. What is told there has not failed here. */
const isKnown = (text: string): boolean => renderedIdsIn(text).length > 0;

type UserMessage = Extract<Message, { readonly role: "user" }>;
const withTextPart = (message: UserMessage, text: string): UserMessage => ({
  ...message,
  content: [...message.content, { type: "text", text }],
});

const createKept = () => {
  const texts = new Map<string, string>();
  return {
    has: (key: string): boolean => texts.has(key),
    get: (key: string): string | undefined => texts.get(key),
    set(key: string, text: string): void {
      texts.set(key, text);
      if (texts.size > MAX_KEPT) texts.delete(texts.keys().next().value as string);
    },
  };
};
