import type { CanonHead } from "@herdmind/canon";
import type { Entry } from "@herdmind/experience";
import { outcomeVerdictOf, verdictOf } from "@herdmind/experience";
import { type AnyRecord, type EntryId, entryIdOf, type RecordRef, record } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { afterEach, describe, expect, it } from "vitest";
import { MAX_REMEDIES_OF_GROUP } from "./admit-unit.js";
import {
  type Agent,
  blocksOf,
  canonRecords,
  carry,
  createSwarmFixture,
  type Office,
  type SwarmFixture,
  signal,
  signalOf,
  unlike,
} from "./swarm.fixture.js";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const begin = async (options: Parameters<SwarmFixture["office"]>[1] = {}) => {
  const swarm = await createSwarmFixture();
  const office = await swarm.office(createMemoryStorage(), options);
  closing.push(() => office.close());
  const agent = async (how: Parameters<SwarmFixture["agent"]>[1] = {}): Promise<Agent> => {
    const one = await swarm.agent(createMemoryStorage(), how);
    closing.push(() => one.logs.close());
    return one;
  };
  /** Appends as one block, hands it to the orchestrator and waits until it is admitted. */
  const say = async (who: Agent, ...records: readonly AnyRecord[]): Promise<RecordRef> => {
    const receipt = await who.writer.append(records);
    if (!receipt.ok) throw new Error(receipt.refusal.message);
    await carry(who.logs, office.logs, receipt.log);
    await office.orchestrator.flush();
    return { ...receipt.log, sequence: receipt.sequence, index: receipt.index };
  };
  return { swarm, office, agent, say };
};

const only = (office: Office): Entry => {
  expect(office.canon.view.entries.size).toBe(1);
  return office.canon.view.entries.values().next().value as Entry;
};
const outcome = (entry: EntryId, success: boolean): AnyRecord => record("outcome", { entry, success, at: 2 });
const ofType = async (office: Office, type: AnyRecord["type"]) =>
  (await canonRecords(office)).filter((one) => one.type === type);

