/** What IndexedDB reports, as the faults of the storage contract. */
import type { StorageFault } from "@herdmind/log";

export interface Failure {
  readonly ok: false;
  readonly fault: StorageFault;
}

export const failure = (kind: StorageFault["kind"], message: string): Failure => ({
  ok: false,
  fault: { kind, message },
});

/** A disk that is full below the browser's quota is told in words only, and each browser has its own. */
const FULL = /quota|full disk|disk is full|disk full|no space|out of space|NS_ERROR_FILE_NO_DEVICE_SPACE/i;

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "");
const textOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : `no reason given (${String(error)})`;

/** The fault for an error met while working in the database `name`. */
export const faultOf = (error: unknown, name: string): Failure => {
  const text = textOf(error);
  if (nameOf(error) === "QuotaExceededError" || FULL.test(text)) {
    return failure(
      "full",
      `no room for database ${name}: free space for this site or this disk and try again (${text})`,
    );
  }
  if (nameOf(error) === "VersionError") {
    return failure("newer", `database ${name} was written by a newer version: reload the page to get it (${text})`);
  }
  if (["SecurityError", "NotAllowedError", "ReadOnlyError"].includes(nameOf(error))) {
    return failure(
      "read-only",
      `this page may not keep data in database ${name}: allow this site to store data, or leave private browsing (${text})`,
    );
  }
  if (nameOf(error) === "NotFoundError") {
    return failure("io", `database ${name} belongs to something else: choose another name (${text})`);
  }
  return failure("io", `the browser failed in database ${name}: reload the page and try again (${text})`);
};
