/** What survives a crash: the contents behind a memory storage. */
import type { BlockHash, LogId, LogKey } from "@herdmind/protocol";

/** A disk to open with `createMemoryStorage`; an opaque handle. */
export interface MemoryDisk {
  readonly kind: "memory-disk";
}

export interface LogContents {
  readonly log: LogId;
  readonly blocks: Uint8Array[];
  /** Hash of the last block; `undefined` when the log was cut to nothing. */
  hash: BlockHash | undefined;
  /** The epoch in which the log was begun; 0 when it was cut. */
  epoch: number;
}

export interface DiskContents {
  readonly logs: Map<LogKey, LogContents>;
  readonly meta: Map<string, Uint8Array>;
  readonly proofs: Uint8Array[];
  /** Grows by one with each copy: logs of older epochs are `moved`. */
  epoch: number;
  /** Set on a copy until it is opened for the first time. */
  copied: boolean;
  /** Grows with each opening: an older storage on the same disk is dead, as the process before a restart is. */
  openings: number;
}

const contentsByDisk = new WeakMap<MemoryDisk, DiskContents>();

const diskOf = (contents: DiskContents): MemoryDisk => {
  const disk: MemoryDisk = { kind: "memory-disk" };
  contentsByDisk.set(disk, contents);
  return disk;
};

export const contentsOf = (disk: MemoryDisk): DiskContents => {
  const contents = contentsByDisk.get(disk);
  if (contents === undefined) throw new Error("not a memory disk: make it with createMemoryDisk or copyDisk");
  return contents;
};

/** An empty disk. */
export const createMemoryDisk = (): MemoryDisk =>
  diskOf({ logs: new Map(), meta: new Map(), proofs: [], epoch: 1, copied: false, openings: 0 });

/** A copy of a disk as it is now, as a backup or a cloned machine would be: it opens as `moved` (L8). */
export const copyDisk = (disk: MemoryDisk): MemoryDisk => {
  const { logs, meta, proofs, epoch } = contentsOf(disk);
  return diskOf({
    logs: new Map([...logs].map(([key, contents]) => [key, { ...contents, blocks: [...contents.blocks] }])),
    meta: new Map(meta),
    proofs: [...proofs],
    epoch: epoch + 1,
    copied: true,
    openings: 0,
  });
};
