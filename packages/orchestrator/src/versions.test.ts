import { type AnyRecord, type RecordRef, record } from "@herdmind/protocol";
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
