// What is read of logs that another term has overtaken, that are not whole, or that carry no time.
import { followCanon } from "@herdmind/canon";
import { checkpointRecords, viewHash } from "@herdmind/experience";
import { createLogs, type Logs, type OpeningReason } from "@herdmind/log";
import {
  type AnyRecord,
  createGenesis,
  type EntryId,
  entryIdOf,
  type Fingerprint,
  generateKey,
  issueCredential,
  type LogId,
  type RemedyId,
  type Result,
  record,
} from "@herdmind/protocol";
import { copyDisk, createMemoryDisk, createMemoryStorage, type MemoryDisk } from "@herdmind/storage-memory";
import { afterEach, describe, expect, it } from "vitest";
import type { Held } from "./held.js";
import { readRecords } from "./records.js";
import { tellStory } from "./story.js";
import type { Told } from "./told.js";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
};

const begin = async () => {
  const root = await generateKey();
  const key = await generateKey();
  const genesis = createGenesis("test", root.publicKey, crypto.getRandomValues(new Uint8Array(16)));
  const chain = [
    await issueCredential(root, { sub: key.id, aud: genesis.swarm, role: "orchestrator", iat: 1, use: "member" }),
  ];
  /** An orchestrator that writes what it is told. */
  const office = async (disk: MemoryDisk) => {
    const logs = must(await createLogs({ genesis, storage: createMemoryStorage({ disk }) }));
    const canon = await followCanon({ logs });
    const opening = (why: OpeningReason): readonly AnyRecord[] => {
      if (why.kind === "first") return [record("term", { term: 1, holder: key.id })];
      const { continues } = why;
      const term = (canon.head()?.term ?? 0) + (why.kind === "moved" ? 1 : 0);
      const view = { ...canon.view, term: { term, holder: key.id, grant: undefined } };
      const records = [...checkpointRecords(view, continues)];
      return [...records, record("checkpoint-end", { records: records.length, viewHash: viewHash(view), continues })];
    };
    const writer = must(await logs.openWriter({ key, chain, opening }));
    closing.push(
      () => logs.close(),
      () => canon.close(),
      () => writer.close(),
    );
    const held: Held = { swarm: genesis.swarm, logs, canon };
    return {
      held,
      logs,
      canon,
      writer,
      write: async (...records: readonly AnyRecord[]): Promise<void> => {
        const written = await writer.append(records);
        if (!written.ok) throw new Error(written.refusal.message);
        await canon.settled();
      },
    };
  };
  const of = { writer: key.id, generation: `${"g".repeat(21)}A` as LogId["generation"], index: 0 };
  const idOf = (n: number): EntryId => entryIdOf(genesis.swarm, { ...of, sequence: n });
  const entry = (n: number): AnyRecord =>
    record("immunization", {
      id: idOf(n),
      type: "ERROR_RESOLVED",
      fingerprint: `f1_${"f".repeat(31)}${n}` as Fingerprint,
      remedyId: `m1_${"m".repeat(31)}${n}` as RemedyId,
      title: `problem ${n}`,
      search: "",
      mitigation: { text: "mend it" },
      author: key.id,
      of: { ...of, sequence: n },
      at: 1,
    });
  return { office, entry, idOf, genesis };
};

const carry = async (from: Logs, to: Logs, log: LogId): Promise<void> => {
  const part = await from.update(log, 0, 1024 * 1024);
  if (part === undefined) throw new Error("nothing to carry");
  const receipt = await to.ingest(log, part.update, "test");
  if (!receipt.ok) throw new Error(receipt.refusal.message);
};

const read = async (held: Held, options: Parameters<typeof readRecords>[1] = {}): Promise<readonly Told[]> => {
  const all: Told[] = [];
  for await (const told of readRecords(held, options)) all.push(told);
  return all;
};
const shown = (all: readonly Told[]) =>
  all.map(({ number, standing, record: { type } }) => `${number ?? "-"} ${standing} ${type}`);

describe("A2 a newer term", () => {
  it("what the older one wrote past it is shown as not canon, and its entry as withdrawn; nothing is told twice", async () => {
    const { office, entry, idOf } = await begin();
    const disk = createMemoryDisk();
    const first = await office(disk);
    await first.write(record("time", { at: 10 }), entry(1));
    const backup = copyDisk(disk);
    await first.write(record("time", { at: 20 }), entry(2));
    const moved = await office(backup);
    await moved.write(record("time", { at: 30 }), entry(3));
    await carry(moved.logs, first.logs, moved.writer.log as LogId);
    await first.canon.settled();
    expect(first.canon.head()?.term).toBe(2);

    const { number } = (await read(first.held, { entry: idOf(3) }))[0] as Told;
    expect(shown(await read(first.held))).toEqual([
      "0 canon term",
      "1 canon immunization",
      `${(number ?? 0) - 1} canon term`,
      `${number} canon immunization`,
      "- lost immunization",
    ]);
    expect(await tellStory(first.held, idOf(2))).toMatchObject({
      state: "withdrawn",
      steps: [{ chapter: "admitted" }],
    });
    expect(await tellStory(first.held, idOf(1))).toMatchObject({ state: "entry" });
    // The same canon where the lost block never was.
    expect(shown(await read(moved.held))).toEqual(shown(await read(first.held)).slice(0, -1));
  });
});

describe("E3 what cannot be told", () => {
  it("counts records whose time is asked for and not said", async () => {
    const { office, entry } = await begin();
    const one = await office(createMemoryDisk());
    await one.write(entry(1));
    await one.write(record("time", { at: 50 }), entry(2));
    await one.write(entry(3));
    const records = readRecords(one.held, { since: 1 });
    const all: Told[] = [];
    for await (const told of records) all.push(told);
    // A block without a time stands where the one before it stands.
    expect(shown(all)).toEqual(["2 canon immunization", "3 canon immunization"]);
    expect(records.leftOut).toEqual({ housekeeping: 2, untimed: 2, overLimit: 0 });
  });

  it("a newcomer reads the checkpoint that it begins with, and how canon is counted", async () => {
    const { office, entry, genesis } = await begin();
    const one = await office(createMemoryDisk());
    await one.write(entry(1));
    await one.writer.rollOver();
    await one.canon.settled();
    await one.write(record("time", { at: 50, before: 3 }), entry(2));
    const logs = must(await createLogs({ genesis, storage: createMemoryStorage() }));
    closing.push(() => logs.close());
    await carry(one.logs, logs, one.writer.log as LogId);
    const canon = await followCanon({ logs });
    closing.push(() => canon.close());
    const there: Held = { swarm: genesis.swarm, logs, canon };
    expect(readRecords(there).history).toMatchObject({ from: 3, isNumbered: true });
    expect(shown(await read(there, { type: "immunization" }))).toEqual([
      "3 canon immunization",
      "4 canon immunization",
    ]);
    expect(shown(await read(one.held, { type: "immunization" }))).toEqual([
      "1 canon immunization",
      "4 canon immunization",
    ]);
  });
});
