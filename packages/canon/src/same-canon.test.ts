// A4: whatever the order of delivery, and however the logs are cut, the same logs and proofs give the same canon. The oracle
// below is independent code: it knows everything at once and reads the rules of PROTOCOL.md (A2, L6) one by one.
import { emptyView, fold, type View, viewHash } from "@herdmind/experience";
import type { HeldBlock, Logs, Storage } from "@herdmind/log";
import { type BlockHash, type LogHead, type LogId, logKey, type RecordBody } from "@herdmind/protocol";
import { copyDisk, createMemoryDisk, createMemoryStorage } from "@herdmind/storage-memory";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blocksOf, createCanonFixture, entry, evidence, forkProof, type Lie, type Scribe } from "./canon.fixture.js";
import { followCanon } from "./follow-canon.js";

interface Whole {
  readonly log: LogId;
  readonly blocks: readonly HeldBlock[];
  readonly term: RecordBody<"term">;
  readonly end:
    | { readonly sequence: number; readonly index: number; readonly body: RecordBody<"checkpoint-end"> }
    | undefined;
  readonly next: string | undefined;
}

const wholeOf = (log: LogId, blocks: readonly HeldBlock[]): Whole => {
  let end: Whole["end"];
  let next: string | undefined;
  for (const block of blocks) {
    for (const [index, one] of block.records.entries()) {
      if (one.type === "checkpoint-end" && end === undefined) end = { sequence: block.sequence, index, body: one.body };
      if (one.type === "next") next = one.body.generation;
    }
  }
  const term = blocks[0]?.records[1];
  if (term?.type !== "term") throw new Error("no term");
  return { log, blocks, term: term.body, end, next };
};

const foldAll = (view: View, blocks: readonly HeldBlock[], from = 0): void => {
  for (const block of blocks) {
    for (const [index, one] of block.records.entries()) {
      if (block.sequence * 10_000 + index >= from) fold(view, one, { ...block.log, sequence: block.sequence, index });
    }
  }
};

/** What every peer that holds these generations must see: its view's hash and its head. */
const oracle = (held: readonly Whole[]): { readonly hash: string; readonly head: string } => {
  const find = (head: LogHead | undefined): Whole | undefined =>
    held.find(({ log }) => head !== undefined && logKey(log) === logKey(head));
  /** The state of a generation after `length` blocks; by its history where that is held. */
  const stateAt = (one: Whole, length: number): View => {
    const { continues } = one.term;
    const before = find(continues);
    const view = emptyView();
    if (one.end === undefined || continues === undefined) {
      foldAll(view, one.blocks.slice(0, length));
    } else if (before !== undefined && before.blocks.length >= continues.length) {
      const state = stateAt(before, continues.length);
      foldAll(state, [{ ...(one.blocks[0] as HeldBlock), records: [one.blocks[0]?.records[1] as never] }]);
      foldAll(state, one.blocks.slice(0, length), one.end.sequence * 10_000 + one.end.index + 1);
      return state;
    } else foldAll(view, one.blocks.slice(0, length));
    return view;
  };
  const counts = (one: Whole): boolean => {
    const { continues, term } = one.term;
    if (one.blocks.length === 0) return false;
    if (continues === undefined) return term === 1;
    const { end } = one;
    if (end === undefined || end.body.continues.hash !== continues.hash) return false;
    const own = emptyView();
    let records = 0;
    for (const block of one.blocks) {
      for (const [index, each] of block.records.entries()) {
        if (block.sequence * 10_000 + index >= end.sequence * 10_000 + end.index || each.type === "open") continue;
        records += 1;
        fold(own, each, { ...block.log, sequence: block.sequence, index });
      }
    }
    if (records !== end.body.records || viewHash(own) !== end.body.viewHash) return false;
    const before = find(continues);
    if (before === undefined) return true;
    if (!counts(before) && (before.term.continues === undefined || before.end !== undefined)) return false;
    if (before.blocks.length < continues.length)
      return term > before.term.term || (term === before.term.term && before.next === undefined);
    if (before.blocks[continues.length - 1]?.hash !== continues.hash) return false;
    if (term < before.term.term) return false;
    if (term === before.term.term && (before.next !== one.log.generation || continues.length !== before.blocks.length))
      return false;
    const truth: View = {
      ...stateAt(before, continues.length),
      term: { term, holder: one.term.holder, grant: one.term.grant },
    };
    return viewHash(truth) === end.body.viewHash;
  };
  const valid = held.filter(counts);
  const term = Math.max(0, ...valid.map((one) => one.term.term));
  const inTerm = valid.filter((one) => one.term.term === term);
  /** What leads to a generation in its term: the one before, or the one whose `next` record names a missing one before. */
  const leadsTo = (one: Whole): Whole | undefined => {
    const { continues } = one.term;
    if (continues === undefined) return undefined;
    const before =
      find(continues) ?? held.find(({ log, next }) => log.writer === continues.writer && next === continues.generation);
    return before?.term.term === term && (counts(before) || before.end === undefined) ? before : undefined;
  };
  const isLedTo = (from: Whole, to: Whole | undefined): boolean => {
    const before = to && leadsTo(to);
    return before !== undefined && (before === from || isLedTo(from, before));
  };
  const tips = inTerm.filter((one) => !inTerm.some((other) => isLedTo(one, other)));
  const oldest = (one: Whole): BlockHash => {
    const before = leadsTo(one);
    return before === undefined ? (one.blocks[0] as HeldBlock).hash : oldest(before);
  };
  const [tip] = tips.sort((a, b) => (oldest(a) < oldest(b) ? -1 : 1));
  if (tip === undefined) return { hash: viewHash(emptyView()), head: "none" };
  return {
    hash: viewHash(stateAt(tip, tip.blocks.length)),
    head: `${tip.term.term}/${tip.log.generation}/${tip.blocks.length}`,
  };
};

