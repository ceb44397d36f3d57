import {
  clientIdOf,
  encodeForkProof,
  headOf,
  type LogHead,
  type LogId,
  logKey,
  type Refusal,
  type Result,
  readForkProof,
} from "@herdmind/protocol";
import { copyDisk, createMemoryDisk, createMemoryStorage, type MemoryDisk } from "@herdmind/storage-memory";
import {
  failWrites,
  headOfChain,
  type SampleChain,
  sampleBlock,
  sampleBytes,
  sampleChain,
  sampleGeneration,
  sampleSwarm,
  signalAbout,
  unwrap,
  withFaults,
} from "@herdmind/testing";
import { describe, expect, it } from "vitest";
import { createLogs } from "./create-logs.js";
import { createForks } from "./forks.js";
import { encodeUpdate, segmentName } from "./grammar.js";
import type { Logs } from "./logs.js";
import { createProofKeeper } from "./proof-keeper.js";
import type { Storage } from "./storage.js";

const swarm = await sampleSwarm(4);
const { genesis } = swarm;
const member = await swarm.member(1);
const chain = await sampleChain(swarm, member, 8);
const { log } = chain;
const forkAt = (keep: number, of = chain) => sampleChain(swarm, member, keep + 1, { fork: { of, keep } });
const proofAt = async (keep: number, of = chain): Promise<Uint8Array> => {
  const fork = await forkAt(keep, of);
  return encodeForkProof(headOf(of.bytes[keep] as Uint8Array), headOf(fork.bytes[keep] as Uint8Array));
};

const proofOfStranger = async (one: SampleChain, stranger: Parameters<typeof sampleChain>[1]): Promise<Uint8Array> => {
  const other = await sampleBlock(swarm, stranger, { log: one.log, after: undefined }, [signalAbout(1)]);
  return encodeForkProof(headOf(one.bytes[0] as Uint8Array), headOf(other.bytes));
};

const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
};

const openLogs = async (storage: Storage = createMemoryStorage()): Promise<Logs> => {
  const logs = await createLogs({ genesis, storage });
  if (!logs.ok) throw new Error(logs.refusal.message);
  return logs.value;
};
const onDisk = (disk: MemoryDisk) => openLogs(createMemoryStorage({ disk }));
const give = (logs: Logs, of: SampleChain, from = 0, to?: number) =>
  logs.ingest(of.log, encodeUpdate(clientIdOf(genesis.swarm, of.log), from, of.bytes.slice(from, to)), undefined);
const shown = async (logs: Logs, of: LogId): Promise<number> => {
  let length = 0;
  for await (const _ of logs.read(of)) length += 1;
  const update = await logs.update(of, 0, 1_000_000);
  expect(update?.next ?? 0).toBe(length);
  return length;
};

/** A storage that holds appends up once the gate is closed; `reached` settles when one stands there. */
const gated = (inner: Storage) => {
  const opening = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  let closed = false;
  const storage: Storage = {
    ...inner,
    appendBatch: async (batch) => {
      if (closed && batch.appends !== undefined) {
        reached.resolve();
        await opening.promise;
      }
      return inner.appendBatch(batch);
    },
  };
  const close = (): void => {
    closed = true;
  };
  return { storage, gate: () => opening.resolve(), reached: reached.promise, close };
};

