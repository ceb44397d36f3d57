/**
 * The newest head that this peer knows of and does not hold, kept beside the logs: a peer that lags and starts again still says
 * so, whatever the next relay shows it (E6). A head that is held is remembered by `seen.ts`.
 */
import type { Logs } from "@herdmind/log";
import { isBlockHash, isGenerationId } from "@herdmind/protocol";
import type { CanonHeartbeat, Schedule } from "./canon.js";

export interface Known {
  /** What was known before this start. */
  readonly remembered: CanonHeartbeat | undefined;
  /** To be called with each heartbeat whose head is not held. */
  note(heartbeat: CanonHeartbeat): void;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}

const KEY = "canon/known";
/** Heartbeats come every 2 s; a peer that catches up within this time writes nothing. */
const WRITE_AFTER_MS = 1000;

export const rememberKnown = async (logs: Logs, schedule: Schedule): Promise<Known> => {
  const remembered = decode(await logs.meta.get(KEY));
  let waiting: CanonHeartbeat | undefined;
  let cancel: (() => void) | undefined;
  let writing: Promise<unknown> = Promise.resolve();
  const write = (): void => {
    cancel?.();
    cancel = undefined;
    if (waiting === undefined) return;
    const { term, generation, length, hash, at } = waiting;
    const value = new TextEncoder().encode(JSON.stringify({ term, generation, length, hash, at }));
    waiting = undefined;
    writing = writing.then(() => logs.meta.set(KEY, value)).catch(() => undefined);
  };
  return {
    remembered,
    note: (heartbeat) => {
      waiting = heartbeat;
      cancel ??= schedule(write, WRITE_AFTER_MS);
    },
    close: async () => {
      write();
      await writing;
    },
  };
};

const decode = (bytes: Uint8Array | undefined): CanonHeartbeat | undefined => {
  if (bytes === undefined) return undefined;
  try {
    const { term, generation, length, hash, at } = JSON.parse(new TextDecoder().decode(bytes)) as Record<
      string,
      unknown
    >;
    const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
    return isCount(term) && isGenerationId(generation) && isCount(length) && isBlockHash(hash) && isCount(at)
      ? { term, generation, length, hash, at }
      : undefined;
  } catch {
    return undefined;
  }
};
