// Real compiled graphs, in two peers of one swarm that reach each other over a real socket.
import { Annotation, END, type LangGraphRunnableConfig, START, StateGraph } from "@langchain/langgraph";
import { createSwarm, join } from "herdmind";
import { expect, test } from "vitest";
import { createSwarmStore } from "./store.js";

const State = Annotation.Root({ user: Annotation<string>, seen: Annotation<readonly string[]> });
type Work = (state: typeof State.State, config: LangGraphRunnableConfig) => Promise<Partial<typeof State.State>>;
const graphOf = (work: Work) => new StateGraph(State).addNode("work", work).addEdge(START, "work").addEdge("work", END);

test("what a graph stores at one peer, a graph at another one finds", async () => {
  await using ada = await createSwarm({ name: "herd" });
  await using bob = await join(await ada.invite(), { name: "bob" });
  const writes = graphOf(async ({ user }, { store }) => {
    // At once, as nodes that run side by side do: LangGraph makes one batch of it.
    await Promise.all(["tea", "rye"].map((likes, n) => store?.put(["users", user], String(n), { likes })));
    await store?.put(["users", user], "gone", { likes: "nothing" });
    await store?.delete(["users", user], "gone");
    return { seen: [] };
  }).compile({ store: createSwarmStore(ada.memory("langgraph")) });
  const reads = graphOf(async ({ user }, { store }) => {
    const found = (await store?.search(["users", user])) ?? [];
    return { seen: found.map(({ value }) => value.likes as string).sort() };
  }).compile({ store: createSwarmStore(bob.memory("langgraph")) });

  await writes.invoke({ user: "7" });
  const seen = async (user: string) => (await reads.invoke({ user })).seen;
  await expect.poll(() => seen("7")).toEqual(["rye", "tea"]);
  expect(await seen("8")).toEqual([]);
});
