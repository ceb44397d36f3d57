/**
 * The storage contract: what a log needs of a disk, a browser database or memory.
 *
 * A storage holds opaque blocks by log and sequence, a head per log, small named values and fork proofs. It never looks
 * into a block. `appendBatch` is the one write: all of it is durable when it answers `ok`, or none of it is there.
 * Suites that prove an implementation are exported by `@herdmind/testing`.
 */
import type { BlockHash, LogHead, LogId } from "@herdmind/protocol";

/** Blocks, at least one, that continue a log: `blocks[0]` has sequence `from`, which is the log's stored length. */
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
  /**
   * Cuts logs back to a length of at most the stored one, before appends of the same batch; `hash` is that of the new
   * last block, `undefined` exactly when `length` is 0. A log that was cut is `moved`: more was known once.
   */
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

/**
 * Whether the last block held of a log is the last one that was ever stored here. `created-here`: this very directory or
 * database began the log and lost nothing of it, so its writer may go on where it stopped. `moved`: the log was copied,
 * restored or moved to another machine, cut, or repaired after damage, so its writer may have signed more than is known
 * here (rule L8). It says nothing about who wrote the log: one of our own that came back from a peer is as new as that
 * peer knows it, whatever this says.
 */
export type StorageOrigin = "created-here" | "moved";

export interface Storage {
  /**
   * `moved` when this opening found the storage moved or repaired, or when any log held is `moved`. It stays what it was
   * when the storage was opened. A writer asks `originOf` about its own log instead.
   */
  readonly origin: StorageOrigin;
  /**
   * The same for one log; `created-here` for a log never held. A log that was `moved` once stays so, also after
   * reopening; a log begun after the move is `created-here`. Nothing has to be called to adopt a moved directory.
   */
  originOf(log: LogId): StorageOrigin;
  /**
   * Writes all of the batch durably and atomically. Calls are taken in order; a failed write also answers the calls that
   * were waiting behind it. The bytes must not change before the answer. Throws only for a bug: an append or a cut that
   * does not fit its log; nothing of that batch is then written.
   */
  appendBatch(batch: StorageBatch): Promise<StorageResult>;
  /** Blocks `from` (inclusive) to `to` (exclusive), in order, up to the end of the log or the first one that is missing. */
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
