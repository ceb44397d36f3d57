/**
 * What an opening reads before anything else: state, heads and fork proofs. All but the blocks is small.
 *
 * Rows may have been changed, lost or put there by somebody else between two visits, so nothing is taken for what it should
 * be. `state` counts what the other stores hold; a head or a proof that vanished without a trace shows in that sum. What was
 * done to blocks shows in the log layer's hash chain.
 */
import {
  type BlockHash,
  isBlockHash,
  isGenerationId,
  isWriterId,
  type LogId,
  type LogKey,
  logKey,
  toBase64url,
} from "@herdmind/protocol";
import { FORMAT, isBytes, resultOf, STATE_KEY, type StoreName } from "./database.js";

/** A log as it is held. */
export interface HeldLog {
  readonly log: LogId;
  readonly length: number;
  /** `undefined` when the log was cut to nothing. */
  readonly hash: BlockHash | undefined;
  /** The epoch in which the log was begun; 0 when it was cut or damaged. */
  readonly epoch: number;
}

/** The one row of `state`, as it is stored. */
export interface StateRow {
  readonly format: number;
  /** Origin of the page and name of the database: a copy under another name or on another site is `moved`. */
  readonly place: string;
  /** Starts at 1. A move or a repair begins the next one; logs of older epochs are `moved`. */
  readonly epoch: number;
  /** The number of the next proof. */
  readonly nextProof: number;
  /** How many heads there are, how many blocks they count together, and how many proofs: to notice what was lost. */
  readonly logs: number;
  readonly blocks: number;
  readonly proofs: number;
}

export interface Contents {
  readonly logs: Map<LogKey, HeldLog>;
  /** The proofs kept, as base64url (each some hundred bytes), so that each is kept once. */
  readonly proofs: Set<string>;
  readonly state: StateRow;
  /** What was found wrong, a sentence each. */
  readonly damage: readonly string[];
  /** Rows to be removed: they hold nothing that can be read. */
  readonly unreadable: readonly { readonly store: StoreName; readonly key: IDBValidKey }[];
  readonly moved: boolean;
}

const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;

const parseState = (value: unknown): StateRow | undefined => {
  const fields = fieldsOf(value);
  if (fields === undefined) return undefined;
  const { format, place, epoch, nextProof, logs, blocks, proofs } = fields;
  if (format !== FORMAT || typeof place !== "string") return undefined;
  if (!isCount(epoch) || epoch < 1 || !isCount(nextProof)) return undefined;
  if (!isCount(logs) || !isCount(blocks) || !isCount(proofs)) return undefined;
  return { format, place, epoch, nextProof, logs, blocks, proofs };
};

/** The log that a key of `heads` names; `undefined` when it is none. */
const parseKey = (key: IDBValidKey): LogId | undefined => {
  if (typeof key !== "string") return undefined;
  const [writer, generation, ...rest] = key.split("/");
  return isWriterId(writer) && isGenerationId(generation) && rest.length === 0 ? { writer, generation } : undefined;
};

const parseHead = (log: LogId, value: unknown): HeldLog | undefined => {
  const fields = fieldsOf(value);
  if (fields === undefined) return undefined;
  const { length, epoch, hash } = fields;
  if (!isCount(length) || !isCount(epoch)) return undefined;
  if (length === 0) return hash === undefined ? { log, length, hash, epoch } : undefined;
  return isBlockHash(hash) ? { log, length, hash, epoch } : undefined;
};

/** Reads it all, in one transaction. Throws what the browser reports. */
export const readContents = async (database: IDBDatabase, place: string): Promise<Contents> => {
  const transaction = database.transaction(["state", "heads", "proofs"], "readonly");
  const [heads, proofRows] = [transaction.objectStore("heads"), transaction.objectStore("proofs")];
  const [stateValue, keys, values, proofKeys, proofValues] = await Promise.all([
    resultOf<unknown>(transaction.objectStore("state").get(STATE_KEY)),
    resultOf(heads.getAllKeys()),
    resultOf<unknown[]>(heads.getAll()),
    resultOf(proofRows.getAllKeys()),
    resultOf<unknown[]>(proofRows.getAll()),
  ]);
  const damage: string[] = [];
  const unreadable: { store: StoreName; key: IDBValidKey }[] = [];
  const logs = new Map<LogKey, HeldLog>();
  const lostHeads: LogId[] = [];
  for (const [i, key] of keys.entries()) {
    const log = parseKey(key);
    const held = log && parseHead(log, values[i]);
    if (held !== undefined) {
      logs.set(logKey(held.log), held);
      continue;
    }
    unreadable.push({ store: "heads", key });
    if (log !== undefined) lostHeads.push(log);
    damage.push(
      log === undefined
        ? "a head named no log; it was removed"
        : `the head of log ${logKey(log)} was unreadable; its blocks are to be fetched again`,
    );
  }
  const blocks = [...logs.values()].reduce((sum, held) => sum + held.length, 0);
  const proofs = new Set<string>();
  for (const [i, value] of proofValues.entries()) {
    if (isBytes(value)) proofs.add(toBase64url(value));
    else {
      unreadable.push({ store: "proofs", key: proofKeys[i] as IDBValidKey });
      damage.push("a fork proof was unreadable; it was removed");
    }
  }
  const stored = parseState(stateValue);
  if (stored === undefined) damage.push("the row that counts the others was missing or unreadable");
  else {
    const count = logs.size + lostHeads.length;
    if (stored.logs !== count) damage.push(`${stored.logs} logs were stored, ${count} are there`);
    if (lostHeads.length === 0 && stored.blocks !== blocks) {
      damage.push(`${stored.blocks} blocks were stored, and the heads say ${blocks}`);
    }
    if (stored.proofs !== proofs.size)
      damage.push(`${stored.proofs} fork proofs were stored, ${proofs.size} are there`);
  }
  for (const log of lostHeads) logs.set(logKey(log), { log, length: 0, hash: undefined, epoch: 0 });
  const lastProof = proofKeys
    .filter((key) => isCount(key))
    .reduce<number>((last, key) => Math.max(last, key as number), -1);
  const moved = stored !== undefined && stored.place !== place;
  const newest = Math.max(stored?.epoch ?? 0, ...[...logs.values()].map((held) => held.epoch));
  return {
    logs,
    proofs,
    damage,
    unreadable,
    moved,
    state: {
      format: FORMAT,
      place,
      epoch: moved || damage.length > 0 ? newest + 1 : newest,
      nextProof: Math.max(stored?.nextProof ?? 0, lastProof + 1),
      logs: logs.size,
      blocks,
      proofs: proofs.size,
    },
  };
};
