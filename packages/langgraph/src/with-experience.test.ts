// Real compiled graphs on a real swarm: the node of one agent is immune to what another one has solved.
import { type Experience, fromAgent, knownOf } from "@herdmind/wrap";
import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import {
  Annotation,
  Command,
  END,
  interrupt,
  MemorySaver,
  MessagesAnnotation,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { ToolNode, toolsCondition } from "@langchain/langgraph/prebuilt";
import { createSwarm, type Swarm } from "herdmind";
import { describe, expect, test } from "vitest";
import { type Node, type NodeOptions, withExperience } from "./with-experience.js";

const State = Annotation.Root({
  port: Annotation<number>,
  said: Annotation<readonly string[]>({ reducer: (before, more) => [...before, ...more], default: () => [] }),
});
type StateType = typeof State.State;
type Update = Partial<StateType> | Command;

const busy = (port: number) =>
  Object.assign(new Error(`listen EADDRINUSE: address already in use :::${port}`), { code: "EADDRINUSE" });
const listen = async ({ port }: StateType): Promise<Update> => {
  if (port !== 0) throw busy(port);
  return { said: ["listening"] };
};

const solved = async (swarm: Swarm): Promise<string> => {
  const receipt = await (await swarm.as("ada")).report({
    problem: busy(3000),
    mitigation: { text: "ask for port 0", data: { port: 0 } },
  });
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  await receipt.verdict;
  return receipt.id;
};
const ballot = async (swarm: Swarm) => {
  const [entry] = (await swarm.recall({ problem: { error: busy(1) }, limit: 1 })).entries;
  return [entry?.mitigation.text, entry?.evidence.worked, entry?.evidence.failed];
};

const graphOf = (node: Node<StateType, Update>, options: NodeOptions<StateType, Update>) =>
  new StateGraph(State)
    .addNode("work", withExperience(node, options), { ends: ["other"] })
    .addNode("other", async () => ({ said: ["other"] }))
    .addEdge(START, "work")
    .addEdge("other", END);
const toPort = { apply: () => ({ port: 0 }) };

describe("a node that fails", () => {
  test("runs again with a known remedy laid over its input; the outcome is told, the state stays", async () => {
    await using swarm = await createSwarm({ name: "apply", relay: false });
    await solved(swarm);
    const experience = fromAgent(await swarm.as("bob"));
    const graph = graphOf(listen, { experience, ...toPort }).compile();
    expect(await graph.invoke({ port: 8080 })).toEqual({ port: 8080, said: ["listening"] });
    await expect.poll(() => ballot(swarm)).toEqual(["ask for port 0", 1, 0]);
  });

  test("tells the model what is known; what it says that helped is told to the swarm", async () => {
    await using swarm = await createSwarm({ name: "tell", relay: false });
    const id = await solved(swarm);
    const experience = fromAgent(await swarm.as("bob"));
    const seen: string[] = [];
    const node = withExperience(listen, {
      experience,
      tell: (known) => new Command({ update: { said: [known.text] }, goto: "model" }),
      learn: ({ known, error }, { state }) => {
        seen.push(`${(error as Error).message} -> ${state.port}`);
        return { entry: known?.entries[0]?.id ?? "", success: true };
      },
    });
    const graph = new StateGraph(State)
      .addNode("work", node, { ends: ["model"] })
      // In place of a language model: it reads, and takes what it read.
      .addNode("model", async ({ said }) => (said.at(-1)?.includes("ask for port 0") ? { port: 0 } : {}))
      .addEdge(START, "work")
      .addEdge("model", "work");
    const { said, port } = await graph.compile().invoke({ port: 8080 });
    expect([port, said.at(-1), said[0]]).toEqual([0, "listening", expect.stringContaining(id)]);
    expect(seen).toEqual(["listen EADDRINUSE: address already in use :::8080 -> 0"]);
    await expect.poll(() => ballot(swarm)).toEqual(["ask for port 0", 1, 0]);
    // Of another run nothing is remembered.
    await graph.compile().invoke({ port: 0 });
    expect(seen.length).toBe(1);
  });

  test("fails as it would have where nothing is known, and reports what helped when it succeeds in that thread", async () => {
    await using swarm = await createSwarm({ name: "learn", relay: false });
    const learned: number[] = [];
    const graph = graphOf(listen, {
      experience: fromAgent(await swarm.as("bob")),
      tell: () => ({ said: ["never"] }),
      learn: ({ state }, done) => {
        learned.push(state.port);
        return done.state.port === 0 ? { mitigation: "ask for port 0", discovery: "0 is any" } : undefined;
      },
      facts: () => ({ os: "linux" }),
    }).compile({ checkpointer: new MemorySaver() });
    const thread = (thread_id: string) => ({ configurable: { thread_id } });
    await expect(graph.invoke({ port: 80 }, thread("1"))).rejects.toThrow("EADDRINUSE");
    await graph.invoke({ port: 0 }, thread("2"));
    expect(learned).toEqual([]);
    await graph.invoke({ port: 0 }, thread("1"));
    await graph.invoke({ port: 0 }, thread("1"));
    expect(learned).toEqual([80]);
    const known = async () =>
      (await swarm.recall({ problem: { error: busy(9), facts: { os: "linux" } }, similar: "never" })).entries;
    await expect
      .poll(known)
      .toMatchObject([{ mitigation: { text: "ask for port 0" }, discovery: "0 is any", match: "exact" }]);
  });

  test("asks nobody what helped when the loop has told it already", async () => {
    await using swarm = await createSwarm({ name: "cured", relay: false });
    await solved(swarm);
    let canApply = false;
    let asked = 0;
    const graph = graphOf(listen, {
      experience: fromAgent(await swarm.as("bob")),
      apply: () => canApply && { port: 0 },
      learn: () => {
        asked += 1;
        return undefined;
      },
    }).compile({ checkpointer: new MemorySaver() });
    const thread = { configurable: { thread_id: "1" } };
    await expect(graph.invoke({ port: 80 }, thread)).rejects.toThrow("EADDRINUSE");
    canApply = true;
    expect(await graph.invoke({ port: 80 }, thread)).toMatchObject({ said: ["listening"] });
    await expect.poll(() => ballot(swarm)).toEqual(["ask for port 0", 1, 0]);
    expect(asked).toBe(0);
  });

  test("answers a tool call with what is known, so that the model can call again", async () => {
    await using swarm = await createSwarm({ name: "tools", relay: false });
    const id = await solved(swarm);
    const listenTool = tool(async ({ port }: { port: number }) => (await listen({ port, said: [] })) && "listening", {
      name: "listen",
      schema: { type: "object", properties: { port: { type: "number" } }, required: ["port"] },
    });
    type Messages = typeof MessagesAnnotation.State;
    const callOf = ({ messages }: Messages) => (messages.at(-1) as AIMessage).tool_calls?.[0]?.id ?? "";
    const tools = withExperience<Messages, { messages: BaseMessage[] }>(
      new ToolNode([listenTool], { handleToolErrors: false }),
      {
        experience: fromAgent(await swarm.as("bob")),
        tell: ({ text }, { state }) => ({
          messages: [new ToolMessage({ content: text, tool_call_id: callOf(state), status: "error" })],
        }),
        learn: ({ known }) => ({ entry: known?.entries[0]?.id ?? "", success: true }),
      },
    );
    // In place of a language model: it calls the tool, and once more with what it read.
    const model = async ({ messages }: Messages) => {
      const last = String(messages.at(-1)?.content);
      if (last === "listening") return { messages: [new AIMessage("done")] };
      const args = { port: last.includes("ask for port 0") ? 0 : 80 };
      return {
        messages: [
          new AIMessage({ content: "", tool_calls: [{ name: "listen", args, id: `call-${messages.length}` }] }),
        ],
      };
    };
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("model", model)
      .addNode("tools", tools)
      .addEdge(START, "model")
      .addConditionalEdges("model", toolsCondition, ["tools", END])
      .addEdge("tools", "model")
      .compile();
    const { messages } = await graph.invoke({ messages: [new HumanMessage("listen")] });
    expect(messages.map((message) => message.getType())).toEqual(["human", "ai", "tool", "ai", "tool", "ai"]);
    expect(String(messages[2]?.content)).toContain(id);
    await expect.poll(() => ballot(swarm)).toEqual(["ask for port 0", 1, 0]);
  });

  test("gives LangGraph its own error, with what is known at hand", async () => {
    await using swarm = await createSwarm({ name: "known", relay: false });
    await solved(swarm);
    const graph = graphOf(listen, { experience: fromAgent(await swarm.as("bob")) }).compile();
    const error = await graph.invoke({ port: 80 }).catch((thrown: unknown) => thrown);
    expect((error as Error).message).toBe(busy(80).message);
    expect(knownOf(error)?.entries[0]?.mitigation.text).toBe("ask for port 0");
  });

  test("fails as it would have, and succeeds as it would have, when the swarm cannot be asked", async () => {
    const silent = async () => ({ ok: false as const, rule: "unavailable", message: "no node" });
    const experience: Experience = { recall: silent, prepare: silent, report: silent, outcome: silent, claim: silent };
    const told: string[] = [];
    const graph = graphOf(listen, {
      experience,
      ...toPort,
      tell: () => ({ said: ["never"] }),
      learn: () => ({ mitigation: "x" }),
      onUnreachable: (_, verb) => told.push(verb),
    }).compile({ checkpointer: new MemorySaver() });
    const thread = { configurable: { thread_id: "1" } };
    await expect(graph.invoke({ port: 80 }, thread)).rejects.toThrow("EADDRINUSE");
    expect(await graph.invoke({ port: 0 }, thread)).toMatchObject({ said: ["listening"] });
    expect([...new Set(told)]).toEqual(["recall", "report"]);
  });
});

describe("what steers a graph is no failure", () => {
  /** Notes who asks the swarm. */
  const createIdle = () => {
    const asked: string[] = [];
    const ask = (verb: string) => async () => {
      asked.push(verb);
      return { ok: false as const, rule: "unavailable", message: "no node" };
    };
    const experience: Experience = {
      recall: ask("recall"),
      prepare: ask("prepare"),
      report: ask("report"),
      outcome: ask("outcome"),
      claim: ask("claim"),
    };
    return { asked, experience };
  };
  const thread = { configurable: { thread_id: "1" } };

  test("interrupt() pauses, and goes on with the answer", async () => {
    const { asked, experience } = createIdle();
    const graph = graphOf(async ({ port }) => ({ said: [`${interrupt(`may I use ${port}?`)}`] }), {
      experience,
      ...toPort,
      tell: () => ({ said: ["never"] }),
    }).compile({ checkpointer: new MemorySaver() });
    const paused = await graph.invoke({ port: 80 }, thread);
    expect(paused).toMatchObject({ __interrupt__: [{ value: "may I use 80?" }], said: [] });
    expect(await graph.invoke(new Command({ resume: "yes" }), thread)).toMatchObject({ said: ["yes"] });
    expect(asked).toEqual([]);
  });

  test("who answered is not asked again when a remedy is tried", async () => {
    await using swarm = await createSwarm({ name: "asked", relay: false });
    await solved(swarm);
    const asked: number[] = [];
    const graph = graphOf(
      async (state) => {
        const answer = interrupt("may I?");
        asked.push(state.port);
        return { ...(await listen(state)), said: [`${answer}`] };
      },
      { experience: fromAgent(await swarm.as("bob")), ...toPort },
    ).compile({ checkpointer: new MemorySaver() });
    await graph.invoke({ port: 80 }, thread);
    expect(await graph.invoke(new Command({ resume: "yes" }), thread)).toMatchObject({ said: ["yes"] });
    expect(asked).toEqual([80, 0]);
  });

  test("interrupt() while a remedy is tried pauses too, and nothing is told of the remedy", async () => {
    await using swarm = await createSwarm({ name: "pause", relay: false });
    await solved(swarm);
    const receipts: string[] = [];
    const graph = graphOf(
      async (state) => {
        await listen(state);
        return { said: [`${interrupt("port 0, really?")}`] };
      },
      { experience: fromAgent(await swarm.as("bob")), ...toPort, onReceipt: (_, kind) => void receipts.push(kind) },
    ).compile({ checkpointer: new MemorySaver() });
    const paused = await graph.invoke({ port: 80 }, thread);
    expect(paused).toMatchObject({ __interrupt__: [{ value: "port 0, really?" }] });
    expect(receipts).toEqual([]);
    // The node begins again, as LangGraph has it: it fails, is cured, and has its answer now.
    expect(await graph.invoke(new Command({ resume: "yes" }), thread)).toMatchObject({ said: ["yes"] });
    expect(receipts).toEqual(["outcome"]);
  });

  test("a Command goes where it says, also to the parent of a graph", async () => {
    const { asked, experience } = createIdle();
    const graph = graphOf(async () => new Command({ goto: "other", update: { said: ["work"] } }), { experience });
    expect(await graph.compile().invoke({ port: 1 })).toMatchObject({ said: ["work", "other"] });
    const child = new StateGraph(State)
      .addNode(
        "inner",
        withExperience(async () => new Command({ graph: Command.PARENT, goto: "other" }), { experience }),
      )
      .addEdge(START, "inner")
      .compile();
    const parent = graphOf(child as unknown as Node<StateType, Update>, { experience, ...toPort });
    expect(await parent.compile().invoke({ port: 1 })).toMatchObject({ said: ["other"] });
    expect(asked).toEqual([]);
  });

  test("an abort is nobody's problem", async () => {
    const { asked, experience } = createIdle();
    const stop = new AbortController();
    const graph = graphOf(
      async () => {
        stop.abort();
        throw new Error("the connection was closed");
      },
      { experience, ...toPort, tell: () => ({ said: ["never"] }) },
    ).compile();
    await expect(graph.invoke({ port: 1 }, { signal: stop.signal })).rejects.toThrow();
    expect(asked).toEqual([]);
  });
});
