/**
 * A swarm for tests, made from a seed: its root, members of any role, and blocks sealed by hand, so that a test can sign what
 * an honest writer never would.
 */
import {
  type AnyRecord,
  type Block,
  createGenesis,
  encodePayload,
  encodeRecord,
  type GenerationId,
  type Genesis,
  importSeed,
  issueCredential,
  type KeyPair,
  type LogHead,
  type LogId,
  type NewBlock,
  type Role,
  record,
  sealBlock,
} from "@herdmind/protocol";
import { generationOf, sampleBytes } from "./sample-ids.js";

export interface SampleMember {
  readonly key: KeyPair;
  /** Credential chain, root's first. */
  readonly chain: readonly string[];
  readonly role: Role;
}

export interface SampleSwarm {
  readonly genesis: Genesis;
  readonly root: KeyPair;
  /** The `n`th member, invited by root; `n` counts for all roles together. */
  member(n: number, role?: Role): Promise<SampleMember>;
}

/** The same swarm for the same seed. */
export const sampleSwarm = async (seed = 1): Promise<SampleSwarm> => {
  const root = await importSeed(sampleBytes(seed * 1000, 32));
  const genesis = createGenesis(`sample ${seed}`, root.publicKey, sampleBytes(seed * 1000 + 1, 16));
  return {
    genesis,
    root,
    member: async (n, role = "agent") => {
      const key = await importSeed(sampleBytes(seed * 1000 + 2 + n, 32));
      const claims = { sub: key.id, aud: genesis.swarm, role, iat: 0, use: "member", name: `member ${n}` } as const;
      return { key, role, chain: [await issueCredential(root, claims)] };
    },
  };
};

/** A signal about problem `n`; `words` makes it longer. */
export const signalAbout = (n: number, words = 0): AnyRecord =>
  record("signal", {
    type: "ERROR_RESOLVED",
    problem: { error: { message: `problem ${n}${" word".repeat(words)}` } },
    mitigation: { text: `remedy ${n}` },
    at: n,
  });

/** The generation `n` of a member. */
export const sampleGeneration = (n: number): GenerationId => generationOf(sampleBytes(70_000 + n, 16));

export const openRecord = (member: SampleMember, continues?: LogHead): AnyRecord =>
  record("open", { chain: [...member.chain], ...(continues === undefined ? {} : { continues }) });

/** Signs one block, right or wrong: `change` replaces any field of the header. */
export const sampleBlock = (
  swarm: SampleSwarm,
  { key }: SampleMember,
  place: { readonly log: LogId; readonly after: Block | undefined; readonly change?: Partial<NewBlock> },
  records: readonly AnyRecord[],
): Promise<Block> => {
  const encoded = records.map((one) => {
    const bytes = encodeRecord(one);
    if (!bytes.ok) throw new Error(bytes.refusal.message);
    return bytes.value;
  });
  const { codec, payload } = encodePayload(encoded);
  const { after, log, change } = place;
  const next = { sequence: after === undefined ? 0 : after.header.sequence + 1, previous: after?.hash };
  return sealBlock(key, { ...log, swarm: swarm.genesis.swarm, ...next, codec, ...change }, payload);
};

export interface SampleChain {
  readonly log: LogId;
  readonly blocks: readonly Block[];
  readonly bytes: readonly Uint8Array[];
}

/**
 * A valid log of `length` blocks, one signal each after the first. `from` of another chain (with `keep` of its blocks) makes
 * a fork of it.
 */
export const sampleChain = async (
  swarm: SampleSwarm,
  member: SampleMember,
  length: number,
  options: {
    readonly generation?: number;
    readonly continues?: LogHead;
    readonly fork?: { readonly of: SampleChain; readonly keep: number };
  } = {},
): Promise<SampleChain> => {
  const { generation = 0, continues, fork } = options;
  const log: LogId = { writer: member.key.id, generation: sampleGeneration(generation) };
  const blocks = fork === undefined ? [] : fork.of.blocks.slice(0, fork.keep);
  for (let n = blocks.length; n < length; n++) {
    const opening = n === 0 ? [openRecord(member, continues)] : [];
    const signal = signalAbout(fork === undefined ? n : n + 1_000_000);
    blocks.push(await sampleBlock(swarm, member, { log, after: blocks.at(-1) }, [...opening, signal]));
  }
  return { log, blocks, bytes: blocks.map((block) => block.bytes) };
};

/** The head of the first `length` blocks of a chain. */
export const headOfChain = ({ log, blocks }: SampleChain, length = blocks.length): LogHead => {
  const last = blocks[length - 1];
  if (last === undefined) throw new Error(`the chain has ${blocks.length} blocks, not ${length}`);
  return { ...log, length, hash: last.hash };
};
