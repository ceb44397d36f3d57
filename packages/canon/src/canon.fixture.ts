/** Canon for tests: written by hand, honestly or not, without an orchestrator; the storage comes from the test. */
import { checkpointRecords, emptyView, fold, type View, viewHash } from "@herdmind/experience";
import { createLogs, type HeldBlock, type Logs, type OpeningReason, type Storage, type Writer } from "@herdmind/log";
import {
  type AnyRecord,
  type BlockHash,
  createGenesis,
  type EntryId,
  encodeForkProof,
  type Fingerprint,
  type Genesis,
  generateKey,
  issueCredential,
  type KeyPair,
  type LogHead,
  type LogId,
  type RemedyId,
  record,
  sha256,
  toBase64url,
  type WriterId,
} from "@herdmind/protocol";

const must = <T>(
  result:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly refusal: { readonly message: string } },
): T => {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
};

const hashOf = (text: string): string => toBase64url(sha256(new TextEncoder().encode(text)));
export const entryOf = (name: string): EntryId => hashOf(`entry ${name}`) as EntryId;
const writerNamed = (name: string): WriterId => hashOf(`writer ${name}`) as WriterId;

export const entry = (name: string): AnyRecord =>
  record("immunization", {
    id: entryOf(name),
    type: "ERROR_RESOLVED",
    fingerprint: `f1_${hashOf(name).slice(0, 32)}` as Fingerprint,
    remedyId: `m1_${hashOf(name).slice(0, 32)}` as RemedyId,
    title: name,
    search: name,
    mitigation: { text: `mend ${name}` },
    author: writerNamed("ada"),
    of: {
      writer: writerNamed("ada"),
      generation: hashOf("generation").slice(0, 21).concat("A") as LogId["generation"],
      sequence: 1,
      index: 0,
    },
    at: 1,
  });
export const evidence = (name: string, by: string, success: boolean): AnyRecord =>
  record("evidence", {
    entry: entryOf(name),
    worked: success ? [writerNamed(by)] : [],
    failed: success ? [] : [writerNamed(by)],
  });

/** How a checkpoint is falsified. */
export type Lie =
  /** Other records, and their hash. */
  | "state"
  /** The right records, another hash. */
  | "hash"
  /** A record is left out, and the hash is the true one. */
  | "records"
  /** A wrong number of records. */
  | "count"
  /** A head that the generation before does not have. */
  | "continues";

export interface Scribe {
  readonly key: KeyPair;
  readonly logs: Logs;
  readonly writer: Writer;
  /** One block. */
  write(...records: readonly AnyRecord[]): Promise<LogHead>;
  rollOver(): Promise<LogHead>;
  close(): Promise<void>;
}

export interface CanonFixture {
  readonly genesis: Genesis;
  readonly root: KeyPair;
  logs(storage: Storage): Promise<Logs>;
  scribe(
    storage: Storage,
    options?: {
      readonly key?: KeyPair;
      readonly lie?: () => Lie | undefined;
      readonly term?: (term: number) => number;
    },
  ): Promise<Scribe>;
}

const blocksOf = async (logs: Logs, log: LogId, to?: number): Promise<readonly HeldBlock[]> => {
  const blocks: HeldBlock[] = [];
  for await (const block of logs.read(log, 0, to)) blocks.push(block);
  return blocks;
};

export { blocksOf };

/** The state at the end of a generation, folded by hand: its own checkpoint, then the rest. */
const stateOf = async (logs: Logs, log: LogId, to: number): Promise<View> => {
  const view = emptyView();
  let isCheckpoint = logs.get(log)?.continues !== undefined;
  for (const block of await blocksOf(logs, log, to)) {
    for (const [index, one] of block.records.entries()) {
      if (one.type === "checkpoint-end") isCheckpoint = false;
      fold(view, one, { ...block.log, sequence: block.sequence, index }, isCheckpoint);
    }
  }
  return view;
};