describe("a fork proof", () => {
  it("L6 that arrives after the blocks shortens what is shown, here and in generations that continue it", async () => {
    const logs = await openLogs();
    const after = await sampleChain(swarm, member, 3, { generation: 1, continues: headOfChain(chain, 6) });
    const later = await sampleChain(swarm, member, 2, { generation: 2, continues: headOfChain(after, 2) });
    const before = await sampleChain(swarm, member, 2, { generation: 3, continues: headOfChain(chain, 5) });
    for (const each of [chain, after, later, before]) expect(await give(logs, each)).toMatchObject({ ok: true });
    const documents = await Promise.all([chain, after].map((each) => logs.document(each.log)));
    const refusals: Refusal[] = [];
    logs.onRefusal((refusal) => refusals.push(refusal));

    expect(await logs.offerProof(await proofAt(5), undefined)).toEqual({ ok: true, value: log });

    expect(await shown(logs, log)).toBe(5);
    expect(await shown(logs, after.log)).toBe(0);
    expect(await shown(logs, later.log)).toBe(0);
    expect(await shown(logs, before.log)).toBe(2);
    expect(logs.ofWriter(log.writer).map(({ quarantinedFrom }) => quarantinedFrom)).toEqual([5, 0, 0, undefined]);
    expect(refusals).toMatchObject([{ rule: "L6", fault: "writer", sequence: 5, log }]);
    for (const document of documents) expect(document.ok && document.value.doc.isDestroyed).toBe(true);
    const shorter = await logs.document(log);
    expect(shorter.ok && shorter.value.doc.getArray(segmentName(0)).length).toBe(5);
    // Said twice it is not news.
    expect(await logs.offerProof(await proofAt(5), undefined)).toMatchObject({ ok: true });
    expect(await logs.offerProof(await proofAt(6), undefined)).toMatchObject({ ok: true });
    expect(refusals).toHaveLength(1);
    expect(logs.proofs()).toHaveLength(1);
  });

  it("L6 counts from the lowest of all proofs, whatever their order, also after reopening", async () => {
    const orders = [
      [3, 6, 5],
      [6, 5, 3],
      [5, 3, 6],
    ];
    for (const order of orders) {
      const disk = createMemoryDisk();
      const logs = await onDisk(disk);
      await give(logs, chain);
      for (const keep of order) await logs.offerProof(await proofAt(keep), undefined);
      expect(await shown(logs, log)).toBe(3);
      await logs.close();
      const again = await onDisk(disk);
      expect(again.get(log)?.quarantinedFrom).toBe(3);
      expect(await shown(again, log)).toBe(3);
    }
  });

  it("L6 that an update brings lowers what is shown although another was known, also in a document", async () => {
    const logs = await openLogs();
    await give(logs, chain);
    await logs.offerProof(await proofAt(5), undefined);
    const document = await logs.document(log);
    expect(document.ok && document.value.doc.getArray(segmentName(0)).length).toBe(5);

    expect(await give(logs, await forkAt(2), 2)).toMatchObject({ refusal: { rule: "L6", sequence: 2 } });

    expect(await shown(logs, log)).toBe(2);
    expect(document.ok && document.value.doc.isDestroyed).toBe(true);
  });

  it("L6 about a log not held counts at once, is bounded in memory, and is stored with the first block", async () => {
    const disk = createMemoryDisk();
    const logs = await onDisk(disk);
    const storage = createMemoryStorage({ disk: copyDisk(disk) });
    expect(await logs.offerProof(await proofAt(4), undefined)).toMatchObject({ ok: true });
    expect(unwrap(await storage.proofs())).toEqual([]);
    expect(logs.proofs()).toHaveLength(1);
    expect(await give(logs, chain, 0, 4)).toMatchObject({ ok: true, length: 4 });
    expect(await give(logs, chain, 4)).toMatchObject({ refusal: { rule: "L6", sequence: 4 } });
    await logs.close();
    expect((await onDisk(disk)).get(log)).toMatchObject({ length: 4, quarantinedFrom: 4 });
  });

  it("L7 by strangers cannot fill the disk or the memory", async () => {
    const storage = createMemoryStorage();
    const logs = await openLogs(storage);
    const stranger = await swarm.member(50);
    for (let n = 0; n < 1100; n++) {
      const one = await sampleChain(swarm, stranger, 1, { generation: n });
      const proof = await proofOfStranger(one, stranger);
      expect(await logs.offerProof(proof, undefined)).toMatchObject({ ok: true });
    }
    expect(logs.proofs().length).toBe(1024);
    expect(unwrap(await storage.proofs())).toEqual([]);
  });

  it("L7 go round between two full stores once, not for ever", async () => {
    const stranger = await swarm.member(51);
    const proofs = await Promise.all(
      Array.from({ length: 16 }, async (_, n) =>
        proofOfStranger(await sampleChain(swarm, stranger, 1, { generation: n }), stranger),
      ),
    );
    const open = (half: number) => {
      const forks = createForks();
      const options = {
        swarm: genesis.swarm,
        storage: createMemoryStorage(),
        forks,
        concernsHeld: () => false,
        kept: 8,
      };
      return {
        forks,
        keeper: createProofKeeper(options),
        told: new WeakSet<object>(),
        own: proofs.slice(half * 8, half * 8 + 8),
      };
    };
    type Store = ReturnType<typeof open>;
    const [a, b] = [open(0), open(1)];
    for (const { keeper, own } of [a, b]) for (const proof of own) await keeper.keep(proof);
    /** One tells the other something it has not told before, as sessions do. */
    const tell = async (from: Store, to: Store): Promise<boolean> => {
      const next = from.forks.proofs.find(({ bytes }) => !from.told.has(bytes));
      if (next === undefined) return false;
      from.told.add(next.bytes);
      await to.keeper.keep(new Uint8Array(next.bytes));
      return true;
    };
    let turns = 0;
    for (let isNews = true; isNews && turns < 500; turns++) {
      const said = [await tell(a, b), await tell(b, a)];
      isNews = said.includes(true);
    }
    expect(turns).toBeLessThan(100);
  });

  it("L6 that proves nothing is refused, the sender's fault, and changes nothing", async () => {
    const logs = await openLogs();
    await give(logs, chain);
    const equal = headOf(chain.bytes[3] as Uint8Array);
    const proof = await proofAt(3);
    const forged = proof.map((byte, i) => (i === proof.length - 1 ? byte ^ 1 : byte));
    for (const bytes of [new Uint8Array(0), sampleBytes(1, 300), forged, encodeForkProof(equal, equal)]) {
      expect(await logs.offerProof(bytes, undefined)).toMatchObject({ refusal: { rule: "L6", fault: "sender" } });
    }
    expect(logs.get(log)?.quarantinedFrom).toBeUndefined();
  });

  it("L8 that cannot be stored changes nothing and may be offered again", async () => {
    const storage = withFaults(createMemoryStorage(), failWrites("full", 2));
    const logs = await openLogs(storage);
    await give(logs, chain);
    expect(await logs.offerProof(await proofAt(3), undefined)).toMatchObject({
      refusal: { rule: "L8", fault: "none" },
    });
    expect(logs.get(log)?.quarantinedFrom).toBeUndefined();
    expect(await logs.offerProof(await proofAt(3), undefined)).toMatchObject({ ok: true });
    expect(logs.get(log)?.quarantinedFrom).toBe(3);
  });

  it("L6 about a log whose first blocks are just being stored is stored as well", async () => {
    const { storage, gate, reached, close } = gated(createMemoryStorage());
    const logs = await openLogs(storage);
    close();
    const giving = give(logs, chain);
    await reached;
    const proof = await proofAt(4);
    await logs.offerProof(proof, undefined);
    gate();
    expect(await giving).toMatchObject({ ok: true, length: 8 });
    expect(unwrap(await storage.proofs())).toEqual([proof]);
    expect(await shown(logs, log)).toBe(4);
  });

  it("L6 that arrives while blocks are being stored keeps them from being shown", async () => {
    const { storage, gate, reached, close } = gated(createMemoryStorage());
    const logs = await openLogs(storage);
    await give(logs, chain, 0, 3);
    const document = await logs.document(log);
    const announced: number[] = [];
    logs.subscribe(({ blocks }) => announced.push(...blocks.map(({ sequence }) => sequence)));
    close();
    const giving = give(logs, chain, 3);
    await reached;
    await logs.offerProof(await proofAt(5), undefined);
    gate();
    expect(await giving).toMatchObject({ ok: true, length: 8 });
    expect(announced).toEqual([3, 4]);
    expect(await shown(logs, log)).toBe(5);
    expect(document.ok && document.value.doc.getArray(segmentName(0)).length).toBe(5);
  });
});

