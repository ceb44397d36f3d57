/** A member that signs two different blocks for one place (L6): what no honest writer does. */
import {
  type AnyRecord,
  type Block,
  clientIdOf,
  encodePayload,
  encodeRecord,
  type GenerationId,
  type Genesis,
  record,
  sealBlock,
  toBase64url,
} from "@herdmind/protocol";
import { encodeFrame } from "@herdmind/sync";
import * as Y from "yjs";
import type { Member } from "./members.ts";

export interface Cheat {
  /** Two frames with its log, which differ from `back` blocks before the end on. */
  fork(back: number): Promise<readonly [Uint8Array, Uint8Array]>;
}

export const createCheat = (genesis: Genesis, { key, chain }: Member, signalOf: (n: number) => AnyRecord): Cheat => {
  const log = { writer: key.id, generation: toBase64url(new Uint8Array(16).fill(66)) as GenerationId };
  let blocks: readonly Block[] = [];
  let said = 0;
  const next = async (before: readonly Block[]): Promise<readonly Block[]> => {
    const opening = before.length === 0 ? [record("open", { chain: [...chain] })] : [];
    const encoded = [...opening, signalOf(said++)].map((one) => {
      const bytes = encodeRecord(one);
      if (!bytes.ok) throw new Error(bytes.refusal.message);
      return bytes.value;
    });
    const { codec, payload } = encodePayload(encoded);
    const place = { ...log, swarm: genesis.swarm, sequence: before.length, previous: before.at(-1)?.hash, codec };
    return [...before, await sealBlock(key, place, payload)];
  };
  const frameOf = (list: readonly Block[]): Uint8Array => {
    const doc = new Y.Doc();
    doc.clientID = clientIdOf(genesis.swarm, log);
    doc.getArray("segment/0").push(list.map(({ bytes }) => ({ b: bytes })));
    return encodeFrame({ kind: "blocks", log, update: Y.encodeStateAsUpdate(doc) });
  };
  return {
    fork: async (back) => {
      blocks = await next(await next(blocks));
      const other = await next(blocks.slice(0, Math.max(1, blocks.length - 1 - back)));
      return [frameOf(blocks), frameOf(other)];
    },
  };
};