export const createCanonFixture = async (): Promise<CanonFixture> => {
  const root = await generateKey();
  const office = await generateKey();
  const genesis = createGenesis("test", root.publicKey, crypto.getRandomValues(new Uint8Array(16)));
  const logsOf = async (storage: Storage): Promise<Logs> => must(await createLogs({ genesis, storage }));

  return {
    genesis,
    root,
    logs: logsOf,
    scribe: async (storage, { key = office, lie = () => undefined, term: termOf = (term: number) => term } = {}) => {
      const logs = await logsOf(storage);
      const chain = [
        await issueCredential(root, { sub: key.id, aud: genesis.swarm, role: "orchestrator", iat: 1, use: "member" }),
      ];
      let state: View = emptyView();
      const opening = (why: OpeningReason): readonly AnyRecord[] => {
        if (why.kind === "first") return [record("term", { term: termOf(1), holder: key.id })];
        const lying = lie();
        const { continues } = why;
        const term = {
          term: termOf((state.term?.term ?? 0) + (why.kind === "moved" ? 1 : 0)),
          holder: key.id,
          grant: undefined,
        };
        const said: View = { ...state, term };
        if (lying === "state") {
          const false1 = emptyView();
          for (const one of checkpointRecords(said))
            fold(false1, one, { writer: key.id, generation: continues.generation, sequence: 0, index: 0 });
          fold(false1, entry("a lie"), { writer: key.id, generation: continues.generation, sequence: 0, index: 0 });
          const records = [...checkpointRecords(false1, continues)];
          return [
            ...records,
            record("checkpoint-end", { records: records.length, viewHash: viewHash(false1), continues }),
          ];
        }
        const records = [...checkpointRecords(said, continues)];
        if (lying === "records") records.pop();
        const end = {
          records: records.length + (lying === "count" ? 1 : 0),
          viewHash: lying === "hash" ? hashOf("another") : viewHash(said),
          continues: lying === "continues" ? { ...continues, hash: hashOf("no block") as BlockHash } : continues,
        };
        return [...records, record("checkpoint-end", end)];
      };
      const writer = must(await logs.openWriter({ key, chain, opening }));
      const refresh = async (): Promise<void> => {
        const log = writer.log ?? logs.ofWriter(key.id).at(-1);
        if (log !== undefined) state = await stateOf(logs, log, logs.get(log)?.length ?? 0);
      };
      // A writer that was moved opens its generation with the first append; its state is that of the newest own generation.
      const newest = [...logs.ofWriter(key.id)]
        .sort((a, b) => b.length - a.length)
        .find(({ generation }) => !logs.ofWriter(key.id).some(({ continues }) => continues?.generation === generation));
      if (newest !== undefined) state = await stateOf(logs, newest, newest.length);
      const done = async (receipt: Awaited<ReturnType<Writer["append"]>>): Promise<LogHead> => {
        if (!receipt.ok) throw new Error(receipt.refusal.message);
        await refresh();
        const { writer: by, generation, length, hash } = logs.get(receipt.log) as LogHead;
        return { writer: by, generation, length, hash };
      };
      return {
        key,
        logs,
        writer,
        write: async (...records) => done(await writer.append(records)),
        rollOver: async () => done(await writer.rollOver()),
        close: async () => {
          await writer.close();
          await logs.close();
        },
      };
    },
  };
};

/** Hands blocks `from` to `to` of a log on; a gap is the caller's fault. */
export const carry = async (from: Logs, to: Logs, log: LogId, length = Number.POSITIVE_INFINITY): Promise<void> => {
  for (;;) {
    const at = to.get(log)?.length ?? 0;
    if (at >= length) return;
    // Small updates, so that a log can be handed on in part.
    const part = await from.update(log, at, 1);
    if (part === undefined) return;
    const receipt = await to.ingest(log, part.update, "test");
    if (!receipt.ok) throw new Error(receipt.refusal.message);
  }
};

/** Proof that two logs differ at a block. */
export const forkProof = async (a: Logs, b: Logs, log: LogId, sequence: number): Promise<Uint8Array> => {
  const [one, other] = [await a.signedHead(log, sequence + 1), await b.signedHead(log, sequence + 1)];
  if (one === undefined || other === undefined) throw new Error("both must hold the block");
  return encodeForkProof(one, other);
};
