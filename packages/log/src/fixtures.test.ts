/** Logs as version 1 wrote them: frozen bytes that every later version must read the same way. */
import { readFileSync } from "node:fs";
import {
  type AnyRecord,
  type BlockHash,
  clientIdOf,
  fromBase64url,
  type GenerationId,
  type LogId,
  readGenesis,
  toBase64url,
  type WriterId,
} from "@herdmind/protocol";
import { createMemoryStorage } from "@herdmind/storage-memory";
import { unwrap } from "@herdmind/testing";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { createLogs } from "./create-logs.js";
import type { Logs } from "./logs.js";

interface FrozenState {
  readonly writer: WriterId;
  readonly generation: GenerationId;
  readonly length: number;
  readonly hash: BlockHash;
}
interface Frozen {
  readonly genesis: string;
  readonly generations: readonly {
    readonly state: FrozenState;
    readonly blocks: readonly string[];
    readonly records: readonly (readonly AnyRecord[])[];
    readonly updates: readonly { readonly from: number; readonly update: string }[];
  }[];
  readonly fork: { readonly log: LogId; readonly sequence: number; readonly proof: string };
}

const frozen = JSON.parse(readFileSync(new URL("../fixtures/v1/log.json", import.meta.url), "utf8")) as Frozen;
const bytesOf = (text: string): Uint8Array => fromBase64url(text) as Uint8Array;
const read = readGenesis(bytesOf(frozen.genesis));
if (!read.ok) throw new Error(read.refusal.message);
const genesis = read.value;

const openLogs = async (storage = createMemoryStorage()): Promise<Logs> => {
  const logs = await createLogs({ genesis, storage });
  if (!logs.ok) throw new Error(logs.refusal.message);
  return logs.value;
};

/** What the logs show of the frozen generations, in the frozen form. */
const shown = async (logs: Logs) =>
  Promise.all(
    frozen.generations.map(async ({ state, updates }) => {
      const blocks: string[] = [];
      const records: (readonly AnyRecord[])[] = [];
      for await (const block of logs.read(state)) {
        blocks.push(toBase64url(block.bytes));
        records.push(block.records);
      }
      const again = updates.map(async ({ from }) => {
        const part = await logs.update(state, from, 1_000_000);
        return { from, update: part && toBase64url(part.update) };
      });
      // JSON has no `undefined`: a state is compared as it is written.
      const found = JSON.parse(JSON.stringify(logs.get(state))) as FrozenState;
      return { state: found, blocks, records, updates: await Promise.all(again) };
    }),
  );

describe("frozen logs of version 1", () => {
  it("L8 are opened from stored blocks, without damage, with the same records and updates", async () => {
    const storage = createMemoryStorage();
    for (const { state, blocks } of frozen.generations) {
      const log = { writer: state.writer, generation: state.generation };
      unwrap(await storage.appendBatch({ appends: [{ log, from: 0, blocks: blocks.map(bytesOf), hash: state.hash }] }));
    }
    const logs = await openLogs(storage);
    expect(logs.damage).toEqual([]);
    expect(await shown(logs)).toEqual(frozen.generations);
  });

  it("L2 are taken from every frozen update, in any cut", async () => {
    for (const [first, ...later] of [[0], [0, 1], [0, 2, 1]]) {
      const logs = await openLogs();
      for (const { state, updates } of frozen.generations) {
        for (const which of [first, ...later]) {
          const { update } = updates[which as number] as { readonly update: string };
          expect(await logs.ingest(state, bytesOf(update), "v1")).toMatchObject({ ok: true });
        }
      }
      expect(await shown(logs)).toEqual(frozen.generations);
    }
  });

  it("L2 are what Yjs itself makes of them", () => {
    for (const { state, updates, blocks } of frozen.generations) {
      const doc = new Y.Doc();
      Y.applyUpdate(doc, bytesOf((updates[0] as { readonly update: string }).update));
      expect(doc.getArray<{ readonly b: Uint8Array }>("segment/0").map(({ b }) => toBase64url(b))).toEqual(blocks);
      for (const { from, update } of updates) {
        const vector = Y.encodeStateVector(new Map([[clientIdOf(genesis.swarm, state), from]]));
        expect(toBase64url(Y.encodeStateAsUpdate(doc, vector))).toBe(update);
      }
    }
  });

  it("L6 have a frozen fork proof", async () => {
    const logs = await openLogs();
    expect(await logs.offerProof(bytesOf(frozen.fork.proof), "v1")).toEqual({ ok: true, value: frozen.fork.log });
    expect(logs.proofs().map(toBase64url)).toEqual([frozen.fork.proof]);
  });
});
