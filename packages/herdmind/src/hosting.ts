/** What a node offers to the tabs that work through it, besides what it offers to its own developer. */
import type { WriterId } from "@herdmind/protocol";
import type { Counted, Write } from "./agent.js";
import type { AttemptHost } from "./attempt.js";
import type { Turn, Wanted } from "./claims.js";
import type { Peer } from "./peer.js";
import type { Receipt } from "./report.js";
import type { Reported, Verdict } from "./verdicts.js";

export interface HostingPeer extends Peer {
  readonly hosting: {
    /** Writes for the agent with this id, which was opened by this node: its own one, or one of `as`. */
    write(agent: WriterId, ...asked: Parameters<Write>): Promise<Receipt>;
    awaitVerdict(reported: Reported, isDoubtful: boolean): Promise<Verdict>;
    count(what: Counted, by: number): void;
    readonly onLearned: AttemptHost["onLearned"];
    claim(agent: WriterId, wanted: Omit<Wanted, "agent">): Promise<Turn>;
  };
}
