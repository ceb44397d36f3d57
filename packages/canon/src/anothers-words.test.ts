/**
 * What PROTOCOL.md, section 16, says of an orchestrator's word for another's: who has canon alone shows what it says that a member said; who
 * holds that member's log can prove to anybody that the member said something else.
 */
import { entryIdOf, generateKey, issueCredential, type LogHead, type RecordBody, record } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { afterEach, describe, expect, it } from "vitest";
import { blocksOf, carry, createCanonFixture, entry } from "./canon.fixture.js";
import { followCanon } from "./follow-canon.js";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const begin = async () => {
  const swarm = await createCanonFixture();
  const office = await swarm.scribe(createMemoryStorage());
  closing.push(() => office.close());

  const key = await generateKey();
  const own = await swarm.logs(createMemoryStorage());
  closing.push(() => own.close());
  const { swarm: aud } = swarm.genesis;
  const chain = [await issueCredential(swarm.root, { sub: key.id, aud, role: "agent", iat: 1, use: "member" })];
  const opened = await own.openWriter({ key, chain });
  if (!opened.ok) throw new Error(opened.refusal.message);
  closing.push(() => opened.value.close());
  const said = await opened.value.append([
    record("signal", { type: "ERROR_RESOLVED", problem: { text: "p" }, mitigation: { text: "her words" }, at: 1 }),
    record("memory", { space: "plans", ops: [{ op: "put", key: "week 1", value: "her plan" }], at: 1 }),
  ]);
  if (!said.ok) throw new Error(said.refusal.message);
  const head = own.get(said.log) as LogHead;
  const of = (index: number) => ({ ...said.log, sequence: said.sequence, index: said.index + index });

  const template = entry("p").body as RecordBody<"immunization">;
  const id = entryIdOf(aud, of(0));
  const { writer, generation, length, hash } = head;
  await office.write(
    record("immunization", { ...template, id, author: key.id, of: of(0), mitigation: { text: "what she never said" } }),
    record("memory-step", { of: of(1), space: "plans", ops: [{ op: "put", key: "week 1", value: "no plan" }], at: 1 }),
    record("watermark", { writer, generation, length, hash }),
  );

  const reader = await swarm.logs(createMemoryStorage());
  const judge = await swarm.logs(createMemoryStorage());
  closing.push(
    () => reader.close(),
    () => judge.close(),
  );
  const [canonLog] = office.logs.ofWriter(office.key.id);
  if (canonLog === undefined) throw new Error("no canon");
  await carry(office.logs, reader, canonLog);
  const canon = await followCanon({ logs: reader, listener: () => undefined });
  closing.push(() => canon.close());
  await canon.settled();
  return { own, said, of, id, reader, judge, canon };
};

describe("an orchestrator that says what a member never said", () => {
  it("A4 is believed by who has canon alone: no rule of the fold looks into the author's log", async () => {
    const { id, reader, canon, said } = await begin();
    expect(reader.get(said.log)).toBeUndefined();
    expect(canon.view.entries.get(id)?.immunization.mitigation.text).toBe("what she never said");
    expect(canon.view.memory.item("plans", "week 1")?.value).toBe("no plan");
    expect(canon.alarms()).toEqual([]);
  });

  it("L5 is found out by who holds the member's log: canon's own watermark names the block that says otherwise", async () => {
    const { own, said, of, id, judge, canon } = await begin();
    const { immunization } = canon.view.entries.get(id) ?? {};
    expect(immunization?.of).toEqual(of(0));

    // What stands at that place passes the door of a stranger, so the member signed it.
    await carry(own, judge, said.log);
    const block = (await blocksOf(judge, said.log))[said.sequence];
    const marked = [...canon.view.watermarks.values()].find(({ writer }) => writer === said.log.writer);
    expect({ length: marked?.length, hash: marked?.hash }).toEqual({ length: said.sequence + 1, hash: block?.hash });
    const [signal, write] = [of(0), of(1)].map(({ index }) => block?.records[index]);
    expect(signal).toMatchObject({ type: "signal", body: { mitigation: { text: "her words" } } });
    expect(write).toMatchObject({ type: "memory", body: { ops: [{ value: "her plan" }] } });
  });
});
