/**
 * The logs against a brute-force model: random appends, cuts, forks, proofs, copies and reopenings on four peers, of which three
 * write with one key; everything is compared after every step. The model knows blocks by hash only, and recomputes every
 * quarantine from all proofs each time.
 */
import {
  type Block,
  type BlockHash,
  clientIdOf,
  encodeForkProof,
  headOf,
  type LogHead,
  type LogId,
  type LogKey,
  logKey,
  readBlock,
} from "@herdmind/protocol";
import { copyDisk, createMemoryDisk, createMemoryStorage, type MemoryDisk } from "@herdmind/storage-memory";
import { sampleBlock, sampleSwarm, signalAbout, unwrap } from "@herdmind/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLogs } from "./create-logs.js";
import { encodeUpdate } from "./grammar.js";
import type { Logs, Writer } from "./logs.js";

const swarm = await sampleSwarm(8);
const { genesis } = swarm;
const member = await swarm.member(1);

interface Held {
  readonly log: LogId;
  readonly hashes: BlockHash[];
  readonly continues: LogHead | undefined;
}
interface Peer {
  disk: MemoryDisk;
  logs: Logs;
  writer: Writer;
  held: Map<LogKey, Held>;
  /** Lowest proof of each log; `stored` when it survives a restart. */
  proofs: Map<LogKey, { readonly log: LogId; readonly sequence: number; readonly bytes: Uint8Array; stored: boolean }>;
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
/** The last block of a log: the one that a following generation continues. */
const LAST = 0.9999;
const peerIndex = fc.nat(3);
const someStep = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      peer: fc.nat(2),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("roll-over" as const), peer: fc.nat(2) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("send" as const),
      peer: peerIndex,
      to: peerIndex,
      log: share,
      from: share,
      end: share,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("fork" as const),
      peer: peerIndex,
      to: peerIndex,
      log: share,
      at: fc.oneof(share, fc.constant(LAST)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("proofs" as const), peer: peerIndex, to: peerIndex }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("reopen" as const), peer: peerIndex }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("copy" as const), peer: fc.nat(2), to: fc.nat(2) }) },
);
type Step = typeof someStep extends fc.Arbitrary<infer T> ? T : never;

const bytesByHash = new Map<BlockHash, Uint8Array>();
const blockOf = (bytes: Uint8Array): Block => {
  const block = readBlock(bytes);
  if (!block.ok) throw new Error(block.refusal.message);
  bytesByHash.set(block.value.hash, bytes);
  return block.value;
};
const continuesByHash = new Map<BlockHash, LogHead | undefined>();

const boot = async (disk: MemoryDisk): Promise<Pick<Peer, "disk" | "logs" | "writer">> => {
  const logs = await createLogs({ genesis, storage: createMemoryStorage({ disk }) });
  if (!logs.ok) throw new Error(logs.refusal.message);
  expect(logs.value.damage).toEqual([]);
  const writer = await logs.value.openWriter({ key: member.key, chain: member.chain, blocksPerGeneration: 5 });
  if (!writer.ok) throw new Error(writer.refusal.message);
  return { disk, logs: logs.value, writer: writer.value };
};

/** The first quarantined sequence, straight from the rule: own proofs, then everything continued, as far as it is held. */
const quarantine = (peer: Peer, log: LogId, continues: LogHead | undefined, seen: readonly LogKey[] = []): number => {
  const own = peer.proofs.get(logKey(log))?.sequence ?? Number.POSITIVE_INFINITY;
  if (continues === undefined || seen.includes(logKey(continues))) return own;
  const before = peer.held.get(logKey(continues));
  const bound = quarantine(peer, continues, before?.continues, [...seen, logKey(log)]);
  return bound <= continues.length - 1 ? 0 : own;
};

const concerns = (peer: Peer, log: LogId): boolean =>
  peer.held.has(logKey(log)) ||
  [...peer.held.values()].some(({ continues }) => continues && logKey(continues) === logKey(log));

const learn = (peer: Peer, log: LogId, sequence: number, bytes: Uint8Array): void => {
  if ((peer.proofs.get(logKey(log))?.sequence ?? Number.POSITIVE_INFINITY) <= sequence) return;
  peer.proofs.set(logKey(log), { log, sequence, bytes, stored: concerns(peer, log) });
};

