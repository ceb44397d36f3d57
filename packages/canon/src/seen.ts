/** The newest head of canon that this peer ever held (E6), kept beside the logs: it never goes back behind it unnoticed. */
import type { Logs } from "@herdmind/log";
import { isBlockHash, isGenerationId, isWriterId, type LogId } from "@herdmind/protocol";
import type { CanonHead, Schedule } from "./canon.js";
import type { Candidate, Part } from "./select.js";

export interface Seen {
  /** Compares with what is held now, and remembers it when it is not less. */
  compare(head: CanonHead | undefined, history: readonly Part<Candidate>[], isVoid: (log: LogId) => boolean): void;
  /** The head that was held once, while less is held now. */
  lost(): CanonHead | undefined;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}

const KEY = "canon/seen";
/** Writing the head after each block would double the writes of a busy peer; its logs are durable without it. */
const WRITE_AFTER_MS = 250;

export const rememberHead = async (logs: Logs, schedule: Schedule): Promise<Seen> => {
  let seen = decode(await logs.meta.get(KEY));
  let lost: CanonHead | undefined;
  let cancel: (() => void) | undefined;
  let writing: Promise<unknown> = Promise.resolve();
  const write = (): void => {
    cancel = undefined;
    const value = seen === undefined ? undefined : new TextEncoder().encode(JSON.stringify(seen));
    writing = writing.then(() => logs.meta.set(KEY, value)).catch(() => undefined);
  };
  return {
    compare: (head, history, isVoid) => {
      lost = seen !== undefined && isBehind(head, seen, history) && !isVoid(seen) ? seen : undefined;
      if (lost !== undefined || (seen?.hash === head?.hash && seen?.generation === head?.generation)) return;
      seen = head;
      cancel ??= schedule(write, WRITE_AFTER_MS);
    },
    lost: () => lost,
    close: async () => {
      if (cancel !== undefined) {
        cancel();
        write();
      }
      await writing;
    },
  };
};

/** `history`: the parts of canon that are held, oldest first. */
const isBehind = (head: CanonHead | undefined, seen: CanonHead, history: readonly Part<Candidate>[]): boolean => {
  if (head === undefined || head.term < seen.term) return true;
  if (head.term > seen.term) return false;
  if (head.generation === seen.generation) return head.length < seen.length;
  if (history.some(({ generation }) => generation.log.generation === seen.generation)) return false;
  // What was seen is not held. It is older than all that is held, unless the history is complete or names it as what follows.
  return history.some(({ generation }) => generation.continues === undefined || generation.next === seen.generation);
};

const decode = (bytes: Uint8Array | undefined): CanonHead | undefined => {
  if (bytes === undefined) return undefined;
  try {
    const { term, writer, generation, length, hash } = JSON.parse(new TextDecoder().decode(bytes)) as Record<
      string,
      unknown
    >;
    const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
    return isCount(term) && isCount(length) && isWriterId(writer) && isGenerationId(generation) && isBlockHash(hash)
      ? { term, writer, generation, length, hash }
      : undefined;
  } catch {
    return undefined;
  }
};
