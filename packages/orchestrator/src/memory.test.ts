import { followCanon } from "@herdmind/canon";
import { viewHash } from "@herdmind/experience";
import { type AnyRecord, type MemoryOp, type RecordBody, record } from "@herdmind/protocol";
import { createMemoryDisk, createMemoryStorage } from "@herdmind/storage-memory";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { createDesk } from "./desk.fixture.js";
import { type Agent, blocksOf, carry, carryAll, type Office, signal } from "./swarm.fixture.js";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
const desk = (options: Parameters<typeof createDesk>[1] = {}, storage = createMemoryStorage()) =>
  createDesk((close) => closing.push(close), options, storage);

const write = (...ops: readonly MemoryOp[]): AnyRecord => record("memory", { space: "s", ops: [...ops], at: 1 });
const put = (key: string, value: number | string = 1): MemoryOp => ({ op: "put", key, value });
const add = (key: string, ...members: readonly string[]): MemoryOp => ({ op: "add", key, members: [...members] });

const itemsOf = ({ canon }: Office): unknown =>
  canon.view.memory
    .spaces()
    .flatMap((space) => [...canon.view.memory.keys(space)].map((key) => canon.view.memory.item(space, key)));
/** Records of one type in canon, with the sequence of their block. */
const inCanon = async <T extends AnyRecord["type"]>(
  { logs, canon }: Office,
  type: T,
): Promise<readonly (Extract<AnyRecord, { type: T }> & { readonly block: string })[]> => {
  const found = [];
  for (const part of canon.parts())
    for (const block of await blocksOf(logs, part))
      for (const one of block.records)
        if (one.type === type) found.push({ ...one, block: `${part.generation}/${block.sequence}` });
  return found as never;
};
const verdicts = async (office: Office): Promise<readonly RecordBody<"verdict">[]> =>
  (await inCanon(office, "verdict")).map(({ body }) => body);