const hold = (peer: Peer, log: LogId, hashes: readonly BlockHash[]): void => {
  const first = hashes[0] as BlockHash;
  const held = peer.held.get(logKey(log)) ?? { log, hashes: [], continues: continuesByHash.get(first) };
  peer.held.set(logKey(log), held);
  held.hashes.push(...hashes);
  for (const proof of peer.proofs.values()) proof.stored ||= concerns(peer, proof.log);
};

/** What `ingest` must answer. */
const expected = (peer: Peer, log: LogId, from: number, hashes: readonly BlockHash[]): object => {
  const held = peer.held.get(logKey(log));
  const known = held?.hashes ?? [];
  if (hashes.length === 0) return { ok: true, added: 0, length: known.length };
  if (from > known.length) return { refusal: { rule: "L3", need: known.length } };
  for (const [i, hash] of hashes.entries()) {
    const ours = known[from + i];
    if (ours === undefined) break;
    if (ours === hash) continue;
    const heads = [ours, hash].map((each) => headOf(bytesByHash.get(each) as Uint8Array));
    learn(peer, log, from + i, encodeForkProof(heads[0] as Uint8Array, heads[1] as Uint8Array));
    return { refusal: { rule: "L6", fault: "writer", sequence: from + i } };
  }
  const fresh = hashes.slice(known.length - from);
  const continues = held === undefined ? continuesByHash.get(fresh[0] as BlockHash) : held.continues;
  const bound = quarantine(peer, log, continues);
  for (const [i, hash] of fresh.entries()) {
    const at = known.length + i;
    if (at >= bound) return { refusal: { rule: "L6", fault: "writer", sequence: at } };
    const { previous } = blockOf(bytesByHash.get(hash) as Uint8Array).header;
    if (previous !== (fresh[i - 1] ?? known.at(-1))) return { refusal: { rule: "L4", fault: "writer", sequence: at } };
  }
  if (fresh.length > 0) hold(peer, log, fresh);
  return { ok: true, added: fresh.length, length: peer.held.get(logKey(log))?.hashes.length };
};

const compare = async (peer: Peer): Promise<void> => {
  const { logs } = peer;
  const states = new Map(logs.list().map((state) => [logKey(state), state]));
  expect([...states.keys()].sort()).toEqual([...peer.held.keys()].sort());
  for (const [key, { log, hashes, continues }] of peer.held) {
    const bound = quarantine(peer, log, continues);
    expect(states.get(key)).toMatchObject({ length: hashes.length, hash: hashes.at(-1) });
    expect(states.get(key)?.quarantinedFrom).toBe(bound === Number.POSITIVE_INFINITY ? undefined : bound);
    const shown: BlockHash[] = [];
    for await (const block of logs.read(log)) shown.push(block.hash);
    expect(shown).toEqual(hashes.slice(0, bound));
    const update = await logs.update(log, 0, 1_000_000);
    const bytes = shown.map((hash) => bytesByHash.get(hash) as Uint8Array);
    expect(update?.update).toEqual(
      bytes.length === 0 ? undefined : encodeUpdate(clientIdOf(genesis.swarm, log), 0, bytes),
    );
  }
  expect(logs.proofs().length).toBe(peer.proofs.size);
  const storage = createMemoryStorage({ disk: copyDisk(peer.disk) });
  for (const { log, hashes } of peer.held.values()) {
    const stored = unwrap(await storage.read(log, 0, hashes.length + 5));
    expect(stored.map((bytes) => blockOf(bytes).hash)).toEqual(hashes);
  }
};

/** Takes over into the model what a writer has stored by itself, after checking that it names what it must (L8). */
const takeOver = async (peer: Peer): Promise<void> => {
  for (const state of peer.logs.list()) {
    const log = { writer: state.writer, generation: state.generation };
    const known = peer.held.get(logKey(log))?.hashes.length ?? 0;
    const hashes: BlockHash[] = [];
    for await (const { bytes } of peer.logs.read(log, known)) hashes.push(blockOf(bytes).hash);
    if (hashes.length === 0) continue;
    if (known === 0) {
      const { continues } = state;
      // The first generation of a key names none; every other one a head that is held here.
      expect(continues === undefined).toBe(peer.held.size === 0);
      if (continues !== undefined) {
        expect(peer.held.get(logKey(continues))?.hashes[continues.length - 1]).toBe(continues.hash);
      }
      continuesByHash.set(hashes[0] as BlockHash, continues);
    }
    hold(peer, log, hashes);
  }
};

