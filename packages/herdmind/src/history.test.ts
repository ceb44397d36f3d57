// What a swarm remembers, in real swarms: past views, the stream of records, stories, export and import.
import { describe, expect, it } from "vitest";
import {
  createImporter,
  createSwarm,
  exportLines,
  type FromSwarm,
  lookBack,
  type Peer,
  type ProposedAgain,
  type ReadOptions,
  readExportLine,
  readRecords,
  type Told,
  tellStory,
} from "./index.js";

const problemOf = (n: string) => new Error(`the ${n} gear of the mill is broken`);

const say = async (peer: Pick<Peer, "report">, n: string, mitigation = `mend the ${n} one`) => {
  const receipt = await peer.report({ problem: problemOf(n), mitigation });
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  return { id: receipt.id, verdict: await receipt.verdict };
};

const tell = async (peer: Pick<Peer, "outcome">, id: string, success: boolean) => {
  const receipt = await peer.outcome(id as never, { success });
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  return receipt.verdict;
};

const read = async (peer: Peer, options: ReadOptions = {}): Promise<readonly Told[]> => {
  const all: Told[] = [];
  for await (const told of readRecords(peer, options)) all.push(told);
  return all;
};
const shown = (told: readonly Told[]): readonly string[] =>
  told.map(({ kind, record, number }) => `${number} ${kind} ${record.type}`);

/** A clock that steps on with each look. */
const clock = (from = 1_000_000): (() => number) => {
  let at = from;
  return () => ++at;
};

const exported = async (peer: Peer): Promise<readonly string[]> => {
  const lines: string[] = [];
  for await (const line of exportLines(peer, 5)) lines.push(JSON.stringify(line));
  return lines;
};

const proposalsIn = (lines: readonly string[]): readonly ProposedAgain<FromSwarm>[] => {
  const proposals: ProposedAgain<FromSwarm>[] = [];
  let swarm: Parameters<typeof readExportLine>[1];
  for (const text of lines) {
    const line = readExportLine(text, swarm);
    if (line.type === "bad") throw new Error(line.message);
    if (line.type === "header") swarm = line.swarm;
    if (line.type === "proposal") proposals.push(line.proposal);
  }
  return proposals;
};

describe("looking back", () => {
  it("recalls what would have been recalled then, before and after a remedy was learned and refuted", async () => {
    await using swarm = await createSwarm({ name: "past", relay: false, now: clock() });
    await say(swarm, "first");
    const before = swarm.canon.history().at(-1)?.length as number;
    const { id } = await say(swarm, "second");
    const after = swarm.canon.history().at(-1)?.length as number;
    await say(swarm, "third");
    const at = async (number: number) => {
      const found = await lookBack(swarm, { number }, { query: { error: problemOf("second") } });
      if (!found.ok) throw new Error(found.refusal.message);
      return found.value;
    };
    expect((await at(before)).recall?.entries).toEqual([]);
    const then = await at(after);
    expect(then.recall?.entries).toMatchObject([{ id, match: "exact" }]);
    expect([...then.past.view.entries.values()].map((one) => one.immunization.mitigation.text)).toEqual([
      "mend the first one",
      "mend the second one",
    ]);
    // By time it is the same moment.
    const byTime = await lookBack(swarm, { time: then.past.at as number });
    expect(byTime.ok && [byTime.value.past.number, byTime.value.viewHash]).toEqual([after, then.viewHash]);
    const beyond = await lookBack(swarm, { number: 999 });
    expect(beyond.ok || beyond.refusal.message).toMatch(/has \d+ blocks here/);
  });
});

