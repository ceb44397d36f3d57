/** The verdict on a log does not depend on how its blocks were cut into updates. */
import { clientIdOf, type Refusal, toBase64url } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import {
  headOfChain,
  type SampleChain,
  sampleBlock,
  sampleBytes,
  sampleChain,
  sampleGeneration,
  sampleSwarm,
  signalAbout,
} from "@herdmind/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLogs } from "./create-logs.js";
import { encodeUpdate } from "./grammar.js";
import type { Logs } from "./logs.js";

const swarm = await sampleSwarm(3);
const { genesis } = swarm;
const member = await swarm.member(1);
const LENGTH = 14;
const chain = await sampleChain(swarm, member, LENGTH);
const { log } = chain;
const clientId = clientIdOf(genesis.swarm, log);
const FORKED_AT = 9;
const fork = await sampleChain(swarm, member, LENGTH, { fork: { of: chain, keep: FORKED_AT } });
/** A generation that continues a forked block of the first. */
const following = await sampleChain(swarm, member, 5, { generation: 1, continues: headOfChain(chain, FORKED_AT + 1) });

const openLogs = async (): Promise<Logs> => {
  const logs = await createLogs({ genesis, storage: createMemoryStorage() });
  if (!logs.ok) throw new Error(logs.refusal.message);
  return logs.value;
};

const bytesAt = (of: SampleChain, at: number): Uint8Array => of.bytes[at] as Uint8Array;
const headEnd = (bytes: Uint8Array): number => 2 + ((bytes[0] as number) << 8) + (bytes[1] as number);

/** Faults that a block at any place but the first can have. Each answers the block that stands there instead. */
const FAULTS = {
  signature: (at: number) => bytesAt(chain, at).map((byte, i) => (i === headEnd(bytesAt(chain, at)) ? byte ^ 1 : byte)),
  payload: (at: number) => bytesAt(chain, at).map((byte, i, all) => (i === all.length - 1 ? byte ^ 1 : byte)),
  garbage: (at: number) => sampleBytes(at, 300),
  "place of another": (at: number) => bytesAt(chain, at - 1),
  fork: (at: number) => bytesAt(fork, Math.max(at, FORKED_AT)),
} as const;
const otherChain = await Promise.all(
  Array.from({ length: LENGTH }, (_, at) =>
    at === 0
      ? undefined
      : sampleBlock(
          swarm,
          member,
          {
            log,
            after: chain.blocks[at - 1],
            change: { previous: chain.blocks[0]?.hash, generation: sampleGeneration(0) },
          },
          [signalAbout(at)],
        ),
  ),
);
const someFault = fc.oneof(
  fc.tuple(
    fc.constantFrom(...(Object.keys(FAULTS) as (keyof typeof FAULTS)[])),
    fc.integer({ min: 1, max: LENGTH - 1 }),
  ),
  fc.tuple(fc.constant("chain" as const), fc.integer({ min: 2, max: LENGTH - 1 })),
);

const someCuts = fc.array(fc.integer({ min: 1, max: LENGTH - 1 }), { maxLength: 6 });

/** Offers blocks in updates that end at `cuts`, each beginning up to `overlap` blocks early; the first refusal ends it. */
const offer = async (
  logs: Logs,
  target: SampleChain["log"],
  blocks: readonly Uint8Array[],
  cuts: readonly number[],
  overlap: number,
): Promise<Pick<Refusal, "rule" | "fault" | "sequence"> | undefined> => {
  const borders = [...new Set([...cuts.filter((cut) => cut < blocks.length), blocks.length])].sort((a, b) => a - b);
  let from = 0;
  for (const to of borders) {
    const begin = Math.max(0, from - overlap);
    const update = encodeUpdate(clientIdOf(genesis.swarm, target), begin, blocks.slice(begin, to));
    const receipt = await logs.ingest(target, update, undefined);
    if (!receipt.ok) {
      const { rule, fault, sequence } = receipt.refusal;
      // Everything before the refused update is held, and nothing of it.
      expect(logs.get(target)?.length ?? 0).toBe(from);
      return sequence === undefined ? { rule, fault } : { rule, fault, sequence };
    }
    expect(receipt).toMatchObject({ length: to, added: to - from });
    from = to;
  }
  return undefined;
};

const forkedLogs = async (): Promise<Logs> => {
  const logs = await openLogs();
  expect(await logs.ingest(log, encodeUpdate(clientId, 0, chain.bytes), undefined)).toMatchObject({ ok: true });
  expect(
    await logs.ingest(log, encodeUpdate(clientId, FORKED_AT, [bytesAt(fork, FORKED_AT)]), undefined),
  ).toMatchObject({
    refusal: { rule: "L6" },
  });
  return logs;
};

