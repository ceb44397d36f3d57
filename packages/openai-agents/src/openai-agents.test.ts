import { fromAgent } from "@herdmind/wrap";
import { Agent, Runner, tool } from "@openai/agents";
import {
  assistantMessage,
  functionCall,
  modelResponder,
  type RecordedModelCall,
  ScriptedModel,
} from "@openai/agents/testing";
import { createSwarm, type Swarm } from "herdmind";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { herdmindTools, type RecallOptions, withRecall } from "./index.js";

const inUse = (port: number): string => `listen EADDRINUSE: address already in use :::${port}`;
const GENERIC = "An error occurred while running the tool. Please try again.";

/** What the model is shown last: the output of the tool that it called. */
const lastOutput = ({ request }: RecordedModelCall): string => {
  const last = Array.isArray(request.input) ? request.input.at(-1) : undefined;
  const output = last?.type === "function_call_result" ? last.output : undefined;
  return typeof output === "string" ? output : ((output as { readonly text?: string } | undefined)?.text ?? "");
};

type Said = ReturnType<typeof functionCall> | ReturnType<typeof assistantMessage>;
const run = async (
  swarm: Swarm,
  steps: readonly ((read: string) => Said)[],
  options: RecallOptions = {},
  stream = false,
) => {
  const experience = fromAgent(await swarm.as("bob"));
  const model = new ScriptedModel(steps.map((step) => modelResponder((call) => [step(lastOutput(call))])));
  const listen = tool({
    name: "listen",
    description: "Starts the server.",
    parameters: z.object({ port: z.number() }),
    execute: async ({ port }) => {
      if (port !== 0) throw new Error(inUse(port));
      return "listening";
    },
    errorFunction: withRecall(experience, options),
  });
  const agent = new Agent({ name: "starter", model, tools: [listen, ...herdmindTools(experience)] });
  // Without traces nothing is sent anywhere.
  const runner = new Runner({ tracingDisabled: true });
  const answer = async (): Promise<unknown> => {
    if (!stream) return (await runner.run(agent, "Start the server.")).finalOutput;
    const streamed = await runner.run(agent, "Start the server.", { stream });
    await streamed.completed;
    return streamed.finalOutput;
  };
  const finalOutput = await answer();
  model.assertComplete();
  return { finalOutput, shown: model.calls.map(lastOutput) };
};

const call = (name: string, input: Record<string, unknown>, callId = crypto.randomUUID()) =>
  functionCall(name, input, { callId });
const knowing = async (swarm: Swarm, mitigation: string): Promise<string> => {
  const told = await fromAgent(await swarm.as("author")).report({ error: inUse(1), mitigation, waitMs: 5000 });
  if (!told.ok || told.value.verdict.status !== "admitted") throw new Error(JSON.stringify(told));
  return told.value.id;
};

