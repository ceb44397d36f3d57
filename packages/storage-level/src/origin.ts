/**
 * Was this database last open in this very directory? (L8)
 *
 * Each opening makes a new, empty witness file `origin-<random>` beside the database and records in the database what the
 * file system says of it: device, inode, time of birth, and the machine. The record and the file agree again only if
 * nobody copied or restored one of them: a copied file has another inode and birth. As the file's name changes with each
 * opening, even a backup restored *into* the same directory is noticed. Only a rollback of the whole disk, below the file
 * system, is not.
 *
 * The database counts epochs. A move or a repair starts the next one; each log remembers the epoch in which it was begun,
 * and is `created-here` only in that one. So nothing has to be adopted by hand, and a writer that is opened long after the
 * move still learns of it.
 */
import { randomBytes } from "node:crypto";
import { open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { machineName } from "./machine.js";

export interface OriginRecord {
  readonly epoch: number;
  readonly witness: string;
  readonly device: string;
  readonly inode: string;
  readonly born: string;
  readonly machine: string;
}

const WITNESS = /^origin-[0-9a-f]{16}$/;

const identify = async (dir: string, witness: string): Promise<Omit<OriginRecord, "epoch">> => {
  const { dev, ino, birthtimeNs } = await stat(join(dir, witness), { bigint: true });
  return { witness, device: `${dev}`, inode: `${ino}`, born: `${birthtimeNs}`, machine: await machineName() };
};

const sync = async (path: string, flags: "wx" | "r"): Promise<void> => {
  const file = await open(path, flags, 0o600);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
};

/** Makes a new witness, on disk before it is recorded, and identifies it. */
export const createWitness = async (dir: string): Promise<Omit<OriginRecord, "epoch">> => {
  const witness = `origin-${randomBytes(8).toString("hex")}`;
  await sync(join(dir, witness), "wx");
  // Windows cannot sync a directory; a power cut at this moment is then a false alarm (`moved`), nothing worse.
  if (process.platform !== "win32") await sync(dir, "r");
  return identify(dir, witness);
};

/** Whether the recorded witness is here, and the same file. */
export const isWitnessed = async (dir: string, record: OriginRecord): Promise<boolean> => {
  if (!WITNESS.test(record.witness)) return false;
  const now = await identify(dir, record.witness).catch(() => undefined);
  return (
    now !== undefined &&
    now.device === record.device &&
    now.inode === record.inode &&
    now.born === record.born &&
    now.machine === record.machine
  );
};

/** Removes every witness but the recorded one. */
export const removeOtherWitnesses = async (dir: string, record: OriginRecord): Promise<void> => {
  for (const name of await readdir(dir)) {
    if (WITNESS.test(name) && name !== record.witness) await rm(join(dir, name), { force: true });
  }
};

export const originBytes = (record: OriginRecord): Uint8Array => new TextEncoder().encode(JSON.stringify(record));

/** Reads a stored record; `undefined` for anything else. */
export const parseOrigin = (bytes: Uint8Array): OriginRecord | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { epoch, witness, device, inode, born, machine } = value as Record<string, unknown>;
  if (typeof epoch !== "number" || !Number.isSafeInteger(epoch) || epoch < 1) return undefined;
  if (typeof witness !== "string" || typeof device !== "string" || typeof inode !== "string") return undefined;
  if (typeof born !== "string" || typeof machine !== "string") return undefined;
  return { epoch, witness, device, inode, born, machine };
};