describe("the verdict", () => {
  it("L5 is the same however the blocks are cut, with a fault at any place or none", async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.option(someFault), someCuts, fc.nat(5), async (fault, cuts, overlap) => {
        const blocks = chain.bytes.map((bytes, at) => {
          if (fault === null || fault[1] !== at) return bytes;
          return fault[0] === "chain" ? (otherChain[at]?.bytes as Uint8Array) : FAULTS[fault[0]](at);
        });
        await using whole = await openLogs();
        await using parts = await openLogs();
        const verdict = await offer(whole, log, blocks, [], 0);
        expect(await offer(parts, log, blocks, cuts, overlap)).toEqual(verdict);
        seen.add(`${verdict?.rule} ${verdict?.fault}`);
      }),
      { numRuns: 150 },
    );
    expect([...seen].sort()).toEqual(["L4 sender", "L4 writer", "L5 sender", "undefined undefined"]);
  });

  it("L6 is the same however a forked log is cut", async () => {
    await fc.assert(
      fc.asyncProperty(someCuts, fc.nat(5), async (cuts, overlap) => {
        await using held = await forkedLogs();
        const proof = held.proofs()[0] as Uint8Array;
        await using logs = await openLogs();
        expect((await logs.offerProof(proof, undefined)).ok).toBe(true);
        expect(await offer(logs, log, fork.bytes, cuts, overlap)).toEqual({
          rule: "L6",
          fault: "writer",
          sequence: FORKED_AT,
        });
      }),
      { numRuns: 30 },
    );
  });

  it("L6 is the same however a generation is cut that continues a forked block", async () => {
    await fc.assert(
      fc.asyncProperty(someCuts, fc.nat(3), async (cuts, overlap) => {
        await using logs = await forkedLogs();
        expect(await offer(logs, following.log, following.bytes, cuts, overlap)).toEqual({
          rule: "L6",
          fault: "writer",
          sequence: 0,
        });
      }),
      { numRuns: 20 },
    );
  });

  it("A4 two peers that took the same blocks in other cuts hold the same bytes and records", async () => {
    await fc.assert(
      fc.asyncProperty(someCuts, someCuts, async (one, other) => {
        const taken = await Promise.all(
          [one, other].map(async (cuts) => {
            await using logs = await openLogs();
            await offer(logs, log, chain.bytes, cuts, 1);
            const blocks: unknown[] = [];
            for await (const { bytes, records, hash, sequence } of logs.read(log)) {
              blocks.push([toBase64url(bytes), records, hash, sequence]);
            }
            return { blocks, list: logs.list() };
          }),
        );
        expect(taken[0]).toEqual(taken[1]);
      }),
      { numRuns: 20 },
    );
  });
});

it("L5 takes bytes that somebody else goes on using: what is held is a copy, and what was given is left alone", async () => {
  const update = encodeUpdate(clientId, 0, chain.bytes);
  await using logs = await openLogs();
  const given = Buffer.from(update);
  const taking = logs.ingest(log, given, "a socket");
  expect((await taking).ok).toBe(true);
  expect(Buffer.compare(given, update)).toBe(0);
  given.fill(0);
  const read: Uint8Array[] = [];
  for await (const block of logs.read(log)) read.push(block.bytes);
  expect(read.map((bytes) => toBase64url(bytes))).toEqual(chain.bytes.map((bytes) => toBase64url(bytes)));
});

it("says of a small compressed block what it inflated to, not what it might have", async () => {
  await using logs = await openLogs();
  const records = Array.from({ length: 40 }, (_, n) => signalAbout(n));
  const { bytes } = await sampleBlock(swarm, member, { log, after: chain.blocks[LENGTH - 1] }, records);
  expect(await logs.ingest(log, encodeUpdate(clientId, 0, chain.bytes), undefined)).toMatchObject({ ok: true });
  const receipt = await logs.ingest(log, encodeUpdate(clientId, LENGTH, [bytes]), undefined);
  expect(receipt).toMatchObject({ ok: true, added: 1 });
  // Compressed it is at least half as small; charged by the bound, whoever reads canon live waited after 80 blocks a second.
  expect(receipt.work?.bytes).toBeGreaterThan(2 * bytes.length);
  expect(receipt.work?.bytes).toBeLessThan(50 * bytes.length);
});
