/** An agent that meets one problem after the other: applies what the swarm knows, or searches, and tells what it found. */
import { setTimeout as pause } from "node:timers/promises";
import type { RecordRef } from "@herdmind/protocol";
import { join, type Peer } from "herdmind";
import { serve, sharedNow } from "../frame/serve.ts";
import type { Encounter } from "../load/encounters.ts";
import { outputOf, remedyOf } from "../load/outputs.ts";
import { seeded } from "../load/signals.ts";

/** What an agent is told to do. */
export interface Shift {
  readonly agent: number;
  readonly problems: readonly number[];
  readonly seed: number;
  /** Milliseconds of other work before each problem, on average. */
  readonly workMs: number;
  /** Milliseconds that a search takes, on average. */
  readonly searchMs: number;
  /** Whether it says what it searches for, and waits for others who do. */
  readonly claim: boolean;
  /** Milliseconds that it waits for them at most: who claimed may have been cut off. */
  readonly patienceMs: number;
}

/** A record that the agent was told is durable, and what it says. */
export interface Acknowledged {
  readonly ref: RecordRef;
  readonly says: string;
}

/** What came of it. */
export interface Done {
  readonly encounters: readonly Encounter[];
  readonly acknowledged: readonly Acknowledged[];
  /** Remedies of other problems that were applied. */
  readonly wrong: number;
  /** Searches that began. */
  readonly searches: number;
  /** Milliseconds without a connection, and of all. */
  readonly awayMs: number;
  readonly ms: number;
}

let peer: Peer | undefined;
const own = (): Peer => {
  if (peer === undefined) throw new Error("this agent has not joined yet");
  return peer;
};

/** Since when there is no connection; `undefined`: there is one. */
let awaySince: number | undefined;
let awayMs = 0;
const away = (): number => awayMs + (awaySince === undefined ? 0 : sharedNow() - awaySince);

serve({
  /** Joins, or comes back to its directory; answers when canon is here as far as the relay has it. */
  join: async (ticket: string, dir: string, name: string, address: string) => {
    await peer?.close();
    peer = await join(ticket, { name, dir, addresses: [address] });
    peer.on("connection", ({ state }) => {
      if (state === "connected") {
        awayMs = away();
        awaySince = undefined;
      } else awaySince ??= sharedNow();
    });
    await peer.synced(AbortSignal.timeout(60_000));
  },
  play: async ({ agent, problems, seed, workMs, searchMs, claim, patienceMs }: Shift): Promise<Done> => {
    const node = own();
    const random = seeded(seed * 1000 + agent);
    const around = (ms: number): number => ms * (0.5 + random());
    const encounters: Encounter[] = [];
    const acknowledged: Acknowledged[] = [];
    let wrong = 0;
    let searches = 0;
    const startedAt = sharedNow();
    const awayBefore = away();
    for (const problem of problems) {
      await pause(around(workMs));
      const text = outputOf(problem, random);
      const remedy = remedyOf(problem);
      let isCured = false;
      let solvedAt: number | undefined;
      // Which entry an outcome is of: the one applied last.
      let applied = "";
      const metAt = sharedNow();
      await node.attempt(
        { name: "build" },
        () => {
          if (!isCured) throw new Error("it failed");
        },
        {
          toProblem: () => ({ text }),
          claim,
          patienceMs,
          apply: ({ id, mitigation }) => {
            applied = id;
            isCured = mitigation.text === remedy.text;
            if (!isCured) wrong++;
          },
          solve: async (_error, { learned }) => {
            searches++;
            // An abort means that another agent's remedy has come.
            await pause(around(searchMs), undefined, { signal: learned });
            isCured = true;
            return { mitigation: remedy };
          },
          onReceipt: (receipt, kind) => {
            if (!receipt.ok) throw new Error(receipt.refusal.message);
            if (kind === "report") solvedAt = sharedNow();
            acknowledged.push({
              ref: receipt.ref,
              says: kind === "report" ? remedy.text : `${applied} ${isCured ? "helped" : "did not help"}`,
            });
          },
        },
      );
      encounters.push({ agent, problem, metAt, solvedAt });
    }
    return { encounters, acknowledged, wrong, searches, awayMs: away() - awayBefore, ms: sharedNow() - startedAt };
  },
});
