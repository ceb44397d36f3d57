/** Streams failures through agents: recall, learn the truth, tell the swarm, and wait until everybody knows. */
import { join } from "node:path";
import type { EntryId, Mitigation } from "@herdmind/protocol";
import type { Child } from "../bench/frame/figures.ts";
import type { Workshop } from "../bench/frame/processes.ts";
import { type Change, type Failure, groupOf } from "./failures.ts";
import type { Answer, Failed, Recalled, Told } from "./messages.ts";
import type { Event, Offer } from "./score.ts";

export type Mode = "with-facts" | "text-only";

export interface ReplayOptions {
  readonly failures: readonly Failure[];
  readonly mode: Mode;
  readonly agents: number;
  readonly workshop: Workshop;
  /** Called after each event. */
  readonly onEvent: (events: readonly Replayed[]) => void;
}

/** One event, with what it cost. */
export interface Replayed extends Event {
  readonly line: number;
  /** Kind of the match that was answered. */
  readonly match: string | undefined;
  /** Whether the failure's group came before. */
  readonly isRepeat: boolean;
  readonly hidden: Recalled["hidden"];
  readonly tokens: number;
  readonly recallMs: number;
  /** Milliseconds from a report to each other agent's knowing of it. */
  readonly immunityMs: readonly number[];
  /** Why the swarm would not take what the agent told. */
  readonly refused: string | undefined;
}

const factsOf = ({ groupId, artifactId, newVersion }: Change) => ({ groupId, artifactId, newVersion });

/** What an agent that solved it would write: which version to go back to, and from which one. */
const remedyOf = ({ groupId, artifactId, previousVersion, newVersion }: Change): Mitigation => ({
  text: `Go back to ${groupId}:${artifactId}:${previousVersion}.`,
  data: { groupId, artifactId, version: previousVersion, insteadOf: newVersion },
});

/** Matches of the very problem. Whether another symptom is the same problem is not known, so no outcome is claimed of it. */
const isSameProblem = ({ match }: Answer): boolean => match === "exact" || match === "alias";

export const replay = async ({
  failures,
  mode,
  agents,
  workshop,
  onEvent,
}: ReplayOptions): Promise<readonly Replayed[]> => {
  const swarm = workshop.start("swarm");
  const ticket = await swarm.call<string>("open", join(await workshop.dir(), "swarm"));
  const peers: Child[] = [];
  for (let i = 0; i < agents; i++) {
    const agent = workshop.start("agent");
    await agent.call("join", ticket, join(await workshop.dir(), "data"), `agent-${i + 1}`);
    peers.push(agent);
  }

  const groupByEntry = new Map<EntryId, string>();
  const offerOf = ({ id, score }: Answer): Offer => {
    const group = groupByEntry.get(id);
    if (group === undefined) throw new Error(`entry ${id} was recalled, and nobody reported it`);
    return { group, score };
  };

  const meet = async ({ line, log, change }: Failure, agent: Child, isRepeat: boolean): Promise<Replayed> => {
    const group = groupOf(change);
    const failed: Failed = { log, facts: mode === "with-facts" ? factsOf(change) : undefined };
    const { entries, open, hidden, tokens, ms } = await agent.call<Recalled>("recall", failed);
    const [first] = entries;
    const answer = first === undefined ? undefined : offerOf(first);
    const told: Told[] = [];
    if (first !== undefined && isSameProblem(first))
      told.push(await agent.call<Told>("outcome", first.id, answer?.group === group));
    let immunityMs: readonly number[] = [];
    let reported: Told | undefined;
    const isRight = answer?.group === group;
    if (first === undefined || !isRight || !isSameProblem(first)) {
      // What cured another symptom is reported for this one: that is how canon learns that they are one problem.
      const mitigation = first !== undefined && isRight ? first.mitigation : remedyOf(change);
      reported = await agent.call<Told>("report", failed, mitigation);
      told.push(reported);
      // Who reports what an entry says already corroborates it: the entry stays the group's that it was made from.
      if (reported.ok && !groupByEntry.has(reported.entry)) groupByEntry.set(reported.entry, group);
    }
    const last = told.filter((one) => one.ok).at(-1);
    if (last !== undefined) {
      const seen = await Promise.all(peers.map((peer) => peer.call<number | undefined>("sees", last.ref, last.entry)));
      const others = seen.filter((at, i): at is number => at !== undefined && peers[i] !== agent);
      if (reported === last && last.isNew) immunityMs = others.map((at) => at - last.startedAt);
    }
    return {
      line,
      group,
      answer,
      open: open.map(offerOf),
      match: first?.match,
      isRepeat,
      hidden,
      tokens,
      recallMs: ms,
      immunityMs,
      refused: told.find((one) => !one.ok)?.why,
    };
  };

  const seen = new Set<string>();
  const events: Replayed[] = [];
  for (const [i, failure] of failures.entries()) {
    const group = groupOf(failure.change);
    events.push(await meet(failure, peers[i % agents] as Child, seen.has(group)));
    seen.add(group);
    onEvent(events);
  }
  return events;
};
