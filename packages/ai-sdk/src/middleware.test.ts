import type { Experience, RecallAsked } from "@herdmind/wrap";
import { MockLanguageModelV4 } from "ai/test";
import { describe, expect, it } from "vitest";
import { herdmindMiddleware } from "./index.js";
import { type Message, type Prompt, type ToolOutput, textsOf } from "./prompt.js";

const call = async (experience: Experience, prompt: Prompt): Promise<Prompt> => {
  const { transformParams } = herdmindMiddleware(experience);
  const model = new MockLanguageModelV4();
  return (await transformParams?.({ type: "generate", params: { prompt }, model }))?.prompt ?? [];
};
const result = (number: number, output: ToolOutput): Message => ({
  role: "tool",
  content: [{ type: "tool-result", toolCallId: `call-${number}`, toolName: "build", output }],
});

/** Knows nothing, and counts what it is asked. */
const counting = () => {
  const asked: RecallAsked[] = [];
  const none = () => expect.unreachable();
  const experience: Experience = {
    recall: async (query) => {
      asked.push(query);
      return { ok: true, value: { entries: [], rendered: { text: "", ids: [], overBudget: 0, tokens: 0 } } } as never;
    },
    prepare: none,
    report: none,
    outcome: none,
    claim: none,
  };
  return { experience, asked };
};

describe("a call of a model", () => {
  it("recalls the newest failures of a long conversation, and leaves the others alone", async () => {
    const { experience, asked } = counting();
    const prompt = Array.from({ length: 200 }, (_, n) => result(n, { type: "error-text", value: `failure ${n}` }));
    expect(await call(experience, prompt)).toEqual(prompt);
    expect(asked.map(({ error }) => error)).toEqual(Array.from({ length: 8 }, (_, n) => `failure ${199 - n}`));
  });

  it.each<readonly [string, ToolOutput, string | undefined]>([
    ["an error as JSON", { type: "error-json", value: { error: { message: "no such table" } } }, "no such table"],
    ["an error without words", { type: "error-json", value: 17 }, "17"],
    [
      "a process that failed",
      { type: "json", value: { exitCode: 2, stderr: "no rule", stdout: "make" } },
      "no rule\nmake",
    ],
    ["a failed answer", { type: "json", value: { ok: false, message: "late" } }, "late"],
    ["what a person has denied", { type: "execution-denied", reason: "Error: no" }, undefined],
    [
      "a process that did not fail",
      { type: "json", value: { exitCode: 0, stderr: "TypeError: x is not a y" } },
      undefined,
    ],
    ["an answer about failures", { type: "json", value: { rows: [{ error: "boom" }] } }, undefined],
    ["a listing", { type: "text", value: "total 3\nerror.log\nfailure.txt" }, undefined],
    [
      "a deep answer",
      { type: "json", value: { error: { error: { error: { error: { error: "too deep" } } } } } },
      undefined,
    ],
  ])("takes for a failure what is one: %s", async (_, output, words) => {
    const { experience, asked } = counting();
    await call(experience, [result(1, output)]);
    expect(asked.map(({ error, text }) => error ?? text)).toEqual(words === undefined ? [] : [words]);
  });

  it("asks about the last message of the user only, and not about what it shows already", async () => {
    const { experience, asked } = counting();
    const says = (text: string): Message => ({ role: "user", content: [{ type: "text", text }] });
    const prompt = [says("Error: the first"), says("TypeError: the last is not a function"), says("Thank you.")];
    await call(experience, prompt);
    expect(asked).toEqual([]);
    await call(experience, prompt.slice(0, 2));
    await call(experience, [says(`Error: tell herdmind:${"A".repeat(43)} about it`)]);
    expect(asked.map(({ error }) => error)).toEqual(["TypeError: the last is not a function"]);
    expect(textsOf(prompt)).toContain("Thank you.");
  });
});
