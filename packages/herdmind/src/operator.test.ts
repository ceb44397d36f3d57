import { expect, it } from "vitest";
import { createSwarm, type Swarm } from "./index.js";

const SECRET = "hunter2-hunter3";
const URL_WITH_SECRET = `postgres://ada:${SECRET}@db.example:5432/shop`;

const known = async (swarm: Swarm, error: string) => {
  const receipt = await swarm.report({ problem: { error: { message: error } }, mitigation: `look at the ${error}` });
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  await receipt.verdict;
  const [fingerprint] = (await swarm.recall({ error })).fingerprints;
  if (fingerprint === undefined) throw new Error("no fingerprint");
  return fingerprint;
};

it("E2 the reason that an operator gives is cleaned before it is signed", async () => {
  await using swarm = await createSwarm({ name: "operated", relay: false });
  const [one, other] = [await known(swarm, "the pump is dry"), await known(swarm, "no water comes")];
  const reasons = () => JSON.stringify([...swarm.canon.view.aliases.values()]);
  expect(await swarm.alias(one, other, `seen at ${URL_WITH_SECRET}`)).toMatchObject({ ok: true });
  await expect.poll(reasons).toContain("operator: seen at ");
  expect(reasons()).not.toContain(SECRET);
  expect(await swarm.unalias(one, other, `not at ${URL_WITH_SECRET}`)).toMatchObject({ ok: true });
  await expect.poll(reasons).toContain("operator: not at ");
  expect(reasons()).not.toContain(SECRET);
});

it("E2 a rule of relevance that holds a secret is refused: cleaned, it would be another rule", async () => {
  await using swarm = await createSwarm({ name: "ruled", relay: false });
  const rule = { name: "shop", when: { "agent.domain": URL_WITH_SECRET }, effect: "hide" } as const;
  expect(await swarm.setRelevance(rule)).toMatchObject({ ok: false, refusal: { rule: "E2", fault: "none" } });
  expect(swarm.canon.view.relevance.size).toBe(0);
  expect(await swarm.setRelevance({ ...rule, when: { "agent.domain": "shop" } })).toMatchObject({ ok: true });
});
