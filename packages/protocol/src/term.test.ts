import { beforeAll, describe, expect, test } from "vitest";
import { type Membership, signToken } from "./credentials.js";
import { record } from "./record-versions.js";
import type { AnyRecord } from "./records.js";
import { grantTerm, judgeTerm } from "./term.js";
import { type SeededSwarm, seededSwarm } from "./testing/seeded-swarm.js";

let swarm: SeededSwarm;
beforeAll(async () => {
  swarm = await seededSwarm();
});
const membership = (role: Membership["role"] = "orchestrator"): Membership => ({
  writer: swarm.orchestrator.id,
  role,
  name: undefined,
  group: swarm.orchestrator.id,
  invitations: [],
});
const opening = (
  term: number,
  more: { readonly holder?: Membership["writer"]; readonly grant?: string } = {},
): AnyRecord[] => [
  record("open", { chain: [...swarm.orchestratorChain] }),
  record("term", { term, holder: swarm.orchestrator.id, ...more }),
];
const judge = (records: readonly AnyRecord[], role?: Membership["role"]) =>
  judgeTerm(records, membership(role), swarm.genesis);
const refused = async (records: readonly AnyRecord[], why: RegExp, role?: Membership["role"]) => {
  const verdict = await judge(records, role);
  expect(verdict).toMatchObject({ ok: false, refusal: { rule: "A2", fault: "writer" } });
  expect(verdict.ok || verdict.refusal.message).toMatch(why);
};

describe("A2 terms", () => {
  test("A2 an orchestrator by its credential, or anybody by root's grant, holds a term", async () => {
    expect(await judge(opening(1))).toMatchObject({ ok: true, value: { term: 1, holder: swarm.orchestrator.id } });
    const grant = await grantTerm(swarm.root, swarm.genesis, 2, swarm.orchestrator.id);
    expect(await judge(opening(2, { grant }))).toMatchObject({ ok: true });
    expect(await judge(opening(2, { grant }), "agent")).toMatchObject({ ok: true });
  });

  test("A2 refuses a generation that does not open with open and term", async () => {
    await refused([], /first record/);
    await refused(opening(1).slice(1), /first record/);
    await refused(opening(1).slice(0, 1), /second record/);
    await refused([...opening(1)].reverse(), /first record/);
  });

  test("A2 refuses a term held by another, and an agent without a grant", async () => {
    await refused(opening(1, { holder: swarm.agent.id }), /is held by/);
    await refused(opening(1), /shows no grant/, "agent");
  });

  test("A2 refuses a grant of another signer, swarm, holder, term or kind", async () => {
    const { root, genesis, orchestrator, agent } = swarm;
    const other = (await seededSwarm(2)).genesis;
    const good = { iss: root.id, sub: orchestrator.id, aud: genesis.swarm, term: 2 };
    const grants = [
      await grantTerm(agent, genesis, 2, orchestrator.id),
      await signToken(agent, "herdmind-term+jwt", good),
      await grantTerm(root, other, 2, orchestrator.id),
      await grantTerm(root, genesis, 2, agent.id),
      await grantTerm(root, genesis, 3, orchestrator.id),
      await signToken(root, "herdmind-credential+jwt", good),
      await signToken(root, "herdmind-term+jwt", { ...good, iss: agent.id }),
      await signToken(root, "herdmind-term+jwt", { ...good, extra: 1 }),
      "",
    ];
    for (const grant of grants) await refused(opening(2, { grant }), /its grant is/);
  });
});
