/** A swarm for tests: real keys, real logs, storage in a map. */
import { createLogs, type Logs, type Storage, type StoredAppend, type Writer } from "@herdmind/log";
import {
  type AnyRecord,
  createGenesis,
  type Genesis,
  generateKey,
  issueCredential,
  type KeyPair,
  type LogHead,
  logKey,
  type Role,
  record,
} from "@herdmind/protocol";

/** All of a storage that tests need; it answers `full` while `isFull` says so. */
export const createMapStorage = (isFull: () => boolean = () => false): Storage => {
  const blocksByLog = new Map<string, Uint8Array[]>();
  const headByLog = new Map<string, LogHead>();
  const metaByKey = new Map<string, Uint8Array>();
  const proofs: Uint8Array[] = [];
  const append = ({ log, from, blocks, hash }: StoredAppend): void => {
    const held = blocksByLog.get(logKey(log)) ?? [];
    if (held.length !== from) throw new Error(`append at ${from}, ${held.length} held`);
    blocksByLog.set(logKey(log), [...held, ...blocks]);
    headByLog.set(logKey(log), { writer: log.writer, generation: log.generation, length: from + blocks.length, hash });
  };
  return {
    origin: "created-here",
    originOf: () => "created-here",
    appendBatch: async ({ appends = [], cuts = [], meta = [], proofs: more = [] }) => {
      if (isFull()) return { ok: false, fault: { kind: "full", message: "The disk is full." } };
      for (const { log } of cuts) {
        blocksByLog.delete(logKey(log));
        headByLog.delete(logKey(log));
      }
      for (const each of appends) append(each);
      for (const { key, value } of meta) value === undefined ? metaByKey.delete(key) : metaByKey.set(key, value);
      proofs.push(...more);
      return { ok: true, value: undefined };
    },
    read: async (log, from, to) => ({ ok: true, value: (blocksByLog.get(logKey(log)) ?? []).slice(from, to) }),
    heads: async () => ({ ok: true, value: [...headByLog.values()] }),
    meta: async (key) => ({ ok: true, value: metaByKey.get(key) }),
    proofs: async () => ({ ok: true, value: proofs }),
    close: async () => {},
  };
};

export interface TestPeer {
  readonly key: KeyPair;
  readonly chain: readonly string[];
  readonly logs: Logs;
  readonly writer: Writer;
}

export interface TestSwarm {
  readonly genesis: Genesis;
  readonly root: KeyPair;
  peer(role: Role, storage?: Storage): Promise<TestPeer>;
  /** Another process with the same key: what a copied directory, or a cheat, can do. */
  copy(peer: TestPeer): Promise<TestPeer>;
}

export const signal = (text: string): AnyRecord =>
  record("signal", {
    type: "ERROR_RESOLVED",
    problem: { error: { message: text } },
    mitigation: { text: `fix ${text}` },
    at: 1,
  });

export const must = <T>(
  result:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly refusal: { readonly message: string } },
): T => {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
};

export const createTestSwarm = async (): Promise<TestSwarm> => {
  const root = await generateKey();
  const genesis = createGenesis("test", root.publicKey, crypto.getRandomValues(new Uint8Array(16)));
  const open = async (
    key: KeyPair,
    chain: readonly string[],
    role: Role,
    storage = createMapStorage(),
  ): Promise<TestPeer> => {
    const logs = must(await createLogs({ genesis, storage }));
    const opening = role === "orchestrator" ? { opening: () => [record("term", { term: 1, holder: key.id })] } : {};
    return { key, chain, logs, writer: must(await logs.openWriter({ key, chain, ...opening })) };
  };
  return {
    genesis,
    root,
    async peer(role, storage) {
      const key = await generateKey();
      const chain = [await issueCredential(root, { sub: key.id, aud: genesis.swarm, role, use: "member", iat: 1 })];
      return open(key, chain, role, storage);
    },
    copy: (peer) => open(peer.key, peer.chain, peer.writer.membership.role),
  };
};
