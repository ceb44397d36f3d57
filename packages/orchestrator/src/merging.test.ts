import { followCanon } from "@herdmind/canon";
import { createIndex, type Facts, sameProblem, viewHash } from "@herdmind/experience";
import type { AnyRecord, EntryId, Fingerprint, Signal } from "@herdmind/protocol";
import { copyDisk, createMemoryDisk, createMemoryStorage } from "@herdmind/storage-memory";
import { afterEach, describe, expect, it } from "vitest";
import { createDesk, type Desk, outcome } from "./desk.fixture.js";
import { FACTS_PROBLEMS, MERGED_REMEDIES, REMEDY_PROBLEMS } from "./merging.js";
import { canonRecords, signal, unlike } from "./swarm.fixture.js";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
const begin = (...more: [] | [Parameters<typeof createDesk>[1]]): Promise<Desk> =>
  createDesk((close) => closing.push(close), ...more);

const LIB: Facts = { library: "libfoo", version: "2.4.0" };
const failure = (message: string, remedy: string, facts?: Facts, more: Partial<Signal> = {}): AnyRecord =>
  signal(message, remedy, {
    problem: { error: { message }, ...(facts === undefined ? {} : { facts }) },
    ...more,
  });

const nameOf = ({ office }: Desk, id: EntryId): Fingerprint =>
  office.canon.view.entries.get(id)?.immunization.fingerprint as Fingerprint;
const areOne = (desk: Desk, ...ids: readonly EntryId[]): boolean => {
  const [first, ...rest] = ids.map((id) => nameOf(desk, id));
  const cluster = sameProblem(desk.office.canon.view, first as Fingerprint);
  return rest.every((one) => cluster.includes(one));
};
const aliasRecords = async ({ office }: Desk) =>
  (await canonRecords(office)).flatMap((one) => (one.type === "alias" ? [one.body] : []));
const letters = (n: number): string => String.fromCharCode(97 + n).repeat(3);

