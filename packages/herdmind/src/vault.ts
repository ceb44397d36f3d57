/** What a peer must remember to be the same peer after a restart, and where it is kept: a directory, a browser database, memory. */
import type { Profile } from "@herdmind/experience";
import type { Storage } from "@herdmind/log";
import { type Genesis, generateKey, type KeyPair, type Result } from "@herdmind/protocol";

/** What a peer must remember to be the same peer after a restart. */
export interface PeerFile {
  readonly genesis: Genesis;
  readonly chain: readonly string[];
  readonly addresses: readonly string[];
  readonly name: string;
  /** The ticket's invitation id; `undefined` for the creator of the swarm. */
  readonly invitation: string | undefined;
  /** What the peer's user said about it. */
  readonly profile?: Profile | undefined;
}

/** Where keys and the peer file are kept. In memory for a peer without a directory. */
export interface Vault {
  readonly dir: string | undefined;
  key(name: string): Promise<KeyPair | undefined>;
  /** The key of this name, made and kept on first use. */
  keyOrNew(name: string): Promise<KeyPair>;
  /** Of all keys that are kept. */
  keyNames(): Promise<readonly string[]>;
  peer(): Promise<Result<PeerFile | undefined>>;
  savePeer(peer: PeerFile): Promise<void>;
}

export const createMemoryVault = (): Vault => {
  const keys = new Map<string, KeyPair>();
  let saved: PeerFile | undefined;
  return {
    dir: undefined,
    key: async (name) => keys.get(name),
    keyOrNew: async (name) => {
      const key = keys.get(name) ?? (await generateKey());
      keys.set(name, key);
      return key;
    },
    keyNames: async () => [...keys.keys()],
    peer: async () => ({ ok: true, value: saved }),
    savePeer: async (peer) => {
      saved = peer;
    },
  };
};

/** What a node opens before anything else: its logs, and who it is. Whoever holds it holds the lock. */
export interface OpenedDirectory {
  readonly storage: Storage;
  readonly vault: Vault;
}