const unmoved = (storage: Storage): Storage => ({ ...storage, origin: "created-here", originOf: () => "created-here" });
const lies: readonly (Lie | undefined)[] = [
  undefined,
  undefined,
  undefined,
  "state",
  "hash",
  "records",
  "count",
  "continues",
];

/** One orchestrator's history: blocks, roll-overs, a restored backup, a lie, a fork, a rival. */
const history = fc.record({
  /** `true` rolls over, a number appends that many blocks. */
  steps: fc.array(fc.oneof(fc.constant(true), fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 5 }),
  lie: fc.constantFrom(...lies),
  lieAt: fc.integer({ min: 0, max: 3 }),
  backup: fc.option(
    fc.record({
      at: fc.nat(4),
      steps: fc.array(fc.oneof(fc.constant(true), fc.integer({ min: 1, max: 2 })), { minLength: 1, maxLength: 3 }),
      isFork: fc.boolean(),
    }),
    { nil: undefined },
  ),
  rival: fc.boolean(),
  /** Generations that are never delivered, by place. */
  withheld: fc.array(fc.nat(5), { maxLength: 1 }),
  order: fc.infiniteStream(fc.nat(1000)),
});

describe("canon is the same on every peer", () => {
  it("A4 A2 L6 any delivery of the same logs and proofs gives the view of the oracle", async () => {
    let met = { lies: 0, forks: 0, moved: 0, generations: 0 };
    await fc.assert(
      fc.asyncProperty(history, async ({ steps, lie, lieAt, backup, rival, withheld, order }) => {
        const swarm = await createCanonFixture();
        const disk = createMemoryDisk();
        let opened = 0;
        const liar = { lie: () => (opened++ === lieAt ? lie : undefined) };
        let count = 0;
        const run = async (scribe: Scribe, what: readonly (true | number)[]): Promise<void> => {
          for (const step of what) {
            if (step === true) await scribe.rollOver();
            else
              for (let i = 0; i < step; i++)
                await scribe.write(entry(`${count++}`), evidence(`${count >> 1}`, `w${count % 3}`, count % 2 === 0));
          }
        };
        const scribe = await swarm.scribe(createMemoryStorage({ disk }), liar);
        const sources: Logs[] = [scribe.logs];
        const proofs: Uint8Array[] = [];
        await scribe.write(entry("first"));
        if (backup === undefined) await run(scribe, steps);
        else {
          await run(scribe, steps.slice(0, backup.at));
          const copy = createMemoryStorage({ disk: copyDisk(disk) });
          await run(scribe, steps.slice(backup.at));
          const other = await swarm.scribe(backup.isFork ? unmoved(copy) : copy, {
            key: scribe.key,
            lie: () => (opened++ === lieAt ? lie : undefined),
          });
          await run(other, backup.steps);
          sources.push(other.logs);
          for (const one of scribe.logs.list()) {
            const twin = other.logs.get(one);
            for (let sequence = 0; twin !== undefined && sequence < Math.min(one.length, twin.length); sequence++) {
              const [a, b] = [
                await scribe.logs.signedHead(one, sequence + 1),
                await other.logs.signedHead(one, sequence + 1),
              ];
              if (a !== undefined && b !== undefined && !a.every((byte, i) => byte === b[i])) {
                proofs.push(await forkProof(scribe.logs, other.logs, one, sequence));
                break;
              }
            }
          }
        }
        if (rival) {
          const { generateKey } = await import("@herdmind/protocol");
          const stranger = await swarm.scribe(createMemoryStorage(), { key: await generateKey() });
          await run(stranger, [1]);
          sources.push(stranger.logs);
        }
        // Every generation once; of a forked one the copy of the first source.
        const from = new Map<string, { readonly logs: Logs; readonly log: LogId; readonly length: number }>();
        for (const logs of sources)
          for (const one of logs.list())
            if (!from.has(logKey(one))) from.set(logKey(one), { logs, log: one, length: one.length });
        const delivered = [...from.values()].filter((_, i) => !withheld.includes(i));

        // The whole truth: forks end a generation, and those that continue what is behind them are void.
        const cut = new Map<string, number>();
        for (const source of sources) for (const proof of proofs) await source.offerProof(proof, "test");
        const continued = new Map(
          await Promise.all(delivered.map(async ({ logs, log }) => [logKey(log), logs.get(log)?.continues] as const)),
        );
        const forked = new Map<string, number>();
        for (const logs of sources) {
          for (const one of logs.list())
            if (one.quarantinedFrom !== undefined && one.quarantinedFrom > 0)
              forked.set(logKey(one), one.quarantinedFrom);
        }
        const voidFrom = (log: LogId): number => {
          const own = forked.get(logKey(log)) ?? Number.POSITIVE_INFINITY;
          const before = continued.get(logKey(log));
          return before !== undefined && voidFrom(before) < before.length ? 0 : own;
        };
        const wholes: Whole[] = [];
        for (const { logs, log, length } of delivered) {
          cut.set(logKey(log), Math.min(length, voidFrom(log)));
          const blocks: HeldBlock[] = [];
          for (const block of await unquarantined(logs, log, length, swarm))
            if (block.sequence < (cut.get(logKey(log)) as number)) blocks.push(block);
          if (blocks.length > 0) wholes.push(wholeOf(log, blocks));
        }
        const expected = oracle(wholes);

        const receiver = await swarm.logs(createMemoryStorage());
        const canon = await followCanon({ logs: receiver });
        const jobs = delivered.map((one) => ({ ...one, at: 0 }));
        const waiting = [...proofs];
        const next = (): number => order.next().value as number;
        while (jobs.length > 0 || waiting.length > 0) {
          const pick = next() % (jobs.length + waiting.length);
          const job = jobs[pick];
          if (job === undefined) {
            await receiver.offerProof(waiting.splice(pick - jobs.length, 1)[0] as Uint8Array, "test");
          } else {
            const part = await job.logs.update(job.log, job.at, 1 + (next() % 3) * 1500);
            if (part !== undefined) await receiver.ingest(job.log, part.update, "test");
            if (part === undefined || part.next >= job.length) jobs.splice(pick, 1);
            else job.at = part.next;
          }
          if (next() % 3 === 0) await canon.settled();
        }
        await canon.settled();
        const head = canon.head();
        const seen = {
          hash: viewHash(canon.view),
          head: head === undefined ? "none" : `${head.term}/${head.generation}/${head.length}`,
        };
        expect(seen).toEqual(expected);
        // And so does a peer that starts with all of it.
        const late = await followCanon({ logs: receiver });
        expect(viewHash(late.view)).toBe(expected.hash);
        met = {
          lies: met.lies + (canon.alarms().some(({ kind }) => kind === "checkpoint") ? 1 : 0),
          forks: met.forks + (canon.alarms().some(({ kind }) => kind === "fork") ? 1 : 0),
          moved: met.moved + ((head?.term ?? 1) > 1 ? 1 : 0),
          generations: met.generations + (canon.parts().length > 1 ? 1 : 0),
        };
        await late.close();
        await canon.close();
        for (const logs of [receiver, ...sources]) await logs.close();
      }),
      { numRuns: 150 },
    );
    // A property that never meets the hard cases proves nothing.
    for (const times of Object.values(met)) expect(times).toBeGreaterThan(3);
  }, 120_000);
});

/** Blocks of a log as they were signed, whatever is proved against it by now: read from a peer that has no proof. */
const unquarantined = async (
  logs: Logs,
  log: LogId,
  length: number,
  swarm: { logs(storage: Storage): Promise<Logs> },
): Promise<readonly HeldBlock[]> => {
  const clean = await swarm.logs(createMemoryStorage());
  for (let at = 0; at < length; ) {
    const part = await logs.update(log, at, 1024 * 1024);
    if (part === undefined) break;
    await clean.ingest(log, part.update, "test");
    at = part.next;
  }
  const blocks = await blocksOf(clean, log);
  await clean.close();
  return blocks;
};
