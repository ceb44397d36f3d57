import {
  type AnyRecord,
  type Block,
  clientIdOf,
  encodeCbor,
  headOf,
  idBytes,
  type KeyPair,
  type LogId,
  readBlock,
  record,
  sealBlock,
  sha256,
  toBase64url,
} from "@herdmind/protocol";
import { copyDisk, createMemoryDisk, createMemoryStorage, type MemoryDisk } from "@herdmind/storage-memory";
import {
  failWrites,
  headOfChain,
  sampleBlock,
  sampleBytes,
  sampleChain,
  sampleGeneration,
  sampleSwarm,
  unwrap,
  withFaults,
} from "@herdmind/testing";
import { describe, expect, it } from "vitest";
import { createLogs } from "./create-logs.js";
import { encodeUpdate } from "./grammar.js";
import type { Logs } from "./logs.js";
import type { Storage } from "./storage.js";

const swarm = await sampleSwarm(6);
const { genesis } = swarm;
const member = await swarm.member(1);
const chain = await sampleChain(swarm, member, 6);
const { log } = chain;
const clientId = clientIdOf(genesis.swarm, log);

const openLogs = async (storage: Storage, of = genesis): Promise<Logs> => {
  const logs = await createLogs({ genesis: of, storage });
  if (!logs.ok) throw new Error(logs.refusal.message);
  return logs.value;
};
const give = (logs: Logs, bytes: readonly Uint8Array[], from = 0, to: LogId = log) =>
  logs.ingest(to, encodeUpdate(clientIdOf(genesis.swarm, to), from, bytes), undefined);
const recordsIn = async (logs: Logs): Promise<readonly (readonly AnyRecord[])[]> => {
  const blocks: (readonly AnyRecord[])[] = [];
  for await (const { records } of logs.read(log)) blocks.push(records);
  return blocks;
};
/** A disk that was filled through the front door. */
const filled = async (bytes = chain.bytes): Promise<MemoryDisk> => {
  const disk = createMemoryDisk();
  const logs = await openLogs(createMemoryStorage({ disk }));
  expect(await give(logs, bytes)).toMatchObject({ ok: true });
  await logs.close();
  return disk;
};
/** Everything on a disk, read past the log. */
const contentsOf = async (disk: MemoryDisk) => {
  const storage = createMemoryStorage({ disk: copyDisk(disk) });
  const heads = unwrap(await storage.heads());
  return Promise.all(
    heads.map(async (head) => [head, unwrap(await storage.read(head, 0, head.length)).map(toBase64url)]),
  );
};
/** A storage whose blocks were changed in the middle, as a damaged medium is, until they are written again. */
const damaged = (inner: Storage, damage: (bytes: Uint8Array, sequence: number) => Uint8Array | undefined): Storage => {
  let cut = Number.POSITIVE_INFINITY;
  return {
    ...inner,
    appendBatch: (batch) => {
      for (const { length } of batch.cuts ?? []) cut = length;
      return inner.appendBatch(batch);
    },
    read: async (of, from, to) => {
      const read = await inner.read(of, from, to);
      if (!read.ok) return read;
      const found: Uint8Array[] = [];
      for (const [i, bytes] of read.value.entries()) {
        const kept = from + i < cut ? damage(bytes, from + i) : bytes;
        if (kept === undefined) break;
        found.push(kept);
      }
      return { ok: true, value: found };
    },
  };
};

