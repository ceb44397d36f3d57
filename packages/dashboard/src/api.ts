/**
 * What the dashboard asks of the node that serves it: verbs, `POST /v1/<verb>` with JSON in and JSON out, each answered from the
 * verified replica that this node's peer holds. A member of an answer that is not known is left out. Times are milliseconds since 1970
 * of the clock of whoever wrote the record; every text was written by somebody else and is data.
 *
 * The page is served to anybody and holds nothing. It signs in with the one-time code of `herdmind dashboard`: `POST /session` with
 * `{ code }` as JSON answers 204 and a cookie that scripts cannot read, 400 without a key, 401 for a wrong or old code, 429 after too
 * many. The file that the command opens posts the code as a form: that uses nothing, and answers the page with the code in a `meta`
 * element named `CODE_NAME`, which the page takes out to sign in. `POST /session/end` signs out. A 401 means: sign in.
 * A page may ask the verbs below, `invite`, `status` and `stats`; texts of strangers stand in it, so it can do no more than it shows.
 *
 * Browsers send a cookie to every port of a host, so the server of another program may see it. Hence each request of the page to
 * `/v1/` and `/session` also has the header `PAGE_HEADER` with a key that the page made (32 random bytes, base64url) and keeps in
 * its `localStorage`, which belongs to one port. A session has the key that it was signed in with, and no other one after.
 */
import type { EntryId, Fingerprint, JsonObject, SwarmId, WriterId } from "@herdmind/protocol";

/** Name of the header with the page's key: 43 characters of base64url. */
export const PAGE_HEADER = "herdmind-page";

/** Name of the `meta` element in which the page finds the code that it was opened with. */
export const CODE_NAME = "herdmind-code";

export interface Overview {
  readonly swarm: SwarmId;
  readonly swarmName: string;
  readonly node: { readonly id: WriterId; readonly name: string; readonly role: string };
  readonly connection: string;
  readonly connections: { readonly [transport: string]: string };
  /** Of the newest heartbeat heard, and how far canon is held. */
  readonly canon: {
    readonly blocks: number;
    /** Blocks of canon that are known to exist; more than `blocks` while it catches up. */
    readonly known?: number;
    readonly term?: number;
    /** Milliseconds since the newest heartbeat of the orchestrator arrived here. */
    readonly ageMs?: number;
    /** A red alarm: why canon has ended. */
    readonly alarms: readonly string[];
  };
  readonly entries: { readonly total: number; readonly byStatus: { readonly [status: string]: number } };
  readonly members: number;
  readonly present: number;
  /** Records of this node that canon has not judged yet. */
  readonly pending: number;
  /** What sharing saved at this node: recalls that answered what somebody else had solved. */
  readonly repeatsPrevented: number;
  readonly recalls: number;
  readonly signals: number;
  readonly outcomes: number;
  readonly redactions: number;
  readonly refusals: number;
  /**
   * Since this node began, in equal steps of time by canon's clock, oldest first, the last one still open. `signals`: what canon says
   * it judged (new entries, outcomes that counted, exceptions); corroborations stand in no record. `entries`: the new ones among them.
   */
  readonly traffic: {
    readonly stepMs: number;
    readonly endsAt: number;
    readonly signals: readonly number[];
    readonly entries: readonly number[];
  };
}

export interface EntriesQuery {
  /** Words in title, remedy, discovery; or an id or a fingerprint, or how one begins. */
  readonly text?: string;
  readonly status?: string;
  readonly type?: string;
  readonly domain?: string;
  readonly author?: WriterId;
  /** Default `newest`: in canon's order, because authors' clocks are claims. Equal ones of the others stand newest first. */
  readonly sort?: "newest" | "oldest" | "confidence" | "worked" | "failed";
  readonly offset?: number;
  /** 1 to 200, default 50. */
  readonly limit?: number;
  /** As canon was after so many blocks. */
  readonly atBlocks?: number;
}

export interface EntryRow {
  readonly id: EntryId;
  readonly type: string;
  readonly status: string;
  readonly title: string;
  /** At most 300 characters. */
  readonly remedy: string;
  readonly domain?: string;
  readonly author: WriterId;
  readonly authorName?: string;
  readonly confidence: number;
  readonly worked: number;
  readonly failed: number;
  readonly at: number;
}

export interface Entries {
  /** Of all that match, not of this page. */
  readonly total: number;
  readonly offset: number;
  readonly rows: readonly EntryRow[];
  /** Values that stand in the entries of this swarm, for the lists of a filter; at most 100 each. */
  readonly types: readonly string[];
  readonly domains: readonly string[];
}

/**
 * One entry: the answer of the verb `why`, which has its evidence and its story. `isBrief`: of an entry only what canon counted, without
 * proposals that changed nothing, such as an outcome that was told twice; found by an index, in milliseconds instead of seconds where there are
 * 100,000 entries.
 */
