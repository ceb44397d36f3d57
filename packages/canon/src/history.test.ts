// Canon as it was: what is folded from the log is what was shown then.
import { emptyView, fold, viewHash } from "@herdmind/experience";
import type { HeldBlock, Logs } from "@herdmind/log";
import { record } from "@herdmind/protocol";
import { copyDisk, createMemoryDisk, createMemoryStorage } from "@herdmind/storage-memory";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { carry, createCanonFixture, entry, evidence } from "./canon.fixture.js";
import type { Canon } from "./canon.js";
import { followCanon } from "./follow-canon.js";
import { historyHeld, type Past, readHistory, viewAt } from "./history.js";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const follow = async (logs: Logs): Promise<Canon> => {
  const canon = await followCanon({ logs });
  closing.push(() => canon.close());
  return canon;
};

const pastOf = async (logs: Logs, canon: Canon, moment: Parameters<typeof viewAt>[2]): Promise<Past> => {
  const past = await viewAt(logs, historyHeld(logs, canon), moment);
  if (!past.ok) throw new Error(past.refusal.message);
  return past.value;
};

const blocksOf = async (logs: Logs, canon: Canon): Promise<readonly HeldBlock[]> => {
  const blocks: HeldBlock[] = [];
  for await (const { block } of readHistory(logs, historyHeld(logs, canon))) blocks.push(block);
  return blocks;
};

const time = (at: number) => record("time", { at });

describe("A4 canon as it was", () => {
  it("is at each number what the first so many blocks say, through any number of generations; at the head it is the view", async () => {
    const move = fc.oneof(
      { weight: 5, arbitrary: fc.record({ name: fc.nat(5), later: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.constant("rollOver" as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 14 }), async (moves) => {
        const swarm = await createCanonFixture();
        const scribe = await swarm.scribe(createMemoryStorage());
        let clock = 1000;
        await scribe.write(time(clock), entry("first"));
        for (const each of moves) {
          if (each === "rollOver") await scribe.rollOver();
          else {
            clock += each.later;
            await scribe.write(
              time(clock),
              entry(`e${each.name}`),
              evidence(`e${each.name}`, `w${each.later}`, each.later > 1),
            );
          }
        }
        const canon = await followCanon({ logs: scribe.logs });
        const history = historyHeld(scribe.logs, canon);
        const blocks = await blocksOf(scribe.logs, canon);
        expect([history.from, history.to, history.isNumbered]).toEqual([0, blocks.length, true]);
        // The openings of later generations say again what was said: folded on top they change nothing.
        const view = emptyView();
        const hashes = [viewHash(view)];
        const heads: string[] = [];
        for (const { records, log, sequence, hash } of blocks) {
          for (const [index, one] of records.entries()) fold(view, one, { ...log, sequence, index });
          hashes.push(viewHash(view));
          heads.push(hash);
        }
        // The same where each goes on from the one before, and in large steps.
        for (const step of [1, 3]) {
          let after: Past | undefined;
          for (let number = 0; number <= blocks.length; number += step) {
            const options = after === undefined ? {} : { after };
            const past = await viewAt(scribe.logs, history, { number }, options);
            if (!past.ok) throw new Error(past.refusal.message);
            expect([number, viewHash(past.value.view), past.value.number]).toEqual([number, hashes[number], number]);
            after = past.value;
          }
        }
        for (let number = 0; number <= blocks.length; number++) {
          const past = await pastOf(scribe.logs, canon, { number });
          expect(viewHash(past.view), `at ${number}`).toBe(hashes[number]);
          if (number > 0) expect(heads).toContain(past.head?.hash);
        }
        expect(viewHash((await pastOf(scribe.logs, canon, { number: blocks.length })).view)).toBe(viewHash(canon.view));
        for (let at = 999; at <= clock + 1; at++) {
          const byThen = blocks.findLastIndex(({ records }) =>
            records.some((one) => one.type === "time" && one.body.at <= at),
          );
          const past = await viewAt(scribe.logs, history, { time: at });
          // The first block carries no time here, so what was before the second one nobody can tell.
          if (byThen < 0) expect(past.ok).toBe(false);
          else if (past.ok) expect(viewHash(past.value.view), `by ${at}`).toBe(hashes[byThen + 1]);
          else expect.fail(past.refusal.message);
        }
        await canon.close();
        await scribe.close();
      }),
      { numRuns: 25 },
    );
  });

  it("A2 knows the numbers of a newer term, and which blocks of the older one are lost", async () => {
    const swarm = await createCanonFixture();
    const disk = createMemoryDisk();
    const scribe = await swarm.scribe(createMemoryStorage({ disk }));
    await scribe.write(time(10), entry("kept"));
    const copy = copyDisk(disk);
    await scribe.write(time(20), entry("lost"));
    const moved = await swarm.scribe(createMemoryStorage({ disk: copy }));
    await moved.write(time(30), entry("newer"));
    for (const log of moved.logs.list())
      if (log.generation === moved.writer.log?.generation) await carry(moved.logs, scribe.logs, log);
    const canon = await follow(scribe.logs);
    closing.push(
      () => scribe.close(),
      () => moved.close(),
    );
    const history = historyHeld(scribe.logs, canon);
    expect(history.parts.map(({ term, length }) => [term, length])).toEqual([
      [1, 2],
      [2, expect.any(Number)],
    ]);
    expect(history.lost).toMatchObject([{ from: 2, to: 3, term: 1 }]);
    const titles = async (number: number) =>
      [...(await pastOf(scribe.logs, canon, { number })).view.entries.values()].map((one) => one.immunization.title);
    expect(await titles(2)).toEqual(["kept"]);
    expect(await titles(history.to)).toEqual(["kept", "newer"]);
    expect((await pastOf(scribe.logs, canon, { time: 25 })).number).toBe(2);
  });

  it("E3 says what is not held: a newcomer has the newest generation only", async () => {
    const swarm = await createCanonFixture();
    const scribe = await swarm.scribe(createMemoryStorage());
    closing.push(() => scribe.close());
    await scribe.write(time(10), entry("old"));
    await scribe.rollOver();
    await scribe.write(time(20), entry("new"));
    const newcomer = await swarm.logs(createMemoryStorage());
    closing.push(() => newcomer.close());
    await carry(scribe.logs, newcomer, scribe.writer.log as never);
    const canon = await follow(newcomer);
    const history = historyHeld(newcomer, canon);
    // This opening does not say what stands before it.
    expect([history.from, history.isNumbered]).toEqual([0, false]);
    const opening = history.parts[0]?.opening ?? 0;
    expect(opening).toBeGreaterThan(0);
    const early = await viewAt(newcomer, history, { number: opening - 1 });
    expect(early.ok || early.refusal.message).toContain("not held");
    expect(viewHash((await pastOf(newcomer, canon, { number: history.to })).view)).toBe(viewHash(canon.view));
    const beyond = await viewAt(newcomer, history, { number: history.to + 1 });
    expect(beyond.ok || beyond.refusal.message).toContain(`has ${history.to} blocks`);
    expect((await viewAt(newcomer, history, { time: 5 })).ok).toBe(false);
  });
});