describe("the stream of records", () => {
  it("shows each proposal right before its effects, and what is pending last; both ways, and filtered", async () => {
    await using swarm = await createSwarm({ name: "stream", relay: false, now: clock() });
    const [ada, bob] = [await swarm.as("ada"), await swarm.as("bob")];
    const { id } = await say(ada, "first");
    await say(bob, "first");
    await tell(bob, id, false);
    await say(bob, "second");
    const all = await read(swarm);
    const kinds = shown(all).map((line) => line.replace(/^\S+ /, ""));
    const of = (type: string): number => kinds.indexOf(type);
    expect(of("proposal signal")).toBe(of("canon immunization") - 1);
    expect(kinds.filter((one) => one === "proposal signal").length).toBe(3);
    expect(all.every(({ standing }) => standing === "canon" || standing === "judged")).toBe(true);
    // Numbers and times never go back.
    for (const [i, told] of all.entries()) {
      expect(told.number).toBeGreaterThanOrEqual(all[i - 1]?.number ?? 0);
      expect(told.at).toBeGreaterThanOrEqual(all[i - 1]?.at ?? 0);
    }
    const newest = await read(swarm, { newestFirst: true, limit: 1000 });
    expect(shown(newest)).toEqual(shown(all).toReversed());
    expect(shown(await read(swarm, { newestFirst: true, limit: 2 }))).toEqual(shown(all).slice(-2).toReversed());
    expect(shown(await read(swarm, { limit: 3 }))).toEqual(shown(all).slice(0, 3));

    const types = async (options: ReadOptions) => (await read(swarm, options)).map(({ record }) => record.type);
    expect(await types({ type: "ERROR_RESOLVED" })).toEqual(["signal", "signal", "signal"]);
    expect(await types({ kind: "proposal", writer: "ada" })).toEqual(["signal"]);
    expect(await types({ kind: "proposal", writer: bob.id.slice(0, 8) })).toEqual(["signal", "outcome", "signal"]);
    expect(await types({ writer: "nobody" })).toEqual([]);
    expect(await types({ entry: id })).toEqual(["signal", "immunization", "signal", "outcome", "evidence"]);
    const { fingerprint } = [...swarm.canon.view.entries.values()][0]?.immunization ?? {};
    expect(await types({ fingerprint: fingerprint as never })).toEqual(await types({ entry: id }));
    const { number, at } = all[of("proposal outcome")] as Told;
    expect(await types({ from: number as number, to: (number as number) + 1 })).toEqual(["outcome", "evidence"]);
    expect(await types({ since: at as number, until: at as number })).toEqual(["outcome", "evidence"]);
    // E3: what keeps the logs together is counted.
    const records = readRecords(swarm);
    let count = 0;
    for await (const _ of records) count += 1;
    expect(records.leftOut).toEqual({
      housekeeping: (await read(swarm, { all: true })).length - count,
      untimed: 0,
      overLimit: 0,
    });
  });
});

describe("the story of an id", () => {
  it("tells who proposed an entry, who corroborated, who tried it, and what became of it", async () => {
    await using swarm = await createSwarm({ name: "story", relay: false, now: clock() });
    const [ada, bob] = [await swarm.as("ada"), await swarm.as("bob")];
    const { id } = await say(ada, "first");
    const again = await say(bob, "first");
    await tell(bob, id, false);
    const story = await tellStory(swarm, id);
    expect(story).toMatchObject({ state: "entry", status: "active", more: 0, notHeld: [] });
    expect(story.steps.map(({ chapter, name, told }) => [chapter, told.kind === "canon" ? "canon" : name])).toEqual([
      ["proposed", "ada"],
      ["admitted", "canon"],
      ["corroborated", "bob"],
      ["tried", "bob"],
      ["counted", "canon"],
    ]);
    for (const { told } of story.steps) expect(told.at).toEqual(expect.any(Number));
    // A proposal that only corroborated belongs to its entry.
    expect(await tellStory(swarm, again.id)).toMatchObject({ state: "judged", see: id });
    const outcome = story.steps.find(({ chapter }) => chapter === "tried")?.told.ref;
    expect(outcome).toBeDefined();
  });

  it("says what a rejected, a pending and an unknown id is", async () => {
    await using swarm = await createSwarm({ name: "odd", relay: false, now: clock() });
    const rejected = await swarm.report({ type: "team/deploy", problem: { fields: { step: "x" } }, mitigation: "no" });
    if (!rejected.ok) throw new Error(rejected.refusal.message);
    expect(await rejected.verdict).toMatchObject({ status: "rejected" });
    const story = await tellStory(swarm, rejected.id);
    expect(story).toMatchObject({ state: "rejected", entry: undefined });
    expect(story.steps.map(({ chapter }) => chapter)).toEqual(["proposed", "exception"]);
    expect(await tellStory(swarm, "A".repeat(43) as never)).toMatchObject({ state: "unknown", steps: [] });
  });
});

