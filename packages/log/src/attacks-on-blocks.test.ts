import {
  type Block,
  clientIdOf,
  generateKey,
  MAX_PAYLOAD_BYTES,
  type Refusal,
  record,
  sealBlock,
} from "@herdmind/protocol";
import {
  headOfChain,
  openRecord,
  sampleBlock,
  sampleBytes,
  sampleChain,
  sampleGeneration,
  sampleSwarm,
  signalAbout,
  unwrap,
} from "@herdmind/testing";
import { describe, expect, it } from "vitest";
import {
  chain,
  clientId,
  type Expected,
  flipped,
  genesis,
  HELD,
  headLength,
  holding,
  LENGTH,
  log,
  member,
  refuses,
  signed,
  swarm,
  updateOf,
  withBlock,
} from "./attacks.fixture.js";
import { encodeUpdate } from "./grammar.js";

describe("attacks on new blocks", () => {
  const l4 = { rule: "L4", fault: "sender" } as const;
  const l5 = { rule: "L5", fault: "sender" } as const;
  for (const [where, at] of [
    ["the first new", HELD],
    ["a middle", 7],
    ["the last", LENGTH - 1],
  ] as const) {
    const block = chain.blocks[at] as Block;
    it(`L5 refuses a wrong signature in ${where} block`, () =>
      refuses(withBlock(at, flipped(block.bytes, 2 + block.headerBytes.length + 5)), { ...l5, sequence: at }));
    it(`L4 refuses a payload that is not the signed one in ${where} block`, () =>
      refuses(withBlock(at, flipped(block.bytes, headLength(block) + 3)), { ...l4, sequence: at }));
    it(`L1 refuses another swarm in the header of ${where} block`, () =>
      refuses(withBlock(at, flipped(block.bytes, 2 + 3 + 20)), { rule: "L1", fault: "writer", sequence: at }));
    it(`L4 refuses ${where} block cut short`, () =>
      refuses(withBlock(at, block.bytes.subarray(0, -1)), { ...l4, sequence: at }));
    it(`L4 refuses ${where} block with bytes behind it`, () =>
      refuses(withBlock(at, Uint8Array.of(...block.bytes, 0)), { ...l4, sequence: at }));
    it(`L4 refuses garbage in place of ${where} block`, () =>
      refuses(withBlock(at, sampleBytes(at, 400)), { ...l4, sequence: at }));
  }
  it("L4 refuses an empty block", () => refuses(withBlock(HELD, new Uint8Array(0)), l4));
  it("L4 refuses a validly signed block with another predecessor, the writer's fault", async () => {
    const block = await signed({ previous: chain.blocks[1]?.hash });
    await refuses(withBlock(HELD, block.bytes), { rule: "L4", fault: "writer", sequence: HELD });
  });
  it("L4 refuses a validly signed block at another place", async () => {
    const block = await signed({ sequence: HELD + 1 });
    await refuses(withBlock(HELD, block.bytes), { rule: "L4", fault: "writer", sequence: HELD });
  });
  it("L4 refuses two blocks in the wrong order", async () => {
    const swapped = [...chain.bytes];
    [swapped[6], swapped[7]] = [swapped[7] as Uint8Array, swapped[6] as Uint8Array];
    await refuses(updateOf(swapped, HELD), { rule: "L4", fault: "writer", sequence: 6 });
  });
  it("L5 refuses a block that another member signed in this writer's name", async () => {
    const other = await swarm.member(2);
    const inOtherName = { ...other, key: { ...other.key, id: member.key.id } };
    const block = await signed({}, [signalAbout(1)], inOtherName);
    await refuses(withBlock(HELD, block.bytes), l5);
  });
  it("L1 refuses a block of another swarm", async () => {
    const other = await sampleSwarm(2);
    const block = await signed({ swarm: other.genesis.swarm });
    await refuses(withBlock(HELD, block.bytes), { rule: "L1", fault: "writer" });
  });
  it("L1 refuses a block of another generation", async () => {
    const block = await signed({ generation: sampleGeneration(9) });
    await refuses(withBlock(HELD, block.bytes), { rule: "L1", fault: "writer" });
  });
  it("L1 refuses a block of another writer", async () => {
    const other = await swarm.member(2);
    const block = await signed({ writer: other.key.id }, [signalAbout(1)], other);
    await refuses(withBlock(HELD, block.bytes), { rule: "L1", fault: "writer" });
  });
  it("L7 refuses a payload that is too large for its writer's role", async () => {
    const key = member.key;
    const place = { ...log, swarm: genesis.swarm, sequence: HELD, previous: chain.blocks[HELD - 1]?.hash, codec: 0 };
    const block = await sealBlock(key, place, new Uint8Array(MAX_PAYLOAD_BYTES + 1));
    await refuses(withBlock(HELD, block.bytes), { rule: "L7", fault: "writer", sequence: HELD });
  });
  it("R1 refuses records that open a generation inside one", async () => {
    const block = await signed({}, [openRecord(member)]);
    await refuses(withBlock(HELD, block.bytes), { rule: "R1", fault: "writer", sequence: HELD });
  });
  it("R1 refuses a next record that is not the last of its block", async () => {
    const block = await signed({}, [record("next", { generation: sampleGeneration(3) }), signalAbout(1)]);
    await refuses(withBlock(HELD, block.bytes), { rule: "R1", fault: "writer", sequence: HELD });
  });
  it("L4 refuses a block after the next record, in the same update and in a later one", async () => {
    const closing = await signed({}, [record("next", { generation: sampleGeneration(3) })]);
    const after = await sampleBlock(swarm, member, { log, after: closing }, [signalAbout(1)]);
    const { logs, state } = await holding();
    const before = await state();
    const both = encodeUpdate(clientId, HELD, [closing.bytes, after.bytes]);
    const refusal = { rule: "L4", fault: "writer", sequence: HELD + 1 };
    expect(await logs.ingest(log, both, "x")).toMatchObject({ ok: false, refusal });
    expect(await state()).toEqual(before);
    expect(await logs.ingest(log, encodeUpdate(clientId, HELD, [closing.bytes]), "x")).toMatchObject({ ok: true });
    expect(logs.get(log)?.next).toBe(sampleGeneration(3));
    expect(await logs.ingest(log, encodeUpdate(clientId, HELD + 1, [after.bytes]), "x")).toMatchObject({
      ok: false,
      refusal,
    });
  });
});

