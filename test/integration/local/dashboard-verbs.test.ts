/** What the dashboard asks, in the process of the peer: held against canon itself. */
import type { DashboardVerbs, EntriesQuery, Graph } from "@herdmind/dashboard";
import { createClientClaims, runVerb, type VerbContext } from "@herdmind/local";
import type { EntryId, JsonObject } from "@herdmind/protocol";
import { createSwarm, lookBack, type Swarm } from "herdmind";
import { afterAll, beforeAll, expect, test } from "vitest";

let swarm: Swarm;
let context: VerbContext;
const ids: string[] = [];

const ask = async <Name extends keyof DashboardVerbs>(
  verb: Name,
  input: DashboardVerbs[Name]["input"],
): Promise<DashboardVerbs[Name]["answer"]> => {
  const answered = await runVerb(context, verb, input as JsonObject);
  if (!answered.ok) throw new Error(`${answered.rule} ${answered.message}`);
  return answered.value as DashboardVerbs[Name]["answer"];
};

const fingerprintOf = (i: number) => {
  const entry = swarm.canon.view.entries.get(ids[i] as EntryId);
  if (entry === undefined) throw new Error(`no entry ${i}`);
  return entry.immunization.fingerprint;
};

const DOMAINS = ["billing", "search"];
const COUNT = 12;

beforeAll(async () => {
  swarm = await createSwarm({ name: "shown", relay: false });
  context = { peer: swarm, claims: createClientClaims() };
  await ask("overview", {});
  const [ada, ben, cy] = await Promise.all(["ada", "ben", "cy"].map((name) => swarm.as(name)));
  if (ada === undefined || ben === undefined || cy === undefined) throw new Error("three agents were asked for");
  for (let i = 0; i < COUNT; i++) {
    const agent = i % 2 === 0 ? ada : ben;
    const receipt = await agent.report({
      type: "VALIDATION_PASSED",
      problem: { domain: DOMAINS[i % 2] as string, approach: `approach ${"abcdefghijklmnop"[i]} of many` },
      mitigation: `Remedy ${"abcdefghijklmnop"[i]} ${"x".repeat(i === 3 ? 400 : 4)}`,
      discovery: i === 5 ? "seen in the HAYSTACK once" : "seen",
    });
    if (!receipt.ok) throw new Error(receipt.refusal.message);
    ids.push(receipt.id);
    await receipt.verdict;
  }
  for (const [i, success] of [
    [2, true],
    [4, false],
  ] as const) {
    const told = await cy.outcome(ids[i] as never, { success });
    if (told.ok) await told.verdict;
  }
  await swarm.canon.settled();
});
afterAll(() => swarm.close());

test("overview counts what canon holds, and its traffic since the node began", async () => {
  const { entries, traffic, canon, node, members } = await ask("overview", {});
  expect(entries).toEqual({ total: COUNT, byStatus: expect.objectContaining({ active: expect.any(Number) }) });
  expect(Object.values(entries.byStatus).reduce((a, b) => a + b)).toBe(COUNT);
  expect(traffic.entries).toHaveLength(traffic.signals.length);
  expect(traffic.entries.reduce((a, b) => a + b)).toBe(COUNT);
  expect(traffic.signals.reduce((a, b) => a + b)).toBe(COUNT + 2);
  expect(canon).toMatchObject({ blocks: expect.any(Number), term: 1, alarms: [] });
  expect(node).toMatchObject({ id: swarm.id, role: "orchestrator" });
  const listed = (await ask("members", {})).members.filter(({ status }) => status === "admitted");
  expect(members).toBe(listed.length);
});

