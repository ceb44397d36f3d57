/**
 * A disk with crash states, as far as the storage contract allows them. A write takes time; it is on the disk at one moment and
 * answered at a later one. A crash keeps some of the writes under way, in order, whole, and answers none. A write can fail
 * before it is made, or be made and reported as failed. What a repaired disk lost is cut off, and its log is `moved`.
 *
 * The contents are those of @herdmind/storage-memory, which passes the storage contract.
 */
import type { Storage, StorageBatch, StorageFault, StorageResult } from "@herdmind/log";
import { type BlockHash, headOf, type LogId, type LogKey, logKey, readHead, type WriterId } from "@herdmind/protocol";
import { copyDisk, createMemoryDisk, createMemoryStorage, type MemoryDisk } from "@herdmind/storage-memory";
import type { Agenda } from "./agenda.ts";
import type { Random } from "./random.ts";
import type { Truth } from "./truth.ts";

export interface DiskWorld {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly truth: Truth;
  /** Probability that a write takes time. */
  readonly slow: number;
}

export type WriteFault = "full" | "reported";

export interface SimulatedDisk {
  readonly name: string;
  /** The writers whose home it is. */
  readonly writers: Set<WriterId>;
  /** Blocks of a log that are on it now. */
  lengthOf(log: LogId): number;
  /** Opens it; a storage opened before is dead. */
  open(): Storage;
  /** Ends the storage without an answer. At most `keep` of the writes under way are on the disk then. */
  crash(keep: number): Promise<void>;
  /** Fails the next writes: `full` makes none of it, `reported` makes it and says it failed. */
  fail(kind: WriteFault, writes: number): void;
  /** Calls `onCrash` in place of the `nth` write from now on, or right after it was made. The disk answers nothing then. */
  crashAtWrite(nth: number, when: "before" | "after", onCrash: () => void): void;
  /** Mends it: no write fails any more. */
  mend(): void;
  /** A copy, as of a directory: it opens as moved (L8). Only while it is closed. */
  copy(name: string): SimulatedDisk;
  /** Cuts a log back, as a repair does. Only while it is closed. */
  cut(log: LogId, length: number): Promise<void>;
}

const FAULTS: Record<WriteFault, StorageFault> = {
  full: { kind: "full", message: "The simulated disk is full." },
  reported: { kind: "io", message: "The simulated disk reported an error, although it wrote." },
};