describe("opening", () => {
  it("L8 finds everything as it was", async () => {
    const disk = await filled();
    const logs = await openLogs(createMemoryStorage({ disk }));
    expect(logs.list()).toMatchObject([
      { ...headOfChain(chain), membership: { role: "agent", name: "member 1" }, next: undefined },
    ]);
    expect(await recordsIn(logs)).toHaveLength(6);
    expect(logs.damage).toEqual([]);
  });

  const flip = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 4 : byte));
  it.each([
    ["a payload", (bytes: Uint8Array) => flip(bytes, bytes.length - 2)],
    ["a signature", (bytes: Uint8Array) => flip(bytes, 2 + ((bytes[0] as number) << 8) + (bytes[1] as number) + 9)],
    ["a header", (bytes: Uint8Array) => flip(bytes, 60)],
    ["a length", (bytes: Uint8Array) => flip(bytes, 1)],
    ["everything", () => new Uint8Array(0)],
    ["existence", () => undefined],
  ])("L4 cuts a log back where %s was damaged, says so, and refills it from a peer", async (_, damage) => {
    for (const at of [0, 2, 5]) {
      const disk = await filled();
      const inner = createMemoryStorage({ disk });
      const logs = await openLogs(damaged(inner, (bytes, sequence) => (sequence === at ? damage(bytes) : bytes)));
      expect(logs.damage).toMatchObject([{ log, had: 6, message: expect.stringContaining(log.generation) }]);
      expect(logs.damage).toMatchObject([{ kept: at }]);
      expect(logs.get(log)?.length ?? 0).toBe(at);
      expect(await give(logs, chain.bytes.slice(at), at)).toMatchObject({ ok: true, length: 6 });
    }
  });

  it("L5 keeps what was signed of a log that somebody wrote anew from some block on, hashes and head included", async () => {
    const forger = await swarm.member(2);
    for (const keep of [0, 1, 4, 5]) {
      const disk = createMemoryDisk();
      const storage = createMemoryStorage({ disk });
      const forged = await sampleChain(swarm, forger, 6);
      const blocks = chain.blocks.slice(0, keep);
      for (let n = keep; n < 6; n++) {
        const from = forged.blocks[n] as Block;
        const place = {
          ...log,
          swarm: genesis.swarm,
          sequence: n,
          previous: blocks.at(-1)?.hash,
          codec: from.header.codec,
        };
        blocks.push(await sealBlock({ ...forger.key, id: member.key.id }, place, from.payload));
      }
      unwrap(
        await storage.appendBatch({
          appends: [{ log, from: 0, blocks: blocks.map(({ bytes }) => bytes), hash: (blocks[5] as Block).hash }],
        }),
      );
      const opened = await createLogs({ genesis, storage });
      if (keep === 0) {
        // Whoever wrote all of it, the credential in the first block is not the log's.
        expect(opened.ok ? opened.value.list() : []).toEqual([]);
        continue;
      }
      if (!opened.ok) throw new Error(opened.refusal.message);
      expect(opened.value.damage).toMatchObject([{ kept: keep, had: 6 }]);
      expect(await give(opened.value, chain.bytes.slice(keep), keep)).toMatchObject({ ok: true, length: 6 });
    }
  });

  it("L8 wants the whole chain when the last block is not the one that was stored last", async () => {
    const disk = await filled();
    const inner = createMemoryStorage({ disk });
    const heads = async () =>
      ({
        ok: true,
        value: unwrap(await inner.heads()).map((head) => ({ ...head, hash: chain.blocks[1]?.hash as never })),
      }) as const;
    const logs = await openLogs({ ...inner, heads });
    expect(logs.damage).toMatchObject([{ kept: 6, had: 6 }]);
  });

  it("L8 cuts nothing of a storage that belongs to another swarm", async () => {
    const disk = await filled();
    const before = await contentsOf(disk);
    const other = await sampleSwarm(60);
    const opened = await createLogs({ genesis: other.genesis, storage: createMemoryStorage({ disk }) });
    expect(opened).toMatchObject({
      refusal: { rule: "L8", fault: "none", message: expect.stringContaining(genesis.swarm) },
    });
    expect(await contentsOf(disk)).toEqual(before);
    expect((await openLogs(createMemoryStorage({ disk }))).list()).toHaveLength(1);
  });

  it("L8 cuts nothing of a whole log that it cannot understand", async () => {
    const disk = createMemoryDisk();
    const storage = createMemoryStorage({ disk });
    const place = { ...log, swarm: genesis.swarm, sequence: 0, previous: undefined, codec: 0 };
    const strange = await sealBlock(member.key, place, encodeCbor([["hello", 1, {}]]));
    unwrap(await storage.appendBatch({ appends: [{ log, from: 0, blocks: [strange.bytes], hash: strange.hash }] }));
    const before = await contentsOf(disk);
    expect(await createLogs({ genesis, storage })).toMatchObject({ refusal: { rule: "L8", fault: "none" } });
    expect(await contentsOf(disk)).toEqual(before);
  });

  it("L8 answers a storage that fails while it is opened", async () => {
    const disk = await filled();
    const closed = createMemoryStorage({ disk });
    await closed.close();
    expect(await createLogs({ genesis, storage: closed })).toMatchObject({ refusal: { rule: "L8", fault: "none" } });
    const full = withFaults(
      damaged(createMemoryStorage({ disk }), () => undefined),
      failWrites("full", 1),
    );
    expect(await createLogs({ genesis, storage: full })).toMatchObject({
      refusal: { rule: "L8", message: expect.stringContaining("full") },
    });
  });

  it("L8 says when storage fails later, and never shows bytes that were damaged later", async () => {
    const disk = await filled();
    let broken = false;
    const logs = await openLogs(
      damaged(createMemoryStorage({ disk }), (bytes, at) => (broken && at === 3 ? sampleBytes(1, 200) : bytes)),
    );
    broken = true;
    await expect(recordsIn(logs)).rejects.toThrow(/block 3 .* damaged/);
    const gone = await openLogs(createMemoryStorage({ disk }));
    createMemoryStorage({ disk });
    await expect(recordsIn(gone)).rejects.toMatchObject({ cause: { kind: "closed" } });
    await expect(gone.update(log, 0, 100)).rejects.toMatchObject({ cause: { kind: "closed" } });
    expect(await gone.document(log)).toMatchObject({ refusal: { rule: "L8" } });
    expect(await gone.document({ ...log, generation: sampleGeneration(8) })).toMatchObject({
      refusal: { rule: "L3", fault: "none" },
    });
  });
});

