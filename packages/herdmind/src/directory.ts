/**
 * The data directory of a node.
 *
 *     peer.json      what this peer is: genesis, credential chain, addresses (format 1)
 *     keys/          32-byte seeds, one file each: peer, root (only where the swarm was created), agent-<name>
 *     db/            the logs (LevelDB); its lock is the lock of the directory
 *     node.sock      the node's local socket, while it runs
 *
 * All of it is 0600 or 0700. Files appear by rename, so a crash leaves the old one or the new one.
 */
import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { exportSeed, fromBase64url, generateKey, importSeed, type KeyPair, toBase64url } from "@herdmind/protocol";
import { peerFileText, readPeerFile } from "./peer-file.js";
import type { Vault } from "./vault.js";

const SEED = ".seed";

/** The vault in a directory. The caller holds the directory's lock. */
export const openVault = async (dir: string): Promise<Vault> => {
  const keysDir = join(dir, "keys");
  await mkdir(keysDir, { recursive: true, mode: 0o700 });
  const nameOf = (file: string): string => decodeURIComponent(file.slice(0, -SEED.length));
  const seedFile = (name: string): string => join(keysDir, `${encodeURIComponent(name)}${SEED}`);

  const key = async (name: string): Promise<KeyPair | undefined> => {
    const text = await readIfThere(seedFile(name));
    if (text === undefined) return undefined;
    const seed = fromBase64url(text.trim());
    if (seed?.length !== 32)
      throw new Error(`${seedFile(name)} is not a key: restore it from a backup, or remove it to get a new identity.`);
    return importSeed(seed);
  };

  return {
    dir,
    key,
    keyOrNew: async (name) => {
      const known = await key(name);
      if (known !== undefined) return known;
      const made = await generateKey();
      await writeWhole(seedFile(name), `${toBase64url(await exportSeed(made))}\n`);
      return made;
    },
    keyNames: async () => (await readdir(keysDir)).filter((file) => file.endsWith(SEED)).map(nameOf),
    peer: async () => {
      const file = join(dir, "peer.json");
      const text = await readIfThere(file);
      if (text === undefined) return { ok: true, value: undefined };
      return readPeerFile(file, text);
    },
    savePeer: (peer) => writeWhole(join(dir, "peer.json"), peerFileText(peer)),
  };
};

const readIfThere = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
};

/** Writes a file so that a crash leaves either the old one or the whole new one. */
const writeWhole = async (file: string, content: string): Promise<void> => {
  const temporary = `${file}.${randomBytes(6).toString("hex")}`;
  const handle = await open(temporary, "wx", 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
};