test("entries filters, sorts and turns pages as a plain sort of canon does", async () => {
  const inOrder = [...swarm.canon.view.entries.values()];
  const idsOf = async (query: EntriesQuery) => (await ask("entries", query)).rows.map(({ id }) => id);
  const all = inOrder.map(({ immunization }) => immunization.id);
  expect(await idsOf({ sort: "oldest" })).toEqual(all);
  expect(await idsOf({})).toEqual(all.toReversed());
  expect(await idsOf({ offset: 5, limit: 4 })).toEqual(all.toReversed().slice(5, 9));
  expect(await idsOf({ offset: 500 })).toEqual([]);
  const billing = inOrder.filter(({ immunization }) => immunization.domain === "billing");
  const shown = await ask("entries", { domain: "billing", limit: 2 });
  expect([shown.total, shown.rows.length]).toEqual([billing.length, 2]);
  expect(shown.domains).toEqual(DOMAINS);
  expect(shown.types).toEqual(["VALIDATION_PASSED"]);
  expect(shown.rows[0]).toMatchObject({ domain: "billing", authorName: "ada", confidence: 0.5, worked: 0, failed: 0 });
  expect(await idsOf({ text: "haystack" })).toEqual([ids[5]]);
  expect(await idsOf({ text: "SEEN haystack" })).toEqual([ids[5]]);
  expect(await idsOf({ text: (ids[7] as string).slice(0, 12) })).toEqual([ids[7]]);
  expect(await idsOf({ text: "no such word" })).toEqual([]);
  expect((await idsOf({ sort: "worked" }))[0]).toBe(ids[2]);
  expect((await idsOf({ sort: "failed" }))[0]).toBe(ids[4]);
  // Equal ones stand newest first.
  expect((await idsOf({ sort: "worked" })).slice(1)).toEqual(all.toReversed().filter((id) => id !== ids[2]));
  const byConfidence = (await ask("entries", { sort: "confidence" })).rows.map(({ confidence }) => confidence);
  expect(byConfidence).toEqual(byConfidence.toSorted((a, b) => b - a));
  expect((await ask("entries", { text: "xxxxxxxx" })).rows[0]?.remedy).toHaveLength(300);
});

test("an order that was made is made anew when canon says something", async () => {
  const query = { domain: "billing", sort: "newest", limit: 1 } as const;
  const before = (await ask("entries", query)).total;
  const told = await swarm.report({
    type: "VALIDATION_PASSED",
    problem: { domain: "billing", approach: "one more, later" },
    mitigation: "later",
  });
  if (!told.ok) throw new Error(told.refusal.message);
  await told.verdict;
  const after = await ask("entries", query);
  expect([after.total, after.rows[0]?.id]).toEqual([before + 1, told.id]);
});

test("graph joins remedies with problems, authors, domains, and who tried them; the limit holds", async () => {
  const { nodes, edges } = await ask("graph", {});
  const kinds = (graph: Graph, kind: string) => graph.nodes.filter((node) => node.kind === kind).length;
  expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
  const known = new Set(nodes.map(({ id }) => id));
  expect(edges.filter(({ from, to }) => !known.has(from) || !known.has(to))).toEqual([]);
  expect(edges.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["solves", "wrote", "in", "worked", "failed"]));
  expect(kinds({ nodes, edges, leftOut: 0 }, "remedy")).toBe(COUNT + 1);
  const small = await ask("graph", { limit: 10 });
  expect(small.nodes.length).toBeLessThanOrEqual(10);
  expect(small.leftOut).toBe(COUNT + 1 - kinds(small, "remedy"));
  expect(small.nodes.map(({ id }) => id)).toContain(`remedy:${ids[2]}`);
  const around = await ask("graph", { around: "domain:search", limit: 100 });
  expect(kinds(around, "remedy")).toBe(COUNT / 2);
  const one = await ask("graph", { around: `remedy:${ids[1]}` });
  expect(one.nodes[0]?.id).toBe(`remedy:${ids[1]}`);
  expect(await runVerb(context, "graph", { around: "remedy:nobody" })).toMatchObject({ ok: false, rule: "R1" });
});

test("timeline counts each record of canon once, and goes on", async () => {
  const sum = async () => {
    const { buckets, to } = await ask("timeline", {});
    expect(buckets.at(-1)?.toBlocks).toBe(to);
    return buckets.reduce((count, { records }) => count + (records.immunization ?? 0), 0);
  };
  expect(await sum()).toBe(swarm.canon.view.entries.size);
  const told = await swarm.report({ problem: "another thing breaks", mitigation: "mend another thing" });
  if (told.ok) await told.verdict;
  expect(await sum()).toBe(swarm.canon.view.entries.size);
});

