import { readFileSync } from "node:fs";
import { followCanon } from "@herdmind/canon";
import { createIndex, fingerprint, type Query, sameProblem, type View } from "@herdmind/experience";
import { createLogs } from "@herdmind/log";
import {
  type AnyRecord,
  entryIdOf,
  type Fingerprint,
  type Immunization,
  importSeed,
  type LogId as Log,
  type LogHead,
  type Problem,
  type RecordRef,
  readGenesis,
  record,
} from "@herdmind/protocol";
import { createMemoryDisk, createMemoryStorage } from "@herdmind/storage-memory";
import { afterEach, describe, expect, it } from "vitest";
import { createOrchestrator } from "./create-orchestrator.js";
import type { OrchestratorEvent } from "./orchestrator.js";
import { type Agent, canonRecords, carry, createSwarmFixture, must, type Office, signal } from "./swarm.fixture.js";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const old = (name: string): Fingerprint => `f0_${name.padEnd(32, "-")}` as Fingerprint;
const aliasesOf = async (office: Office) =>
  (await canonRecords(office)).flatMap((one) => (one.type === "alias" ? [one.body] : []));
const problem = (message: string, more: Partial<Problem> = {}): Problem => ({ error: { message }, ...more });
const failure = (message: string, remedy: string): AnyRecord => signal(message, remedy, { problem: problem(message) });

/** A canon whose entries have fingerprints of version 0, made of what an agent really said; and the office on it. */
const begin = async () => {
  const swarm = await createSwarmFixture();
  const disk = createMemoryDisk();
  const ada = await swarm.agent(createMemoryStorage());
  closing.push(() => ada.logs.close());
  const write = async (...records: readonly AnyRecord[]): Promise<void> => {
    const logs = await swarm.logs(createMemoryStorage({ disk }));
    const canon = await followCanon({ logs });
    const writer = must(
      await logs.openWriter({
        key: swarm.key,
        chain: swarm.chain,
        opening: () => [record("term", { term: 1, holder: swarm.key.id })],
      }),
    );
    const { log } = ada.writer;
    if (log === undefined) throw new Error("nothing was said");
    const { writer: by, generation, length, hash } = ada.logs.get(log) as LogHead;
    const watermark = record("watermark", { writer: by, generation, length, hash });
    expect(await writer.append([...records, watermark])).toMatchObject({ ok: true });
    await writer.close();
    await canon.close();
    await logs.close();
  };
  const say = async (...records: readonly AnyRecord[]): Promise<RecordRef> => {
    const receipt = await ada.writer.append(records);
    if (!receipt.ok) throw new Error(receipt.refusal.message);
    return { ...receipt.log, sequence: receipt.sequence, index: receipt.index };
  };
  const entry = (of: RecordRef, index: number, name: string, text = "Do it."): AnyRecord =>
    record("immunization", {
      id: entryIdOf(swarm.genesis.swarm, { ...of, index }),
      type: "ERROR_RESOLVED",
      fingerprint: old(name),
      remedyId: `m1_${name.padEnd(32, "-")}` as Immunization["remedyId"],
      title: name,
      search: name,
      mitigation: { text },
      author: ada.key.id,
      of: { ...of, index },
      at: 1,
    });
  const events: OrchestratorEvent[] = [];
  const open = async (...hold: readonly Agent[]): Promise<Office> => {
    const logs = await swarm.logs(createMemoryStorage({ disk }));
    for (const one of hold) await carry(one.logs, logs, one.writer.log as Log);
    await logs.close();
    const done = Promise.withResolvers<void>();
    const office = await swarm.office(createMemoryStorage({ disk }), {
      onEvent: (event) => {
        events.push(event);
        if (event.type === "upgrading" && event.done === event.total) done.resolve();
      },
    });
    closing.push(() => office.close());
    if (office.canon.view.entries.size > 0) await done.promise;
    await office.orchestrator.flush();
    return office;
  };
  return { swarm, disk, ada, write, say, entry, open, events };
};