describe("admission", () => {
  it("L7 takes no more remedies of one problem from one group than it may have, and still those of others", async () => {
    const { office, agent, say } = await begin();
    const [ada, eve] = [await agent(), await agent()];
    const remedy = (n: number): AnyRecord => signal("the gate is stuck", `Turn valve ${n} to the left.`);
    const many = Array.from({ length: MAX_REMEDIES_OF_GROUP + 3 }, (_, n) => remedy(n));
    await say(eve, ...many);
    expect(office.canon.view.entries.size).toBe(MAX_REMEDIES_OF_GROUP);
    expect(office.orchestrator.stats()).toMatchObject({ immunized: MAX_REMEDIES_OF_GROUP, rejected: 3 });
    const verdicts = (await ofType(office, "verdict")).map(({ body }) => body);
    expect(verdicts).toHaveLength(3);
    expect(verdicts[0]).toMatchObject({ verdict: "rejected", rule: "L7" });
    // Other problems of hers, and other people's remedies for this one.
    await say(eve, signal("the bridge is up", "Turn the key."));
    const word = await say(ada, remedy(MAX_REMEDIES_OF_GROUP));
    expect(office.canon.view.entries.get(entryIdOf(office.logs.swarm, word))).toBeDefined();
    expect(office.canon.view.entries.size).toBe(MAX_REMEDIES_OF_GROUP + 2);
  });

  it("A2 opens canon with term 1 before anybody has said anything", async () => {
    const { office, swarm } = await begin();
    expect(office.canon.head()).toMatchObject({ term: 1, writer: swarm.key.id, length: 1 });
    expect(office.canon.view.term).toMatchObject({ term: 1, holder: swarm.key.id });
  });

  it("makes an entry of a new problem, with member and watermark in the same block", async () => {
    const { swarm, office, agent, say } = await begin();
    const ada = await agent();
    const ref = await say(ada, signal("the port is in use", "take another port", { discovery: "lsof told" }));
    const entry = only(office);
    expect(entry.immunization).toMatchObject({
      id: entryIdOf(swarm.genesis.swarm, ref),
      author: ada.key.id,
      of: ref,
      title: "the port is in use",
      discovery: "lsof told",
      mitigation: { text: "take another port" },
    });
    expect(verdictOf(office.canon.view, signalOf("the port is in use", "take another port"), ref)).toEqual({
      verdict: "admitted",
      entry: entry.immunization.id,
    });
    const blocks = await blocksOf(office.logs, office.canon.head() as never);
    expect(blocks.map((block) => block.records.map(({ type }) => type))).toEqual([
      ["open", "term", "time"],
      ["time", "member", "immunization", "watermark"],
    ]);
  });

  it("E1 counts the same remedy of another writer as its outcome, and the author's own repeat as nothing", async () => {
    const { office, agent, say } = await begin();
    const [ada, bob] = [await agent(), await agent()];
    await say(ada, signal("the port is in use", "take another port"));
    await say(ada, signal("the port is in use", "Take  another port"));
    expect(only(office).evidence.size).toBe(0);
    const ref = await say(bob, signal("the port is in use", "take another port"));
    expect([...only(office).evidence]).toEqual([[bob.key.id, true]]);
    expect(verdictOf(office.canon.view, signalOf("the port is in use", "take another port"), ref).verdict).toBe(
      "corroborates",
    );
    const before = (await ofType(office, "evidence")).length;
    for (let i = 0; i < 5; i++) await say(bob, signal("the port is in use", "take another port"));
    expect((await ofType(office, "evidence")).length).toBe(before);
    expect(await ofType(office, "verdict")).toEqual([]);
  });

  it("E1 counts what was imported from another swarm as nobody's outcome", async () => {
    const { office, agent, say } = await begin();
    const [ada, bob] = [await agent(), await agent()];
    await say(ada, signal("the port is in use", "take another port"));
    const context = { importedFrom: { swarm: "another", entry: "one", worked: 99 } };
    const ref = await say(bob, signal("the port is in use", "take another port", { context }));
    expect(only(office).evidence.size).toBe(0);
    expect(verdictOf(office.canon.view, signalOf("the port is in use", "take another port"), ref).verdict).toBe(
      "corroborates",
    );
    // Who then tries it may say so.
    await say(bob, signal("the port is in use", "take another port"));
    expect([...only(office).evidence]).toEqual([[bob.key.id, true]]);
  });

  it("E1 gives the author's group no second voice", async () => {
    const { office, agent, say } = await begin();
    const ada = await agent();
    const helper = await agent({ by: ada });
    await say(ada, signal("the port is in use", "take another port"));
    await say(helper, signal("the port is in use", "take another port"));
    expect(office.canon.view.members.get(helper.key.id)?.group).toBe(ada.key.id);
    expect(only(office).evidence.size).toBe(0);
  });

  it("keeps another remedy for the same problem beside the first", async () => {
    const { office, agent, say } = await begin();
    const [ada, bob] = [await agent(), await agent()];
    await say(ada, signal("the port is in use", "take another port"));
    await say(bob, signal("the port is in use", "end the other process"));
    expect(office.canon.view.entries.size).toBe(2);
    expect([...office.canon.view.problems.values()].map((ids) => ids.length)).toEqual([2]);
  });

  it("counts an outcome once, and again only when it changes", async () => {
    const { office, agent, say } = await begin();
    const [ada, bob] = [await agent(), await agent()];
    await say(ada, signal("the port is in use", "take another port"));
    const { id } = only(office).immunization;
    const ref = await say(bob, outcome(id, false));
    await say(bob, outcome(id, false));
    expect([...only(office).evidence]).toEqual([[bob.key.id, false]]);
    expect((await ofType(office, "evidence")).length).toBe(1);
    await say(bob, outcome(id, true));
    expect([...only(office).evidence]).toEqual([[bob.key.id, true]]);
    expect((await ofType(office, "evidence")).length).toBe(2);
    expect(outcomeVerdictOf(office.canon.view, { entry: id, success: false, at: 2 }, ref)).toEqual({
      verdict: "counted",
      entry: id,
    });
  });

  it("contests, revokes and lifts back by independent groups", async () => {
    const { office, agent, say } = await begin();
    const ada = await agent();
    await say(ada, signal("the port is in use", "take another port"));
    const { id } = only(office).immunization;
    const others: Agent[] = [];
    for (let i = 0; i < 7; i++) others.push(await agent());
    // Three writers of one group are one voice.
    const helpers = [await agent({ by: others[0] as Agent }), await agent({ by: others[0] as Agent })];
    const seen: string[] = [];
    const tell = async (who: Agent, success: boolean) => {
      await say(who, outcome(id, success));
      seen.push(only(office).status);
    };
    await tell(others[0] as Agent, false);
    for (const helper of helpers) await tell(helper, false);
    await tell(others[1] as Agent, false);
    await tell(others[2] as Agent, false);
    await tell(others[3] as Agent, true);
    await tell(others[4] as Agent, true);
    await tell(others[5] as Agent, true);
    await tell(others[6] as Agent, true);
    expect(seen).toEqual([
      "active",
      "active",
      "active",
      "contested",
      "revoked",
      "revoked",
      "contested",
      "contested",
      "active",
    ]);
    const names = (some: readonly Agent[]): string =>
      some
        .map(({ key }) => key.id.slice(0, 8))
        .sort()
        .join(", ");
    expect(only(office).reason).toBe(
      `Of 7 independent groups that report on the problem, 3 (${names(others.slice(0, 3))}) say that it failed, 4 (${names(others.slice(3))}) that it worked.`,
    );
  });

  it("judges all remedies of a problem together: one is superseded, and comes back when the better one fails", async () => {
    const { office, agent, say } = await begin();
    const ada = await agent();
    await say(ada, signal("the port is in use", "take another port"), signal("the port is in use", "wait"));
    const [good, bad] = [...office.canon.view.entries.values()] as [Entry, Entry];
    const others: Agent[] = [];
    for (let i = 0; i < 9; i++) others.push(await agent());
    const tell = (i: number, { immunization }: Entry, success: boolean) =>
      say(others[i] as Agent, outcome(immunization.id, success));
    for (const i of [0, 1, 2]) await tell(i, bad, false);
    expect(bad).toMatchObject({ status: "revoked", by: undefined });
    // Three of seven are a third; three of ten might all lie, but here is one that is better.
    for (const i of [3, 4, 5, 6, 7, 8]) await tell(i, good, true);
    expect([bad.status, good.status]).toEqual(["revoked", "active"]);
    await say(await agent(), outcome(good.immunization.id, true));
    expect(bad).toMatchObject({ status: "superseded", by: good.immunization.id });
    expect(bad.reason).toMatch(/^Of 10 independent groups .*, 3 \(.*\) say that it failed, 0 that it worked\.$/);
    const position = bad.statusAt as RecordRef;
    const [record] = (await blocksOf(office.logs, position))
      .filter(({ sequence }) => sequence === position.sequence)
      .map(({ records }) => records[position.index] as AnyRecord);
    expect(record).toMatchObject({ type: "status", body: { entry: bad.immunization.id, status: "superseded" } });
    for (const i of [3, 4, 5, 6]) await tell(i, good, false);
    expect([good.status, bad.status]).toEqual(["revoked", "contested"]);
  });

  it("takes a recalled entry that is reported back as a corroboration, also of a revoked one", async () => {
    const { office, agent, say } = await begin();
    const ada = await agent();
    await say(ada, signal("the port is in use", "take another port"));
    const { id } = only(office).immunization;
    for (let i = 0; i < 3; i++) await say(await agent(), outcome(id, false));
    expect(only(office).status).toBe("revoked");
    for (let i = 0; i < 4; i++) await say(await agent(), signal("the port is in use", "take another port"));
    expect(only(office)).toMatchObject({ status: "active" });
    expect(only(office).evidence.size).toBe(7);
  });

  it("lets a validation that failed speak against one that passed", async () => {
    const { office, agent, say } = await begin();
    const [ada, bob] = [await agent(), await agent()];
    const problem = { domain: "build", approach: "cache the layers" };
    await say(ada, signal("", "use it", { type: "VALIDATION_PASSED", problem }));
    await say(bob, signal("", "use it", { type: "VALIDATION_FAILED", problem }));
    expect([...only(office).evidence]).toEqual([[bob.key.id, false]]);
  });

  it("R1 L7 E2 rejects what cannot become canon, and says what to do", async () => {
    const { office, agent, say } = await begin({
      inspect: (proposal) =>
        JSON.stringify(proposal).includes("the secret") ? "There is a token in the mitigation." : undefined,
    });
    const ada = await agent();
    await say(
      ada,
      signal("a", "the secret"),
      signal("the port is in use", " \n"),
      signal("x", "y", { type: "team/deploy" }),
      signal("the port is in use", "z".repeat(17_000)),
      signal("the port is in use", "ok", {
        problem: { error: { message: "the port is in use" }, facts: { a: "f".repeat(5000) } },
      }),
      record("signal", { type: "WORKAROUND_FOUND", problem: { api: "fs" }, mitigation: { text: "x" }, at: 1 }),
      outcome(
        entryIdOf(office.logs.swarm, {
          ...(office.canon.head() as CanonHead),
          sequence: 9,
          index: 9,
        }),
        true,
      ),
    );
    const verdicts = (await ofType(office, "verdict")).map((one) => (one.type === "verdict" ? one.body : undefined));
    expect(verdicts.map((one) => [one?.of.index, one?.verdict, one?.rule])).toEqual([
      [0, "rejected", "E2"],
      [1, "rejected", "R1"],
      [2, "rejected", "R1"],
      [3, "rejected", "L7"],
      [4, "rejected", "L7"],
      [5, "rejected", "R1"],
      [6, "ignored", "R1"],
    ]);
    expect(verdicts[2]?.reason).toMatch(/not registered/);
    expect(verdicts[3]?.reason).toMatch(/16384 are allowed/);
    expect(office.canon.view.entries.size).toBe(0);
  });

  it("registers a custom type, and admits it from then on", async () => {
    const { office, agent, say } = await begin();
    const ada = await agent();
    const deploy = signal("x", "wait for the lock", {
      type: "team/deploy",
      problem: { fields: { step: "migrate", host: "one" } },
    });
    await say(ada, deploy);
    expect(office.canon.view.entries.size).toBe(0);
    expect(await office.orchestrator.registerType("team/deploy", ["step"])).toEqual({ ok: true, value: undefined });
    expect(office.canon.view.signalTypes.get("team/deploy")).toEqual(["step"]);
    await say(ada, deploy);
    expect(only(office).immunization.type).toBe("team/deploy");
    expect(await office.orchestrator.registerType("ERROR_RESOLVED", ["step"])).toMatchObject({ ok: false });
    expect(await office.orchestrator.registerType("team/x", [])).toMatchObject({ ok: false });
  });

  it("E5 ignores records that are nobody's proposal, and counts on", async () => {
    const { office, agent, say } = await begin();
    const ada = await agent();
    await say(
      ada,
      { type: "unknown", of: "dream", version: 3, body: { x: 1 } },
      record("alias", {
        from: `f1_${"a".repeat(32)}` as never,
        to: `f1_${"b".repeat(32)}` as never,
        reason: "mine",
      }),
      signal("the port is in use", "take another port"),
    );
    only(office);
    expect(office.canon.view.aliases.size).toBe(0);
    expect(await ofType(office, "alias")).toEqual([]);
  });

  it("takes up many blocks in one block of canon, with one watermark and one evidence record", async () => {
    const { office, agent } = await begin();
    const ada = await agent();
    const crowd: Agent[] = [];
    for (let i = 0; i < 12; i++) crowd.push(await agent());
    await ada.writer.append([signal("the port is in use", "take another port")]);
    for (const one of crowd)
      for (let i = 0; i < 3; i++) await one.writer.append([signal("the port is in use", "take another port")]);
    for (const one of [ada, ...crowd]) await carry(one.logs, office.logs, one.writer.log as never);
    await office.orchestrator.flush();
    expect(only(office).evidence.size).toBe(12);
    expect((await ofType(office, "immunization")).length).toBe(1);
    expect(office.orchestrator.stats()).toMatchObject({ immunized: 1, corroborated: 36, units: 50 });
    expect(office.orchestrator.stats().blocks).toBeLessThan(20);
  });

  it("admits 1,000 of 1,000 records of two parallel writers, each with a verdict", async () => {
    const { office, agent } = await begin();
    const both = [await agent(), await agent()];
    const refs: { readonly ref: RecordRef; readonly body: ReturnType<typeof signalOf> }[] = [];
    await Promise.all(
      both.map(async (who, w) => {
        for (let i = 0; i < 500; i++) {
          const body = signalOf(unlike(i % 300), `do ${unlike((i * (w + 1)) % 7)}`);
          const receipt = await who.writer.append([record("signal", body)]);
          if (!receipt.ok) throw new Error(receipt.refusal.message);
          refs.push({ ref: { ...receipt.log, sequence: receipt.sequence, index: receipt.index }, body });
          if (i % 20 === 19) await carry(who.logs, office.logs, receipt.log);
        }
      }),
    );
    await office.orchestrator.flush();
    const verdicts = refs.map(({ ref, body }) => verdictOf(office.canon.view, body, ref).verdict);
    expect(verdicts.filter((verdict) => verdict === "admitted").length).toBe(office.canon.view.entries.size);
    expect(verdicts.every((verdict) => verdict === "admitted" || verdict === "corroborates")).toBe(true);
    expect(verdicts.length).toBe(1000);
    const { immunized, corroborated } = office.orchestrator.stats();
    expect(immunized + corroborated).toBe(1000);
  });
});
