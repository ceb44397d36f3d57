/**
 * Faults on purpose: a storage between the code under test and a real storage, which fails at the writes a plan names.
 *
 * A crash is honest about what a dead process sees: nothing. The call that crashed and every later one never answer, so
 * no line of the code under test runs that would not run in a real crash; the test waits for `crashed` instead, and then
 * opens the medium again. `before`: the write did not reach the medium. `after`: it is durable, but nobody was told.
 */
import type { Storage, StorageBatch, StorageFault, StorageResult } from "@herdmind/log";

export type InjectedFault =
  | { readonly kind: "full" | "read-only" | "io" }
  | { readonly kind: "crash"; readonly when: "before" | "after" };

/** Judges the `number`th write (from 1); `undefined` lets it pass. */
export type FaultPlan = (number: number, batch: StorageBatch) => InjectedFault | undefined;

/** Answers writes `from` to `to` (inclusive; default: that one only) with a fault. */
export const failWrites =
  (kind: "full" | "read-only" | "io", from: number, to: number = from): FaultPlan =>
  (number) =>
    number >= from && number <= to ? { kind } : undefined;

/** Crashes at one write. */
export const crashAt =
  (write: number, when: "before" | "after"): FaultPlan =>
  (number) =>
    number === write ? { kind: "crash", when } : undefined;

export interface FaultyStorage extends Storage {
  /** Settles when the plan has crashed this storage; never otherwise. */
  readonly crashed: Promise<"crashed">;
  /** Writes asked for so far, failed ones included. */
  writes(): number;
}

const MESSAGES: Record<"full" | "read-only" | "io", string> = {
  full: "the disk is full (injected by the test); make room and append again",
  "read-only": "the medium is read-only (injected by the test)",
  io: "the system reported an error (injected by the test)",
};

/** Puts a plan of faults in front of a storage. Closing passes through, unless it crashed. */
export const withFaults = (storage: Storage, plan: FaultPlan): FaultyStorage => {
  let writes = 0;
  let dead = false;
  const { promise: crashed, resolve } = Promise.withResolvers<"crashed">();
  const never = <T>(): Promise<T> => new Promise(() => undefined);
  const crash = <T>(): Promise<T> => {
    dead = true;
    resolve("crashed");
    return never<T>();
  };
  /** The answer of a call under way when the crash came is lost as well. */
  const whileAlive = async <T>(call: () => Promise<T>): Promise<T> => {
    if (dead) return never<T>();
    const value = await call();
    return dead ? never<T>() : value;
  };
  return {
    crashed,
    writes: () => writes,
    origin: storage.origin,
    originOf: (log) => storage.originOf(log),
    async appendBatch(batch): Promise<StorageResult> {
      if (dead) return never();
      writes += 1;
      const fault = plan(writes, batch);
      if (fault === undefined) return whileAlive(() => storage.appendBatch(batch));
      if (fault.kind === "crash") {
        if (fault.when === "before") return crash();
        const answer = await storage.appendBatch(batch);
        if (!answer.ok) throw new Error(`the plan wanted a durable write, but: ${answer.fault.message}`);
        return crash();
      }
      const answer: StorageFault = { kind: fault.kind, message: MESSAGES[fault.kind] };
      return { ok: false, fault: answer };
    },
    read: (log, from, to) => whileAlive(() => storage.read(log, from, to)),
    heads: () => whileAlive(() => storage.heads()),
    meta: (key) => whileAlive(() => storage.meta(key)),
    proofs: () => whileAlive(() => storage.proofs()),
    close: () => whileAlive(() => storage.close()),
  };
};
