/**
 * A log file that cannot fill a disk: when it is full it takes the place of the one before, so two of them are all there ever is. Lines
 * are written at once, because the last ones before a crash are those that matter.
 */
import { closeSync, fstatSync, openSync, renameSync, truncateSync, writeSync } from "node:fs";

export interface LogFile extends Disposable {
  readonly write: (line: string) => void;
  /** Lines that could not be written, for example because the disk is full. */
  readonly lost: number;
}

/** Bytes of one file: ten thousand lines and more. */
const MAX_LOG_BYTES = 4 * 1024 * 1024;

export const openLogFile = (path: string, { maxBytes = MAX_LOG_BYTES } = {}): LogFile => {
  let fd: number | undefined;
  let size = 0;
  let lost = 0;
  const open = (): number => {
    const opened = openSync(path, "a", 0o600);
    size = fstatSync(opened).size;
    fd = opened;
    return opened;
  };
  const close = (): void => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  const putAside = (): void => {
    close();
    try {
      renameSync(path, `${path}.1`);
    } catch {
      // Somebody holds the older one, or may not rename: better a short log than a full disk.
      truncateSync(path);
    }
  };
  return {
    write: (line) => {
      const bytes = Buffer.from(`${line}\n`);
      try {
        if (fd === undefined) open();
        if (size > 0 && size + bytes.length > maxBytes) putAside();
        writeSync(fd ?? open(), bytes);
        size += bytes.length;
      } catch {
        // Nobody can be told that the log cannot be written, and a node goes on without.
        lost += 1;
      }
    },
    get lost() {
      return lost;
    },
    [Symbol.dispose]: close,
  };
};
