/** The first links that `herdmind doctor` looks at, which need no peer: this machine, a directory, and the node that may hold it. */
import { access, constants, lstat, readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "@herdmind/local/client";
import { holdsPeer } from "./asking.js";

/** Bytes below which a disk is as good as full. */
const MIN_FREE_BYTES = 64 * 1024 * 1024;
/** The oldest Node that is supported. */
const MIN_NODE = 22;

/** A directory that holds a peer. `mode`s are permissions; `undefined` where the system has none. */
interface Held {
  readonly mode: number | undefined;
  readonly isWritable: boolean;
  readonly freeBytes: number;
  readonly keys: readonly { readonly name: string; readonly mode: number | undefined }[];
}

export interface Place {
  readonly dir: string;
  /** Of Node, such as `24.1.0`. */
  readonly node: string;
  /** `undefined`: it holds no peer. */
  readonly held: Held | undefined;
}

export const lookAt = async (dir: string): Promise<Place> => {
  const modeOf = async (path: string): Promise<number | undefined> =>
    process.platform === "win32" ? undefined : (await lstat(path)).mode & 0o777;
  const look = async (): Promise<Held> => {
    const { bavail, bsize } = await statfs(dir);
    const folder = join(dir, "keys");
    const names: readonly string[] = await readdir(folder).catch(() => []);
    return {
      mode: await modeOf(dir),
      isWritable: await access(dir, constants.W_OK).then(
        () => true,
        () => false,
      ),
      freeBytes: bavail * bsize,
      keys: await Promise.all(names.map(async (name) => ({ name, mode: await modeOf(join(folder, name)) }))),
    };
  };
  return { dir, node: process.versions.node, held: holdsPeer(dir) ? await look() : undefined };
};

const ok = (name: string, detail: string): Check => ({ name, state: "ok", detail });
const failed = (name: string, detail: string, remedy: string): Check => ({ name, state: "failed", detail, remedy });
const isOpen = (mode: number | undefined): boolean => mode !== undefined && (mode & 0o077) !== 0;
const mebibytes = (bytes: number): number => Math.round(bytes / 1024 / 1024);

/** What can be told without opening the directory; `version` is Herdmind's. */
export const checkPlace = ({ dir, node, held }: Place, version: string): readonly Check[] => [
  Number.parseInt(node, 10) >= MIN_NODE
    ? ok("version", `herdmind ${version}, Node ${node}`)
    : failed("version", `Node ${node}`, `Install Node ${MIN_NODE} or newer.`),
  ...(held === undefined
    ? [
        failed(
          "directory",
          `${dir} holds no peer`,
          "herdmind up begins a swarm there; herdmind join TICKET takes part in one.",
        ),
      ]
    : [checkDirectory(dir, held), checkSpace(held), checkKeys(join(dir, "keys"), held)]),
];

const checkDirectory = (dir: string, { mode, isWritable }: Held): Check => {
  if (isOpen(mode))
    return failed("directory", `${dir} is open to other users (mode ${mode?.toString(8)})`, `chmod 700 "${dir}"`);
  return isWritable
    ? ok("directory", dir)
    : failed("directory", `${dir} cannot be written`, "Mend its owner or its mount.");
};

const checkSpace = ({ freeBytes }: Held): Check =>
  freeBytes < MIN_FREE_BYTES
    ? failed("free space", `${mebibytes(freeBytes)} MB left`, "Free some: nothing can be reported when it is full.")
    : ok("free space", `${Math.round(mebibytes(freeBytes) / 1024)} GB`);

const checkKeys = (folder: string, { keys }: Held): Check => {
  if (!keys.some(({ name }) => name === "peer.seed"))
    return failed(
      "keys",
      `${folder} has no peer.seed`,
      "Restore it from a backup, or join anew from an empty directory.",
    );
  const open = keys.find(({ mode }) => isOpen(mode));
  return open === undefined
    ? ok("keys", `${keys.length}, readable by this user only`)
    : failed("keys", `${join(folder, open.name)} can be read by others`, `chmod 600 "${join(folder, open.name)}"`);
};

/** `none`: nobody listens. `silent`: somebody does, and says nothing. */
export const checkNode = (
  dir: string,
  node: { readonly pid: number; readonly swarmName: string } | "none" | "silent",
): Check => {
  if (node === "none")
    return { name: "node", state: "skipped", detail: "none is up; this command opened the directory itself" };
  return node === "silent"
    ? failed(
        "node",
        "a node listens, and does not answer",
        `End its process, and look at ${join(dir, "node.log")}: it hangs, or was stopped.`,
      )
    : ok("node", `process ${node.pid} of "${node.swarmName}"`);
};