describe("fingerprints of an older version", () => {
  it("maps each to the one that its signal has now, once; queries and proposals meet the old entries", async () => {
    const { ada, write, say, entry, open, events } = await begin();
    const of = await say(failure("the gear is stuck", "Oil it."), failure("the belt is torn", "Sew it."));
    await write(entry(of, 0, "gear", "Oil it."), entry(of, 1, "belt", "Sew it."));
    const office = await open(ada);
    expect(events).toContainEqual({ type: "upgrading", done: 2, total: 2, missing: 0 });
    const now = fingerprint(problem("the gear is stuck")).fingerprint;
    expect(await aliasesOf(office)).toContainEqual({
      from: old("gear"),
      to: now,
      reason: `upgrade ${old("gear")} to ${now}`,
    });
    const { entries } = createIndex(office.canon.view).recall({ error: { message: "the gear is stuck" } });
    expect(entries.map(({ match, title }) => [match, title])).toEqual([["alias", "gear"]]);
    expect(office.orchestrator.stats()).toMatchObject({ merged: 2 });
    await say(failure("the gear is stuck", "Turn it back."));
    await carry(ada.logs, office.logs, ada.writer.log as Log);
    await office.orchestrator.flush();
    expect(office.orchestrator.stats()).toMatchObject({ immunized: 1, alternatives: 1 });
  });

  it("goes on after a restart where it ended, and does nothing twice", async () => {
    const { swarm, disk, ada, write, say, entry, open } = await begin();
    const of = await say(failure("the gear is stuck", "Oil it."), failure("the belt is torn", "Sew it."));
    const now = fingerprint(problem("the gear is stuck")).fingerprint;
    await write(
      entry(of, 0, "gear"),
      entry(of, 1, "belt"),
      record("alias", { from: old("gear"), to: now, reason: `upgrade ${old("gear")} to ${now}` }),
    );
    const office = await open(ada);
    expect((await aliasesOf(office)).map(({ from }) => from)).toEqual([old("gear"), old("belt")]);
    await office.close();
    closing.pop();
    const again = await swarm.office(createMemoryStorage({ disk }));
    closing.push(() => again.close());
    await again.orchestrator.flush();
    expect(again.orchestrator.stats()).toMatchObject({ merged: 0, blocks: 0 });
  });

  it("joins what one old name stood for, and replaces no alias that stands", async () => {
    const { ada, write, say, entry, open } = await begin();
    const of = await say(
      failure("the gear is stuck", "Oil it."),
      failure("the belt is torn", "Sew it."),
      failure("the lamp is out", "Change it."),
    );
    await write(
      entry(of, 0, "one-name", "Oil it."),
      entry(of, 1, "one-name", "Sew it."),
      entry(of, 2, "lamp"),
      record("alias", { from: old("one-name"), to: old("lamp"), reason: "operator: one machine" }),
    );
    const office = await open(ada);
    const { view } = office.canon;
    expect(view.aliases.get(old("one-name"))?.to).toBe(old("lamp"));
    const names = ["the gear is stuck", "the belt is torn", "the lamp is out"].map(
      (message) => fingerprint(problem(message)).fingerprint,
    );
    expect(sameProblem(view, old("one-name"))).toEqual(expect.arrayContaining([...names, old("lamp")]));
  });

  it("E3 leaves and counts an entry whose signal is not held, and admits meanwhile", async () => {
    const { swarm, write, say, entry, open, events } = await begin();
    const of = await say(failure("the gear is stuck", "Oil it."));
    await write(entry(of, 0, "gear"));
    const office = await open();
    expect(events).toContainEqual({ type: "upgrading", done: 1, total: 1, missing: 1 });
    expect(await aliasesOf(office)).toEqual([]);
    const bob = await swarm.agent(createMemoryStorage());
    closing.push(() => bob.logs.close());
    await bob.writer.append([failure("the belt is torn", "Sew it.")]);
    await carry(bob.logs, office.logs, bob.writer.log as Log);
    await office.orchestrator.flush();
    expect(office.canon.view.entries.size).toBe(2);
  });
});