describe("attacks on overlaps", () => {
  const at = 2;
  const held = chain.blocks[at] as Block;
  const overlapping = (bytes: Uint8Array): Uint8Array =>
    updateOf(
      chain.bytes.map((block, i) => (i === at ? bytes : block)),
      0,
    );
  it("L3 takes an overlap that is equal, block by block", async () => {
    const { logs } = await holding();
    expect(await logs.ingest(log, updateOf(chain, 0), "x")).toMatchObject({ ok: true, added: LENGTH - HELD });
    expect(await logs.ingest(log, updateOf(chain, 3, 7), "x")).toMatchObject({ ok: true, added: 0, length: LENGTH });
  });
  it("L5 refuses an altered overlap that is not valid by itself, the sender's fault", async () => {
    await refuses(overlapping(flipped(held.bytes, 2 + held.headerBytes.length)), {
      rule: "L5",
      fault: "sender",
      sequence: at,
    });
    await refuses(overlapping(flipped(held.bytes, held.bytes.length - 1)), {
      rule: "L4",
      fault: "sender",
      sequence: at,
    });
    await refuses(overlapping(sampleBytes(9, 300)), { rule: "L4", fault: "sender", sequence: at });
  });
  it("L1 refuses an altered overlap of another log", async () => {
    const block = await signed({ generation: sampleGeneration(9) });
    await refuses(overlapping(block.bytes), { rule: "L1", fault: "writer", sequence: at });
  });
  it("L4 refuses an overlap that stands at another place", () =>
    refuses(overlapping(chain.bytes[at + 1] as Uint8Array), { rule: "L4", fault: "writer", sequence: at }));
  it("L6 keeps a proof of an altered overlap that is valid by itself, and accepts nothing from there on", async () => {
    const { logs, storage } = await holding();
    const fork = await sampleChain(swarm, member, at + 2, { fork: { of: chain, keep: at } });
    const refusals: Refusal[] = [];
    logs.onRefusal((refusal) => refusals.push(refusal));
    const l6 = { rule: "L6", fault: "writer", sequence: at };
    expect(await logs.ingest(log, updateOf(fork, at), "x")).toMatchObject({ ok: false, refusal: l6 });
    expect(logs.get(log)).toMatchObject({ quarantinedFrom: at, length: HELD });
    expect(unwrap(await storage.proofs())).toEqual(logs.proofs());
    expect(await logs.ingest(log, updateOf(chain, HELD), "x")).toMatchObject({ ok: false, refusal: { rule: "L6" } });
    expect(logs.get(log)?.length).toBe(HELD);
    expect(refusals.map(({ rule }) => rule)).toEqual(["L6", "L6"]);
    // What is held already is still recognised: whoever forwards it in good faith is not at fault.
    expect(await logs.ingest(log, updateOf(chain, 0, HELD), "x")).toMatchObject({ ok: true, added: 0 });
  });
});

