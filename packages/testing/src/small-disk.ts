/**
 * A disk that really runs full, for tests of what a program does then. Permission bits and quotas do not bind root, which
 * is what tests often run as, so this mounts a tmpfs of a few megabytes. Where mounting is refused (an unprivileged
 * container), `smallDisk` answers why; a test then limits file sizes instead (`limitFileSize`), or says openly that it
 * fell back to the injected fault of `withFaults`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SmallDisk extends Disposable {
  readonly dir: string;
  /** Fills the disk up to `leave` bytes (default 0). */
  fill(leave?: number): void;
  /** Removes what `fill` wrote. */
  free(): void;
  /** Mounts it again, read-only or writable. */
  remount(mode: "ro" | "rw"): void;
}

export type SmallDiskResult =
  | { readonly ok: true; readonly disk: SmallDisk }
  | { readonly ok: false; readonly reason: string };

/** A disk of `bytes` (whole pages of 4,096). Dispose it to unmount. Linux, and the right to mount. */
export const smallDisk = (bytes: number): SmallDiskResult => {
  const dir = mkdtempSync(join(tmpdir(), "herdmind-small-disk-"));
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${bytes},mode=0700`, "tmpfs", dir], {
    encoding: "utf8",
  });
  if (mount.status !== 0) {
    rmSync(dir, { recursive: true });
    return { ok: false, reason: `mount: ${mount.error?.message ?? mount.stderr.trim()}` };
  }
  const filler = join(dir, "filler");
  return {
    ok: true,
    disk: {
      dir,
      fill(leave = 0) {
        rmSync(filler, { force: true });
        const { bavail, bsize } = statfsSync(dir);
        writeFileSync(filler, new Uint8Array(Math.max(0, bavail * bsize - leave)));
      },
      free: () => rmSync(filler, { force: true }),
      remount: (mode) => void execFileSync("mount", ["-o", `remount,${mode}`, dir]),
      [Symbol.dispose]() {
        // Lazy: a test that failed may have left files open, and must not leave the mount behind as well.
        execFileSync("umount", ["-l", dir]);
        rmSync(dir, { recursive: true, force: true });
      },
    },
  };
};

/**
 * Limits every file that this process writes to `bytes` (`undefined`: no limit) with prlimit(1); writes past it fail with
 * EFBIG (Node ignores the signal that would come with it). For a child process that tests a full disk without a mount.
 * Answers false where prlimit is missing or refused.
 */
export const limitFileSize = (bytes: number | undefined): boolean =>
  spawnSync("prlimit", ["--pid", String(process.pid), `--fsize=${bytes ?? "unlimited"}:`]).status === 0;
