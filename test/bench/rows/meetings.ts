/** A swarm whose agents meet problems that others have met: what the rows about repeats have in common. */
import { setTimeout as pause } from "node:timers/promises";
import { createCut } from "../frame/cut.ts";
import type { Context } from "../frame/figures.ts";
import { sharedNow } from "../frame/serve.ts";
import { type Counts, countEncounters, type Deal, type Gap } from "../load/encounters.ts";
import { seeded } from "../load/signals.ts";
import type { Done, Shift } from "../processes/solver-process.ts";

export interface Scene extends Omit<Shift, "agent" | "problems"> {
  readonly deal: Deal;
  /** Share of time, 0 to 1, in which each agent is cut off, and milliseconds from one cut to the next. */
  readonly gaps?: { readonly share: number; readonly everyMs: number };
}

export interface Met extends Counts {
  /** Remedies of other problems that were applied. */
  readonly wrong: number;
  readonly searches: number;
  readonly acknowledged: number;
  /** Acknowledged records that the orchestrator has not got. */
  readonly lost: number;
  /** Percent of the time that agents had no connection, coming back included. */
  readonly away: number;
}

/** Longer than any scene. */
const STEP_MS = 120_000;
/** Milliseconds until what connected agents hold has a verdict, however busy the machine is. */
const PATIENCE_MS = 30_000;
/** Joins that are under way at once, as in the other rows. */
const JOINING = 5;

/** Cuts an agent off again and again until the signal aborts; gives when. The first cut comes at any moment of the first period. */
const cutAgain = async (
  cut: { cut(): void; mend(): void },
  { share, everyMs }: NonNullable<Scene["gaps"]>,
  random: () => number,
  signal: AbortSignal,
): Promise<readonly Gap[]> => {
  const gaps: Gap[] = [];
  const wait = (ms: number): Promise<void> => pause(ms, undefined, { signal }).catch(() => undefined);
  if (share > 0) await wait(random() * (1 - share) * everyMs);
  while (share > 0 && !signal.aborted) {
    const from = sharedNow();
    cut.cut();
    await wait(share * everyMs);
    cut.mend();
    gaps.push({ from, to: sharedNow() });
    await wait((1 - share) * everyMs);
  }
  return gaps;
};

/** Plays a scene with an agent process for each hand of the deal, in a swarm of its own, every process with a disk of its own. */
export const playMeetings = async (
  context: Context,
  { deal, gaps = { share: 0, everyMs: 1 }, ...shift }: Scene,
): Promise<Met> => {
  const swarm = context.start("swarm");
  const { ticket, port } = await swarm.call<{ ticket: string; port: number }>("open", await context.dir());
  const cuts = await Promise.all(deal.map(() => createCut(port)));
  const dirs = await Promise.all(deal.map(() => context.dir()));
  const agents = deal.map(() => context.start("solver"));
  const join = async (): Promise<void> => {
    for (let at = 0; at < agents.length; at += JOINING)
      await Promise.all(
        agents.slice(at, at + JOINING).map((agent, i) => {
          const address = `ws://127.0.0.1:${cuts[at + i]?.port}`;
          return agent.within(STEP_MS).call("join", ticket, dirs[at + i], `agent ${at + i}`, address);
        }),
      );
  };
  await join();
  const ended = new AbortController();
  const random = seeded(shift.seed);
  const cutting = cuts.map((cut) => cutAgain(cut, gaps, random, ended.signal));
  const playing = agents.map((agent, i) =>
    agent.within(STEP_MS).call<Done>("play", { ...shift, agent: i, problems: deal[i] ?? [] } satisfies Shift),
  );
  const done = await Promise.all(playing).finally(() => ended.abort());
  const counts = countEncounters(
    done.flatMap(({ encounters }) => encounters),
    await Promise.all(cutting),
  );
  // At once, not when the next attempt to connect is due.
  await join();
  const acknowledged = done.flatMap((one) => one.acknowledged);
  const lost = await swarm.within(STEP_MS).call<number>("missing", acknowledged, PATIENCE_MS);
  for (const process of [...agents, swarm]) await process.kill();
  for (const cut of cuts) cut.close();
  const sum = (of: (one: Done) => number): number => done.reduce((total, one) => total + of(one), 0);
  return {
    ...counts,
    wrong: sum((one) => one.wrong),
    searches: sum((one) => one.searches),
    acknowledged: acknowledged.length,
    lost,
    away: (100 * sum((one) => one.awayMs)) / sum((one) => one.ms),
  };
};
