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
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import {
  exportSeed,
  fromBase64url,
  generateKey,
  importSeed,
  type JsonObject,
  type KeyPair,
  type Result,
  readGenesis,
  refuse,
  toBase64url,
} from "@herdmind/protocol";
import type { PeerFile, Vault } from "./vault.js";

const FORMAT = 1;

/** The vault in a directory. The caller holds the directory's lock. */
export const openVault = async (dir: string): Promise<Vault> => {
  const keysDir = join(dir, "keys");
  await mkdir(keysDir, { recursive: true, mode: 0o700 });
  const seedFile = (name: string): string => join(keysDir, `${encodeURIComponent(name)}.seed`);

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
    peer: async () => {
      const file = join(dir, "peer.json");
      const text = await readIfThere(file);
      if (text === undefined) return { ok: true, value: undefined };
      return readPeerFile(file, text);
    },
    savePeer: (peer) =>
      writeWhole(
        join(dir, "peer.json"),
        `${JSON.stringify(
          {
            format: FORMAT,
            name: peer.name,
            swarm: peer.genesis.swarm,
            genesis: toBase64url(peer.genesis.bytes),
            chain: peer.chain,
            addresses: peer.addresses,
            invitation: peer.invitation,
            profile: peer.profile,
          },
          null,
          2,
        )}\n`,
      ),
  };
};

const readPeerFile = (file: string, text: string): Result<PeerFile> => {
  const bad = (why: string) => refuse("S1", "none", `${file} ${why}`);
  let value: { readonly [key: string]: unknown };
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return bad("is not JSON: restore it from a backup, or join again in a new directory.");
  }
  if (typeof value["format"] === "number" && value["format"] > FORMAT) {
    return refuse(
      "S3",
      "none",
      `${file} is of format ${value["format"]}, this version knows ${FORMAT}: update herdmind. Nothing was changed.`,
    );
  }
  const { genesis, chain, addresses, name, invitation, profile } = value;
  const texts = (list: unknown): list is readonly string[] =>
    Array.isArray(list) && list.every((item) => typeof item === "string");
  const bytes = typeof genesis === "string" ? fromBase64url(genesis) : undefined;
  const read = bytes === undefined ? undefined : readGenesis(bytes);
  if (read?.ok !== true || !texts(chain) || !texts(addresses) || typeof name !== "string") {
    return bad("does not describe a peer: restore it from a backup, or join again in a new directory.");
  }
  return {
    ok: true,
    value: {
      genesis: read.value,
      chain,
      addresses,
      name,
      invitation: typeof invitation === "string" ? invitation : undefined,
      profile: isJsonObject(profile) ? profile : undefined,
    },
  };
};

const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

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
