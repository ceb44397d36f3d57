/** Turns batches of the contract into rows, or throws when one does not fit its logs. Nothing is written here. */
import type { StorageBatch } from "@herdmind/log";
import { isGenerationId, isWriterId, type LogId, type LogKey, logKey, toBase64url } from "@herdmind/protocol";
import type { HeldLog, StateRow } from "./contents.js";
import { blockKey, blockRange, STATE_KEY, type StoreName, wholeBytes } from "./database.js";

export type Row =
  | { readonly store: StoreName; readonly key: IDBValidKey; readonly value: unknown }
  | { readonly store: StoreName; readonly remove: IDBValidKey | IDBKeyRange };

/** What the storage holds: logs, proofs, and the row that counts them. */
export interface Held {
  readonly logs: ReadonlyMap<LogKey, HeldLog>;
  readonly proofs: ReadonlySet<string>;
  readonly state: StateRow;
}

/** What one write will have changed when it is durable. Batches are staged into it one after the other. */
export interface Staged {
  readonly rows: Row[];
  readonly logs: Map<LogKey, HeldLog>;
  readonly proofs: Set<string>;
  state: StateRow;
  /** Bytes of blocks and values. */
  bytes: number;
}

export const stageNothing = (state: StateRow): Staged => ({
  rows: [],
  logs: new Map(),
  proofs: new Set(),
  state,
  bytes: 0,
});

export const stateRow = (state: StateRow): Row => ({ store: "state", key: STATE_KEY, value: state });
export const headRow = ({ log, length, hash, epoch }: HeldLog): Row => ({
  store: "heads",
  key: logKey(log),
  value: { length, epoch, ...(hash === undefined ? {} : { hash }) },
});

/** Stages one batch on top of what is held and of what was staged before. Throws before it changes anything. */
export const stage = (batch: StorageBatch, held: Held, staged: Staged): void => {
  const rows: Row[] = [];
  const logs = new Map<LogKey, HeldLog>();
  const proofs = new Set<string>();
  let { state, bytes } = staged;
  const known = (key: LogKey) => logs.get(key) ?? staged.logs.get(key) ?? held.logs.get(key);
  const set = (to: HeldLog): void => {
    const key = logKey(to.log);
    const was = known(key);
    logs.set(key, to);
    state = {
      ...state,
      logs: state.logs + (was === undefined ? 1 : 0),
      blocks: state.blocks + to.length - (was?.length ?? 0),
    };
  };
  const newLog = ({ writer, generation }: LogId): HeldLog => {
    if (!isWriterId(writer) || !isGenerationId(generation)) throw new Error(`not a log: ${writer}/${generation}`);
    return { log: { writer, generation }, length: 0, hash: undefined, epoch: state.epoch };
  };

  for (const { log, length, hash } of batch.cuts ?? []) {
    const was = known(logKey(log));
    const had = was?.length ?? 0;
    if (!Number.isInteger(length) || length < 0 || length > had || (length === 0) !== (hash === undefined)) {
      throw new Error(`cannot cut ${logKey(log)} to ${length} blocks (hash ${hash}): it has ${had}`);
    }
    if (was === undefined || had === 0) continue;
    rows.push({ store: "blocks", remove: blockRange(logKey(log), length) });
    set({ ...was, length, hash, epoch: 0 });
  }
  for (const { log, from, blocks, hash } of batch.appends ?? []) {
    const was = known(logKey(log)) ?? newLog(log);
    if (from !== was.length || blocks.length === 0) {
      throw new Error(`cannot append ${blocks.length} blocks at ${from} to ${logKey(log)}: it has ${was.length}`);
    }
    for (const [i, block] of blocks.entries()) {
      rows.push({ store: "blocks", key: blockKey(logKey(log), from + i), value: wholeBytes(block) });
      bytes += block.length;
    }
    set({ ...was, length: from + blocks.length, hash });
  }
  for (const changed of logs.values()) rows.push(headRow(changed));
  for (const { key, value } of batch.meta ?? []) {
    if (value === undefined) rows.push({ store: "meta", remove: key });
    else {
      rows.push({ store: "meta", key, value: wholeBytes(value) });
      bytes += value.length;
    }
  }
  for (const proof of batch.proofs ?? []) {
    const text = toBase64url(proof);
    if (proofs.has(text) || staged.proofs.has(text) || held.proofs.has(text)) continue;
    proofs.add(text);
    rows.push({ store: "proofs", key: state.nextProof, value: wholeBytes(proof) });
    state = { ...state, nextProof: state.nextProof + 1, proofs: state.proofs + 1 };
  }
  for (const row of rows) staged.rows.push(row);
  for (const [key, log] of logs) staged.logs.set(key, log);
  for (const text of proofs) staged.proofs.add(text);
  staged.state = state;
  staged.bytes = bytes;
};
