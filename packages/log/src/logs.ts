/**
 * The logs that one peer holds: the public shape of this package.
 *
 * There is one way in for foreign bytes (`ingest`), one way to write (`Writer.append`), and one way to hear of both
 * (`subscribe`). A block reaches a subscriber, a reader or a Yjs document only after storage has confirmed it (L8).
 */
import type {
  AnyRecord,
  BlockHash,
  Genesis,
  KeyPair,
  LogHead,
  LogId,
  Membership,
  Refusal,
  Result,
  SwarmId,
  WriterId,
} from "@herdmind/protocol";
import type * as Y from "yjs";
import type { StorageFault } from "./storage.js";

/** A verified, stored block. */
export interface HeldBlock {
  readonly log: LogId;
  readonly sequence: number;
  readonly hash: BlockHash;
  /** The bytes as they were signed: header, signature, payload. */
  readonly bytes: Uint8Array;
  /** The payload's records; those of an unknown codec are one unknown record (E5). */
  readonly records: readonly AnyRecord[];
}

/** Blocks that were just accepted, in order, from one log. `origin` is what was passed to `ingest`, or the writer. */
export interface Accepted {
  readonly log: LogId;
  readonly blocks: readonly HeldBlock[];
  readonly membership: Membership;
  readonly origin: unknown;
}

/** What the verdict on an update has cost: whoever offers much work in few bytes can be made to wait. */
export interface IngestWork {
  /** Blocks whose signature was checked. */
  readonly blocks: number;
  readonly records: number;
  /** Bytes of their payloads, inflated; at most so many. */
  readonly bytes: number;
}

/**
 * Answer to `ingest`. `length` is the number of blocks now held; `added` how many of them came from this update; `work` is
 * missing where nothing was judged.
 */
export type IngestReceipt =
  | {
      readonly ok: true;
      readonly log: LogId;
      readonly length: number;
      readonly hash: BlockHash | undefined;
      readonly added: number;
      readonly work?: IngestWork;
    }
  | { readonly ok: false; readonly refusal: Refusal; readonly work?: IngestWork };

/** Answer to `append`: where the records stand, durable. */
export type AppendReceipt =
  | {
      readonly ok: true;
      readonly log: LogId;
      readonly sequence: number;
      readonly index: number;
      readonly hash: BlockHash;
    }
  | { readonly ok: false; readonly refusal: Refusal; readonly fault?: StorageFault };

/** One log as this peer holds it. */
export interface LogState extends LogHead {
  /** Who writes it, proved by the credential chain in its first block. */
  readonly membership: Membership;
  /** The head that this generation continues, if it said so. */
  readonly continues: LogHead | undefined;
  /** The generation that follows, once a `next` record closed this one. */
  readonly next: LogId["generation"] | undefined;
  /** From this sequence on nothing is accepted or shown: the lowest of all fork proofs, those of continued generations included (L6). */
  readonly quarantinedFrom: number | undefined;
}

/** Appends for one key. At most one writer for a key exists at a time in a swarm; see rule L8 for copies. */
export interface Writer {
  readonly id: WriterId;
  readonly membership: Membership;
  /** The generation being written; `undefined` before the first append of a new key. */
  readonly log: LogId | undefined;
  /**
   * Appends records, all in one block. Answers when they are durable. Calls made while a block is being signed and stored
   * share the next one (group commit). Refused: `open`, `term` and `next` records (R1; they frame a generation), what does
   * not fit one block (L7), everything once a fork of any own generation is proved (L6: make a new key), a failing disk (L8,
   * with its `fault`; append again when it is mended).
   */
  append(records: readonly AnyRecord[]): Promise<AppendReceipt>;
  /**
   * Closes the generation with a `next` record and opens a new one, which starts with `open` and the writer's `opening`
   * records. All of it is one storage batch: either both generations have it or neither has. Happens by itself when a
   * generation is full.
   */
  rollOver(): Promise<AppendReceipt>;
  /** Waits for appends and roll-overs already asked for; further ones are refused. */
  close(): Promise<void>;
}

/**
 * Why a generation is opened. `first`: the writer has no log yet. `roll-over`: the one before was closed, and `continues` is its
 * head with the `next` record. `moved`: this storage may lack blocks that the writer signed (L8), so the generation
 * continues the newest head known here.
 */
export type OpeningReason =
  | { readonly kind: "first" }
  | { readonly kind: "roll-over" | "moved"; readonly continues: LogHead };

