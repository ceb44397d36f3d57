/**
 * One agent, in a process of its own. It works through its tasks with the loop that herdmind gives it (`attempt`): run the
 * program; if that fails, recall; apply what is known; else try the toolbox in its own order, and report what worked.
 */
import { join as joinPath } from "node:path";
import { createSwarm, join, type Peer, type Receipt } from "herdmind";
import type { Assignment, FromAgent, TaskDone, ToAgent } from "./messages.js";
import { instant } from "./messages.js";
import type { RunResult, TaskProblem } from "./plan.js";
import { remediesByName } from "./remedies.js";
import type { Remedy } from "./remedy.js";
import { createWorkshop, type Task, type Workshop } from "./workshop.js";

/** A failed run as an error: what `attempt` catches. */
interface TaskError extends Error {
  readonly problem: TaskProblem;
}

const taskError = (problem: TaskProblem): TaskError => Object.assign(new Error(problem.error.message), { problem });

/** What another agent searches is waited for, even on a machine that does much else; one that dies is waited for no longer than 15 s. */
const PATIENCE_MS = 120_000;

const say = (message: FromAgent): void => {
  process.send?.(message);
};

const openPeer = async ({ deal, dir, ticket }: Assignment): Promise<Peer> => {
  const data = joinPath(dir, "data");
  if (ticket === undefined) return createSwarm({ name: deal.name, dir: data, relay: false });
  const peer = await join(ticket, { name: deal.name, dir: data });
  await peer.synced(AbortSignal.timeout(30_000));
  return peer;
};

const solveTask = async (peer: Peer, task: Task, order: readonly Remedy[], signal: AbortSignal): Promise<TaskDone> => {
  const startedAt = instant();
  let attempts = 0;
  let applied = 0;
  let failedMs = 0;
  let fixedMs = 0;
  let remedy: Remedy | undefined;
  let by: TaskDone["by"] = "recalled";
  let searchedFrom: number | undefined;
  let reportedAt: number | undefined;

  const run = async (): Promise<RunResult & { ok: true }> => {
    attempts += 1;
    const result = await task.run({ signal, ...(remedy === undefined ? {} : { change: remedy.apply }) });
    if (!result.ok) {
      if (attempts === 1) failedMs = result.wallMs;
      throw taskError(result.problem);
    }
    fixedMs = result.wallMs;
    return result;
  };

  await peer.attempt({ name: task.spec.id }, run, {
    patienceMs: PATIENCE_MS,
    onWait: () => say({ type: "wait", task: task.spec.id }),
    toProblem: (error) => {
      if (!(error instanceof Error) || !("problem" in error)) throw error;
      return (error as TaskError).problem;
    },
    apply: (entry) => {
      const name = entry.mitigation.data?.["remedy"];
      remedy = typeof name === "string" ? remediesByName.get(name) : undefined;
      if (remedy === undefined) return false;
      by = "recalled";
      applied += 1;
      say({ type: "try", task: task.spec.id, remedy: remedy.name, from: "recall" });
      return true;
    },
    solve: async (_error, { learned }) => {
      searchedFrom = instant();
      by = "solved";
      for (const candidate of order) {
        // Somebody else was faster: what the swarm has learned meanwhile is applied instead.
        if (learned.aborted) return undefined;
        remedy = candidate;
        say({ type: "try", task: task.spec.id, remedy: candidate.name, from: "toolbox" });
        try {
          const value = await run();
          reportedAt = instant();
          return { mitigation: { text: candidate.description, data: { remedy: candidate.name } }, value };
        } catch (error) {
          if (signal.aborted || !(error instanceof Error) || !("problem" in error)) throw error;
        }
      }
      return undefined;
    },
    onReceipt: (receipt, kind) =>
      acknowledge(receipt, kind === "report" ? "signal" : "outcome", reportedAt ?? instant()),
  });
  return {
    type: "task",
    task: task.spec.id,
    cause: task.spec.cause,
    attempts,
    by,
    remedy: remedy?.name ?? "none",
    recallsThatFailed: by === "recalled" ? applied - 1 : applied,
    failedMs,
    solvedMs: instant() - startedAt,
    fixedMs,
    searchedFrom,
    reportedAt,
  };
};

const acknowledge = (receipt: Receipt, kind: "signal" | "outcome", calledAt: number): void => {
  if (receipt.ok) say({ type: "acknowledged", ref: receipt.ref, id: receipt.id, kind, calledAt });
  else say({ type: "failed", message: `${receipt.refusal.rule}: ${receipt.refusal.message}` });
};

const work = async (peer: Peer, workshop: Workshop, { deal }: Assignment, signal: AbortSignal): Promise<void> => {
  const order = deal.remedyOrder.map((name) => remediesByName.get(name)).filter((remedy) => remedy !== undefined);
  for (const spec of deal.tasks) {
    signal.throwIfAborted();
    say({ type: "begin", task: spec.id, cause: spec.cause });
    say(await solveTask(peer, workshop.task(spec), order, signal));
  }
};

const stopped = new AbortController();
const stop = (): void => stopped.abort(new Error("stopped"));
// Ctrl-C reaches the whole process group: the coordinator decides when this agent stops.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", stop);
process.on("disconnect", stop);

const next = (type: ToAgent["type"]): Promise<ToAgent> =>
  new Promise((resolve, reject) => {
    const listen = (message: ToAgent): void => {
      if (message.type !== type) return;
      process.off("message", listen);
      resolve(message);
    };
    process.on("message", listen);
    stopped.signal.addEventListener("abort", () => reject(stopped.signal.reason));
  });

process.on("message", (message: ToAgent) => {
  if (message.type === "stop") stop();
});

try {
  const assignment = (await next("assignment")) as Assignment;
  await using peer = await openPeer(assignment);
  await using workshop = await createWorkshop({ dir: assignment.dir });
  peer.on("immunized", (entry) => say({ type: "immunized", id: entry.id, at: instant() }));
  const started = next("start");
  say({ type: "ready" });
  await started;
  await work(peer, workshop, assignment, stopped.signal);
  say({ type: "finished", recalls: peer.stats().repeatsPrevented });
  // Records are durable here; stay until the coordinator has seen them in canon.
  await next("stop").catch(() => undefined);
} catch (error) {
  if (!stopped.signal.aborted) {
    say({ type: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exitCode = 1;
  }
} finally {
  if (process.connected) process.disconnect();
}