describe("attacks on the opening of a log", () => {
  const opensWith = async (block: Block, expected: Expected): Promise<void> => {
    const { logs, state } = await holding();
    const before = await state();
    const { writer, generation } = block.header;
    const update = encodeUpdate(clientIdOf(genesis.swarm, { writer, generation }), 0, [block.bytes]);
    expect(await logs.ingest({ writer, generation }, update, "x")).toMatchObject({ ok: false, refusal: expected });
    expect(await state()).toEqual(before);
    expect(logs.ofWriter(writer).length).toBe(writer === log.writer ? 1 : 0);
  };
  const first = (by: typeof member, records: Parameters<typeof sampleBlock>[3]) =>
    sampleBlock(swarm, by, { log: { writer: by.key.id, generation: sampleGeneration(5) }, after: undefined }, records);
  const a1 = { rule: "A1", fault: "sender" } as const;

  it("A1 refuses a log without a credential chain", async () => opensWith(await first(member, [signalAbout(1)]), a1));
  it("A1 refuses a stranger who made his own key", async () => {
    const key = await generateKey();
    await opensWith(await first({ ...member, key }, [openRecord(member)]), a1);
  });
  it("A1 refuses a chain of another swarm", async () => {
    const other = await (await sampleSwarm(2)).member(1);
    await opensWith(await first(other, [openRecord(other)]), a1);
  });
  for (const role of ["observer", "relay"] as const) {
    it(`A1 refuses a log of a member with role ${role}`, async () => {
      const reader = await swarm.member(3, role);
      await opensWith(await first(reader, [openRecord(reader)]), a1);
    });
  }
  it("A1 refuses to continue another writer's log", async () => {
    const other = await swarm.member(2);
    await opensWith(await first(other, [openRecord(other, headOfChain(chain))]), a1);
  });
  it("A2 refuses a generation of canon without a term, the writer's fault", async () => {
    const holder = await swarm.member(4, "orchestrator");
    await opensWith(await first(holder, [openRecord(holder), signalAbout(1)]), { rule: "A2", fault: "writer" });
    const foreign = record("term", { term: 1, holder: member.key.id });
    await opensWith(await first(holder, [openRecord(holder), foreign]), { rule: "A2", fault: "writer" });
  });
  it("R1 refuses a second open record, and a term record of an agent", async () => {
    const r1 = { rule: "R1", fault: "writer" } as const;
    await opensWith(await first(member, [openRecord(member), openRecord(member)]), r1);
    await opensWith(await first(member, [openRecord(member), record("term", { term: 1, holder: member.key.id })]), r1);
  });
  it("L1 refuses names that name no log", async () => {
    const { logs } = await holding();
    const odd = { ...log, generation: "../../etc" as typeof log.generation };
    expect(await logs.ingest(odd, updateOf(chain, 0), "x")).toMatchObject({ refusal: { rule: "L1", fault: "sender" } });
  });
});