export interface OpenWriter {
  readonly key: KeyPair;
  /** Credential chain, root's first, the writer's own last. */
  readonly chain: readonly string[];
  /**
   * Records that follow `open` in every new generation: the `term` record of an orchestrator and, when the generation
   * continues one, the checkpoint. They may fill several blocks.
   */
  readonly opening?: (why: OpeningReason) => Iterable<AnyRecord>;
  /** Blocks after which a generation is closed; at most (and by default) half of `MAX_BLOCKS_PER_GENERATION`. */
  readonly blocksPerGeneration?: number;
}

/** What was wrong with a log when it was opened: it was cut back to `kept` blocks and wants the rest from peers. */
export interface Damage {
  readonly log: LogId;
  readonly kept: number;
  readonly had: number;
  readonly message: string;
}

export interface Logs extends AsyncDisposable {
  readonly swarm: SwarmId;
  readonly genesis: Genesis;
  /** Damage found on open. */
  readonly damage: readonly Damage[];
  /** Every log held, closed and archived generations included. */
  list(): readonly LogState[];
  /** How many that are, without looking at any. */
  count(): number;
  get(log: LogId): LogState | undefined;
  /** Every generation held of a writer. */
  ofWriter(writer: WriterId): readonly LogState[];
  /**
   * The only door for foreign bytes: a Yjs update (version 1 encoding) for the document of `log`. Checks L1 to L7 and A1,
   * stores, then applies. Changes nothing when it refuses. `origin` is passed on to subscribers.
   */
  ingest(log: LogId, update: Uint8Array, origin: unknown): Promise<IngestReceipt>;
  /**
   * Lets go of another writer's log: its blocks leave the storage, fork proofs stay. For what is carried for others and has
   * arrived. With a `length`, only while the log has exactly that many blocks: one that came meanwhile has arrived nowhere yet.
   * Refused: canon, and any log that this storage wrote (L8). A log that is not held, or is longer, is no failure; the value says
   * whether it was let go of.
   */
  forget(log: LogId, length?: number): Promise<Result<boolean>>;
  /**
   * Blocks `from` to `to` (exclusive, default: all), never past a quarantine. `read`, `update` and `signedHead` throw when
   * storage fails or lost what it had confirmed (`cause` is the `StorageFault`).
   */
  read(log: LogId, from?: number, to?: number): AsyncIterable<HeldBlock>;
  /**
   * A Yjs update with blocks from `from` on, of at most `maxBytes` and never more than `MAX_UPDATE_BYTES`, but at least one
   * block; `undefined` when there are none. `next` is the sequence after the last block in it.
   */
  update(
    log: LogId,
    from: number,
    maxBytes: number,
  ): Promise<{ readonly update: Uint8Array; readonly next: number } | undefined>;
  /**
   * The log's Yjs document, read-only by contract: loaded on first call, kept up to date until `release`. A stock Yjs
   * provider can be bound to it. A document cannot forget: when a fork is proved among its blocks, or somebody else writes
   * into it, it is destroyed (its `destroy` event), and the next call loads one that ends where it must.
   */
  document(log: LogId): Promise<Result<{ readonly doc: Y.Doc; release(): void }>>;
  /** The signed head at `length` (default: newest): header and signature, as it travels in the exchange of heads. */
  signedHead(log: LogId, length?: number): Promise<Uint8Array | undefined>;
  /**
   * Checks and keeps a fork proof from outside (L6). It is stored when it concerns a log held here or continued by one;
   * others count as well, but wait in memory (the newest 1,024) until such a log arrives.
   */
  offerProof(proof: Uint8Array, origin: unknown): Promise<Result<LogId>>;
  proofs(): readonly Uint8Array[];
  openWriter(options: OpenWriter): Promise<Result<Writer>>;
  /** Called after each accepted batch, in order per log; a throwing listener is reported, never fatal. */
  subscribe(listener: (accepted: Accepted) => void): () => void;
  /** Called for each refusal by `ingest` and `offerProof`, and for each new fork proof. */
  onRefusal(listener: (refusal: Refusal, origin: unknown) => void): () => void;
  /** Small named values of this peer (not replicated). */
  readonly meta: {
    get(key: string): Promise<Uint8Array | undefined>;
    set(key: string, value: Uint8Array | undefined): Promise<boolean>;
  };
  /** Closes every writer, which stores what was asked of it, waits for updates under way, and closes the storage. */
  close(): Promise<void>;
}
