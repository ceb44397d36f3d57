import { clientIdOf, encodeForkProof, headOf, type LogHead, type LogId, readBlock, record } from "@herdmind/protocol";
import { copyDisk, createMemoryDisk, createMemoryStorage } from "@herdmind/storage-memory";
import { sampleBlock, sampleChain, sampleGeneration, signalAbout } from "@herdmind/testing";
import { describe, expect, it } from "vitest";
import { encodeUpdate } from "./grammar.js";
import type { HeldBlock, Logs } from "./logs.js";
import type { Storage } from "./storage.js";

import { copyOver, genesis, member, must, onDisk, openLogs, openWriter, swarm } from "./writer.fixture.js";

/** What a copy of the writer sends that closed this generation. */
const closingUpdate = async (logs: Logs, log: LogId): Promise<Uint8Array> => {
  let last: HeldBlock | undefined;
  for await (const block of logs.read(log)) last = block;
  const after = readBlock(last?.bytes as Uint8Array);
  if (!after.ok) throw new Error(after.refusal.message);
  const next = record("next", { generation: sampleGeneration(1) });
  const { bytes, header } = await sampleBlock(swarm, member, { log, after: after.value }, [next]);
  return encodeUpdate(clientIdOf(genesis.swarm, log), header.sequence, [bytes]);
};

describe("where a writer goes on (L8)", () => {
  const generationsAfter = async (logs: Logs): Promise<LogHead> => {
    const writer = await openWriter(logs);
    const { log } = must(await writer.append([signalAbout(77)]));
    return logs.get(log) as LogHead;
  };
  const written = async () => {
    const disk = createMemoryDisk();
    const logs = await onDisk(disk);
    const writer = await openWriter(logs);
    for (let n = 0; n < 3; n++) must(await writer.append([signalAbout(n)]));
    await logs.close();
    return { disk, log: writer.log as LogId, head: logs.get(writer.log as LogId) as LogHead };
  };

  it("L8 continues its generation in the directory that it created", async () => {
    const { disk, log } = await written();
    expect(await generationsAfter(await onDisk(disk))).toMatchObject({ generation: log.generation, length: 5 });
  });

  it("L8 opens one that names the old head in a copied directory, and both copies go on without a fork", async () => {
    const { disk, log, head } = await written();
    const copies = [copyDisk(disk), copyDisk(disk)];
    const peer = await openLogs();
    for (const each of [disk, ...copies]) {
      const logs = await onDisk(each);
      const mine = await generationsAfter(logs);
      expect(mine.generation === log.generation).toBe(each === disk);
      if (each !== disk)
        expect(logs.get(mine)?.continues).toMatchObject({
          generation: head.generation,
          length: head.length,
          hash: head.hash,
        });
      await copyOver(logs, peer);
      // The copy is now at home: after a restart it continues what it opened itself.
      await logs.close();
      expect((await generationsAfter(await onDisk(each))).generation).toBe(mine.generation);
    }
    expect(peer.proofs()).toEqual([]);
    expect(peer.list()).toHaveLength(3);
  });

  it("L8 opens one that names what was kept of a damaged log", async () => {
    const { disk, log } = await written();
    const inner = createMemoryStorage({ disk });
    const damaged: Storage = {
      ...inner,
      read: async (of, from, to) => {
        const read = await inner.read(of, from, to);
        return read.ok
          ? { ok: true, value: read.value.map((bytes, i) => (from + i === 2 ? bytes.slice(1) : bytes)) }
          : read;
      },
    };
    const logs = await openLogs(damaged);
    expect(logs.damage).toMatchObject([{ log, kept: 2, had: 4 }]);
    const mine = await generationsAfter(logs);
    expect(logs.get(mine)).toMatchObject({ continues: { generation: log.generation, length: 2 } });
    expect(mine.generation).not.toBe(log.generation);
  });

  it("L8 with a wiped directory and a restored key, takes its old log back from a peer beside the new one", async () => {
    const { disk, log } = await written();
    const peer = await onDisk(disk);
    const wiped = createMemoryDisk();
    const logs = await onDisk(wiped);
    const mine = await generationsAfter(logs);
    expect(logs.get(mine)?.continues).toBeUndefined();
    await copyOver(peer, logs);
    await copyOver(logs, peer);
    await logs.close();
    const again = await onDisk(wiped);
    expect((await generationsAfter(again)).generation).toBe(mine.generation);
    expect(again.list()).toHaveLength(2);
    expect(again.get(log)?.length).toBe(4);
    expect(peer.proofs()).toEqual([]);
  });

  it("L8 with a wiped directory, names the old log that a peer brought before the first append, however far it had come", async () => {
    const { disk, head } = await written();
    const peer = await onDisk(disk);
    const logs = await openLogs();
    const writer = await openWriter(logs);
    await copyOver(peer, logs);
    const { log } = must(await writer.append([signalAbout(1)]));
    expect(logs.get(log)?.continues).toMatchObject({
      generation: head.generation,
      length: head.length,
      hash: head.hash,
    });
  });

  it("L4 does not write into a generation that was closed, here or by a copy of this writer", async () => {
    const logs = await openLogs();
    const writer = await openWriter(logs);
    const { log } = must(await writer.append([signalAbout(1)]));
    expect(await logs.ingest(log, await closingUpdate(logs, log), "copy")).toMatchObject({ ok: true });
    const second = must(await writer.append([signalAbout(2)]));
    expect(second.log.generation).not.toBe(log.generation);
    expect(logs.get(second.log)?.continues).toMatchObject({ generation: log.generation, length: 3 });
    await copyOver(logs, await openLogs());
  });

  it("L4 does not either when the closing block is being taken in while it appends", async () => {
    const logs = await openLogs();
    const writer = await openWriter(logs);
    const first = must(await writer.append([signalAbout(1)]));
    const copy = await openLogs();
    await copyOver(logs, copy);
    const update = await closingUpdate(copy, first.log);
    const [taken, second] = await Promise.all([
      logs.ingest(first.log, update, "copy"),
      writer.append([signalAbout(2)]),
    ]);
    expect(taken).toMatchObject({ ok: true, length: 3 });
    expect(must(second).log.generation).not.toBe(first.log.generation);
    await copyOver(logs, copy);
  });

  it("L6 stores nothing when a fork is proved while the block is being signed", async () => {
    const logs = await openLogs();
    const chain = await sampleChain(swarm, member, 3, { generation: 4 });
    const fork = await sampleChain(swarm, member, 3, { generation: 4, fork: { of: chain, keep: 1 } });
    const [one, other] = [chain, fork].map(({ bytes }) => headOf(bytes[1] as Uint8Array));
    const proof = encodeForkProof(one as Uint8Array, other as Uint8Array);
    let signing = false;
    const key = {
      ...member.key,
      sign: async (bytes: Uint8Array) => {
        if (signing) await logs.offerProof(proof, undefined);
        return member.key.sign(bytes);
      },
    };
    const writer = await openWriter(logs, { key });
    const { log } = must(await writer.append([signalAbout(1)]));
    signing = true;
    expect(await writer.append([signalAbout(2)])).toMatchObject({ refusal: { rule: "L6" } });
    expect(logs.get(log)?.length).toBe(2);
  });
});
