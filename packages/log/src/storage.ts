/**
 * The storage contract: what a log needs of a disk, a browser database or memory.
 *
 * A storage holds opaque blocks by log and sequence, a head per log, small named values and fork proofs. It never looks
 * into a block. `appendBatch` is the one write: all of it is durable when it answers `ok`, or none of it is there.
 * Suites that prove an implementation are exported by `@herdmind/testing`.
 */
import type { BlockHash, LogHead, LogId } from "@herdmind/protocol";

/** Blocks that continue a log: `blocks[0]` has sequence `from`, which is the log's stored length. */
export interface StoredAppend {
  readonly log: LogId;
  readonly from: number;
  readonly blocks: readonly Uint8Array[];
  /** Hash of the last block. */
  readonly hash: BlockHash;
}

export interface StorageBatch {
  readonly appends?: readonly StoredAppend[];
  /** Named values; `undefined` deletes. */
  readonly meta?: readonly { readonly key: string; readonly value: Uint8Array | undefined }[];
  /** Cuts logs back to a length, before appends of the same batch; `hash` is that of the new last block. */
  readonly cuts?: readonly { readonly log: LogId; readonly length: number; readonly hash: BlockHash | undefined }[];
  /** Fork proofs, each kept once. */
  readonly proofs?: readonly Uint8Array[];
}

/**
 * Why a storage could not do it: `full` (retry when there is room), `read-only`, `held` (another process has it; `pid`
 * says which, if known), `newer` (written by a newer version), `io` (anything else the system reported), `closed`.
 */
export interface StorageFault {
  readonly kind: "full" | "read-only" | "held" | "newer" | "io" | "closed";
  /** What happened, where, and what to do next. */
  readonly message: string;
  readonly pid?: number;
}

export type StorageResult<T = void> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: StorageFault };

export interface Storage {
  /**
   * `created-here`: this very directory or database made these logs, so a writer may go on where it stopped.
   * `moved`: it was copied, restored or moved to another machine, so the last block known here may not be the last one
   * the writer signed (rule L8).
   */
  readonly origin: "created-here" | "moved";
  /** Writes all of the batch durably and atomically. Throws only for a bug: an append that does not continue its log. */
  appendBatch(batch: StorageBatch): Promise<StorageResult>;
  /** Blocks `from` (inclusive) to `to` (exclusive), in order; fewer when blocks are missing. */
  read(log: LogId, from: number, to: number): Promise<StorageResult<readonly Uint8Array[]>>;
  /** The head of every log that has a block. */
  heads(): Promise<StorageResult<readonly LogHead[]>>;
  /** A named value. */
  meta(key: string): Promise<StorageResult<Uint8Array | undefined>>;
  /** All fork proofs, in the order in which they were kept. */
  proofs(): Promise<StorageResult<readonly Uint8Array[]>>;
  /** Releases the directory. Calls after this answer `closed`. */
  close(): Promise<void>;
}