describe("generations that continue each other", () => {
  const place = (n: number): LogId => ({ writer: log.writer, generation: sampleGeneration(n) });
  const headAt = (n: number): LogHead => ({ ...place(n), length: 1, hash: headOfChain(chain).hash });
  /** Generations 0 to `length`, each of which continues the one before it; counts the links that were looked at. */
  const generations = (length: number) => {
    const continuesByKey = new Map(Array.from({ length }, (_, n) => [logKey(place(n + 1)), headAt(n)]));
    let looked = 0;
    const continuesOf = (of: LogId): LogHead | undefined => {
      looked += 1;
      return continuesByKey.get(logKey(of));
    };
    const forks = createForks();
    return {
      forks,
      link: (n: number, to: number): void => {
        continuesByKey.set(logKey(place(n)), headAt(to));
        forks.linked(place(n));
      },
      boundOf: (n: number): number => forks.boundOf(place(n), continuesByKey.get(logKey(place(n))), continuesOf),
      looked: () => looked,
    };
  };
  const add = async (forks: ReturnType<typeof createForks>, bytes: Uint8Array): Promise<void> => {
    expect(forks.add(must(await readForkProof(bytes, genesis.swarm)))).toBe(true);
  };
  const forkOf = async (n: number): Promise<Uint8Array> => {
    const one = await sampleChain(swarm, member, 1, { generation: n });
    const other = await sampleChain(swarm, member, 1, { generation: n, fork: { of: one, keep: 0 } });
    return encodeForkProof(headOf(one.bytes[0] as Uint8Array), headOf(other.bytes[0] as Uint8Array));
  };

  it("L7 in their thousands cost no more than a look at each, however long their chain is", async () => {
    const { forks, boundOf, looked } = generations(3000);
    await add(forks, await forkOf(4000));
    for (let n = 0; n <= 3000; n++) expect(boundOf(n)).toBe(Number.POSITIVE_INFINITY);
    for (let n = 3000; n >= 0; n--) expect(boundOf(n)).toBe(Number.POSITIVE_INFINITY);
    expect(looked()).toBeLessThanOrEqual(3000);
  });

  it("L6 are void above a fork, also one proved after they were asked about", async () => {
    const { forks, boundOf } = generations(40);
    await add(forks, await forkOf(30));
    expect([29, 30, 31, 40].map(boundOf)).toEqual([Number.POSITIVE_INFINITY, 0, 0, 0]);
    await add(forks, await forkOf(10));
    expect([9, 10, 11, 29, 40].map(boundOf)).toEqual([Number.POSITIVE_INFINITY, 0, 0, 0, 0]);
    forks.forget(place(10));
    expect(boundOf(29)).toBe(Number.POSITIVE_INFINITY);
  });

  it("L6 are void as soon as a missing link is held, and in a circle each as the others", async () => {
    const { forks, boundOf, link } = generations(3);
    await add(forks, await forkOf(7));
    expect(boundOf(3)).toBe(Number.POSITIVE_INFINITY);
    link(0, 7);
    expect([0, 1, 2, 3].map(boundOf)).toEqual([0, 0, 0, 0]);
    link(7, 3);
    expect([0, 1, 2, 3, 7].map(boundOf)).toEqual([0, 0, 0, 0, 0]);
  });
});

describe("a fork of an own generation", () => {
  it("L6 stops its writer for good, also after reopening: the key is in other hands", async () => {
    const disk = createMemoryDisk();
    const first = await onDisk(disk);
    await give(first, chain);
    await first.offerProof(await proofAt(3), undefined);
    for (const open of [async () => first, () => onDisk(disk)]) {
      const logs = await open();
      const writer = await logs.openWriter({ key: member.key, chain: member.chain });
      if (!writer.ok) throw new Error(writer.refusal.message);
      expect(await writer.value.append([signalAbout(1)])).toMatchObject({ refusal: { rule: "L6", sequence: 3 } });
      expect(await writer.value.rollOver()).toMatchObject({ refusal: { rule: "L6" } });
      expect(logs.list()).toHaveLength(1);
      await logs.close();
    }
  });
});
