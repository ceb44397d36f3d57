import { renderForModel } from "@herdmind/experience";
import type { JsonObject } from "@herdmind/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { createSwarm, type Swarm } from "./create-swarm.js";
import { isHerdmindError } from "./failure.js";
import { join } from "./node-platform.js";
import type { Immunized, Peer } from "./peer.js";
import type { Report } from "./report.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const PROFILE = { domain: "web", apis: ["stripe"], tools: ["npm"] };
const begin = async (): Promise<{ readonly swarm: Swarm; readonly ada: Peer }> => {
  const swarm = await createSwarm({ name: "concern" });
  open.push(swarm);
  const ada = await join(await swarm.invite(), { name: "ada", profile: PROFILE });
  open.push(ada);
  return { swarm, ada };
};
/** Reports, and waits until `peers` hold it. */
const learn = async (author: Peer, report: Report, ...peers: readonly Peer[]): Promise<string> => {
  const receipt = await author.report(report);
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  expect((await receipt.verdict).status).toBe("admitted");
  for (const peer of [author, ...peers]) {
    await holds(peer, (view) => view.entries.has(receipt.id));
    // Texts are indexed in turns of their own.
    while (peer.stats().unindexed > 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return receipt.id;
};
const holds = (peer: Peer, is: (view: Peer["canon"]["view"]) => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (!is(peer.canon.view)) return;
      stop();
      resolve();
    };
    const stop = peer.canon.subscribe(look);
    look();
  });

const paypal: Report = {
  type: "WORKAROUND_FOUND",
  problem: { api: "paypal", purpose: "refund a part of an order" },
  mitigation: "refund the whole order and charge the rest",
};

describe("concern, from a profile to an answer", () => {
  it("E3 leaves out what does not concern, counts it, and shows it to who asks for all or asks exactly", async () => {
    const { swarm, ada } = await begin();
    const id = await learn(swarm, paypal, ada);
    const words = { text: "refund a part of an order, paypal", similar: "always" } as const;
    const known = await ada.recall(words);
    expect(known.entries).toEqual([]);
    expect(known.hidden.notRelevant).toBe(1);
    expect((await ada.recall({ ...words, concern: "all" })).entries.map((one) => one.id)).toEqual([id]);
    expect((await ada.recall({ api: "PayPal", purpose: "refund a part of an order" })).entries).toHaveLength(1);
    expect((await ada.recall({ ...words, profile: {} })).entries).toHaveLength(1);
    expect((await swarm.recall(words)).entries).toHaveLength(1);
    const wrong = ada.recall({ ...words, profile: { apis: "stripe" } as object });
    expect(await wrong.catch((error: unknown) => isHerdmindError(error) && error.refusal.rule)).toBe("R1");
  });

  it("an author says whom it concerns; a query that cannot be used is told at once, and writes nothing", async () => {
    const { swarm, ada } = await begin();
    const problem = { error: { message: "peer dependency of the ledger widget is not met" } };
    const appliesTo = { tools: { $in: ["pnpm", "yarn"] } };
    await learn(swarm, { problem, mitigation: "add it by hand", appliesTo, tags: ["install"] }, ada);
    const known = await ada.recall(problem);
    expect(known.entries).toEqual([]);
    expect(known.hidden.notRelevant).toBe(1);
    const before = swarm.stats().signals;
    for (const bad of [{ tools: { $regex: "p" } }, { $where: "1" }, { editor: "vi" }] as readonly JsonObject[]) {
      const receipt = await swarm.report({ problem, mitigation: "another", appliesTo: bad });
      expect(receipt).toMatchObject({
        ok: false,
        refusal: { rule: "R1", message: expect.stringContaining("appliesTo") },
      });
    }
    expect(swarm.stats().signals).toBe(before);
  });

  it("a rule of the swarm reaches every peer, and can be changed and withdrawn", async () => {
    const { swarm, ada } = await begin();
    const problem = { error: { message: "out of memory on the second card" } };
    await learn(swarm, { problem, mitigation: "halve the batch", tags: ["gpu"] }, ada);
    const hide = { name: "gpu-for-gpu", when: { "entry.tags": "gpu", "agent.domain": "web" }, effect: "hide" } as const;
    const set = async (rule: Parameters<Swarm["setRelevance"]>[0], version: number) => {
      expect(await swarm.setRelevance(rule)).toMatchObject({ ok: true });
      await holds(ada, (view) => view.relevance.get(rule.name)?.version === version);
      return (await ada.recall(problem)).entries.length;
    };
    expect((await ada.recall(problem)).entries).toHaveLength(1);
    expect(await set(hide, 1)).toBe(0);
    expect(await set({ ...hide, types: ["WORKAROUND_FOUND"] }, 2)).toBe(1);
    expect(await set(hide, 3)).toBe(0);
    expect(await set({ ...hide, effect: "off" }, 4)).toBe(1);
    const unreadable = { ...hide, when: { "entry.tags": { $regex: "g" } } };
    expect(await swarm.setRelevance(unreadable)).toMatchObject({ ok: false, refusal: { rule: "R1" } });
    expect(await swarm.setRelevance({ ...hide, name: "No Name" })).toMatchObject({
      ok: false,
      refusal: { rule: "R1" },
    });
  });

  it("news of an entry say whether it concerns this node", async () => {
    const { swarm, ada } = await begin();
    const heard: Immunized[] = [];
    ada.on("immunized", (entry) => heard.push(entry));
    const first = await learn(swarm, paypal, ada);
    const second = await learn(swarm, { problem: new Error("the gauge is stuck"), mitigation: "tap it" }, ada);
    expect(heard.map(({ id, concerns }) => [id, concerns])).toEqual([
      [first, false],
      [second, true],
    ]);
  });
});

describe("preparing a task", () => {
  it("tells before a task what is known about it, for the node's profile, as text for a model where that is wanted", async () => {
    const { swarm, ada } = await begin();
    const id = await learn(swarm, paypal, ada);
    expect((await ada.prepare("refund a part of an order with paypal")).hidden.notRelevant).toBe(1);
    const prepared = await ada.prepare({ name: "refunds", apis: ["paypal"] }, { budgetTokens: 500 });
    expect(prepared.entries).toMatchObject([{ id, relevance: expect.any(Number), unconfirmed: true }]);
    expect(prepared.tokens).toBeLessThanOrEqual(500);
    expect(renderForModel(prepared).text).toContain(`herdmind:${id}`);
    const wrong = ada.prepare({ apis: "paypal" } as object);
    expect(await wrong.catch((error: unknown) => isHerdmindError(error) && error.refusal.rule)).toBe("R1");
  });
});
