/** What the test processes say over Node's IPC channel. All of it is JSON. */
import type { JoinHereOptions } from "herdmind";

export interface Ref {
  readonly writer: string;
  readonly generation: string;
  readonly sequence: number;
  readonly index: number;
}

/** What a peer holds: compared between peers. */
export interface Held {
  readonly viewHash: string;
  /** Length of each log's watermark, by `writer/generation`. */
  readonly watermarks: { readonly [log: string]: number };
  /** Blocks held of each log. */
  readonly lengths: { readonly [log: string]: number };
  readonly canonLength: number;
  readonly immunizations: number;
  /** Records of canon that the peer does not know, by `type/version`. */
  readonly unknown: { readonly [typeAndVersion: string]: number };
  readonly alarms: number;
  readonly proofs: number;
  readonly damage: number;
  readonly refusals: { readonly [rule: string]: number };
  /** State of each transport. */
  readonly connections: { readonly [transport: string]: string };
}

/** How a test peer reaches others, where that is not what its ticket says. */
export interface Reach {
  readonly mesh?: NonNullable<JoinHereOptions["mesh"]>;
  readonly addresses?: readonly string[];
  /** `true`: a peer of before the second version of any record, and before records of relevance and of the memory. */
  readonly old?: boolean;
}

export type FromPeer =
  | { readonly type: "ready"; readonly ticket?: string }
  | { readonly type: "acknowledged"; readonly ref: Ref }
  | { readonly type: "verdict"; readonly status: string }
  | { readonly type: "held"; readonly held: Held }
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly message: string };

export type ToPeer =
  | { readonly type: "held" }
  /** Report `count` distinct problems, `parallel` at a time, named by `label`; 0: until told to stop. */
  | {
      readonly type: "report";
      readonly count: number;
      readonly parallel: number;
      readonly label: string;
      readonly tags?: readonly string[];
    }
  /** Writes so many items of the memory, one after the other. */
  | { readonly type: "remember"; readonly count: number }
  /** The orchestrator sets a rule of relevance. */
  | { readonly type: "rule"; readonly name: string }
  | { readonly type: "pause" }
  | { readonly type: "stop" };