describe("merging", () => {
  it("merges two symptoms of one cause: the same facts, the same remedy", async () => {
    const desk = await begin();
    const [ada, bob] = await desk.agents(2);
    const one = await desk.propose(ada as never, failure("undefined symbol foo_open", "Stay on libfoo 2.3.9.", LIB));
    const two = await desk.propose(
      bob as never,
      failure("the linker gave up on foo_close", "Stay on libfoo 2.3.9.", LIB),
    );
    expect(areOne(desk, one, two)).toBe(true);
    expect(await aliasRecords(desk)).toEqual([
      {
        from: nameOf(desk, two),
        to: nameOf(desk, one),
        reason: expect.stringMatching(/^facts m1_\S+: another symptom/),
      },
    ]);
    expect(desk.office.orchestrator.stats()).toMatchObject({ merged: 1, parted: 0, immunized: 2, alternatives: 0 });
    // A third one asks by a symptom, and is offered what is known for the other.
    await desk.say(ada as never, failure("undefined symbol foo_open", "Link libfoo statically.", LIB));
    const { entries } = createIndex(desk.office.canon.view).recall({
      error: { message: "the linker gave up on foo_close" },
      facts: LIB,
    });
    const offered = entries.map(({ match, mitigation }) => `${match}: ${mitigation.text}`);
    expect(offered[0]).toBe("exact: Stay on libfoo 2.3.9.");
    expect(offered.slice(1).sort()).toEqual(["alias: Link libfoo statically.", "alias: Stay on libfoo 2.3.9."]);
    expect(desk.office.orchestrator.stats()).toMatchObject({ alternatives: 1 });
  });

  it("L7 leaves two problems apart that would have more remedies together than a recall walks", async () => {
    const desk = await begin();
    const [ada, bob, cyd] = (await desk.agents(3)) as [never, never, never];
    const one = await desk.propose(ada, failure("undefined symbol foo_open", "Stay on libfoo 2.3.9.", LIB));
    for (const [n, who] of [ada, bob, cyd].entries()) {
      const more = Array.from({ length: Math.ceil(MERGED_REMEDIES / 3) }, (_, i) =>
        failure("undefined symbol foo_open", `Turn valve ${n}.${i} to the left.`, LIB),
      );
      await desk.say(who, ...more);
    }
    const two = await desk.propose(bob, failure("the linker gave up on foo_close", "Stay on libfoo 2.3.9.", LIB));
    expect(areOne(desk, one, two)).toBe(false);
  });

  it("never merges where facts, kinds or types differ", async () => {
    const desk = await begin();
    const [ada, bob] = (await desk.agents(2)) as [never, never];
    await desk.say(ada, failure("undefined symbol foo_open", "Stay on libfoo 2.3.9.", LIB));
    await desk.say(bob, failure("the linker gave up", "Stay on libfoo 2.3.9.", { ...LIB, version: "2.5.0" }));
    await desk.say(bob, failure("the linker gave up", "Stay on libfoo 2.3.9."));
    await desk.say(
      bob,
      signal("", "Stay on libfoo 2.3.9.", {
        type: "VALIDATION_PASSED",
        problem: { domain: "libfoo", approach: "stay on an old version", facts: LIB },
      }),
      signal("", "Stay on libfoo 2.3.9.", {
        type: "WORKAROUND_FOUND",
        problem: { api: "libfoo", purpose: "open a file", facts: LIB },
      }),
      signal("", "Stay on libfoo 2.3.9.", {
        type: "WORKAROUND_FOUND",
        problem: { api: "libfoo", purpose: "close a file", facts: LIB },
      }),
    );
    expect(desk.office.canon.view.entries.size).toBe(6);
    expect(await aliasRecords(desk)).toEqual([]);
  });

  it("E1 merges alike texts when two groups stand behind one remedy, not on one writer's word", async () => {
    const desk = await begin();
    const [ada, bob] = await desk.agents(2);
    const text = (worker: string): string => `worker ${worker} lost its lease on the queue of paid orders at night`;
    const remedy = "Renew the lease from a timer of its own.";
    const one = await desk.propose(ada as never, failure(text("alpha"), remedy));
    const two = await desk.propose(ada as never, failure(text("beta"), remedy));
    expect(areOne(desk, one, two)).toBe(false);
    await desk.say(bob as never, failure(text("beta"), remedy));
    expect(areOne(desk, one, two)).toBe(true);
    expect(await aliasRecords(desk)).toEqual([
      expect.objectContaining({
        reason: expect.stringMatching(/^text m1_\S+: the same remedy for texts that are \d+ % alike$/),
      }),
    ]);
  });

  it("merges texts of one template, once enough others have shown which word is a value", async () => {
    const text = (skipper: string): string => `berth booking for skipper ${skipper} refused`;
    const remedy = "Book the berth with the number of the boat.";
    const merged = async (others: readonly string[]) => {
      const desk = await begin();
      const [ada, bob] = (await desk.agents(2)) as [never, never];
      for (const name of others) await desk.say(ada, failure(text(name), `Ask ${name} to wait.`));
      const one = await desk.propose(ada, failure(text("gerda"), remedy));
      const two = await desk.propose(bob, failure(text("hugo"), remedy));
      return { areOne: areOne(desk, one, two), aliases: await aliasRecords(desk) };
    };
    expect(await merged(["bela", "carl"])).toEqual({ areOne: false, aliases: [] });
    expect(await merged(["bela", "carl", "dora", "emil"])).toEqual({
      areOne: true,
      aliases: [expect.objectContaining({ reason: expect.stringMatching(/^text m1_\S+: .* of one template$/) })],
    });
  });

  it("does not merge texts that differ in a name, in a code, or in most words", async () => {
    const desk = await begin();
    const [ada, bob] = (await desk.agents(2)) as [never, never];
    const remedy = "Install what the lock file says.";
    await desk.say(ada, failure("cannot find package 'left' imported from the entry point of this server", remedy));
    await desk.say(bob, failure("cannot find package 'right' imported from the entry point of this server", remedy));
    await desk.say(ada, failure("the type checker was stopped by a missing declaration of the cart", remedy));
    expect(await aliasRecords(desk)).toEqual([]);
  });

  it("does not let a remedy for everything glue problems, and takes back what it had glued", async () => {
    const desk = await begin();
    const [ada, bob] = (await desk.agents(2)) as [never, never];
    const generic = "Restart the service.";
    const one = await desk.propose(ada, failure("the pool is exhausted", generic, LIB));
    const two = await desk.propose(bob, failure("no heartbeat from the broker", generic, LIB));
    expect(areOne(desk, one, two)).toBe(true);
    for (let i = 0; i < REMEDY_PROBLEMS; i++)
      await desk.say(ada, failure(`the ${letters(i)} gear is stuck`, generic, { gear: letters(i) }));
    expect(areOne(desk, one, two)).toBe(false);
    expect((await aliasRecords(desk)).at(-1)).toMatchObject({ undo: true, reason: expect.stringContaining("apart") });
    expect(desk.office.orchestrator.stats()).toMatchObject({ merged: 1, parted: 1 });
    await desk.say(bob, failure("the disk is full of logs", generic, LIB));
    expect(desk.office.canon.view.aliases.size).toBe(0);
  });

  it("does not let facts of everything define a cause", async () => {
    const desk = await begin();
    const [ada, bob] = (await desk.agents(2)) as [never, never];
    const facts: Facts = { os: "linux" };
    const one = await desk.propose(ada, failure("the pool is exhausted", "Double the pool.", facts));
    const two = await desk.propose(bob, failure("no heartbeat from the broker", "Double the pool.", facts));
    expect(areOne(desk, one, two)).toBe(true);
    for (let i = 0; i < FACTS_PROBLEMS; i++)
      await desk.say(ada, failure(`the ${letters(i)} gear is stuck`, `Oil the ${letters(i)} gear.`, facts));
    expect(areOne(desk, one, two)).toBe(false);
  });

  it("derives everything again after a restart: nothing is merged twice, nothing is forgotten", async () => {
    const disk = createMemoryDisk();
    const desk = await createDesk((close) => closing.push(close), {}, createMemoryStorage({ disk }));
    const [ada, bob] = (await desk.agents(2)) as [never, never];
    await desk.say(ada, failure("undefined symbol foo_open", "Stay on libfoo 2.3.9.", LIB));
    await desk.say(bob, failure("the linker gave up", "Stay on libfoo 2.3.9.", LIB));
    const hash = viewHash(desk.office.canon.view);
    await desk.office.close();
    closing.shift();
    const again = await desk.swarm.office(createMemoryStorage({ disk }));
    closing.push(() => again.close());
    await again.orchestrator.flush();
    expect(viewHash(again.canon.view)).toBe(hash);
    expect(again.orchestrator.stats()).toMatchObject({ merged: 0, blocks: 0 });
  });

  it("merges after a crash what was in canon without its alias", async () => {
    const disk = createMemoryDisk();
    const desk = await createDesk((close) => closing.push(close), {}, createMemoryStorage({ disk }));
    const [ada, bob] = (await desk.agents(2)) as [never, never];
    let crashed: typeof disk | undefined;
    desk.office.canon.subscribe((event) => {
      // Two entries are durable, and the block after them is not.
      if (event.type === "changed" && event.event.type === "immunized" && desk.office.canon.view.entries.size === 2)
        crashed = copyDisk(disk);
    });
    const one = await desk.propose(ada, failure("undefined symbol foo_open", "Stay on libfoo 2.3.9.", LIB));
    const two = await desk.propose(bob, failure("the linker gave up", "Stay on libfoo 2.3.9.", LIB));
    if (crashed === undefined) throw new Error("nothing was admitted");
    const logs = await desk.swarm.logs(createMemoryStorage({ disk: copyDisk(crashed) }));
    const before = await followCanon({ logs });
    expect([before.view.entries.size, before.view.aliases.size]).toEqual([2, 0]);
    await before.close();
    await logs.close();
    const again = await desk.swarm.office(createMemoryStorage({ disk: crashed }));
    closing.push(() => again.close());
    await again.orchestrator.flush();
    expect(again.orchestrator.stats()).toMatchObject({ merged: 1 });
    expect(areOne({ ...desk, office: again }, one, two)).toBe(true);
  });

  it("looks at a large canon in slices, and admits meanwhile", async () => {
    const disk = createMemoryDisk();
    const desk = await createDesk((close) => closing.push(close), {}, createMemoryStorage({ disk }));
    const [ada] = (await desk.agents(1)) as [never];
    for (let i = 0; i < 4; i++)
      await desk.say(
        ada,
        ...Array.from({ length: 100 }, (_, n) =>
          failure(unlike(i * 100 + n), `Oil the gear number ${unlike(i * 100 + n)}.`, { gear: i * 100 + n }),
        ),
      );
    await desk.say(ada, failure("the axle squeaks", `Oil the gear number ${unlike(399)}.`, { gear: 399 }));
    expect(desk.office.orchestrator.stats()).toMatchObject({ immunized: 401, merged: 1 });
    expect(await aliasRecords(desk)).toHaveLength(1);
    // After a restart nothing is known of what was looked at: the heartbeat and the sockets get their turn between two slices.
    const again = await desk.swarm.office(createMemoryStorage({ disk: copyDisk(disk) }));
    closing.push(() => again.close());
    let turns = 0;
    let isDone = false;
    const turn = (): void => {
      turns++;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    await again.orchestrator.flush();
    isDone = true;
    expect(turns).toBeGreaterThanOrEqual(Math.floor(401 / 128));
  });
});

describe("parting", () => {
  const merged = async (desk: Desk): Promise<readonly [EntryId, EntryId]> => {
    const [ada, bob] = (await desk.agents(2)) as [never, never];
    const one = await desk.propose(ada, failure("undefined symbol foo_open", "Stay on libfoo 2.3.9.", LIB));
    const two = await desk.propose(bob, failure("the linker gave up", "Stay on libfoo 2.3.9.", LIB));
    expect(areOne(desk, one, two)).toBe(true);
    return [one, two];
  };

  it("parts two problems of which the remedy holds for one and fails for the other, for good", async () => {
    const desk = await begin();
    const [one, two] = await merged(desk);
    const crowd = await desk.agents(4);
    for (const [i, who] of crowd.entries()) {
      expect(areOne(desk, one, two)).toBe(true);
      await desk.say(who, i < 2 ? outcome(one, true) : outcome(two, false));
    }
    expect(areOne(desk, one, two)).toBe(false);
    const [, undo, apart] = await aliasRecords(desk);
    expect(undo).toMatchObject({ from: nameOf(desk, two), to: nameOf(desk, one), undo: true });
    expect(undo?.reason).toBe(
      `apart: the remedy of ${one} worked for 2 groups with the one problem and failed for 2 with the other`,
    );
    expect(apart).toMatchObject({ from: nameOf(desk, two), to: nameOf(desk, two) });
    // Whatever is said later, only an operator merges them again.
    for (let i = 0; i < 5; i++) await desk.say((await desk.agent()) as never, outcome(two, true));
    expect(areOne(desk, one, two)).toBe(false);
    expect(desk.office.orchestrator.stats()).toMatchObject({ merged: 1, parted: 1 });
  });

  it("parts them when a remedy holds for all but those who proposed the other problem's remedies", async () => {
    const desk = await begin();
    const [one, two] = await merged(desk);
    const [cyd, dan, eve, fay] = (await desk.agents(4)) as [never, never, never, never];
    await desk.say(eve, outcome(one, true));
    await desk.say(fay, outcome(one, true));
    for (const [who, remedy] of [
      [cyd, "Link against the static archive."],
      [dan, "Put the library before its users."],
    ] as const) {
      await desk.say(who, failure("the linker gave up", remedy, LIB));
      expect(areOne(desk, one, two)).toBe(true);
      await desk.say(who, outcome(one, false));
    }
    expect(areOne(desk, one, two)).toBe(false);
  });

  it("keeps them together while a remedy fails for both", async () => {
    const desk = await begin();
    const [one, two] = await merged(desk);
    for (const who of await desk.agents(3)) await desk.say(who, outcome(one, false), outcome(two, false));
    expect(areOne(desk, one, two)).toBe(true);
  });

  it("takes an operator's word: apart, together again, and no further", async () => {
    const desk = await begin();
    const [one, two] = await merged(desk);
    const { orchestrator } = desk.office;
    const [first, second] = [nameOf(desk, one), nameOf(desk, two)];
    expect(await orchestrator.unalias(first, second, "two linkers")).toEqual({ ok: true, value: undefined });
    expect(areOne(desk, one, two)).toBe(false);
    expect(await orchestrator.unalias(first, second, "two linkers")).toMatchObject({ ok: false });
    await desk.say((await desk.agent()) as never, outcome(two, true));
    expect(areOne(desk, one, two)).toBe(false);
    expect(await orchestrator.alias(second, first, "one cause after all")).toEqual({ ok: true, value: undefined });
    expect(areOne(desk, one, two)).toBe(true);
    // Outcomes do not part what an operator merged.
    for (const [i, who] of (await desk.agents(4)).entries())
      await desk.say(who, i < 2 ? outcome(one, true) : outcome(two, false));
    expect(areOne(desk, one, two)).toBe(true);
    const other = await desk.propose((await desk.agent()) as never, failure("the linker gave up", "Ask for help."));
    expect(await orchestrator.alias(first, nameOf(desk, other), "why not")).toMatchObject({
      ok: false,
      refusal: { rule: "R1", message: expect.stringContaining("facts") },
    });
    expect(await orchestrator.alias(first, `f1_${"a".repeat(32)}` as Fingerprint, "why not")).toMatchObject({
      ok: false,
    });
  });
});