describe("E11 admission of the memory", () => {
  it("E11 canon carries a write whole, with its author's place, in the block that passes it", async () => {
    const { agent, say, office } = await desk();
    const ada = await agent();
    const ops = [put("a"), add("a", "x", "y"), { op: "remove" as const, key: "b", members: ["z"] }];
    const of = await say(ada, signal("it broke", "mend it"), write(...ops));
    const steps = await inCanon(office, "memory-step");
    expect(steps.map(({ body }) => body)).toEqual([{ of: { ...of, index: of.index + 1 }, space: "s", ops, at: 1 }]);
    const passed = (await inCanon(office, "watermark")).find(({ body }) => body.length === of.sequence + 1);
    expect(passed?.block).toBe(steps[0]?.block);
    expect(office.canon.view.memory.item("s", "a")).toMatchObject({ value: 1, members: ["x", "y"] });
    expect(office.orchestrator.stats()).toMatchObject({ remembered: 1, immunized: 1, rejected: 0 });
  });

  it("E11 E2 L7 a write that cannot count is rejected whole, by a rule and a reason; those beside it count", async () => {
    const inspect = (proposal: unknown) =>
      JSON.stringify(proposal).includes("s3cret") ? "It has a secret." : undefined;
    const { agent, say, office } = await desk({ inspect });
    const ada = await agent();
    const many = Array.from({ length: 1024 }, (_, i) => `m${i}`);
    await say(ada, write(put("kept")), write(put("lost"), add("none", "x")), write(put("secret", "s3cret")));
    await say(ada, write({ ...put("full"), members: many } as MemoryOp));
    await say(ada, write(add("full", "one more")), write(add("kept", "x")));
    expect(await verdicts(office)).toMatchObject([
      { verdict: "rejected", rule: "E11", reason: expect.stringContaining('"none"'), of: { index: 1 } },
      { verdict: "rejected", rule: "E2", reason: "It has a secret.", of: { index: 2 } },
      { verdict: "rejected", rule: "L7", reason: expect.stringContaining("1024 members") },
    ]);
    expect([...office.canon.view.memory.keys("s")]).toEqual(["full", "kept"]);
    expect(office.canon.view.memory.item("s", "kept")?.members).toEqual(["x"]);
    expect(office.orchestrator.stats()).toMatchObject({ remembered: 3, rejected: 3 });
  });

  it("E5 a later version is passed with a word", async () => {
    const { agent, say, office } = await desk();
    const body = { space: "s", ops: [{ op: "merge", key: "k" }], at: 1 };
    await say(await agent(), { type: "unknown", of: "memory", version: 2, body }, write(put("k")));
    expect(await verdicts(office)).toMatchObject([{ verdict: "ignored", rule: "E5", of: { index: 0 } }]);
    expect([...office.canon.view.memory.keys("s")]).toEqual(["k"]);
  });

  it("E11 a write stands on those before it that are not folded yet, of other writers too", async () => {
    const { agents, office } = await desk();
    const [ada, ben] = (await agents(2)) as [Agent, Agent];
    for (let i = 0; i < 20; i++) {
      const first = await ada.writer.append([write(put(`k${i}`))]);
      const second = await ben.writer.append([write(add(`k${i}`, "x"))]);
      if (!first.ok || !second.ok) throw new Error("append");
      await carry(ada.logs, office.logs, first.log);
      await carry(ben.logs, office.logs, second.log);
    }
    await office.orchestrator.flush();
    expect(await verdicts(office)).toEqual([]);
    expect(itemsOf(office)).toHaveLength(20);
    for (const item of itemsOf(office) as { members: string[] }[]) expect(item.members).toEqual(["x"]);
  });

  it("E11 A4 a restart and new generations change nothing, and a newcomer that has only the last one agrees", async () => {
    const disk = createMemoryDisk();
    const limits = { blocksPerGeneration: 6 };
    const swarm = await desk({ limits }, createMemoryStorage({ disk }));
    const ada = await swarm.agent();
    for (let i = 0; i < 15; i++)
      await swarm.say(
        ada,
        write(put(`k${i % 4}`, i), add(`k${i % 4}`, `m${i}`), { op: "delete", key: `k${(i + 1) % 4}` }),
      );
    const { view } = swarm.office.canon;
    const [items, hash] = [itemsOf(swarm.office), viewHash(view)];
    expect(swarm.office.canon.parts().length).toBeGreaterThan(1);
    await closing.shift()?.();
    const again = await swarm.swarm.office(createMemoryStorage({ disk }), { limits });
    closing.push(() => again.close());
    expect([itemsOf(again), viewHash(again.canon.view)]).toEqual([items, hash]);
    const before = (await inCanon(again, "memory-step")).length;
    await carryAll(ada.logs, again.logs);
    await again.orchestrator.flush();
    expect((await inCanon(again, "memory-step")).length).toBe(before);
    const logs = await swarm.swarm.logs(createMemoryStorage());
    const last = again.canon.parts().at(-1);
    if (last === undefined) throw new Error("no canon");
    await carry(again.logs, logs, last);
    const newcomer = await followCanon({ logs });
    closing.push(async () => {
      await newcomer.close();
      await logs.close();
    });
    expect(newcomer.freshness().historyUnverified).toBe(true);
    expect(viewHash(newcomer.view)).toBe(viewHash(again.canon.view));
  });

  it("E11 A4 property: whatever order writers' blocks come in and however they are cut, everybody has one view, and canon's order makes it", {
    timeout: 30_000,
  }, async () => {
    const op: fc.Arbitrary<MemoryOp> = fc.oneof(
      fc.record({ op: fc.constant("put" as const), key: fc.constantFrom("a", "b", "c"), value: fc.nat(9) }),
      fc.record({
        op: fc.constant("put" as const),
        key: fc.constantFrom("a", "b", "c"),
        value: fc.nat(9),
        ifAbsent: fc.constant(true as const),
      }),
      fc.record({ op: fc.constant("delete" as const), key: fc.constantFrom("a", "b", "c") }),
      fc.record({
        op: fc.constantFrom("add" as const, "remove" as const),
        key: fc.constantFrom("a", "b", "c"),
        members: fc.array(fc.constantFrom("x", "y"), { maxLength: 2 }),
      }),
    );
    const move = fc.record({
      writer: fc.nat(2),
      writes: fc.array(fc.array(op, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
      /** Whether what was written since is handed on now. */
      isSent: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 12 }), fc.nat(3), async (moves, records) => {
        const { agents, office, swarm } = await desk({
          limits: { recordsPerBlock: records + 1, blocksPerGeneration: 8 },
        });
        const writers = await agents(3);
        for (const { writer, writes, isSent } of moves) {
          const one = writers[writer] as (typeof writers)[number];
          await one.writer.append(writes.map((ops) => write(...ops)));
          if (isSent) await carryAll(one.logs, office.logs);
        }
        for (const { logs } of writers) await carryAll(logs, office.logs);
        await office.orchestrator.flush();
        const logs = await swarm.logs(createMemoryStorage());
        const last = office.canon.parts().at(-1);
        if (last === undefined) throw new Error("no canon");
        await carry(office.logs, logs, last);
        const other = await followCanon({ logs });
        expect(viewHash(other.view)).toBe(viewHash(office.canon.view));
        expect(other.view.counts.ignored).toBe(0);
        // Each write has one word: it stands in canon, or its verdict does.
        const steps = await inCanon(office, "memory-step");
        const said = await verdicts(office);
        expect(steps.length + said.length).toBe(moves.reduce((sum, { writes }) => sum + writes.length, 0));
        await other.close();
        await logs.close();
        for (const close of closing.splice(0).reverse()) await close();
      }),
      { numRuns: 25 },
    );
  });
});
