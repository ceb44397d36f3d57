import { MAX_RELEVANCE_RULES } from "@herdmind/experience";
import { type AnyRecord, type JsonObject, type RecordRef, record } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { afterEach, describe, expect, it } from "vitest";
import { canonRecords, carry, createSwarmFixture, signal, signalOf, unlike } from "./swarm.fixture.js";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const begin = async () => {
  const swarm = await createSwarmFixture();
  const office = await swarm.office(createMemoryStorage());
  const agent = await swarm.agent(createMemoryStorage());
  closing.push(
    () => office.close(),
    () => agent.logs.close(),
  );
  const say = async (...records: readonly AnyRecord[]): Promise<RecordRef> => {
    const receipt = await agent.writer.append(records);
    if (!receipt.ok) throw new Error(receipt.refusal.message);
    await carry(agent.logs, office.logs, receipt.log);
    await office.orchestrator.flush();
    return { ...receipt.log, sequence: receipt.sequence, index: receipt.index };
  };
  return { office, say };
};

describe("rules of relevance", () => {
  it("A2 each set is the next version of its name, also while the block before is being stored", async () => {
    const { office, say } = await begin();
    const rule = { name: "a", when: { "entry.tags": "gpu" }, effect: "hide" } as const;
    for (let version = 1; version <= 30; version++) {
      // In the middle of storing a batch, at another point each time.
      const busy = say(signal(unlike(version), "oil"));
      for (let turn = 0; turn < version % 7; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(await office.orchestrator.setRelevance(rule)).toMatchObject({ ok: true });
      expect(office.canon.view.relevance.get("a")?.version).toBe(version);
      await busy;
    }
    const both = [
      { ...rule, name: "b" },
      { ...rule, name: "b", effect: "off" as const },
    ];
    await Promise.all(both.map((one) => office.orchestrator.setRelevance(one)));
    expect(office.canon.view.relevance.get("b")).toMatchObject({ version: 2, effect: "off" });
  });

  it("R1 L7 what cannot be used is refused, and canon has no more than it may", async () => {
    const { office } = await begin();
    const set = (name: string, when: JsonObject = {}) =>
      office.orchestrator.setRelevance({ name, when, effect: "hide" });
    expect(await set("a", { "entry.api": { $regex: "x" } })).toMatchObject({ ok: false, refusal: { rule: "R1" } });
    expect(await set("A")).toMatchObject({ ok: false, refusal: { rule: "R1" } });
    const all = await Promise.all(Array.from({ length: MAX_RELEVANCE_RULES + 2 }, (_, i) => set(`r${i}`)));
    expect(all.filter(({ ok }) => ok)).toHaveLength(MAX_RELEVANCE_RULES);
    expect(all.at(-1)).toMatchObject({ ok: false, refusal: { rule: "L7" } });
    expect(await set("r0")).toMatchObject({ ok: true });
    expect(office.canon.view.counts.ignored).toBe(0);
  });

  it("R1 a proposal whose query cannot be used is rejected, and its author is told why", async () => {
    const { office, say } = await begin();
    const appliesTo = { tools: { $where: "1" } };
    const ref = await say(record("signal", { ...signalOf(unlike(1), "oil"), appliesTo }));
    expect((await canonRecords(office)).filter(({ type }) => type === "verdict")).toMatchObject([
      { body: { of: ref, verdict: "rejected", rule: "R1", reason: expect.stringContaining("$where") } },
    ]);
    expect(office.canon.view.entries.size).toBe(0);
  });
});

describe("E5 versions of records at admission", () => {
  it("E5 an entry has what its proposal says of whom it concerns, in the lowest version that can say it", async () => {
    const { office, say } = await begin();
    const appliesTo = { domain: "billing" };
    await say(signal(unlike(1), "oil"), record("signal", { ...signalOf(unlike(2), "oil"), appliesTo, tags: ["gpu"] }));
    const written = (await canonRecords(office)).filter(({ type }) => type === "immunization");
    expect(written.map(({ version }) => version)).toEqual([1, 2]);
    expect(written[1]).toMatchObject({ body: { appliesTo, tags: ["gpu"] } });
  });

  it("E5 a proposal of a version that is not known is kept, and its author is told", async () => {
    const { office, say } = await begin();
    const newer: AnyRecord = { type: "unknown", of: "signal", version: 9, body: { whatever: true } };
    const riddle: AnyRecord = { type: "unknown", of: "riddle", version: 1, body: null };
    const ref = await say(newer, riddle);
    const records = await canonRecords(office);
    expect(records.filter(({ type }) => type === "verdict")).toMatchObject([
      {
        body: {
          of: { ...ref, index: 0 },
          verdict: "ignored",
          rule: "E5",
          reason: expect.stringContaining("version 9"),
        },
      },
    ]);
    expect(office.orchestrator.stats()).toMatchObject({ ignored: 1, immunized: 0 });
  });
});