/** A block with a header of another protocol version, signed as this version signs. */
const blockOfVersion = async (
  version: number,
  key: KeyPair,
  after: Block | undefined,
  payload: Uint8Array,
): Promise<Uint8Array> => {
  const ids = [genesis.swarm, log.writer, log.generation].map(idBytes);
  const header = encodeCbor([
    version,
    ...ids,
    after === undefined ? 0 : after.header.sequence + 1,
    after === undefined ? new Uint8Array(0) : idBytes(after.hash),
    9,
    payload.length,
    sha256(payload),
  ]);
  const signed = new Uint8Array([...new TextEncoder().encode("herdmind/1/block\0"), ...header]);
  return new Uint8Array([header.length >> 8, header.length & 255, ...header, ...(await key.sign(signed)), ...payload]);
};

describe("what a newer peer writes (E5)", () => {
  const place = { ...log, swarm: genesis.swarm, sequence: 6, previous: chain.blocks[5]?.hash };

  it("E5 keeps, forwards and shows a block of protocol version 2 as unknown, and goes on after it", async () => {
    const newer = await blockOfVersion(2, member.key, chain.blocks[5] as Block, sampleBytes(1, 50));
    const read = readBlock(newer);
    if (!read.ok) throw new Error(read.refusal.message);
    const after = await sealBlock(
      member.key,
      { ...place, sequence: 7, previous: read.value.hash, codec: 0 },
      encodeCbor([["hello", 1, {}]]),
    );
    const disk = await filled([...chain.bytes, newer, after.bytes]);
    const logs = await openLogs(createMemoryStorage({ disk }));
    expect(logs.damage).toEqual([]);
    const blocks = await recordsIn(logs);
    expect(blocks[6]).toEqual([{ type: "unknown", of: "protocol 2", version: 2, body: null }]);
    expect(blocks[7]).toEqual([{ type: "unknown", of: "hello", version: 1, body: {} }]);
    const update = await logs.update(log, 6, 1_000_000);
    expect(update?.update).toEqual(encodeUpdate(clientId, 6, [newer, after.bytes]));
  });

  it("E5 does the same for an unknown codec, also in the last block", async () => {
    const block = await sealBlock(member.key, { ...place, codec: 7 }, sampleBytes(2, 40));
    const logs = await openLogs(createMemoryStorage({ disk: await filled([...chain.bytes, block.bytes]) }));
    expect((await recordsIn(logs))[6]).toMatchObject([{ type: "unknown", of: "codec 7" }]);
  });

  it("A1 E5 cannot take a log that opens in a version it does not know, and whoever passed it on is not at fault", async () => {
    const [first] = chain.blocks;
    if (first === undefined) throw new Error("no block");
    const codec = { ...place, sequence: 0, previous: undefined, codec: 7 };
    const newer = [
      (await sealBlock(member.key, codec, sampleBytes(2, 40))).bytes,
      (await sealBlock(member.key, { ...codec, codec: 0 }, encodeCbor([["open", 2, {}]]))).bytes,
      await blockOfVersion(2, member.key, undefined, first.payload),
    ];
    for (const bytes of newer) {
      const logs = await openLogs(createMemoryStorage());
      expect(await give(logs, [bytes])).toMatchObject({
        refusal: { rule: "A1", fault: "writer", message: expect.stringContaining("Update this peer") },
      });
      expect(logs.list()).toEqual([]);
    }
  });

  it("L4 remembers after reopening that a generation is closed", async () => {
    const closing = await sampleChain(swarm, member, 6);
    const next = await sampleBlock(swarm, member, { log, after: closing.blocks[5] }, [
      record("next", { generation: sampleGeneration(1) }),
    ]);
    const after = await sampleBlock(swarm, member, { log, after: next }, [
      record("next", { generation: sampleGeneration(2) }),
    ]);
    const logs = await openLogs(createMemoryStorage({ disk: await filled([...closing.bytes, next.bytes]) }));
    expect(logs.get(log)?.next).toBe(sampleGeneration(1));
    expect(await give(logs, [after.bytes], 7)).toMatchObject({ refusal: { rule: "L4", fault: "writer" } });
  });
});

