/** What LevelDB and Node report, as the faults of the storage contract. */
import type { StorageFault } from "@herdmind/log";

export interface Failure {
  readonly ok: false;
  readonly fault: StorageFault;
}

export const failure = (kind: StorageFault["kind"], message: string, pid?: number): Failure => ({
  ok: false,
  fault: pid === undefined ? { kind, message } : { kind, message, pid },
});

/** LevelDB puts the system's text, not its code, into the message; Node has a code. Windows words it differently. */
const FULL = /ENOSPC|EDQUOT|EFBIG|No space left|Disk quota exceeded|File too large|not enough space on the disk/i;
const READ_ONLY =
  /EROFS|EACCES|EPERM|Read-only file system|Permission denied|Operation not permitted|Access is denied|write protected/i;
/** LevelDB opens only files that it has listed itself, so a missing one is damage; an empty one is an invalid argument. */
const DAMAGED =
  /LEVEL_CORRUPTION|Corruption|does not exist \(create_if_missing|CURRENT file|MANIFEST|No such file or directory|Invalid argument/i;

/** An error with its causes, as one text. */
const textOf = (error: unknown): string => {
  const parts: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = "code" in at && typeof at.code === "string" ? at.code : "";
    parts.push(code === "" || at.message.startsWith(code) ? at.message : `${code}: ${at.message}`);
  }
  return parts.length > 0 ? parts.join("; ") : String(error);
};

export const isLocked = (error: unknown): boolean => textOf(error).includes("LEVEL_LOCKED");
export const isDamage = (error: unknown): boolean => {
  const text = textOf(error);
  return text.includes("LEVEL_") && !FULL.test(text) && !READ_ONLY.test(text) && DAMAGED.test(text);
};

/** The fault for an error met while working in `dir`. A lock is not judged here: see `heldFault`. */
export const faultOf = (error: unknown, dir: string): Failure => {
  const text = textOf(error);
  if (FULL.test(text)) return failure("full", `no room in ${dir}: make room on that disk and try again (${text})`);
  if (READ_ONLY.test(text)) {
    return failure(
      "read-only",
      `cannot write to ${dir}: make it writable for this user, or choose another directory (${text})`,
    );
  }
  if (isDamage(error)) {
    return failure("io", `${dir} is damaged: close it and open it again, which repairs what can be repaired (${text})`);
  }
  return failure("io", `the system failed in ${dir}: check the disk, then try again (${text})`);
};
