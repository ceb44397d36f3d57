/** Recall among many immunizations: the view and the index alone, as every peer holds them in memory. */
import { createHash } from "node:crypto";
import { createIndex, emptyView, fold, type Index, identify } from "@herdmind/experience";
import {
  decodeCbor,
  encodeRecord,
  entryIdOf,
  type GenerationId,
  type KnownRecord,
  type Problem,
  type RecordBody,
  record,
  type SwarmId,
  toBase64url,
  type WriterId,
} from "@herdmind/protocol";
import { quantile } from "../frame/figures.ts";
import { heapUsed, serve } from "../frame/serve.ts";
import { must } from "../load/logs.ts";
import { seeded, word, zipfText } from "../load/signals.ts";

const id = (length: number, n: number): string =>
  toBase64url(createHash("sha256").update(String(n)).digest().subarray(0, length));

/** Words of an entry, and of a query by text: as in a long message of a tool, and in what somebody remembers of it. */
const TEXT_WORDS = 40;
const QUERY_WORDS = 20;

const problemOf = (n: number): Problem => ({
  error: {
    name: "DeployError",
    message: `cannot mount ${word(n)} of ${word(n + 7)}: ${zipfText(seeded(n), TEXT_WORDS - 6)}`,
  },
});

const recordOf = (n: number): KnownRecord => {
  const problem = problemOf(n);
  const mitigation = { text: `release the lease of ${word(n)} on the controller, then mount again` };
  const { fingerprint, remedyId, title, search } = must(identify({ type: "ERROR_RESOLVED", problem, mitigation }));
  const of = {
    writer: id(32, n % 100) as WriterId,
    generation: id(16, n % 100) as GenerationId,
    sequence: n,
    index: 0,
  };
  const made = record("immunization", {
    id: entryIdOf(id(32, -1) as SwarmId, of),
    type: "ERROR_RESOLVED",
    fingerprint,
    remedyId,
    title,
    search,
    discovery: `the controller of ${word(n + 13)} keeps a lease after a failed drain, so every later mount waits for it`,
    mitigation,
    author: of.writer,
    of,
    at: 1_700_000_000_000 + n,
  });
  // As it comes out of a block: strings of its own, nothing shared with the maker.
  const decoded = decodeCbor(must(encodeRecord(made)));
  if (!decoded.ok) throw new Error(decoded.why);
  const [, , body] = decoded.value as unknown as readonly [string, number, RecordBody<"immunization">];
  return { type: "immunization", version: 1, body };
};

/** The words of an entry, some of them, in another order, with one that it does not have. */
const queryText = (n: number, random: () => number): string => {
  const words = (problemOf(n).error?.message ?? "").split(/[ :]+/);
  const some = words.map((one) => [random(), one] as const).sort((a, b) => a[0] - b[0]);
  return [...some.slice(0, QUERY_WORDS - 1).map(([, one]) => one), word(n + 50_000)].join(" ");
};

let index: Index | undefined;
let entries = 0;

serve({
  /** Folds `count` immunizations and indexes them; bytes that one takes, and milliseconds for all. */
  build: async (count: number) => {
    const empty = await heapUsed();
    const view = emptyView();
    const position = { writer: id(32, 0) as WriterId, generation: id(16, 0) as GenerationId, sequence: 0, index: 0 };
    let folding = 0;
    for (let n = 0; n < count; n++) {
      const one = recordOf(n);
      const before = performance.now();
      fold(view, one, { ...position, sequence: n });
      folding += performance.now() - before;
    }
    const held = await heapUsed();
    index = createIndex(view);
    entries = count;
    const before = performance.now();
    while (index.indexSome() > 0);
    const indexing = performance.now() - before;
    return { bytes: ((await heapUsed()) - empty) / count, viewBytes: (held - empty) / count, folding, indexing };
  },
  /** Microseconds of exact recalls of random entries. */
  exact: (queries: number) => {
    const random = seeded(1);
    const times: number[] = [];
    for (let i = 0; i < queries; i++) {
      const n = Math.floor(random() * entries);
      const { error } = problemOf(n);
      const before = performance.now();
      const known = index?.recall({ error: error as NonNullable<Problem["error"]> });
      times.push((performance.now() - before) * 1000);
      if (known?.entries[0]?.match !== "exact") throw new Error(`entry ${n} was not recalled`);
    }
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  },
  /** Milliseconds of recalls by text, and the share that put the right entry first. */
  text: (queries: number) => {
    const random = seeded(2);
    const times: number[] = [];
    let found = 0;
    for (let i = 0; i < queries; i++) {
      const n = Math.floor(random() * entries);
      const text = queryText(n, random);
      const before = performance.now();
      const known = index?.recall({ text });
      times.push(performance.now() - before);
      if (known?.entries[0]?.title.includes(` ${word(n)} of ${word(n + 7)}:`)) found++;
    }
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), found: found / queries };
  },
  /** The least that exact recall needs: a hash of the message, and a map. */
  bareExact: (count: number, queries: number) => {
    const held = new Map<string, number>();
    const key = (n: number): string =>
      createHash("sha256")
        .update(problemOf(n).error?.message ?? "")
        .digest("base64");
    for (let n = 0; n < count; n++) held.set(key(n), n);
    const random = seeded(1);
    const times: number[] = [];
    for (let i = 0; i < queries; i++) {
      const n = Math.floor(random() * count);
      const message = problemOf(n).error?.message ?? "";
      const before = performance.now();
      const found = held.get(createHash("sha256").update(message).digest("base64"));
      times.push((performance.now() - before) * 1000);
      if (found === undefined) throw new Error(`entry ${n} was not found`);
    }
    return quantile(times, 0.99);
  },
  /** The least that recall by text needs: the postings of every word asked for, counted. */
  bareText: (count: number, queries: number) => {
    const postings = new Map<string, number[]>();
    for (let n = 0; n < count; n++) {
      for (const one of new Set((problemOf(n).error?.message ?? "").split(/[ :]+/))) {
        const list = postings.get(one);
        if (list === undefined) postings.set(one, [n]);
        else list.push(n);
      }
    }
    const random = seeded(2);
    const times: number[] = [];
    for (let i = 0; i < queries; i++) {
      const text = queryText(Math.floor(random() * count), random);
      const before = performance.now();
      const hits = new Uint8Array(count);
      let best = 0;
      for (const one of text.split(" ")) {
        for (const n of postings.get(one) ?? []) {
          const now = (hits[n] ?? 0) + 1;
          hits[n] = now;
          if (now > (hits[best] ?? 0)) best = n;
        }
      }
      times.push(performance.now() - before);
    }
    return quantile(times, 0.99);
  },
});
