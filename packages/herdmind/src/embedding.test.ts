import type { Embedder } from "@herdmind/experience";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createSwarm, type Swarm } from "./create-swarm.js";
import { createEmbedding } from "./embedding.js";

const TOKEN = ["ghp", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"].join("_");
const QUESTION = { text: "the server cannot start because another program occupies its port" };

/** Vectors of two numbers: how much a text is about ports, and how much about disks. */
const plain: Embedder = {
  id: "ports-and-disks/1",
  dimension: 2,
  minCosine: 0.8,
  minLead: 0.05,
  embed: async (texts) =>
    texts.map((text) =>
      Float32Array.of(/port|address|EADDR/i.test(text) ? 1 : 0.1, /disk|space/i.test(text) ? 1 : 0.1),
    ),
};

const opened: Swarm[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const swarm of opened.splice(0)) await swarm.close();
});

const swarmWith = async (embedder: Embedder | undefined): Promise<Swarm> => {
  const swarm = await createSwarm({ name: "sample", relay: false, ...(embedder === undefined ? {} : { embedder }) });
  opened.push(swarm);
  for (const [problem, mitigation] of [
    [new Error("listen EADDRINUSE: address already in use :::3000"), "another number"],
    [new Error("ENOSPC: no space left on device, write"), "delete logs"],
  ] as const) {
    const receipt = await swarm.report({ problem, mitigation });
    if (!receipt.ok) throw new Error(receipt.refusal.message);
    await receipt.verdict;
  }
  return swarm;
};
const filled = (swarm: Swarm) => expect.poll(() => swarm.stats()).toMatchObject({ embedding: { pending: 0 } });

describe("a node with an embedder", () => {
  test("finds by meaning, once the entry has its vector, and counts what is pending before", async () => {
    let ready = (): void => undefined;
    const loaded = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const swarm = await swarmWith({
      ...plain,
      embed: (texts, signal) => loaded.then(() => plain.embed(texts, signal)),
    });
    expect(swarm.stats().embedding).toEqual({
      id: "ports-and-disks/1",
      pending: 2,
      skipped: 0,
      failures: 0,
      lastFailure: undefined,
    });
    ready();
    await filled(swarm);
    const known = await swarm.recall(QUESTION);
    expect(known).toMatchObject({
      unembedded: 0,
      entries: [{ match: "meaning", mitigation: { text: "another number" } }],
    });
    expect(known).not.toHaveProperty("embedderFailed");
  });

  test("asks it only where similar problems are looked for, in words, and never with a secret (E2)", async () => {
    const asked: string[] = [];
    const swarm = await swarmWith({
      ...plain,
      embed: (texts, signal) => {
        asked.push(...texts);
        return plain.embed(texts, signal);
      },
    });
    await filled(swarm);
    asked.length = 0;
    const known = await swarm.recall({ error: new Error("listen EADDRINUSE: address already in use :::8080") });
    expect(known.entries[0]?.match).toBe("exact");
    await swarm.recall({ error: new Error("listen EACCES: permission denied 0.0.0.0:80") });
    await swarm.recall({ ...QUESTION, similar: "never" });
    expect(asked).toEqual([]);
    await swarm.recall({ text: `my port is taken and I am ${TOKEN}` });
    expect(asked).toHaveLength(1);
    expect(asked[0]).not.toContain(TOKEN);
  });

  test("without one nothing is asked, said or counted", async () => {
    const swarm = await swarmWith(undefined);
    const known = await swarm.recall(QUESTION);
    expect([known.unembedded, swarm.stats().embedding]).toEqual([undefined, undefined]);
    expect(known.searched).not.toContain("meaning");
  });

  const NONSENSE: readonly (readonly [string, Embedder["embed"]])[] = [
    [
      "throws at once",
      () => {
        throw new Error("no such model");
      },
    ],
    [
      "rejects",
      async () => {
        throw "out of memory";
      },
    ],
    ["gives nothing", async () => undefined as never],
    ["gives too few", async () => []],
    ["gives too long ones", async (texts) => texts.map(() => new Float32Array(3))],
    ["gives other numbers", async (texts) => texts.map(() => [1, 0] as never)],
    ["gives what is no number", async (texts) => texts.map(() => Float32Array.of(Number.NaN, 1))],
  ];
  test.each(NONSENSE)("one that %s fails no recall: words answer, and it is said and counted", async (_, embed) => {
    const swarm = await swarmWith({ ...plain, embed });
    const known = await swarm.recall({ text: "the server cannot listen, address already in use", minScore: 0.3 });
    expect(known.embedderFailed).toMatch(/^search by meaning was left out: /);
    expect(known.entries).toMatchObject([{ match: "text", mitigation: { text: "another number" } }]);
    const { embedding } = swarm.stats();
    expect(embedding?.failures).toBeGreaterThan(0);
    expect(embedding?.lastFailure).not.toBe("");
    expect(embedding?.pending).toBe(2);
  });
});

