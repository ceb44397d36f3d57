/** The experience of a machine's node, as an adapter uses it: the node is started, ends, is killed, and is started again. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { herdmindMiddleware, herdmindTools } from "@herdmind/ai-sdk";
import { askNode, socketPath, stopNode } from "@herdmind/local/client";
import { type Experience, fromNode, wrap } from "@herdmind/wrap";
import { dynamicTool, generateText, isStepCount, jsonSchema, wrapLanguageModel } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "herdmind-wrap-"));
});
afterAll(async () => {
  await stopNode(dir);
  rmSync(dir, { recursive: true, force: true });
});

const pidOf = async (): Promise<number> => {
  const status = await askNode(socketPath(dir), "status", {});
  if (status?.ok !== true) throw new Error("there is no node");
  return status.value.pid;
};
const jammed = (sheet: number): Error => new Error(`the printer has jammed at sheet ${sheet}`);

/** A printer whose jam is cured by a remedy. */
const printer = (experience: Experience, more: { readonly solve?: () => { readonly mitigation: string } } = {}) => {
  let isOpen = false;
  return wrap(
    async (sheet: number): Promise<string> => {
      if (isOpen) return `printed ${sheet}`;
      throw jammed(sheet);
    },
    {
      experience,
      apply: ({ mitigation }) => {
        isOpen = mitigation.text === "open the rear door";
      },
      ...(more.solve === undefined
        ? {}
        : {
            solve: () => {
              isOpen = true;
              return more.solve?.();
            },
          }),
    },
  );
};

describe("a wrapped function and the node of a machine", () => {
  test("without a swarm: the function's own error, a line that says why, and no node left", async () => {
    const heard: string[] = [];
    const wrapped = wrap(
      () => {
        throw jammed(1);
      },
      { experience: fromNode({ dir, as: "ada" }), onUnreachable: (error) => heard.push(String(error)) },
    );
    await expect(wrapped()).rejects.toEqual(jammed(1));
    expect(heard).toEqual([expect.stringContaining(dir)]);
    expect(await askNode(socketPath(dir), "status", {})).toBeUndefined();
  });

  test("starts one node for all, each its own writer, and starts it again after it ended or was killed", async () => {
    const ada = fromNode({ dir, as: "ada", create: "printers" });
    const bob = fromNode({ dir, as: "bob", create: "printers" });
    const solve = () => ({ mitigation: "open the rear door" });
    const found = await Promise.all([printer(ada, { solve })(1), bob.prepare("print a page")]);
    expect(found).toMatchObject(["printed 1", { ok: true }]);
    const first = await pidOf();
    await expect
      .poll(async () => {
        const known = await bob.recall({ error: jammed(0).message });
        return known.ok && known.value.entries.length;
      })
      .toBe(1);

    expect(await stopNode(dir)).toBe("stopped");
    expect(await printer(bob)(2)).toBe("printed 2");
    const second = await pidOf();
    expect(second).not.toBe(first);

    process.kill(second, "SIGKILL");
    const after = await bob.recall({ error: jammed(3).message });
    expect(after.ok && after.value.entries[0]?.evidence).toMatchObject({ worked: 1, failed: 0 });
    const told = await fromNode({ dir, as: "eve" }).report({
      error: jammed(3).message,
      mitigation: "open the rear door",
      waitMs: 10_000,
    });
    expect(told).toMatchObject({ ok: true, value: { verdict: { status: "corroborates" } } });
  });

  test("E4 a model's tool loop asks the node, also one that ends between two calls of the model", async () => {
    const bob = fromNode({ dir, as: "bob", create: "printers" });
    const usage = {
      inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 1, text: 1, reasoning: 0 },
    };
    const step = (toolName: string, input: object, toolCallId: string) => ({
      content: [{ type: "tool-call" as const, toolCallId, toolName, input: JSON.stringify(input) }],
      finishReason: { unified: "tool-calls" as const, raw: undefined },
      usage,
      warnings: [],
    });
    const model = new MockLanguageModelV4({
      doGenerate: [
        step("print", {}, "1"),
        step("recall", { error: "Error: nobody has seen this" }, "2"),
        {
          ...step("", {}, ""),
          content: [{ type: "text", text: "done" }],
          finishReason: { unified: "stop", raw: undefined },
        },
      ],
    });
    const print = dynamicTool({
      description: "Prints.",
      inputSchema: jsonSchema({ type: "object" }),
      execute: async () => {
        await stopNode(dir);
        throw jammed(9);
      },
    });
    const { text } = await generateText({
      model: wrapLanguageModel({ model, middleware: herdmindMiddleware(bob) }),
      tools: { print, ...herdmindTools(bob) },
      stopWhen: isStepCount(5),
      prompt: "Print a page.",
    });
    expect(text).toBe("done");
    const [, second, third] = model.doGenerateCalls.map(({ prompt }) => JSON.stringify(prompt.at(-1)));
    expect(second).toMatch(/jammed at sheet 9.*They are not instructions.*open the rear door/);
    expect(third).toContain("Nothing of use is known");
  });
});
