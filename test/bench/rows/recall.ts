import type { Context, Measured, Row } from "../frame/figures.ts";

interface Times {
  readonly p50: number;
  readonly p99: number;
  readonly found: number;
}

export const recall: Row = {
  name: "recall",
  timed:
    "Recall by the index among 100,000 immunizations in one process. Not timed: what `peer.recall` does before, which is to redact the query. Exact: an error's message of 40 words, from the call to ranked and explained entries, fingerprint included. Text: 19 of an entry's 40 words in random order and a foreign one. Making the entries is not timed; folding and indexing are stated apart. Memory is the heap that view and index take after garbage collection.",
  figures: [
    {
      name: "recall-exact-p99",
      title: "exact recall by the index among 100,000, p99",
      short: "exact recall by the index among 100,000 immunizations (without redaction of the query), p99",
      unit: "us",
      better: "less",
      goal: 50,
      limitIs: "for exact recall: SHA-256 of the message and one look into a Map",
    },
    { name: "recall-exact-p50", title: "the same, p50", unit: "us", better: "less", goal: null },
    {
      name: "recall-text-p99",
      title: "recall by text among 100,000, p99",
      short: "recall by text among 100,000 immunizations, p99",
      unit: "ms",
      better: "less",
      goal: 10,
      limitIs:
        "for recall by text: the postings of every word of the query counted, nothing ranked, filtered or explained",
    },
    { name: "recall-text-p50", title: "the same, p50", unit: "ms", better: "less", goal: null },
    {
      name: "recall-text-found",
      title: "recalls by text with the right entry first",
      unit: "%",
      better: "more",
      goal: null,
    },
    {
      name: "memory-immunization",
      title: "memory per indexed immunization",
      unit: "B",
      better: "less",
      goal: 3000,
      limitIs: "for memory: the view alone, which holds the entry's own texts",
    },
    { name: "fold-immunization", title: "folding one immunization", unit: "us", better: "less", goal: null },
    { name: "index-immunization", title: "indexing one immunization's text", unit: "us", better: "less", goal: null },
  ],
  run: async ({ quick, start }: Context): Promise<Readonly<Record<string, Measured>>> => {
    const count = quick ? 300 : 100_000;
    const child = start("recall", { execArgv: ["--expose-gc"] });
    const { call } = child.within(300_000);
    const built = await call<{ bytes: number; viewBytes: number; folding: number; indexing: number }>("build", count);
    await call("exact", quick ? 50 : 5000);
    const exact = await call<Times>("exact", quick ? 50 : 50_000);
    await call("text", quick ? 10 : 200);
    const text = await call<Times>("text", quick ? 20 : 2000);
    await child.kill();
    const bare = start("recall").within(300_000);
    return {
      "recall-exact-p99": { value: exact.p99, limit: await bare.call<number>("bareExact", count, quick ? 50 : 50_000) },
      "recall-exact-p50": { value: exact.p50 },
      "recall-text-p99": { value: text.p99, limit: await bare.call<number>("bareText", count, quick ? 20 : 2000) },
      "recall-text-p50": { value: text.p50 },
      "recall-text-found": { value: text.found * 100 },
      "memory-immunization": { value: built.bytes, limit: built.viewBytes },
      "fold-immunization": { value: (built.folding / count) * 1000 },
      "index-immunization": { value: (built.indexing / count) * 1000 },
    };
  },
};