describe("patience with an embedder", () => {
  const hanging = () => {
    const calls: { readonly texts: readonly string[]; readonly signal: AbortSignal; readonly end: () => void }[] = [];
    const embedder: Embedder = {
      ...plain,
      embed: (texts, signal) =>
        new Promise((resolve) => {
          calls.push({ texts, signal, end: () => resolve(texts.map(() => Float32Array.of(1, 0))) });
        }),
    };
    return { calls, embedder };
  };

  test("one that hangs costs a question 3 s once; it is told, and not asked again before it has answered", async () => {
    vi.useFakeTimers();
    const { calls, embedder } = hanging();
    const heard: string[] = [];
    const embedding = createEmbedding(embedder, (why) => heard.push(why));
    const first = embedding.question("one");
    await vi.advanceTimersByTimeAsync(2999);
    expect(calls[0]?.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await first).toEqual({ ok: false, why: "it took more than 3000 ms" });
    expect(calls[0]?.signal.aborted).toBe(true);
    expect(await embedding.question("two")).toEqual({ ok: false, why: "it has not answered an earlier call" });
    expect(calls).toHaveLength(1);
    expect(heard).toEqual(["The embedder ports-and-disks/1 failed: it took more than 3000 ms."]);
    calls[0]?.end();
    await vi.advanceTimersByTimeAsync(0);
    const third = embedding.question("three");
    await vi.advanceTimersByTimeAsync(0);
    calls[1]?.end();
    expect(await third).toEqual({ ok: true, vector: Float32Array.of(1, 0) });
    expect(embedding.stats).toMatchObject({ failures: 1 });
  });

  test("closing ends what waits", async () => {
    const { calls, embedder } = hanging();
    const embedding = createEmbedding(embedder, () => undefined);
    const question = embedding.question("one");
    embedding.close();
    expect(await question).toEqual({ ok: false, why: "this node is closed" });
    calls[0]?.end();
    await Promise.resolve();
    expect(await embedding.question("two")).toEqual({ ok: false, why: "this node is closed" });
    expect(calls).toHaveLength(1);
  });

  test("an odd text among the entries is left out after four tries, and the others get their vectors", async () => {
    vi.useFakeTimers();
    const texts = ["a", "b", "odd", "c", "d", "e"];
    const vectors: (Float32Array | undefined)[] = [];
    const index = {
      meanings: {
        get pending() {
          return texts.length - vectors.length;
        },
        wanted: (max: number) => texts.slice(vectors.length, vectors.length + max),
        add: (made: readonly (Float32Array | undefined)[]) => void vectors.push(...made),
      },
    };
    const embedding = createEmbedding(
      {
        ...plain,
        embed: async (given, signal) => {
          if (given.includes("odd")) throw new Error("I do not like this one");
          return plain.embed(given, signal);
        },
      },
      () => undefined,
    );
    embedding.fill(() => index as never);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(vectors.map((vector) => vector !== undefined)).toEqual([true, true, false, true, true, true]);
    expect(embedding.stats).toMatchObject({ skipped: 1, lastFailure: "I do not like this one" });
  });

  test("a model that says nothing sensible of itself is a mistake of the program", () => {
    for (const wrong of [{ dimension: 0 }, { dimension: 5000 }, { dimension: 1.5 }, { minCosine: 0 }, { minLead: -1 }])
      expect(() => createEmbedding({ ...plain, ...wrong }, () => undefined)).toThrow("ports-and-disks/1");
  });
});
