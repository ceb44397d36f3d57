import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Block, clientIdOf, entryIdOf, headOf, judgeHead, readBlock, readHead, sealBlock } from "./block.js";
import { type CborValue, encodeCbor } from "./cbor.js";
import { concat, domain, equalBytes, sha256 } from "./hash.js";
import { type BlockHash, idBytes, type LogId, toBase64url } from "./ids.js";
import { MAX_BLOCK_BYTES, MAX_BLOCKS_PER_GENERATION, MAX_HEADER_BYTES } from "./limits.js";
import { accepted, type SeededSwarm, seededGeneration, seededKey, seededSwarm } from "./testing/seeded-swarm.js";

let swarm: SeededSwarm;
let log: LogId;
const payload = new TextEncoder().encode("a payload");
const previous = toBase64url(new Uint8Array(32).fill(9)) as BlockHash;
beforeAll(async () => {
  swarm = await seededSwarm();
  log = { writer: swarm.agent.id, generation: seededGeneration(4) };
});
const seal = (sequence: number, bytes = payload, codec = 0): Promise<Block> =>
  sealBlock(
    swarm.agent,
    { swarm: swarm.genesis.swarm, ...log, sequence, previous: sequence === 0 ? undefined : previous, codec },
    bytes,
  );
/** A block over any header, validly signed by the agent. */
const forge = async (fields: CborValue, body = payload): Promise<Uint8Array> => {
  const header = encodeCbor(fields);
  const signature = await swarm.agent.sign(concat(domain("block"), header));
  return concat(Uint8Array.of(header.length >> 8, header.length & 255), header, signature, body);
};
const fields = (): CborValue[] => [
  1,
  idBytes(swarm.genesis.swarm),
  swarm.agent.publicKey,
  idBytes(log.generation),
  5,
  idBytes(previous),
  0,
  payload.length,
  sha256(payload),
];

