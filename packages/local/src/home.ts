/** Where a node's data lies, and the path of its local socket. */
import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { lstat, mkdir } from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";

/** The data directory: `--dir`, else `HERDMIND_HOME`, else the user's data home (XDG on Unix, LocalAppData on Windows). */
export const dataDir = (dir: string | undefined, env: NodeJS.ProcessEnv = process.env): string => {
  if (dir !== undefined) return resolve(dir);
  const home = env.HERDMIND_HOME;
  if (home !== undefined && home !== "") return resolve(home);
  if (process.platform === "win32") return join(env.LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "herdmind");
  const xdg = env.XDG_DATA_HOME;
  return join(xdg?.startsWith("/") ? xdg : join(homedir(), ".local", "share"), "herdmind");
};

/** A Unix socket's path has at most 107 bytes on Linux and 103 on macOS. */
const LONGEST_SOCKET_PATH = 103;

const realPath = (dir: string): string => {
  try {
    return realpathSync(dir);
  } catch {
    return dir;
  }
};

/**
 * The local socket of the node in a directory: a file in it or, where its path is too long for a socket, one in a private folder
 * that does not depend on the environment, so that every process of the user finds it.
 */
export const socketPath = (dir: string): string => {
  // By where it really is: who comes by a link finds the same one, also where only one of the two paths is too long.
  const real = realPath(dir);
  const name = createHash("sha256").update(real).digest("hex").slice(0, 32);
  if (process.platform === "win32") return `\\\\.\\pipe\\herdmind-${name}`;
  const inside = join(real, "node.sock");
  return Buffer.byteLength(inside) <= LONGEST_SOCKET_PATH ? inside : join(sharedFolder(), `${name}.sock`);
};

const sharedFolder = (): string => `/tmp/herdmind-${userInfo().uid}`;

/**
 * What is wrong with the folder of a socket, if anything: in a shared folder like /tmp another user may have been there first, and
 * would read what is sent. `make` makes it when it is missing.
 */
export const socketFolderProblem = async (path: string, make: boolean): Promise<string | undefined> => {
  const folder = dirname(path);
  if (process.platform === "win32" || folder !== sharedFolder()) return undefined;
  if (make) await mkdir(folder, { mode: 0o700 }).catch(() => undefined);
  const found = await lstat(folder).catch(() => undefined);
  if (found === undefined) return make ? `${folder} cannot be made.` : undefined;
  if (found.isDirectory() && found.uid === userInfo().uid && (found.mode & 0o077) === 0) return undefined;
  return `${folder} belongs to someone else or is open to others, so the local socket cannot stand there. Remove it, or choose a shorter path for the data directory.`;
};
