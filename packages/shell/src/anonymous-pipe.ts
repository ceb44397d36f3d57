/**
 * A pipe, as a shell would make it. Node gives children sockets for pipes, which cannot be opened again through /dev/stdout, and scripts do
 * that.
 */
import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Pipe {
  readonly from: Socket;
  /** For the child; closed here as soon as it has started. */
  readonly to: number;
}

/** `undefined` where the system has no named pipes. */
export const openPipe = (): Pipe | undefined => {
  const folder = mkdtempSync(join(tmpdir(), "herdmind-"));
  const path = join(folder, "pipe");
  try {
    if (spawnSync("mkfifo", ["-m", "600", path], { stdio: "ignore" }).status !== 0) return undefined;
    // Not blocking, so that opening does not wait for the other end; the other end is a file of its own, and blocks.
    const from = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const to = openSync(path, constants.O_WRONLY);
    return { from: new Socket({ fd: from, readable: true, writable: false }), to };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export const closeQuietly = (fd: number): void => {
  try {
    closeSync(fd);
  } catch {
    // It is closed.
  }
};