export interface EntryStory {
  readonly id: EntryId;
  readonly state: string;
  readonly entry?: {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
    readonly title: string;
    readonly mitigation: JsonObject;
    readonly discovery?: string;
    readonly fingerprint: Fingerprint;
    readonly author: WriterId;
    readonly authorName?: string;
    readonly confidence: number;
    readonly worked: number;
    readonly failed: number;
    readonly independent: number;
  };
  readonly see?: EntryId;
  readonly aliases: readonly Fingerprint[];
  readonly steps: readonly (JsonObject & { readonly chapter: string })[];
  readonly more: number;
  readonly notHeld: readonly { readonly writer: WriterId; readonly name?: string }[];
}

export interface GraphQuery {
  /** The part around one node; default: what has most evidence. */
  readonly around?: string;
  readonly domain?: string;
  /** Nodes, 1 to 500, default 150. */
  readonly limit?: number;
}

/** `problem` is a fingerprint, `remedy` an entry, `agent` a writer. Ids begin with the kind: `problem:f2_...`. */
export interface GraphNode {
  readonly id: string;
  readonly kind: "problem" | "remedy" | "agent" | "domain";
  readonly label: string;
  readonly status?: string;
  /** How much stands behind it, for its size: entries, outcomes. */
  readonly weight: number;
}

/** `solves`: remedy to problem. `alias`: problem to problem. `wrote`, `worked`, `failed`: agent to remedy. `in`: problem to domain. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: "solves" | "alias" | "wrote" | "worked" | "failed" | "in";
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Remedies that fit, and that the limit left out. */
  readonly leftOut: number;
}

export interface Timeline {
  /** Blocks of canon that are held here: `from` to `to` (exclusive). */
  readonly from: number;
  readonly to: number;
  /** At most 200 buckets of blocks, oldest first. */
  readonly buckets: readonly {
    readonly fromBlocks: number;
    readonly toBlocks: number;
    /** Of the bucket's last block, by the orchestrator's clock. */
    readonly at: number;
    /** Records by type: immunization, evidence, status, verdict, member, ... */
    readonly records: { readonly [type: string]: number };
  }[];
}

/** Canon as it was after `blocks` blocks. */
export interface Moment {
  readonly blocks: number;
  readonly at?: number;
  readonly entries: { readonly total: number; readonly byStatus: { readonly [status: string]: number } };
  readonly members: number;
  readonly aliases: number;
  /** Only where it was asked for: it costs 10 us an entry. Two peers that show the same moment have the same. */
  readonly viewHash?: string;
}

export interface Alarms {
  readonly alarms: readonly { readonly at?: number; readonly message: string }[];
  /** Since this node began, by rule of PROTOCOL.md; `title` says what the rule is. */
  readonly refusals: readonly { readonly rule: string; readonly title: string; readonly count: number }[];
  /** The newest refusals and rejections, newest first, at most 200. `by`: `us` refused somebody, `peer` refused us, `canon`: a verdict. */
  readonly recent: readonly {
    readonly at: number;
    readonly rule: string;
    readonly message: string;
    readonly by: "us" | "peer" | "canon";
    readonly writer?: WriterId;
  }[];
  readonly proofs: number;
  readonly damage: readonly { readonly log: string; readonly message: string }[];
  /** Members that canon or a proof has closed, and why. */
  readonly closed: readonly { readonly writer: WriterId; readonly name?: string; readonly reason: string }[];
}

export interface Members {
  readonly members: readonly {
    readonly writer: WriterId;
    readonly name?: string;
    readonly role: string;
    readonly status: string;
    readonly reason?: string;
    /** Of writers that count as one (E1). */
    readonly group: WriterId;
    readonly invitation?: string;
    readonly at?: number;
    readonly isHere: boolean;
    readonly isSelf: boolean;
    readonly claims: readonly Fingerprint[];
    /** How far it says it holds canon. */
    readonly canonBlocks?: number;
  }[];
  /** Whether this node may invite: with the verb `invite` { role, expires, uses }, which answers { ticket, role, addresses, expiresAt, uses }. */
  readonly mayInvite: boolean;
}

/** Verb by verb: what goes in, and what the node answers. The live feed is `GET /v1/watch`, one JSON object { event, at, ... } a line. */
export interface DashboardVerbs {
  readonly overview: { readonly input: Record<string, never>; readonly answer: Overview };
  readonly entries: { readonly input: EntriesQuery; readonly answer: Entries };
  readonly why: { readonly input: { readonly id: string; readonly isBrief?: boolean }; readonly answer: EntryStory };
  readonly graph: { readonly input: GraphQuery; readonly answer: Graph };
  readonly timeline: { readonly input: Record<string, never>; readonly answer: Timeline };
  readonly moment: {
    readonly input: { readonly blocks: number; readonly withHash?: boolean };
    readonly answer: Moment;
  };
  readonly alarms: { readonly input: Record<string, never>; readonly answer: Alarms };
  readonly members: { readonly input: Record<string, never>; readonly answer: Members };
}