describe("L4 blocks", () => {
  test("L4 a block is read back as it was sealed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.uint8Array({ maxLength: 500 }), fc.nat(300), async (sequence, bytes, codec) => {
        const block = await seal(sequence, bytes, codec);
        const read = accepted(readBlock(block.bytes));
        expect(read).toEqual(block);
        expect(read.header).toMatchObject({ ...log, sequence, codec, version: 1 });
        const head = accepted(readHead(headOf(block.bytes)));
        expect(head.hash).toBe(block.hash);
        expect(head.bytes.length).toBeLessThan(260);
        if (sequence < MAX_BLOCKS_PER_GENERATION) {
          expect(await judgeHead(read, swarm.genesis.swarm, log)).toBeUndefined();
        }
      }),
      { numRuns: 60 },
    );
  });

  test("L4 L5 a changed byte anywhere is the sender's fault, and never the same block", async () => {
    const block = await seal(3);
    for (let at = 0; at < block.bytes.length; at++) {
      const changed = block.bytes.slice();
      changed[at] = (changed[at] as number) ^ 1;
      const read = readBlock(changed);
      if (!read.ok) {
        expect(read.refusal).toMatchObject({ rule: "L4", fault: "sender" });
        continue;
      }
      expect(read.value.hash).not.toBe(block.hash);
      const verdict = await judgeHead(read.value, swarm.genesis.swarm, log);
      expect(verdict?.refusal.rule).toMatch(/^L[15]$/);
    }
  });

  test("L4 every truncation and every addition is refused", async () => {
    const { bytes } = await seal(3);
    for (let length = 0; length < bytes.length; length++) {
      expect(readBlock(bytes.subarray(0, length))).toMatchObject({
        ok: false,
        refusal: { rule: "L4", fault: "sender" },
      });
    }
    expect(readBlock(concat(bytes, Uint8Array.of(0))).ok).toBe(false);
    const head = headOf(bytes);
    expect(readHead(head).ok).toBe(true);
    expect(readHead(concat(head, Uint8Array.of(0))).ok).toBe(false);
    expect(readHead(head.subarray(1)).ok).toBe(false);
  });

  test("L4 random bytes are refused and never throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(readBlock(bytes).ok).toBe(false);
        expect(readHead(bytes).ok).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  test("L4 a header that is accepted is the one spelling of its fields", async () => {
    const { bytes } = await seal(3);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
        const head = headOf(bytes).slice();
        for (const [at, byte] of changes) head[2 + at] = byte;
        const read = readHead(head);
        if (!read.ok) return;
        const { header } = read.value;
        const again = encodeCbor([
          header.version,
          idBytes(header.swarm),
          idBytes(header.writer),
          idBytes(header.generation),
          header.sequence,
          header.previous === undefined ? new Uint8Array(0) : idBytes(header.previous),
          header.codec,
          header.payloadLength,
          header.payloadHash,
        ]);
        expect(equalBytes(again, read.value.headerBytes)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test.each<[string, (good: CborValue[]) => CborValue]>([
    ["version 0", (good) => good.with(0, 0)],
    ["a negative version", (good) => good.with(0, -1)],
    ["a version that is a text", (good) => good.with(0, "1")],
    ["a short swarm id", (good) => good.with(1, new Uint8Array(31))],
    ["a long writer id", (good) => good.with(2, new Uint8Array(33))],
    ["a generation of 32 bytes", (good) => good.with(3, new Uint8Array(32))],
    ["a negative sequence", (good) => good.with(4, -1)],
    ["a fractional sequence", (good) => good.with(4, 0.5)],
    ["no previous block", (good) => good.with(5, new Uint8Array(0))],
    ["a previous block of null", (good) => good.with(5, null)],
    ["a first block with a previous one", (good) => good.with(4, 0)],
    ["a negative codec", (good) => good.with(6, -1)],
    ["a length that lies", (good) => good.with(7, 8)],
    ["a hash that lies", (good) => good.with(8, new Uint8Array(32))],
    ["a tenth field", (good) => [...good, 1]],
    ["eight fields", (good) => good.slice(1)],
    ["a nested field", (good) => good.with(6, [0])],
    ["a map", () => ({ a: 1 })],
  ])("L4 refuses %s, although it is signed", async (_, change) => {
    expect(readBlock(await forge(fields())).ok).toBe(true);
    expect(readBlock(await forge(change(fields())))).toMatchObject({
      ok: false,
      refusal: { rule: "L4", fault: "sender" },
    });
  });

  test("L4 refuses a header in a second spelling, although it is signed", async () => {
    const header = encodeCbor(fields());
    // Version 1 in two bytes: 0x18 0x01.
    const spelled = concat(header.subarray(0, 1), Uint8Array.of(0x18, 1), header.subarray(2));
    const signature = await swarm.agent.sign(concat(domain("block"), spelled));
    const bytes = concat(Uint8Array.of(0, spelled.length), spelled, signature, payload);
    expect(readBlock(bytes)).toMatchObject({ ok: false, refusal: { rule: "L4" } });
  });

  test("E5 a block of a newer version keeps the header's layout and is still judged", async () => {
    const read = accepted(readBlock(await forge(fields().with(0, 7).with(6, 99))));
    expect(read.header).toMatchObject({ version: 7, codec: 99 });
    expect(await judgeHead(read, swarm.genesis.swarm, log)).toBeUndefined();
  });

  test("sealing refuses what no reader would take", async () => {
    const block = { swarm: swarm.genesis.swarm, ...log, sequence: 0, previous: undefined, codec: 0 };
    await expect(sealBlock(swarm.agent, { ...block, sequence: 1 }, payload)).rejects.toThrow(/lacks/);
    await expect(sealBlock(swarm.agent, { ...block, previous }, payload)).rejects.toThrow(/has/);
    await expect(sealBlock(swarm.root, block, payload)).rejects.toThrow(/cannot sign/);
    await expect(sealBlock(swarm.agent, block, new Uint8Array(MAX_BLOCK_BYTES))).rejects.toThrow(/bytes/);
  });
});

describe("a head judged alone", () => {
  test("L1 a head of another swarm, writer or generation does not belong here", async () => {
    const block = await seal(3);
    const stranger = await seededKey(77);
    const elsewhere = [
      await judgeHead(block, (await seededSwarm(2)).genesis.swarm, log),
      await judgeHead(block, swarm.genesis.swarm, { ...log, writer: stranger.id }),
      await judgeHead(block, swarm.genesis.swarm, { ...log, generation: seededGeneration(5) }),
    ];
    for (const verdict of elsewhere)
      expect(verdict?.refusal).toMatchObject({ rule: "L1", fault: "writer", sequence: 3 });
  });

  test("L5 a signature for another purpose, or of another key, is the sender's fault", async () => {
    const header = encodeCbor(fields());
    for (const signature of [
      await swarm.agent.sign(header),
      await swarm.agent.sign(concat(domain("ephemeral"), header)),
      await swarm.root.sign(concat(domain("block"), header)),
      new Uint8Array(64),
    ]) {
      const bytes = concat(Uint8Array.of(0, header.length), header, signature, payload);
      const verdict = await judgeHead(accepted(readBlock(bytes)), swarm.genesis.swarm, log);
      expect(verdict?.refusal).toMatchObject({ rule: "L5", fault: "sender" });
    }
  });

  test("L7 a place past the generation is the writer's fault when it signed it, else the sender's", async () => {
    const past = fields().with(4, MAX_BLOCKS_PER_GENERATION);
    const block = accepted(readBlock(await forge(past)));
    expect((await judgeHead(block, swarm.genesis.swarm, log))?.refusal).toMatchObject({ rule: "L7", fault: "writer" });
    const unsigned = { ...block, signature: new Uint8Array(64) };
    expect((await judgeHead(unsigned, swarm.genesis.swarm, log))?.refusal).toMatchObject({
      rule: "L5",
      fault: "sender",
    });
  });

  test("L7 a block and a header over their bounds are refused before anything is hashed", () => {
    expect(readBlock(new Uint8Array(MAX_BLOCK_BYTES + 1))).toMatchObject({
      ok: false,
      refusal: { rule: "L7", fault: "sender" },
    });
    const length = MAX_HEADER_BYTES + 1;
    const bytes = new Uint8Array(2 + length + 64);
    bytes.set([length >> 8, length & 255]);
    expect(readHead(bytes)).toMatchObject({ ok: false, refusal: { rule: "L4", fault: "sender" } });
  });
});

describe("derived names", () => {
  test("L1 a client id is a safe integer above 0 that differs by swarm, writer and generation", async () => {
    const ids = new Set<number>();
    const other = (await seededSwarm(2)).genesis.swarm;
    for (let seed = 0; seed < 64; seed++) {
      for (const id of [swarm.genesis.swarm, other])
        ids.add(clientIdOf(id, { ...log, generation: seededGeneration(seed) }));
    }
    expect(ids.size).toBe(128);
    for (const id of ids) expect(Number.isSafeInteger(id) && id > 0).toBe(true);
    expect(Math.max(...ids)).toBeGreaterThan(2 ** 51);
  });

  test("A4 an entry id follows from its first proposal alone", () => {
    const ref = { ...log, sequence: 3, index: 1 };
    const id = entryIdOf(swarm.genesis.swarm, ref);
    expect(entryIdOf(swarm.genesis.swarm, { ...ref })).toBe(id);
    expect(
      new Set([
        id,
        entryIdOf(swarm.genesis.swarm, { ...ref, index: 2 }),
        entryIdOf(swarm.genesis.swarm, { ...ref, sequence: 1 }),
      ]).size,
    ).toBe(3);
  });
});
