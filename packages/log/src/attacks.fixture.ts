import { type Block, clientIdOf, type Refusal, toBase64url } from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { type SampleChain, sampleBlock, sampleChain, sampleSwarm, signalAbout, unwrap } from "@herdmind/testing";
import { expect } from "vitest";
import * as Y from "yjs";
import { createLogs } from "./create-logs.js";
import { encodeUpdate, segmentName } from "./grammar.js";
import type { Logs } from "./logs.js";
import type { Storage } from "./storage.js";

export const swarm = await sampleSwarm();
export const { genesis } = swarm;
export const member = await swarm.member(1);
export const HELD = 5;
export const LENGTH = 10;
export const chain = await sampleChain(swarm, member, LENGTH);
export const { log } = chain;
export const clientId = clientIdOf(genesis.swarm, log);

export const updateOf = (of: SampleChain | readonly Uint8Array[], from: number, to?: number): Uint8Array => {
  const blocks = "bytes" in of ? of.bytes : of;
  return encodeUpdate(clientId, from, blocks.slice(from, to));
};

const openLogs = async (storage: Storage): Promise<Logs> => {
  const logs = await createLogs({ genesis, storage });
  if (!logs.ok) throw new Error(logs.refusal.message);
  return logs.value;
};

/** Logs that hold the first five blocks, and everything observable about them as one comparable value. */
export const holding = async (length = HELD) => {
  const storage = createMemoryStorage();
  const logs = await openLogs(storage);
  if (length > 0) expect(await logs.ingest(log, updateOf(chain, 0, length), "test")).toMatchObject({ ok: true });
  const opened = length > 0 ? await logs.document(log) : undefined;
  let events = 0;
  const doc = opened?.ok === true ? opened.value.doc : undefined;
  doc?.on("update", () => {
    events += 1;
  });
  logs.subscribe(() => {
    events += 1;
  });
  const state = async () => {
    const heads = unwrap(await storage.heads());
    const stored = await Promise.all(heads.map(async (head) => unwrap(await storage.read(head, 0, head.length))));
    return {
      list: logs.list(),
      proofs: logs.proofs().map(toBase64url),
      storedProofs: unwrap(await storage.proofs()).map(toBase64url),
      heads,
      stored: stored.map((blocks) => blocks.map(toBase64url)),
      doc: doc && toBase64url(Y.encodeStateAsUpdate(doc)),
      pending: doc?.store.pendingStructs ?? null,
      client: doc?.clientID,
      events,
    };
  };
  return { storage, logs, state };
};

export type Expected = Pick<Refusal, "rule" | "fault"> & { readonly sequence?: number; readonly need?: number };

/** Offers an update to logs that hold five blocks; what is refused must leave no trace, and the honest rest still fits. */
export const refuses = async (update: Uint8Array, expected: Expected): Promise<void> => {
  const { logs, state } = await holding();
  const before = await state();
  const refusals: Refusal[] = [];
  logs.onRefusal((refusal) => refusals.push(refusal));
  const receipt = await logs.ingest(log, update, "attacker");
  expect(receipt).toMatchObject({ ok: false, refusal: expected });
  expect(await state()).toEqual(before);
  expect(refusals).toHaveLength(1);
  expect(await logs.ingest(log, updateOf(chain, HELD), "honest")).toMatchObject({
    ok: true,
    length: LENGTH,
    added: LENGTH - HELD,
  });
  await logs.close();
};

/** A real Yjs document with the honest blocks, to be misused by `change`; answers what Yjs sends about it. */
export const misused = (change: (doc: Y.Doc) => void, clientOfChange = clientId): Uint8Array => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, updateOf(chain, 0, HELD));
  const vector = Y.encodeStateVector(doc);
  doc.clientID = clientOfChange;
  change(doc);
  return Y.encodeStateAsUpdate(doc, vector);
};
export const next = { b: chain.bytes[HELD] as Uint8Array };
export const segment = (doc: Y.Doc, n = 0) => doc.getArray<unknown>(segmentName(n));

export const varUint = (value: number): readonly number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
};

/** The honest chain with block `at` replaced, and a valid continuation after it or not. */
export const withBlock = (at: number, bytes: Uint8Array): Uint8Array =>
  updateOf(
    chain.bytes.map((block, i) => (i === at ? bytes : block)),
    HELD - 1,
  );
export const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
export const headLength = (block: Block): number => 2 + block.headerBytes.length + 64;
export const signed = (
  change: Parameters<typeof sampleBlock>[2]["change"],
  records = [signalAbout(HELD)],
  by = member,
) =>
  sampleBlock(swarm, by, { log, after: chain.blocks[HELD - 1], ...(change === undefined ? {} : { change }) }, records);
