/** What the verbs of history answer, as JSON. */
import type { EntryStory } from "@herdmind/dashboard";
import type { JsonObject, LogHead } from "@herdmind/protocol";
import type { Imported, Known } from "herdmind";

export interface ReplayAnswer {
  /** The view after so many blocks of canon. */
  readonly number: number;
  /** Blocks of canon that are held here: `from` to `to` (exclusive). */
  readonly from: number;
  readonly to: number;
  /** `false`: numbers are counted from the oldest block held here, because nothing says how many stand before it. */
  readonly isNumbered: boolean;
  /** When the newest of these blocks was written, by the orchestrator's clock; ISO 8601. */
  readonly time: string | number | null;
  readonly head: (LogHead & { readonly term: number }) | null;
  /** Of the view: two peers that show the same moment have the same. */
  readonly viewHash: string;
  readonly entries: { readonly [status: string]: number };
  readonly members: number;
  readonly aliases: number;
  readonly recall?: Omit<Known, "freshness">;
}

export interface StepLine extends JsonObject {
  readonly chapter: string;
}

export interface WhyAnswer extends EntryStory {
  readonly steps: readonly StepLine[];
  /** Of the peers that are here, those that hold the newest record of it in canon; names, or ids where they say none. */
  readonly holders?: {
    readonly held: readonly string[];
    readonly behind: readonly string[];
    readonly unknown: readonly string[];
  };
}

export interface ImportAnswer {
  readonly results: readonly Imported[];
}