test("why, brief, tells what the whole story does, but for what changed nothing", async () => {
  await swarm.alias(fingerprintOf(0), fingerprintOf(1), "both are one");
  await swarm.canon.settled();
  for (const id of ids) expect(await ask("why", { id, isBrief: true })).toEqual(await ask("why", { id }));
  const chapters = async (isBrief: boolean) =>
    (await ask("why", { id: ids[2] as string, isBrief })).steps.map(({ chapter }) => chapter);
  expect(await chapters(true)).toEqual(["proposed", "admitted", "tried", "counted"]);
  const again = await (await swarm.as("cy")).outcome(ids[2] as never, { success: true });
  if (again.ok) await again.verdict;
  expect(await chapters(true)).toEqual(["proposed", "admitted", "tried", "counted"]);
  expect(await chapters(false)).toEqual(["proposed", "admitted", "tried", "counted", "tried"]);
  expect(await ask("why", { id: "A".repeat(43), isBrief: true })).toMatchObject({ state: "unknown" });
});

test("A4 a moment is the same whether it is folded on from an earlier one, or from the beginning", async () => {
  const { to } = await ask("timeline", {});
  // Forth and back, over the marks that are kept on the way, each moment more than once.
  const back = Array.from({ length: to + 1 }, (_, i) => to - i);
  for (const blocks of [3, 7, to, 5, 0, ...back, 2, to - 1, 1, to - 2]) {
    const moment = await ask("moment", { blocks, withHash: true });
    const past = await lookBack(swarm, { number: blocks });
    if (!past.ok) throw new Error(past.refusal.message);
    expect(moment.viewHash).toBe(past.value.viewHash);
    expect(moment.entries.total).toBe(past.value.past.view.entries.size);
    const then = await ask("entries", { atBlocks: blocks, sort: "oldest" });
    expect(then.rows.map(({ id }) => id)).toEqual([...past.value.past.view.entries.keys()]);
  }
  expect((await ask("moment", { blocks: to })).viewHash).toBeUndefined();
  expect(await runVerb(context, "moment", { blocks: to + 1 })).toMatchObject({ ok: false, rule: "R1" });
  // Two at once do not disturb each other.
  const [early, late] = await Promise.all([ask("moment", { blocks: 4 }), ask("moment", { blocks: to })]);
  expect(early.entries.total).toBeLessThan(late.entries.total);
});

test("alarms tell what was refused, and members who is here", async () => {
  const echo = await (await swarm.as("dan")).report({ problem: "another thing breaks", mitigation: "thanks!" });
  if (echo.ok) expect(await echo.verdict).toMatchObject({ status: "rejected" });
  const { recent, closed, proofs, damage, alarms } = await ask("alarms", {});
  expect(recent[0]).toMatchObject({ by: "canon", rule: "E9", message: expect.stringMatching(/./) });
  expect([closed, proofs, damage, alarms]).toEqual([[], 0, [], []]);
  const { members, mayInvite } = await ask("members", {});
  expect(mayInvite).toBe(true);
  expect(members.find(({ role }) => role === "orchestrator")).toMatchObject({
    isSelf: true,
    isHere: true,
    name: swarm.name,
  });
  expect(members.find(({ name }) => name === "ada")).toMatchObject({ role: "agent", status: "admitted" });
});

test("R1 L7 what is out of bounds is refused, and named", async () => {
  const wrong: readonly (readonly [keyof DashboardVerbs, JsonObject])[] = [
    ["entries", { limit: 0 }],
    ["entries", { limit: 201 }],
    ["entries", { offset: -1 }],
    ["entries", { sort: "best" }],
    ["entries", { text: "x".repeat(501) }],
    ["entries", { atBlocks: 1e9 }],
    ["graph", { limit: 501 }],
    ["moment", {}],
    ["moment", { blocks: 1.5 }],
    ["overview", { more: 1 }],
  ];
  for (const [verb, input] of wrong) {
    const answered = await runVerb(context, verb, input);
    expect([verb, input, answered.ok]).toEqual([verb, input, false]);
  }
});
