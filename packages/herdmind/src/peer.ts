/** What a node looks like to the developer who opened it. */
import type { Canon, Freshness } from "@herdmind/canon";
import type { Position, Profile, RecalledEntry, Status } from "@herdmind/experience";
import type { Logs } from "@herdmind/log";
import type { EntryId, LogId, Mitigation, Refusal, Role, SwarmId, WriterId } from "@herdmind/protocol";
import type { CarryMode, CarryStats, TransportState } from "@herdmind/sync";
import type { Agent } from "./agent.js";
import type { Hold } from "./claims.js";
import type { ClaimNews, PresentNews } from "./company-news.js";
import type { EmbeddingStats } from "./embedding.js";
import type { Holders } from "./holders.js";
import type { Present } from "./presence.js";
import type { Said, Say } from "./say.js";
import type { Verdict } from "./verdicts.js";
import type { WorkEvents } from "./work-events.js";

/** A new entry, and whether it concerns this node's profile. */
export type Immunized = RecalledEntry & { readonly concerns: boolean };

/** Canon gave an entry another status: outcomes contradict it, or speak for it again, or a better remedy is confirmed. */
export interface StatusNews {
  readonly id: EntryId;
  readonly title: string;
  readonly mitigation: Mitigation;
  readonly status: Status;
  readonly before: Status;
  /** How many independent groups said what, and who. */
  readonly reason: string;
  /** The entry that supersedes it. */
  readonly by?: EntryId;
  /** Where the record stands in canon: see `peer.holders`. */
  readonly position: Position;
  /** Agents of this node that proposed it or told an outcome of it: what they applied may be wrong. */
  readonly appliedBy: readonly WriterId[];
}

export interface NodeEvents extends WorkEvents {
  /** An entry was contested, revoked, superseded, or is active again. */
  readonly status: StatusNews;
  /** Somebody came, or left (E7). */
  readonly present: PresentNews;
  /** An agent, here or elsewhere, began to search a problem, or has ended (E8). */
  readonly claim: ClaimNews;
  /** Another peer said something (E10). */
  readonly said: Said;
  /** An agent of this node waits for somebody else's search (E8), for `patienceMs` at most. */
  readonly waiting: Hold;
  /** That wait is over. */
  readonly waited: Hold & { readonly ms: number; readonly isLearned: boolean };
  /** A new entry stands in canon. */
  readonly immunized: Immunized;
  /** Canon judged a record of one of this node's agents. */
  readonly verdict: Verdict;
  /** Something was refused: here, or by a relay; `by` says where. */
  readonly refused: { readonly refusal: Refusal; readonly by: "us" | "peer" };
  /** `transport`: `relay`, `mesh`, or the name of one that was passed in. */
  readonly connection: { readonly transport: string; readonly state: TransportState; readonly why: string };
  /** Canon is forked, was rolled back, or an orchestrator lied: a person should look. */
  readonly alarm: { readonly message: string };
  /** Blocks of canon that do not count any more; verdicts in them are void until they are given again. */
  readonly withdrawn: { readonly log: LogId; readonly from: number; readonly to: number };
}

export interface Stats {
  /** Signals and outcomes that agents of this node reported since it was opened. */
  readonly signals: number;
  readonly outcomes: number;
  readonly recalls: number;
  /** Attempts that a recalled remedy solved. */
  readonly repeatsPrevented: number;
  readonly redactions: number;
  /** Problems that agents of this node claimed and searched; waits for others' claims, and those that ended with a remedy. */
  readonly claims: number;
  readonly waits: number;
  readonly waitsThatPaid: number;
  /** Entries in canon, by status. */
  readonly immunizations: number;
  readonly active: number;
  readonly contested: number;
  readonly revoked: number;
  /** Members of canon with role agent, and agents of this node. */
  readonly agents: number;
  readonly localAgents: number;
  /** Records of this node that canon has not judged yet. */
  readonly pending: number;
  readonly refusals: number;
  readonly refusalsByRule: { readonly [rule: string]: number };
  readonly handlerErrors: number;
  /** The best of `connections`; `none` when there is no transport. */
  readonly connection: TransportState | "none";
  readonly connections: { readonly [transport: string]: TransportState };
  readonly freshness: Freshness;
  /** Logs of this node's agents: blocks of all, those that canon has admitted, and how many one of them has that canon has not. */
  readonly hosted: { readonly blocks: number; readonly admitted: number; readonly behind: number };
  /** What this node keeps for others that canon has not passed, and how often it had to refuse more for want of room. */
  readonly carried: CarryStats & { readonly mode: CarryMode };
  /** Entries that similarity search does not know yet. */
  readonly unindexed: number;
  /** `undefined` without an embedder. */
  readonly embedding: EmbeddingStats | undefined;
}

export interface Invitation {
  readonly role?: Role;
  /** Milliseconds from now; default: no expiry. */
  readonly lifetimeMs?: number;
  readonly uses?: number;
  /** Where newcomers find the swarm; default: the addresses of this peer. */
  readonly addresses?: readonly string[];
}

/** What `createSwarm`, `join` and `openNode` give. It is an agent itself: its own default one. */
export interface Peer extends Agent, AsyncDisposable {
  readonly swarm: SwarmId;
  readonly swarmName: string;
  readonly role: Role;
  readonly dir: string | undefined;
  /** What its agents work on: what does not concern it is left out of recalls, and counted. */
  readonly profile: Profile | undefined;
  /** Where this node can be reached, or reaches the swarm. */
  readonly addresses: readonly string[];
  readonly logs: Logs;
  readonly canon: Canon;
  /** An agent of this name with a writer of its own; the same name gives the same agent. */
  as(name: string): Promise<Agent>;
  /** A ticket for newcomers. */
  invite(invitation?: Invitation): Promise<string>;
  on<Name extends keyof NodeEvents>(name: Name, handler: (event: NodeEvents[Name]) => unknown): () => void;
  stats(): Stats;
  /** Who is here now, this node included, and what each is solving: as far as it has been heard (E7, E8). */
  present(): readonly Present[];
  /** Who of those that are present holds a record of canon, for example a revocation: `position` of a `status` event. */
  holders(position: Pick<Position, "generation" | "sequence">): Holders;
  readonly say: Say;
  /** Resolves when this node holds what its relay held when they last met; rejects when `signal` aborts. */
  synced(signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** A line for people who look for faults, and for programs: `event` is one of the names that the README of @herdmind/observe lists. */
export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly event: string;
  readonly message: string;
  /** What it is about: ids, counts, addresses. Never a text of others, a token or a ticket. */
  readonly fields?: { readonly [name: string]: string | number | boolean };
}

/** Writes a line; default: nothing is written. */
export type Logger = (line: LogLine) => void;