const run = async (peers: Peer[], step: Step, counter: { n: number }, seen: Set<string>): Promise<void> => {
  const peer = peers[step.peer] as Peer;
  const pick = (part: number): Held | undefined => {
    const all = [...peer.held.values()];
    return all[Math.min(all.length - 1, Math.floor(part * all.length))];
  };
  if (step.kind === "append" || step.kind === "roll-over") {
    const receipts =
      step.kind === "append"
        ? await Promise.all(Array.from({ length: step.times }, () => peer.writer.append([signalAbout(counter.n++)])))
        : [await peer.writer.rollOver()];
    for (const receipt of receipts) {
      if (peer.proofs.size > 0) expect(receipt).toMatchObject({ refusal: { rule: "L6", fault: "writer" } });
      else expect(receipt).toMatchObject({ ok: true });
    }
    await takeOver(peer);
    return;
  }
  if (step.kind === "reopen") {
    await peer.logs.close();
    Object.assign(peer, await boot(peer.disk));
    for (const [key, { stored }] of peer.proofs) if (!stored) peer.proofs.delete(key);
    return;
  }
  const to = peers[step.to] as Peer;
  if (step.kind === "copy") {
    if (to === peer) return;
    await to.logs.close();
    Object.assign(to, await boot(copyDisk(peer.disk)));
    to.held = new Map([...peer.held].map(([key, held]) => [key, { ...held, hashes: [...held.hashes] }]));
    to.proofs = new Map([...peer.proofs].filter(([, { stored }]) => stored).map(([key, proof]) => [key, { ...proof }]));
    return;
  }
  if (step.kind === "proofs") {
    for (const { log, sequence, bytes } of [...peer.proofs.values()]) {
      expect(await to.logs.offerProof(bytes, undefined)).toEqual({ ok: true, value: log });
      learn(to, log, sequence, bytes);
    }
    return;
  }
  const held = pick(step.log);
  if (held === undefined) return;
  const { log } = held;
  let { hashes } = held;
  let from = 0;
  if (step.kind === "fork") {
    from = 1 + Math.floor(step.at * (hashes.length - 1));
    const after = blockOf(bytesByHash.get(hashes[from - 1] as BlockHash) as Uint8Array);
    // A block after `next` would be another attack (L4).
    if (peer.logs.get(log)?.next !== undefined && from === hashes.length) return;
    const block = await sampleBlock(swarm, member, { log, after }, [signalAbout(1_000_000 + counter.n++)]);
    hashes = [blockOf(block.bytes).hash];
  } else {
    from = Math.floor(step.from * hashes.length);
    hashes = hashes.slice(from, from + 1 + Math.floor(step.end * (hashes.length - from)));
  }
  const update = encodeUpdate(
    clientIdOf(genesis.swarm, log),
    from,
    hashes.map((hash) => bytesByHash.get(hash) as Uint8Array),
  );
  const answer = expected(to, log, from, hashes);
  const receipt = await to.logs.ingest(log, update, undefined);
  expect(receipt).toMatchObject(answer);
  seen.add(receipt.ok ? "ok" : receipt.refusal.rule);
};

describe("the logs against a model", () => {
  it("L3 L4 L6 L8 equal it after every step", async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(someStep, { minLength: 20, maxLength: 50, size: "max" }), async (steps) => {
        const peers: Peer[] = [];
        for (let n = 0; n < 4; n++)
          peers.push({ ...(await boot(createMemoryDisk())), held: new Map(), proofs: new Map() });
        const counter = { n: 0 };
        for (const step of steps) {
          await run(peers, step, counter, seen);
          for (const peer of peers) await compare(peer);
        }
        for (const peer of peers) await peer.logs.close();
      }),
      { numRuns: 40 },
    );
    expect([...seen]).toEqual(expect.arrayContaining(["L3", "L6", "ok"]));
  }, 120_000);
});
