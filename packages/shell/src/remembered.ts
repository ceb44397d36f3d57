/**
 * Failures that were seen on this machine and not solved yet, so that the same command, when it succeeds, can be asked what changed. A
 * small file in the data directory, of the user alone. A command is in it by its hash only; what it said is there without secrets.
 */
import { createHash, randomBytes } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Snapshot } from "./snapshot.js";

export interface Remembered {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly code: number;
  /** What it said, without secrets: the problem, as it was asked about. */
  readonly text: string;
  readonly snapshot?: Snapshot;
  /** What was known and shown. */
  readonly shown: readonly { readonly id: string; readonly text: string }[];
  /** The entry whose remedy was applied since: how the command ends next says whether it worked. */
  readonly applied?: string;
}

interface File {
  readonly format: 1;
  /** So that the hash of a short command cannot be looked up in a table. */
  readonly salt: string;
  readonly failures: { readonly [key: string]: Remembered };
}

/** What somebody does about a failure is done the same day. */
const KEPT_MS = 12 * 3_600_000;
/** With texts of 8,000 characters the file has at most about 300 KB. */
const MAX_FAILURES = 32;
const MAX_FILE_CHARS = 2_000_000;

export interface Memory {
  find(command: readonly string[], cwd: string): Promise<Remembered | undefined>;
  keep(command: readonly string[], cwd: string, failure: Remembered): Promise<void>;
  forget(command: readonly string[], cwd: string): Promise<void>;
}

const isRemembered = (value: unknown): value is Remembered => {
  if (typeof value !== "object" || value === null) return false;
  const { at, code, text, shown } = value as { readonly [name: string]: unknown };
  return typeof at === "number" && typeof code === "number" && typeof text === "string" && Array.isArray(shown);
};

/** `now`: milliseconds since 1970. */
export const openMemory = (dir: string, now: () => number = Date.now): Memory => {
  const path = join(dir, "exec-failures.json");
  const read = async (): Promise<File> => {
    const fresh = { format: 1, salt: randomBytes(16).toString("hex"), failures: {} } as const;
    try {
      const text = await readFile(path, "utf8");
      const value = (text.length > MAX_FILE_CHARS ? {} : JSON.parse(text)) as Partial<File>;
      if (value.format !== 1 || typeof value.salt !== "string" || typeof value.failures !== "object") return fresh;
      const kept = Object.entries(value.failures ?? {}).filter(
        ([, one]) => isRemembered(one) && one.at <= now() && now() - one.at < KEPT_MS,
      );
      return { format: 1, salt: value.salt, failures: Object.fromEntries(kept) };
    } catch {
      // It is not there, or not ours: it only ever saves a question.
      return fresh;
    }
  };
  const write = async (file: File): Promise<void> => {
    const own = `${path}.${randomBytes(6).toString("hex")}`;
    try {
      await writeFile(own, JSON.stringify(file), { mode: 0o600 });
      await rename(own, path);
    } catch {
      await rm(own, { force: true });
    }
  };
  const keyOf = ({ salt }: File, command: readonly string[], cwd: string): string =>
    createHash("sha256")
      .update(JSON.stringify([salt, cwd, command]))
      .digest("hex");
  return {
    find: async (command, cwd) => {
      const file = await read();
      return file.failures[keyOf(file, command, cwd)];
    },
    keep: async (command, cwd, failure) => {
      const file = await read();
      const key = keyOf(file, command, cwd);
      const others = Object.entries(file.failures).filter(([other]) => other !== key);
      const newest = others.sort(([, a], [, b]) => b.at - a.at).slice(0, MAX_FAILURES - 1);
      await write({ ...file, failures: { ...Object.fromEntries(newest), [key]: failure } });
    },
    forget: async (command, cwd) => {
      const file = await read();
      const key = keyOf(file, command, cwd);
      if (!(key in file.failures)) return;
      await write({
        ...file,
        failures: Object.fromEntries(Object.entries(file.failures).filter(([other]) => other !== key)),
      });
    },
  };
};