export const createSimulatedDisk = (
  world: DiskWorld,
  name: string,
  from?: { readonly disk: MemoryDisk; readonly lengths: ReadonlyMap<LogKey, number> },
): SimulatedDisk => {
  const { agenda, random, truth } = world;
  const disk = from?.disk ?? createMemoryDisk();
  const lengths = new Map(from?.lengths);
  const writers = new Set<WriterId>();
  interface Write {
    readonly batch: StorageBatch;
    readonly answer: (result: StorageResult) => void;
    isMade: boolean;
  }
  let incarnation = 0;
  let inner: Storage | undefined;
  let queue: Write[] = [];
  let fault: { readonly kind: WriteFault; writes: number } | undefined;
  let trap: { nth: number; readonly when: "before" | "after"; readonly onCrash: () => void } | undefined;

  const make = async (storage: Storage, write: Write): Promise<void> => {
    write.isMade = true;
    truth.written(name, writers, write.batch);
    const made = await storage.appendBatch(write.batch);
    if (!made.ok) throw new Error(made.fault.message);
    for (const { log, length } of write.batch.cuts ?? []) lengths.set(logKey(log), length);
    for (const { log, from: at, blocks } of write.batch.appends ?? []) lengths.set(logKey(log), at + blocks.length);
  };

  const die = (onCrash: () => void): void => {
    incarnation += 1;
    agenda.in(0, onCrash);
  };

  /** Makes and answers the oldest write, and goes on with the next one. */
  const work = async (storage: Storage, mine: number): Promise<void> => {
    const isDead = (): boolean => mine !== incarnation;
    for (let write = queue[0]; write !== undefined && !isDead(); write = queue[0]) {
      if (random.chance(world.slow))
        await new Promise<void>((resolve) => void agenda.in(random.integer(1, 25), resolve));
      if (isDead()) return;
      const due = trap !== undefined && --trap.nth <= 0 ? trap : undefined;
      if (due !== undefined) trap = undefined;
      if (due?.when === "before") return die(due.onCrash);
      const failing = fault;
      if (failing !== undefined && --failing.writes <= 0) fault = undefined;
      if (failing?.kind !== "full") await make(storage, write);
      if (due !== undefined) return die(due.onCrash);
      if (random.chance(world.slow / 2))
        await new Promise<void>((resolve) => void agenda.in(random.integer(1, 10), resolve));
      if (isDead()) return;
      if (failing === undefined) {
        queue.shift()?.answer({ ok: true, value: undefined });
        continue;
      }
      // A failed write also answers those that waited behind it; they were not made.
      const failed = queue;
      queue = [];
      for (const { answer } of failed) answer({ ok: false, fault: FAULTS[failing.kind] });
    }
  };

  const self: SimulatedDisk = {
    name,
    writers,
    lengthOf: (log) => lengths.get(logKey(log)) ?? 0,
    open: () => {
      incarnation += 1;
      const mine = incarnation;
      const storage = createMemoryStorage({ disk });
      inner = storage;
      queue = [];
      let isWorking = false;
      let isClosed = false;
      const alive = <T>(result: Promise<T>): Promise<T> =>
        mine === incarnation ? result.then((value) => (mine === incarnation ? value : never())) : never();
      return {
        origin: storage.origin,
        originOf: storage.originOf,
        appendBatch: (batch) => {
          if (mine !== incarnation) return never();
          if (isClosed) return storage.appendBatch(batch);
          return new Promise<StorageResult>((answer) => {
            queue.push({ batch, answer, isMade: false });
            if (isWorking) return;
            isWorking = true;
            void work(storage, mine).finally(() => {
              isWorking = false;
            });
          });
        },
        read: (log, from, to) => alive(storage.read(log, from, to)),
        heads: () => alive(storage.heads()),
        meta: (key) => alive(storage.meta(key)),
        proofs: () => alive(storage.proofs()),
        close: async () => {
          isClosed = true;
          await storage.close();
        },
      };
    },
    crash: async (keep) => {
      incarnation += 1;
      trap = undefined;
      const under = queue;
      queue = [];
      const storage = inner;
      inner = undefined;
      if (storage === undefined) return;
      for (const write of under.filter(({ isMade }) => !isMade).slice(0, keep)) await make(storage, write);
      await storage.close();
    },
    fail: (kind, writes) => {
      fault = { kind, writes };
    },
    crashAtWrite: (nth, when, onCrash) => {
      trap = { nth, when, onCrash };
    },
    mend: () => {
      fault = undefined;
      trap = undefined;
    },
    copy: (copyName) => {
      const copy = createSimulatedDisk(world, copyName, { disk: copyDisk(disk), lengths });
      for (const writer of writers) copy.writers.add(writer);
      truth.copied(name, copyName);
      return copy;
    },
    cut: async (log, length) => {
      const storage = createMemoryStorage({ disk });
      let hash: BlockHash | undefined;
      if (length > 0) {
        const read = await storage.read(log, length - 1, length);
        const head = readHead(headOf((read.ok ? read.value[0] : undefined) ?? new Uint8Array(2)));
        if (!head.ok) throw new Error(head.refusal.message);
        hash = head.value.hash;
      }
      await storage.appendBatch({ cuts: [{ log, length, hash }] });
      await storage.close();
      lengths.set(logKey(log), length);
    },
  };
  return self;
};

const never = <T>(): Promise<T> => new Promise(() => undefined);
