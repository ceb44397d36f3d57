/** What a pair of runs comes to: the JSON of `--json`, and the table and sentences for people. */
import type { Canonical } from "./canonical.js";
import type { RunLog } from "./coordinate.js";
import type { Deal } from "./deal.js";
import { limitsOf } from "./limit.js";

export interface GroundhogResult {
  readonly seed: number;
  readonly agents: number;
  readonly tasks: number;
  readonly problems: number;
  readonly isolated: { readonly wallMs: number; readonly attempts: number; readonly repeatedSolves: number };
  readonly swarm: {
    readonly wallMs: number;
    readonly attempts: number;
    readonly repeatedSolves: number;
    /** Repeated solves that began before the first solution was recallable there: two agents hit one problem at once. */
    readonly simultaneousSolves: number;
    readonly recallsThatWorked: number;
    /** Recalled remedies that were applied, and did not help. */
    readonly recallsThatFailed: number;
    readonly immunizations: number;
    /** From the call of `report` to recallable in another process. */
    readonly propagationMs: { readonly p50: number; readonly p99: number; readonly max: number };
  };
  readonly savedPct: number;
  /** Perfect sharing of this deal: the first to meet a problem solves it, everybody else knows at once and for nothing. */
  readonly limitPct: number;
  /** What nobody could beat even by knowing beforehand who will be lucky. */
  readonly foresightPct: number;
  readonly acknowledged: number;
  readonly canonical: number;
  readonly lost: number;
}

export const resultOf = (deal: Deal, isolated: RunLog, swarm: RunLog, canon: Canonical): GroundhogResult => {
  const limits = limitsOf(isolated.tasks);
  const spread = propagation(swarm);
  const round = (value: number, digits = 1): number => Number(value.toFixed(digits));
  return {
    seed: deal.seed,
    agents: deal.agents.length,
    tasks: isolated.tasks.length,
    problems: deal.problems,
    isolated: {
      wallMs: round(isolated.wallMs),
      attempts: attempts(isolated),
      repeatedSolves: repeatedSolves(isolated).length,
    },
    swarm: {
      wallMs: round(swarm.wallMs),
      attempts: attempts(swarm),
      repeatedSolves: repeatedSolves(swarm).length,
      simultaneousSolves: repeatedSolves(swarm).filter((task) => searchedBlind(swarm, task)).length,
      recallsThatWorked: swarm.tasks.filter((task) => task.by === "recalled").length,
      recallsThatFailed: swarm.tasks.reduce((sum, task) => sum + task.recallsThatFailed, 0),
      immunizations: canon.immunizations,
      propagationMs: { p50: round(at(spread, 0.5), 2), p99: round(at(spread, 0.99), 2), max: round(at(spread, 1), 2) },
    },
    savedPct: round(100 * (1 - swarm.wallMs / isolated.wallMs)),
    limitPct: round(limits.inOrder.savedPct),
    foresightPct: round(limits.foresight.savedPct),
    acknowledged: swarm.acknowledged.length,
    canonical: canon.records.length,
    lost: swarm.acknowledged.length - canon.records.length,
  };
};

const attempts = (run: RunLog): number => run.tasks.reduce((sum, task) => sum + task.attempts, 0);

const solves = (run: RunLog): RunLog["tasks"] => run.tasks.filter((task) => task.by === "solved");

/** All solves of a cause but the one that was reported first. */
const repeatedSolves = (run: RunLog): RunLog["tasks"] => {
  const first = firstSolves(run);
  return solves(run).filter((task) => first.get(task.cause) !== task);
};

const firstSolves = (run: RunLog): ReadonlyMap<string, RunLog["tasks"][number]> => {
  const first = new Map<string, RunLog["tasks"][number]>();
  for (const task of solves(run)) {
    const known = first.get(task.cause);
    if (known === undefined || (task.reportedAt ?? 0) < (known.reportedAt ?? 0)) first.set(task.cause, task);
  }
  return first;
};

/** Whether this solve began when no solution of its cause was recallable at its agent. */
const searchedBlind = (run: RunLog, task: RunLog["tasks"][number]): boolean => {
  const first = firstSolves(run).get(task.cause);
  const report = run.acknowledged.find(
    ({ agent, calledAt }) => agent === first?.agent && calledAt === first.reportedAt,
  );
  const known = report === undefined ? undefined : run.immunizedAt.get(report.id)?.get(task.agent);
  return known === undefined || (task.searchedFrom ?? 0) < known;
};

const propagation = (run: RunLog): readonly number[] => {
  const spread: number[] = [];
  for (const { id, agent, calledAt } of run.acknowledged) {
    for (const [other, seenAt] of run.immunizedAt.get(id) ?? []) if (other !== agent) spread.push(seenAt - calledAt);
  }
  return spread.sort((a, b) => a - b);
};

const at = (sorted: readonly number[], quantile: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(quantile * sorted.length) - 1)] ?? 0;

const solvedAgain = ({ repeatedSolves: again, simultaneousSolves: blind }: GroundhogResult["swarm"]): string => {
  if (again === 0) return "Each was solved once.";
  const known = again - blind;
  return [
    `${again} ${again === 1 ? "was" : "were"} solved again`,
    ...(blind > 0 ? [`${blind} by an agent that met it before the first solution arrived`] : []),
    ...(known > 0 ? [`${known} although a solution was known there`] : []),
  ]
    .join(", ")
    .concat(".");
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** Table and sentences. */
export const describe = (result: GroundhogResult): string => {
  const { isolated, swarm } = result;
  const rows: readonly (readonly [string, string, string])[] = [
    ["", "alone", "as a swarm"],
    ["wall time", seconds(isolated.wallMs), seconds(swarm.wallMs)],
    ["program runs", String(isolated.attempts), String(swarm.attempts)],
    [
      "repeated solves",
      String(isolated.repeatedSolves),
      `${swarm.repeatedSolves} (${swarm.simultaneousSolves} at the same moment)`,
    ],
    ["recalls that worked / failed", "-", `${swarm.recallsThatWorked} / ${swarm.recallsThatFailed}`],
    [
      "report to recallable elsewhere",
      "-",
      `p50 ${swarm.propagationMs.p50} ms, p99 ${swarm.propagationMs.p99} ms, max ${swarm.propagationMs.max} ms`,
    ],
    ["acknowledged / canonical / lost", "-", `${result.acknowledged} / ${result.canonical} / ${result.lost}`],
  ];
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length));
  const table = rows.map(([name, a, b]) => `  ${name.padEnd(width(0))}  ${a.padStart(width(1))}  ${b}`.trimEnd());
  return [
    ...table,
    "",
    `Sharing saved ${result.savedPct} % of the time: ${result.tasks} tasks with ${result.problems} causes. ${solvedAgain(swarm)}`,
    `Perfect sharing of this deal, where the first to meet a cause solves it and all know at once, saves ${result.limitPct} %; agents that search at the same moment can beat that by luck, and ${result.foresightPct} % by nothing but foresight.`,
  ].join("\n");
};