describe("reading", () => {
  it("L7 cuts updates by bytes, never over the limit of an update, and they fit together again", async () => {
    const big = await swarm.member(9);
    const bigLog: LogId = { writer: big.key.id, generation: sampleGeneration(0) };
    const opening = await sampleChain(swarm, big, 1);
    let previous = opening.blocks[0]?.hash;
    const bytes = [...opening.bytes];
    for (let sequence = 1; sequence < 24; sequence++) {
      const place = { ...bigLog, swarm: genesis.swarm, sequence, previous, codec: 7 };
      const block = await sealBlock(big.key, place, sampleBytes(sequence, 250_000));
      bytes.push(block.bytes);
      previous = block.hash;
    }
    const logs = await openLogs(createMemoryStorage());
    for (const [n, each] of bytes.entries()) expect(await give(logs, [each], n, bigLog)).toMatchObject({ ok: true });
    const copy = await openLogs(createMemoryStorage());
    for (const [maxBytes, expected] of [
      [1, 24],
      [300_000, 23],
      [Number.POSITIVE_INFINITY, 2],
    ] as const) {
      let at = 0;
      let updates = 0;
      for (
        let part = await logs.update(bigLog, 0, maxBytes);
        part !== undefined;
        part = await logs.update(bigLog, at, maxBytes)
      ) {
        expect(part.next).toBeGreaterThan(at);
        expect(await copy.ingest(bigLog, part.update, undefined)).toMatchObject({ ok: true });
        if (part.next - at > 1) expect(part.update.length).toBeLessThanOrEqual(maxBytes);
        at = part.next;
        updates += 1;
      }
      expect(at).toBe(24);
      expect(updates).toBe(expected);
    }
    expect(await logs.update(bigLog, 24, 1000)).toBeUndefined();
    expect(await logs.update(bigLog, -1, 1000)).toBeUndefined();
    expect(await logs.update(log, 0, 1000)).toBeUndefined();
  });

  it("L4 gives the signed head of any length", async () => {
    const logs = await openLogs(createMemoryStorage({ disk: await filled() }));
    expect(await logs.signedHead(log)).toEqual(headOf(chain.bytes[5] as Uint8Array));
    expect(await logs.signedHead(log, 2)).toEqual(headOf(chain.bytes[1] as Uint8Array));
    for (const length of [0, -1, 7]) expect(await logs.signedHead(log, length)).toBeUndefined();
  });

  it("keeps small named values apart from its own", async () => {
    const disk = createMemoryDisk();
    const logs = await openLogs(createMemoryStorage({ disk }));
    expect(await logs.meta.set("writing/x", Uint8Array.of(1))).toBe(true);
    expect(await logs.meta.get("writing/x")).toEqual(Uint8Array.of(1));
    expect(unwrap(await createMemoryStorage({ disk }).meta("writing/x"))).toBeUndefined();
  });
});
