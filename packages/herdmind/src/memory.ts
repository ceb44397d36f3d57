/**
 * The memory of a swarm as one agent uses it (E11): small JSON items by space and key. What this node's agents wrote is there for them
 * at once, also offline; canon decides in which order all writes count, and says so by a verdict.
 */
import { judgeWrite, type MemoryItem, type MemoryState } from "@herdmind/experience";
import type { Writer } from "@herdmind/log";
import {
  accept,
  type MemoryOp,
  type MemoryWrite,
  notJson,
  type RecordRef,
  type Refused,
  type Result,
  record,
  recordProblem,
  refuse,
} from "@herdmind/protocol";
import { isHerdmindError } from "./failure.js";
import type { Redaction } from "./redact.js";
import { redactKey, redactWrite } from "./redact-write.js";
import type { Reported, Verdict } from "./verdicts.js";

export interface MemoryReceipt {
  /** Where the write stands in its writer's log. */
  readonly ref: RecordRef;
  /** What was replaced before signing (E2). */
  readonly redactions: readonly Redaction[];
  /** Canon's word on it, as far as it came within `waitMs`: `admitted`, `rejected` with its rule and reason, or `pending`. */
  readonly verdict: Verdict;
}

export interface MemoryListOptions {
  readonly prefix?: string;
  /** Keys behind this one. */
  readonly after?: string;
  /** Items at most; default: all. */
  readonly limit?: number;
}

export interface MemoryWriteOptions {
  /** Milliseconds to wait for canon's verdict; default 0. The write is durable here in any case when it is answered. */
  readonly waitMs?: number;
}

/** Small JSON items of one space, the same at every peer. */
export interface Memory {
  get(key: string): Promise<MemoryItem | undefined>;
  /** In the order of their keys. */
  list(options?: MemoryListOptions): Promise<readonly MemoryItem[]>;
  /** One call is one step in canon's order: all ops count, or none. Durable here when it resolves; refused with nothing written. */
  write(ops: readonly MemoryOp[], options?: MemoryWriteOptions): Promise<Result<MemoryReceipt>>;
}

/** What a memory needs of the node that hosts it. */
export interface MemoryHost {
  /** Canon, and over it what this node's agents wrote and canon has not judged. */
  standing(): MemoryState;
  /** Resolves when `standing` knows all that is pending: for a moment after canon was replaced it does not. */
  settled(): Promise<void>;
  /** A write of one of this node's agents stands in its log. */
  add(ref: RecordRef, write: MemoryWrite): void;
  awaitVerdict(reported: Reported): Promise<Verdict>;
  count(what: "redactions", by: number): void;
  refused(refused: Refused): void;
  now(): number;
}

/** `writer`: in whose log writes stand; `undefined` where nobody may write. */
export const createMemory = (host: MemoryHost, space: string, writer: Writer | undefined): Memory => {
  const refusedWith = (refused: Refused): Refused => {
    host.refused(refused);
    return refused;
  };

  const write: Memory["write"] = async (ops, { waitMs = 0 } = {}) => {
    if (writer === undefined)
      return refusedWith(refuse("A1", "none", "This peer may not write. Ask for a ticket with role agent."));
    const given = { space, ops, at: Math.max(0, Math.floor(host.now())) };
    const notPlain = notJson(given, "write");
    // Members that are `undefined` are not there in what is signed.
    const asked: unknown = notPlain === undefined ? JSON.parse(JSON.stringify(given)) : undefined;
    const why = notPlain ?? recordProblem("memory", 1, asked);
    if (why !== undefined) return refusedWith(refuse("R1", "none", `The memory takes no such write: ${why}.`));
    const cleaned = await redactWrite(asked as MemoryWrite).catch((error: unknown): Refused => {
      if (isHerdmindError(error)) return { ok: false, refusal: error.refusal };
      throw error;
    });
    if (!cleaned.ok) return refusedWith(cleaned);
    const { write: body, redactions } = cleaned.value;
    await host.settled();
    const judged = judgeWrite(host.standing(), body);
    if (!judged.ok) return refusedWith(refuse(judged.rule, "none", judged.reason));
    const written = await writer.append([record("memory", body)]);
    if (!written.ok) return refusedWith(written);
    const ref: RecordRef = { ...written.log, sequence: written.sequence, index: written.index };
    host.add(ref, body);
    host.count("redactions", redactions.length);
    const verdict = host.awaitVerdict({ type: "memory", body, ref });
    return accept({ ref, redactions, verdict: await within(waitMs, verdict, ref) });
  };

  return {
    get: async (key) => {
      const kept = await redactKey(key);
      await host.settled();
      return host.standing().item(space, kept);
    },
    list: async ({ prefix = "", after, limit = Number.POSITIVE_INFINITY } = {}) => {
      await host.settled();
      const state = host.standing();
      const items: MemoryItem[] = [];
      for (const key of state.keys(space, prefix, after)) {
        if (items.length >= limit) break;
        items.push(state.item(space, key) as MemoryItem);
      }
      return items;
    },
    write,
  };
};

const within = async (ms: number, verdict: Promise<Verdict>, ref: RecordRef): Promise<Verdict> => {
  const pending: Verdict = { status: "pending", ref };
  if (ms <= 0) return pending;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const waited = new Promise<Verdict>((resolve) => {
    timer = setTimeout(() => resolve(pending), ms);
  });
  try {
    return await Promise.race([verdict, waited]);
  } finally {
    clearTimeout(timer);
  }
};
