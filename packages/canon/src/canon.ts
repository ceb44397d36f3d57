/** The public shape of this package: canon as one peer sees it. */
import type { Position, View, ViewEvent } from "@herdmind/experience";
import type { BlockHash, GenerationId, LogHead, LogId } from "@herdmind/protocol";

/** Calls `run` after `ms` milliseconds; the returned function cancels. A simulation passes its own. */
export type Schedule = (run: () => void, ms: number) => () => void;

/** How far canon reaches here: `length` blocks of the newest generation, the last of which has `hash`. */
export interface CanonHead extends LogHead {
  readonly term: number;
}

/** What a heartbeat of the orchestrator says: canon of this term reaches this head, at its time. */
export interface CanonHeartbeat {
  readonly term: number;
  readonly generation: GenerationId;
  readonly length: number;
  readonly hash: BlockHash;
  /** The orchestrator's clock, milliseconds since 1970. */
  readonly at: number;
  /** How old it was when it arrived, where the clocks can tell. */
  readonly lateMs?: number;
}

/** Where heartbeats come from: verified, newest first. `createHeartbeats` of @herdmind/sync fits. */
export interface HeartbeatSource {
  latest(): CanonHeartbeat | undefined;
  subscribe(listener: (heartbeat: CanonHeartbeat) => void): () => void;
}

/** "Canon as of `asOf`, `held` of `known` blocks" (rule E6). */
export interface Freshness {
  /** The orchestrator's time of the newest heartbeat whose head is held here; `undefined` before there was one. */
  readonly asOf: number | undefined;
  /** Blocks held of the newest generation. */
  readonly held: number;
  /** Blocks that are known to exist; more than `held` when this peer lags. */
  readonly known: number;
  /**
   * Milliseconds since that heartbeat arrived, by this peer's monotonic clock, and what it was late by then. One that was replayed
   * within five minutes looks as young as it came: clocks may differ by that much. `undefined` also for one from before a restart.
   */
  readonly ageMs: number | undefined;
  /** The same for the newest heartbeat of all, whether or not its head is held: is anybody there who writes canon? */
  readonly heardMs: number | undefined;
  /** This peer once held more of canon than it does now: its storage was rolled back or lost blocks. */
  readonly rolledBack: boolean;
  /** Canon rests on a checkpoint whose history is not held here, so nobody here has checked it. */
  readonly historyUnverified: boolean;
}

/**
 * Something that must never happen, or a storage that cannot be read. `fork`: canon was signed twice, and ends before the
 * forked block. `checkpoint`: a generation opens with a state that its history does not have, so canon stays at the old end.
 * `rolled-back`: less of canon is held than once was. `unreadable`: storage refuses to be read; it is tried again.
 */
export interface Alarm {
  readonly kind: "fork" | "checkpoint" | "rolled-back" | "unreadable";
  readonly log: LogId;
  /** The first block that does not count. */
  readonly sequence: number;
  /** What happened, to which log, and what to do next. */
  readonly message: string;
}

export type CanonEvent =
  /** A record changed the view; it stands at `position`. Records of a checkpoint change nothing and are not announced. */
  | { readonly type: "changed"; readonly event: ViewEvent; readonly position: Position }
  /** Canon grew, or was replaced; after the `changed` events of the same blocks. `undefined`: nothing of it is left. */
  | { readonly type: "head"; readonly head: CanonHead | undefined }
  /**
   * Canon is no longer what it was: `view` is a new object, take it as a whole. Blocks of `withdrawn` are not canon any more
   * (`from` inclusive, `to` exclusive), and verdicts in them are void until they are given again.
   */
  | {
      readonly type: "rebuilt";
      readonly view: View;
      readonly reason: string;
      readonly withdrawn: readonly { readonly log: LogId; readonly from: number; readonly to: number }[];
    }
  | { readonly type: "alarm"; readonly alarm: Alarm }
  /** The history behind a checkpoint arrived, and the checkpoint holds. */
  | { readonly type: "verified"; readonly log: LogId };

/** A generation of canon, or as much of it as counts. */
export interface HistoryPart extends LogId {
  readonly term: number;
  /** Blocks 0 to `length` (exclusive) are canon. */
  readonly length: number;
  /** Blocks of its opening: the checkpoint of what it continues, which says nothing new. 0 for the first generation. */
  readonly opening: number;
  /** Blocks of canon before it: so the number of its block 0. `undefined` where nothing that is held tells. */
  readonly before: number | undefined;
}

export interface Canon extends AsyncDisposable {
  /** What canon says now. The same object goes on until a `rebuilt` event. */
  readonly view: View;
  head(): CanonHead | undefined;
  /** The generations that canon consists of here, oldest first, and how many blocks of each count. */
  parts(): readonly LogHead[];
  /** The same as far back as storage holds canon, also where it was not read because a later checkpoint was checked before. */
  history(): readonly HistoryPart[];
  freshness(): Freshness;
  alarms(): readonly Alarm[];
  /** Called in order; a throwing listener is reported, never fatal. */
  subscribe(listener: (event: CanonEvent) => void): () => void;
  /** Resolves when everything accepted so far has been judged and folded. */
  settled(): Promise<void>;
  close(): Promise<void>;
}
