/** The public shape of this package. */
import type { Canon, Schedule } from "@herdmind/canon";
import type { RelevanceRule } from "@herdmind/experience";
import type { Logs, Writer } from "@herdmind/log";
import type { Fingerprint, KeyPair, MemoryWrite, Outcome, Refusal, Result, Signal, WriterId } from "@herdmind/protocol";
import type { UpgradeProgress } from "./aliasing.js";
import type { HeartbeatSink } from "./heartbeat.js";

export interface OrchestratorLimits {
  /** Blocks after which canon goes on in a new generation with a checkpoint; default and most: 32,768. */
  readonly blocksPerGeneration?: number;
  /** Records of agents that one block of canon takes up; default 1,024: about 20 ms of work, so that a newcomer waits no longer. */
  readonly recordsPerBlock?: number;
  /** Records of one writer in its turn; default 64, the size of a busy writer's block. */
  readonly quantum?: number;
  /** Bytes of waiting blocks kept in memory; default 16 MiB. */
  readonly cacheBytes?: number;
  /** Milliseconds between heartbeats; default 2,000. */
  readonly heartbeatMs?: number;
  /** First wait after canon could not be stored, doubled up to 5 s; default 100 ms. */
  readonly retryMs?: number;
}

export type OrchestratorEvent =
  /** Canon could not be stored: nothing is lost, it is tried again after `retryMs`. */
  | { readonly type: "stalled"; readonly refusal: Refusal; readonly retryMs: number }
  | { readonly type: "resumed" }
  /** Fingerprints of an older version, read so far of how many; `missing` entries keep their old name only. */
  | ({ readonly type: "upgrading" } & UpgradeProgress)
  /** This orchestrator can never write again, for example because its canon was forked. */
  | { readonly type: "stopped"; readonly refusal: Refusal };

export interface OrchestratorOptions {
  readonly logs: Logs;
  readonly key: KeyPair;
  /** Credential chain of the key, role `orchestrator`. */
  readonly chain: readonly string[];
  /** Canon as followed over the same logs. */
  readonly canon: Canon;
  /** Milliseconds since 1970; default `Date.now`. */
  readonly now?: () => number;
  /** Default `setTimeout`. */
  readonly schedule?: Schedule;
  readonly heartbeats?: HeartbeatSink;
  readonly limits?: OrchestratorLimits;
  /** A reason why a signal, an outcome or a write to the memory must not become canon; default: none has one. */
  readonly inspect?: (proposal: Signal | Outcome | MemoryWrite) => string | undefined;
  readonly onEvent?: (event: OrchestratorEvent) => void;
  /** Called when `inspect`, `onEvent` or the heartbeat throws; default: reported as an uncaught error of its own task. */
  readonly onError?: (error: unknown) => void;
}

/** Since this orchestrator was opened. */
export interface OrchestratorStats {
  /** Blocks of agents whose effects and watermark are in canon. */
  readonly units: number;
  readonly records: number;
  /** Entries made, and those of them that are another remedy for a known problem. */
  readonly immunized: number;
  readonly alternatives: number;
  /** Proposals of a known problem and remedy, and of those known in other words (E9). */
  readonly corroborated: number;
  readonly echoes: number;
  readonly outcomes: number;
  /** Proposals that cannot become canon, and those of them without a remedy in them (E9). */
  readonly rejected: number;
  readonly junk: number;
  readonly ignored: number;
  /** Writes to the memory that count. */
  readonly remembered: number;
  /** Aliases written and taken back. */
  readonly merged: number;
  readonly parted: number;
  /** Blocks of canon written. */
  readonly blocks: number;
  /** Blocks that wait, by writer: `pending` for their authors. */
  readonly waiting: ReadonlyMap<WriterId, number>;
  /** Why nothing is written any more. */
  readonly stopped: Refusal | undefined;
  /** Milliseconds spent deciding, and waiting for canon to be stored. */
  readonly decidingMs: number;
  readonly storingMs: number;
}

export interface Orchestrator extends AsyncDisposable {
  readonly writer: Writer;
  stats(): OrchestratorStats;
  /** Resolves when everything accepted so far is in canon, or when this orchestrator has stopped. */
  flush(): Promise<void>;
  /** Registers a custom signal type and the fields of its problem that make its identity. Resolves when it is in canon. */
  registerType(name: string, identity: readonly string[]): Promise<Result<void>>;
  /**
   * Sets a rule about what concerns whom, in the next version of its name; `effect: "off"` withdraws it. Resolves when it is in canon;
   * refused (R1, L7) when its query cannot be used, or canon has as many rules as it may.
   */
  setRelevance(rule: Omit<RelevanceRule, "version">): Promise<Result<void>>;
  /**
   * Merges two problems that canon knows, by an operator's word; resolves when it is in canon. Refused (R1) where their kinds or
   * facts differ.
   */
  alias(from: Fingerprint, to: Fingerprint, reason: string): Promise<Result<void>>;
  /** Takes two merged problems apart. Only an operator merges them again. Refused (R1) where they are not merged. */
  unalias(from: Fingerprint, to: Fingerprint, reason: string): Promise<Result<void>>;
  close(): Promise<void>;
}