interface Frozen {
  readonly genesis: string;
  readonly orchestratorSeed: string;
  readonly chain: readonly string[];
  readonly logs: readonly (Log & { readonly updates: readonly string[] })[];
  readonly fingerprints: { readonly [title: string]: Fingerprint };
}

describe("a swarm whose disks were written when fingerprints had version 1", () => {
  const frozen = JSON.parse(readFileSync(new URL("./fixtures/canon-f1.json", import.meta.url), "utf8")) as Frozen;
  const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));
  const openFrozen = async (): Promise<View> => {
    const logs = must(
      await createLogs({ genesis: must(readGenesis(bytes(frozen.genesis))), storage: createMemoryStorage() }),
    );
    for (const { updates, ...log } of frozen.logs)
      for (const update of updates) expect(await logs.ingest(log, bytes(update), "disk")).toMatchObject({ ok: true });
    const canon = await followCanon({ logs });
    expect(canon.view.entries.size).toBe(8);
    const done = Promise.withResolvers<void>();
    const orchestrator = must(
      await createOrchestrator({
        logs,
        canon,
        key: await importSeed(bytes(frozen.orchestratorSeed)),
        chain: frozen.chain,
        onEvent: (event) => {
          if (event.type === "upgrading" && event.done === event.total) done.resolve();
        },
      }),
    );
    closing.push(
      () => logs.close(),
      () => canon.close(),
      () => orchestrator.close(),
    );
    await done.promise;
    await orchestrator.flush();
    return canon.view;
  };

  it("answers by alias everything it answered then", async () => {
    const view = await openFrozen();
    for (const { immunization } of view.entries.values())
      expect(frozen.fingerprints[immunization.title]).toBe(immunization.fingerprint);
    const index = createIndex(view);
    const asked: readonly (readonly [Query, string])[] = [
      [
        {
          error: {
            name: "Error",
            message: "listen EADDRINUSE: address already in use 127.0.0.1:8123",
            code: "EADDRINUSE",
          },
        },
        "Listen on port 0 and read the port back.",
      ],
      [
        {
          error: {
            message: "tsc failed with exit code 2",
            output:
              "> build\n> tsc --project tsconfig.json\n\nsrc/cart.ts(40,2): error TS2345: Argument of type 'string' is not assignable to parameter of type 'number'.\n",
          },
        },
        "Parse the amount with Number() before it is passed on.",
      ],
      [{ api: "fetch", purpose: "Upload a file larger than memory." }, "Pass a stream as body and set duplex to half."],
      [
        {
          error: {
            name: "KeyError",
            message: "'sum'",
            output:
              "Traceback (most recent call last):\n  File \"/srv/app/run.py\", line 9, in <module>\n    main()\n  File \"/srv/app/shop/basket.py\", line 30, in main\n    total = basket['sum']\nKeyError: 'sum'",
          },
        },
        "Read it with basket.get('sum', 0).",
      ],
      [
        { text: "the build breaks with a missing symbol", facts: { library: "libfoo", version: "2.4.0" } },
        "Stay on libfoo 2.3.9.",
      ],
      [
        { domain: "container images", approach: "cache the dependency layer" },
        "Copy the lock file before the sources.",
      ],
      [
        { problem: { fields: { step: "migrate the database", host: "two" } }, type: "team/deploy" },
        "Wait for the advisory lock first.",
      ],
    ];
    for (const [query, remedy] of asked) {
      const [first] = index.recall({ ...query, similar: "never" }).entries;
      expect([first?.match, first?.mitigation.text]).toEqual(["alias", remedy]);
    }
  });
});