describe("export and import", () => {
  it("proposes again what an export holds, once, with its origin, and leaves out what failed there", async () => {
    await using from = await createSwarm({ name: "from", relay: false, now: clock() });
    const [ada, bob] = [await from.as("ada"), await from.as("bob")];
    const { id } = await say(ada, "first");
    await say(bob, "first");
    await tell(bob, id, false);
    await say(bob, "second");
    const lines = await exported(from);
    expect(JSON.parse(lines[0] as string)).toMatchObject({ herdmind: "export", version: 1, swarm: from.swarm });
    expect(JSON.parse(lines.at(-1) as string)).toEqual({ herdmind: "end", records: lines.length - 2 });
    const proposals = proposalsIn(lines);
    expect(proposals.map(({ from: { entry } }) => entry)).toEqual([id, expect.any(String)]);

    await using to = await createSwarm({ name: "to", relay: false, now: clock(9_000_000) });
    const importer = createImporter(to, to);
    const dry = await Promise.all(proposals.map((one) => importer.take(one, { isDryRun: true })));
    expect(dry.map(({ status }) => status)).toEqual(["imported", "imported"]);
    expect(to.stats().signals).toBe(0);
    expect((await Promise.all(proposals.map((one) => importer.take(one)))).map(({ status }) => status)).toEqual([
      "imported",
      "imported",
    ]);
    // Again: by the same importer, by one that reads the log, by another agent, and before canon has judged.
    for (const one of [importer, createImporter(to, to)])
      expect((await Promise.all(proposals.map((each) => one.take(each)))).map(({ status }) => status)).toEqual([
        "known",
        "known",
      ]);
    await expect.poll(() => to.stats().immunizations).toBe(2);
    const other = createImporter(to, await to.as("other"));
    expect(await other.take(proposals[0] as ProposedAgain)).toMatchObject({
      status: "known",
      entry: expect.any(String),
    });
    expect(to.stats().signals).toBe(2);

    const { entries } = await to.recall({ error: problemOf("first") });
    // E1: an outcome there is provenance here, not evidence.
    expect(entries).toMatchObject([{ match: "exact", author: to.id, evidence: { worked: 0, failed: 0 } }]);
    const [signal] = await read(to, { type: "signal", entry: entries[0]?.id as never });
    expect(signal?.record.type === "signal" && signal.record.body.context).toEqual({
      importedFrom: { swarm: from.swarm, entry: id, author: ada.id, at: expect.any(Number), worked: 0, failed: 1 },
    });
    // Home again nothing is new: it is the same problem and remedy.
    const back = proposalsIn(await exported(to));
    const home = createImporter(from, from);
    for (const one of back) expect(await home.take(one)).toMatchObject({ status: "known" });
    // A third swarm is told of the first.
    await using third = await createSwarm({ name: "third", relay: false });
    await createImporter(third, third).take(back[0] as ProposedAgain);
    const [copy] = await read(third, { type: "signal" });
    expect(copy?.record.type === "signal" && copy.record.body.context).toMatchObject({
      importedFrom: { swarm: to.swarm, first: { swarm: from.swarm } },
    });
  });

  it("E2 looks for secrets again, and knows the proposal by what remains", async () => {
    await using swarm = await createSwarm({ name: "secret", relay: false });
    const origin = { swarm: "A".repeat(43), author: "A".repeat(43), at: 1 } as unknown as ProposedAgain["from"];
    const signal = {
      type: "ERROR_RESOLVED",
      problem: { text: "login with password=hunter2hunter2 fails" },
      mitigation: { text: "use a token" },
      at: 1,
    } as const;
    const importer = createImporter(swarm, swarm);
    const taken = await importer.take({ signal, from: { ...origin, entry: "B".repeat(42).concat("A") as never } });
    expect(taken).toMatchObject({ status: "imported", redactions: [{ kind: "assigned-secret" }] });
    await expect.poll(() => swarm.stats().immunizations).toBe(1);
    const again = await importer.take({ signal, from: { ...origin, entry: "C".repeat(42).concat("A") as never } });
    expect(again.status).toBe("known");
    expect(JSON.stringify(await exported(swarm))).not.toContain("hunter2");
  });

  it("R1 refuses what canon would refuse, and goes on", async () => {
    await using swarm = await createSwarm({ name: "refuse", relay: false });
    const importer = createImporter(swarm, swarm);
    const from = { swarm: "A".repeat(43), entry: "A".repeat(43), author: "A".repeat(43), at: 1 } as never;
    const signal = { type: "team/unknown", problem: { text: "x" }, mitigation: { text: "y" }, at: 1 };
    expect(await importer.take({ signal, from })).toMatchObject({ status: "rejected", rule: "R1" });
    const large = { ...signal, type: "ERROR_RESOLVED", context: { x: "x".repeat(70_000) } };
    expect(await importer.take({ signal: large, from })).toMatchObject({ status: "rejected", rule: "L7" });
    expect(swarm.stats().signals).toBe(0);
  });
});
