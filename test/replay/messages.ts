/** What a replay and its agents say to each other. */
import type { EntryId, Mitigation, RecordRef } from "@herdmind/protocol";
import type { Facts } from "herdmind";

export interface Failed {
  readonly log: string;
  /** Absent where agents have nothing but the log. */
  readonly facts: Facts | undefined;
}

export interface Answer {
  readonly id: EntryId;
  readonly match: string;
  readonly score: number;
  readonly mitigation: Mitigation;
}

export interface Recalled {
  readonly entries: readonly Answer[];
  readonly open: readonly Answer[];
  readonly hidden: { readonly [reason: string]: number };
  readonly tokens: number;
  /** Milliseconds of the recall. */
  readonly ms: number;
}

export type Told =
  | {
      readonly ok: true;
      readonly ref: RecordRef;
      readonly entry: EntryId;
      /** An entry was made of it. */
      readonly isNew: boolean;
      /** On the clock that all processes share. */
      readonly startedAt: number;
    }
  | { readonly ok: false; readonly why: string };
