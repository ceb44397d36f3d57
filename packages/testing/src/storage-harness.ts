/**
 * What the storage suite must know of a medium. `Medium` is whatever names one place on the adapter's medium: a directory,
 * a database name, a disk object.
 */
import type { Storage, StorageResult } from "@herdmind/log";
import type { LogHead } from "@herdmind/protocol";

export interface StorageHarness<Medium> {
  /** A new place with nothing on it. */
  create(): Promise<Medium>;
  /** Opens the place; also again, after `close` or `crash`. */
  open(medium: Medium): Promise<StorageResult<Storage>>;
  /**
   * Ends an open storage the way a dying process does: it is not closed and flushes nothing by itself. The next `open`
   * sees what had reached the medium. Leave it out where a medium cannot do that inside one process.
   */
  crash?(medium: Medium, storage: Storage): Promise<void>;
  /** Copies the place as a backup would be; the copy must open as `moved` (L8). */
  copy?(medium: Medium): Promise<Medium>;
  /** True when a second opening of an open place must answer `held` (L8). */
  readonly exclusive?: boolean;
  /** Removes the place. */
  dispose(medium: Medium): Promise<void>;
  /** Rounds of the model test (default 40; each is up to 12 batches). */
  readonly rounds?: number;
}

/** The value of a result that must be there; a fault fails the test with its message. */
export const unwrap = <T>(result: StorageResult<T>): T => {
  if (!result.ok) throw new Error(`storage fault ${result.fault.kind}: ${result.fault.message}`);
  return result.value;
};

/** Heads as comparable text, in one order. */
export const headTexts = (heads: readonly LogHead[]): readonly string[] =>
  heads.map((head) => `${head.writer}/${head.generation} ${head.length} ${head.hash}`).sort();
