/** What each verb answers, as JSON. */
import type { Alarms, Entries, Graph, Members, Moment, Overview, Timeline } from "@herdmind/dashboard";
import type {
  EntryId,
  Fingerprint,
  JsonObject,
  LogHead,
  LogId,
  Mitigation,
  RecordRef,
  Role,
  SwarmId,
  WriterId,
} from "@herdmind/protocol";
import type {
  Freshness,
  Known,
  MemoryItem,
  MemoryReceipt,
  Prepared,
  Present,
  Redaction,
  RelevanceRule,
  Rendered,
  Stats,
  Verdict,
} from "herdmind";
import type { Diagnosis } from "./doctor.js";
import type { ImportAnswer, ReplayAnswer, WhyAnswer } from "./history-answers.js";
import type { DashboardCode } from "./web.js";

export interface ReportAnswer {
  /** Of the entry that is made of this report if it is the first of its kind. */
  readonly id: EntryId;
  readonly ref: RecordRef;
  readonly redactions: readonly Redaction[];
  readonly verdict: Verdict;
  /** Only without a node: whether the swarm has it already; if not, it is kept and travels later. */
  readonly sent?: boolean;
  readonly why?: string;
}

export interface InviteAnswer {
  readonly ticket: string;
  readonly role: Role;
  readonly addresses: readonly string[];
  readonly expiresAt: string | null;
  readonly uses: number | null;
}

/**
 * `yours`: search for a remedy, and report it; the others wait. `taken`: somebody else is searching. `known`: a remedy is known, do
 * not search. `released`: the claim was given back.
 */
export interface ClaimAnswer {
  readonly status: "yours" | "taken" | "known" | "released";
  readonly fingerprint: Fingerprint;
  /** `yours`: until when it is held, unless it is claimed again. */
  readonly until?: string;
  /** `taken`: who is searching. */
  readonly holder?: { readonly writer: WriterId; readonly name: string };
  /** `known`: what is known, best first. */
  readonly entries?: Known["entries"];
}

/** What a client wants to know of the node and of its swarm. */
export interface StatusAnswer {
  readonly swarmName: string;
  readonly swarm: SwarmId;
  readonly name: string;
  readonly role: Role;
  readonly pid: number;
  readonly connection: Stats["connection"];
  readonly freshness: Freshness;
  readonly immunizations: number;
  /** Records of this node that canon has not judged yet. */
  readonly pending: number;
  /** Who is here now, this node included. */
  readonly present: readonly { readonly name: string; readonly claims: number }[];
  readonly repeatsPrevented: number;
}

export interface EntryLine {
  readonly id: EntryId;
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  /** Of an entry whose status has changed: how many of the peers that are present have heard of it, as they say. */
  readonly holders?: { readonly held: number; readonly present: number };
  readonly title: string;
  readonly mitigation: Mitigation;
  readonly author: WriterId;
  readonly worked: number;
  readonly failed: number;
}

export interface LogLine extends LogHead {
  readonly role: Role;
  readonly name?: string;
  /** Blocks that canon has admitted; canon itself has none. */
  readonly admitted: number | null;
  readonly quarantinedFrom?: number;
}

export interface HeadLine extends LogHead {
  /** Header and signature as they travel, base64url. */
  readonly signed: string | null;
}

/** One alias of canon; from a fingerprint to itself: that problem is kept apart. */
export interface AliasLine {
  readonly from: Fingerprint;
  readonly to: Fingerprint;
  readonly reason: string;
}

/** What `inspect` can show. */
export const INSPECTABLE = [
  "node",
  "present",
  "members",
  "logs",
  "heads",
  "canon",
  "carried",
  "refusals",
  "proofs",
  "damage",
] as const;

export interface Inspected {
  readonly node: {
    readonly swarm: SwarmId;
    readonly swarmName: string;
    readonly id: WriterId;
    readonly name: string;
    readonly role: Role;
    readonly dir?: string;
    readonly pid: number;
    readonly addresses: readonly string[];
  };
  /** Who is here now, this node included, and what each is solving. */
  readonly present: readonly Present[];
  readonly members: readonly JsonObject[];
  readonly logs: readonly LogLine[];
  readonly heads: readonly HeadLine[];
  readonly canon: {
    readonly head?: LogHead & { readonly term: number };
    readonly freshness: Freshness;
    readonly alarms: readonly { readonly message: string }[];
    readonly entries: readonly EntryLine[];
  };
  readonly carried: Stats["carried"];
  readonly refusals: { readonly [rule: string]: number };
  /** Fork proofs, base64url. */
  readonly proofs: readonly string[];
  readonly damage: readonly { readonly log: LogId; readonly message: string }[];
}

/**
 * Asked by keys: one for each, in their order, `null` where there is none; fewer when they are more than a page: ask for the rest.
 * `next`: there are more items, behind this key.
 */
export interface MemoryReadAnswer {
  readonly items: readonly (MemoryItem | null)[];
  readonly next?: string;
}

export interface Answers {
  readonly report: ReportAnswer;
  readonly recall: Known & { readonly rendered?: Rendered };
  readonly prepare: Prepared & { readonly rendered?: Rendered };
  readonly relevance: { readonly rules: readonly RelevanceRule[] };
  readonly alias: { readonly aliases: readonly AliasLine[] };
  readonly outcome: ReportAnswer;
  readonly claim: ClaimAnswer;
  readonly status: StatusAnswer;
  readonly invite: InviteAnswer;
  readonly inspect: Partial<Inspected>;
  readonly stats: Stats;
  readonly doctor: Diagnosis;
  readonly replay: ReplayAnswer;
  readonly why: WhyAnswer;
  readonly import: ImportAnswer;
  readonly serve: { readonly url: string };
  readonly dashboard: DashboardCode | { readonly ended: number; readonly stopped: boolean };
  readonly overview: Overview;
  readonly entries: Entries;
  readonly graph: Graph;
  readonly timeline: Timeline;
  readonly moment: Moment;
  readonly alarms: Alarms;
  readonly members: Members;
  readonly "memory-read": MemoryReadAnswer;
  readonly "memory-write": MemoryReceipt;
}

export type VerbName = keyof Answers;

/** What is answered line by line. `lease` has one line, `{ as }`, and stays open: who closes it gives the name back. */
export const streamNames = ["log", "export", "lease"] as const;
export type StreamName = (typeof streamNames)[number];

/** The rule that was broken is a rule id of PROTOCOL.md, or `internal`. */
export interface Refused {
  readonly ok: false;
  readonly rule: string;
  readonly message: string;
}
export type VerbAnswer<Name extends VerbName = VerbName> =
  | { readonly ok: true; readonly value: Answers[Name] }
  | Refused;