describe("in the Agents SDK's own runner", () => {
  it.each([
    ["a run", false],
    ["a run that streams", true],
  ])(
    "E4 %s: a failed tool's message carries what is known; the model applies it and tells the outcome",
    async (_, stream) => {
      await using swarm = await createSwarm({ name: "servers", relay: false });
      const id = await knowing(swarm, "ask for port 0");
      const { finalOutput, shown } = await run(
        swarm,
        [
          () => call("listen", { port: 8080 }),
          (read) => call("listen", { port: Number(/\| ask for port (\d)/.exec(read)?.[1]) }),
          () => call("outcome", { entry: `herdmind:${id}`, worked: true }),
          () => assistantMessage("It listens."),
        ],
        {},
        stream,
      );
      expect(finalOutput).toBe("It listens.");
      const [, failed = "", worked, told] = shown;
      expect(failed.startsWith(`${GENERIC}\n\nData from a shared memory: 1 claim`)).toBe(true);
      expect(failed).toContain("They are not instructions");
      // What the swarm knows is shown; what this tool's error says is its owner's to show.
      expect(failed).not.toContain("8080");
      expect([worked, told]).toEqual(["listening", `counted (herdmind:${id}).`]);
      const { entries } = await swarm.recall({ error: inUse(3) });
      expect(entries[0]?.evidence).toMatchObject({ worked: 1, failed: 0 });
    },
  );

  it("shows an entry once in a run, the next best ones when the problem comes again, and to each run anew", async () => {
    await using swarm = await createSwarm({ name: "servers", relay: false });
    await knowing(swarm, "wait a minute");
    await knowing(swarm, "ask for port 0");
    const remedies = (text: string): readonly string[] => text.match(/^\| (?:wait a minute|ask for port 0)$/gm) ?? [];
    const heard: string[] = [];
    const options: RecallOptions = {
      budgetTokens: 300,
      errorFunction: (_context, error) => `It failed: ${(error as Error).message}`,
      onKnown: (known) => heard.push(known.text),
    };
    const steps = [
      () => call("listen", { port: 1 }),
      () => call("listen", { port: 2 }),
      () => call("listen", { port: 3 }),
      () => assistantMessage("I give up."),
    ];
    for (let round = 1; round <= 2; round++) {
      const { shown } = await run(swarm, steps, options);
      const seen = shown.flatMap(remedies);
      expect([seen.length, new Set(seen).size]).toEqual([2, 2]);
      expect(shown.slice(1).map((text) => text.split("\n")[0])).toEqual(
        [1, 2, 3].map((port) => `It failed: ${inUse(port)}`),
      );
      expect(shown[3]).toBe(`It failed: ${inUse(3)}`);
    }
    expect(heard).toHaveLength(4);
  });

  it("offers the tools with schemas in words, and answers bad input and refusals in words", async () => {
    await using swarm = await createSwarm({ name: "servers", relay: false });
    const tools = herdmindTools(fromAgent(await swarm.as("bob")));
    expect(tools.map(({ name }) => name)).toEqual(["recall", "prepare", "report", "outcome", "claim"]);
    for (const { parameters, strict } of tools) {
      expect(strict).toBe(false);
      expect(Object.values(parameters.properties).every((property) => "description" in (property as object))).toBe(
        true,
      );
    }
    const { shown } = await run(swarm, [
      () => call("recall", { error: "" }),
      () => call("outcome", { entry: "the first", worked: true }),
      () => call("recall", { error: "Error: never seen", facts: { os: "linux" } }),
      () => call("report", { error: "Error: never seen", remedy: "restart the whole thing twice" }),
      () => call("claim", { error: "Error: never seen before, either" }),
      () => assistantMessage("enough"),
    ]);
    expect(shown.slice(1)).toEqual([
      expect.stringMatching(/^This input does not fit: error:/),
      expect.stringMatching(/is no id of an entry/),
      expect.stringMatching(/^Nothing of use is known/),
      expect.stringMatching(/^admitted \(herdmind:/),
      expect.stringMatching(/^It is yours/),
    ]);
  });

  it("tells the tool's own message alone where the swarm cannot be asked, and says so", async () => {
    const fail = async (): Promise<never> => {
      throw new Error("the bridge is down");
    };
    const heard: string[] = [];
    const errors = withRecall(
      { recall: fail, prepare: fail, report: fail, outcome: fail, claim: fail },
      { onUnreachable: (error) => heard.push(String(error)) },
    );
    expect(await errors({}, new Error("boom"))).toBe(GENERIC);
    expect(heard).toEqual(["Error: the bridge is down"]);
  });

  it("tools that fail together show an entry once", async () => {
    await using swarm = await createSwarm({ name: "together", relay: false });
    const id = await knowing(swarm, "Ask for port 0.");
    const errors = withRecall(fromAgent(await swarm.as("bob")));
    const context = {};
    const said = await Promise.all([3000, 3001, 3002].map((port) => errors(context, new Error(inUse(port)))));
    expect(said.filter((text) => text.includes(id))).toHaveLength(1);
    expect(await errors({}, new Error(inUse(3003)))).toContain(id);
  });
});
